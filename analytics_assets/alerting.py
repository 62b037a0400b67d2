"""The commands `tidebook alerts test`, `list` and `send`.

Belongs here: their help and exit codes; cli.py puts them beside the others. Does not: what they do
(commands/alerts.py).
"""

import typer
from rich.console import Console

alerts = typer.Typer(help="Who is told when data are bad: try it, see what is open, send now.", no_args_is_help=True)


@alerts.command("test")
def alerts_test() -> None:
    """Send a test message to the log, the file and each service. Exit code 1 if one does not take it.

    Example:  TIDEBOOK_ALERTS=mailto://mail.example.org?from=tidebook@example.org tidebook alerts test
    """
    from analytics_assets.commands.alerts import test

    raise typer.Exit(0 if test(Console(highlight=False)) else 1)


@alerts.command("list")
def alerts_list() -> None:
    """What is open, since when, when it was told, and which services were not told yet."""
    from analytics_assets.commands.alerts import show

    show(Console(highlight=False))


@alerts.command("send")
def alerts_send() -> None:
    """Look at all feeds now, and send what is due: for cron, where no daemon runs. Exit code 1 if a service fails."""
    from analytics_assets.commands.alerts import send

    raise typer.Exit(0 if send(Console(highlight=False)) else 1)
