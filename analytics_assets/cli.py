"""The command `tidebook`: what a person types. Each subcommand imports what it needs when it is called.

Belongs here: arguments, help, exit codes. Does not: what a subcommand does (commands/).
Exit codes: 0 done, 1 what was asked for did not hold or failed, 2 the command's words are wrong, 130 stopped.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from analytics_assets.alerting import alerts
from analytics_assets.arguments import FeedName, TableName, Where, arrival_name
from analytics_assets.arguments import iso_date as _date
from analytics_assets.contracts import check, contract
from analytics_assets.following import live
from analytics_assets.generators import generate
from analytics_assets.questions import report, verify, why
from analytics_assets.rejections import rejected, retry
from analytics_assets.removals import forget
from resources.errors import UserError

app = typer.Typer(
    name="tidebook",
    help="Turns event files into product metrics that stay right.\n\n"
    "Start with: tidebook demo. Every command has --help with examples.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
engine = typer.Typer(help="The local Spark engine: runs attach to it in about a second.", no_args_is_help=True)
app.add_typer(engine, name="engine")
app.add_typer(generate, name="generate")
app.add_typer(alerts, name="alerts")
console = Console(highlight=False)

app.command()(report)
app.command()(why)
app.command()(verify)
app.command()(rejected)
app.command()(retry)
app.command()(forget)
app.command()(live)
app.command()(contract)
app.command()(check)


@app.command()
def demo(
    feed: Annotated[str, typer.Option(help="notes: a generated year; access_log: a real web server's log.")] = "notes",
    events: Annotated[int, typer.Option(min=1000, help="Events to generate.")] = 1_000_000,
    users: Annotated[int, typer.Option(min=30, help="Users to generate.")] = 100_000,
) -> None:
    """A year of events becomes sessions and active users, compared with the truth.

    Ends with 1 where a figure differs, or where an anomaly that was put into the sample is missed.

    Examples:  tidebook demo      tidebook demo --feed access_log      tidebook demo --events 200000
    """
    from analytics_assets.commands.demo import run_demo

    raise typer.Exit(0 if run_demo(feed, events, users, console) else 1)


@app.command()
def run(
    feed: FeedName,
    arrival: Annotated[
        list[str] | None, typer.Option(help="Read this arrival again, changed or not; may be repeated.")
    ] = None,
    accept_removed: Annotated[list[str] | None, typer.Option(help="Read it as is: the rest was removed.")] = None,
    timings: Annotated[Path | None, typer.Option(help="Write seconds by stage into this JSON file.")] = None,
) -> None:
    """Bring every table of a feed up to date with landing.

    Reads new and changed arrivals, computes the dates that they touch and what follows from them. A run that
    was killed is finished by the next.

    Examples:  tidebook run notes      tidebook run notes --arrival 2025-01-31
    """
    from analytics_assets.commands.run import run as run_feed

    read, accepted = ([arrival_name(name) for name in names or []] for names in (arrival, accept_removed))
    run_feed(feed, read, timings, console, accepted)


@app.command()
def backfill(
    feed: FeedName,
    first: Annotated[str, typer.Option("--from", callback=_date, metavar="YYYY-MM-DD", help="First partition.")],
    last: Annotated[str, typer.Option("--to", callback=_date, metavar="YYYY-MM-DD", help="Last partition.")],
    table: Annotated[str | None, typer.Option(help="One table; by default all, in order.")] = None,
) -> None:
    """Compute partitions again, whether or not they are behind.

    Examples:  tidebook backfill notes --from 2025-01-01 --to 2025-01-07
    tidebook backfill notes --from 2025-01-01 --to 2025-01-31 --table silver
    """
    from analytics_assets.commands.run import backfill as backfill_feed

    backfill_feed(feed, table, first, last, console)


@app.command()
def purge(feed: FeedName) -> None:
    """Take accepted rows of old arrivals out of bronze, for a feed that declares how long it keeps them.

    No event is lost: it stays in silver, and late rows go on being compared with it. Purged arrivals are frozen.

    Example:  tidebook purge ide
    """
    from analytics_assets.commands.run import purge as purge_feed

    purge_feed(feed, console)


@app.command()
def maintain(feed: FeedName) -> None:
    """Join small files, delete those that the last 7 days do not need. Example:  tidebook maintain notes"""
    from analytics_assets.commands.run import maintain as maintain_feed

    maintain_feed(feed, console)


@app.command()
def status(
    feed: Annotated[str | None, typer.Argument(help="A feed; by default all.", show_default=False)] = None,
) -> None:
    """How feeds are: green, amber or red, and why. Of one feed also what landed, what is behind, the last run.

    Exit code 1 if a feed is red; of one feed, if something is behind.

    Examples:  tidebook status      tidebook status notes
    """
    from analytics_assets.commands.health import all_feeds
    from analytics_assets.commands.status import status as show_status

    raise typer.Exit(0 if (show_status(feed, console) if feed else all_feeds(console)) else 1)


@app.command()
def show(table: TableName, where: Where = None, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """Print rows of a table.

    Examples:  tidebook show notes/active_users --where "dimension = 'all'"      tidebook show notes/bronze --limit 5
    """
    from analytics_assets.commands.tables import show as show_table

    show_table(table, where, limit, console)


@app.command()
def export(
    table: TableName,
    to: Annotated[Path, typer.Option(help="File to write: .csv, .parquet or .jsonl.", show_default=False)],
    where: Where = None,
) -> None:
    """Write rows of a table to a file.

    Examples:  tidebook export notes/active_users --to dau.csv --where "dimension = 'all'"
    tidebook export notes/sessions --to sessions.parquet
    """
    from analytics_assets.commands.tables import export as export_table

    export_table(table, to, where, console)


@app.command()
def doctor() -> None:
    """Look at Java, memory, settings and write access: what is wrong, and what to do. Exit code 1 if something is."""
    from analytics_assets.commands.doctor import examine

    raise typer.Exit(0 if examine(console) else 1)


@app.command()
def ui(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 3000,
    warm: Annotated[bool, typer.Option(help="Start the local engine too, so that runs start in a second.")] = True,
) -> None:
    """Open the Dagster UI on what was run, with a warm Spark engine beside it. Ends with Ctrl-C.

    Example:  tidebook ui --port 3001
    """
    from analytics_assets.commands.ui import serve

    serve(port, warm, console)


@engine.command("start")
def engine_start() -> None:
    """Start the engine. Runs use it with TIDEBOOK_SPARK_MASTER=auto, or with the address that is printed."""
    from analytics_assets.commands.engine import start

    start(console)


@engine.command("stop")
def engine_stop() -> None:
    """Stop the engine."""
    from analytics_assets.commands.engine import stop

    stop(console)


@engine.command("status")
def engine_status() -> None:
    """Say whether the engine runs. Exit code 1 if not."""
    from analytics_assets.commands.engine import status

    raise typer.Exit(0 if status(console) else 1)


def main() -> None:
    """Run the command; a user's mistake is one message, without a stack trace."""
    try:
        app()
    except UserError as error:
        Console(stderr=True, highlight=False).print(f"[red]error:[/red] {_escaped(str(error))}", soft_wrap=True)
        sys.exit(error.exit_code)


def _escaped(text: str) -> str:
    from rich.markup import escape

    from resources.printable import printable

    return escape("\n".join(printable(line, len(line)) for line in text.split("\n")))


if __name__ == "__main__":
    main()
