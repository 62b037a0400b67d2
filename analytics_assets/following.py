"""The command `tidebook live`: its arguments, help and exit codes; cli.py puts it beside the others.

Belongs here: words. Does not: what it does (commands/live.py).
"""

from typing import Annotated

import typer
from rich.console import Console

from analytics_assets.arguments import FeedName


def live(
    feed: FeedName,
    hours: Annotated[int, typer.Option(min=1, max=48, help="For how long minutes stay, back from the newest.")] = 6,
    once: Annotated[bool, typer.Option("--once", help="Read what has landed, then end: for cron.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Only print what is counted by now.")] = False,
) -> None:
    """Load times within a minute: reads files as they land, and counts page views of the last hours by minute.

    Prints a line for each micro-batch: files, rows, p95 by app version, and how far it is behind. It needs no pass, and
    runs beside one; dates that a pass has closed are read from their own tables. Ctrl-C ends it.

    Examples:  tidebook live notes      tidebook live notes --once      tidebook live notes --show
    """
    from analytics_assets.commands.live import live as follow
    from analytics_assets.commands.live import show as show_counts

    console = Console(highlight=False)
    if show:
        show_counts(feed, hours, console)
    else:
        follow(feed, hours, once, console)
