"""The commands `tidebook report`, `why` and `verify`: questions about what stands in the tables.

Belongs here: their arguments, help, exit codes; cli.py puts them beside the others. Does not: what they do (commands/).
"""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from analytics_assets.arguments import FeedName, iso_date


class Metric(str, Enum):
    """Daily figures that the ledger holds."""

    events = "events"
    dau = "dau"
    sessions = "sessions"


def report(
    feed: FeedName,
    to: Annotated[
        Path | None, typer.Option(help="Folder to write to; by default TIDEBOOK_REPORTS.", show_default=False)
    ] = None,
    page: Annotated[
        list[str] | None, typer.Option(help="Only this page, such as retention; may be repeated.", show_default=False)
    ] = None,
    is_opened: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write a feed's pages of charts. Each is one file that opens without a network, and can be sent as it is.

    Examples:  tidebook report notes --open      tidebook report notes --page retention --to ~/for-anna
    """
    from analytics_assets.commands.report import report as write_report

    write_report(feed, to, page or [], is_opened, Console(highlight=False))


def why(
    feed: FeedName,
    day: Annotated[
        str, typer.Argument(callback=iso_date, metavar="DATE", help="Such as 2025-01-05.", show_default=False)
    ],
    metric: Annotated[Metric | None, typer.Option(help="One figure; by default all.")] = None,
) -> None:
    """How the figures of a date came about, and each time that they changed, down to the file.

    Example:  tidebook why notes 2025-01-05 --metric dau

    prints the date's files, its rejected rows, its tables, and such lines:

    2025-01-05 dau 120 -> 123 at 2025-01-09 06:00:12 UTC by run 0f3c: 3 rows more from
    notes/events/2025-01-09/events.csv (late by 4 days)
    """
    from analytics_assets.commands.why import why as explain

    explain(feed, day, metric.value if metric else None, Console(highlight=False))


def verify(
    feed: FeedName,
    first: Annotated[
        str | None, typer.Option("--from", callback=iso_date, metavar="YYYY-MM-DD", help="First date compared.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", callback=iso_date, metavar="YYYY-MM-DD", help="Last date compared.")
    ] = None,
) -> None:
    """Rebuild all tables from landing, aside, and compare them row by row with the live ones.

    Takes as long as reading the feed for the first time, and as much room below TIDEBOOK_STATE; the live tables are
    only read. Exit code 1 if a row differs.

    Examples:  tidebook verify notes      tidebook verify notes --from 2025-01-01 --to 2025-01-07
    """
    from analytics_assets.commands.verify import verify_feed

    raise typer.Exit(0 if verify_feed(feed, first, last, Console(highlight=False)) else 1)
