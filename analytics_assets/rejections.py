"""The commands `tidebook rejected` and `tidebook retry`: rows that broke a rule, and reading them under other rules.

Belongs here: their arguments, help, exit codes; cli.py puts them beside the others. Does not: what they do (commands/).
"""

from typing import Annotated

import typer
from rich.console import Console

from analytics_assets.arguments import FeedName, arrival_name


def rejected(
    feed: FeedName,
    rule: Annotated[str | None, typer.Option(help="Rows that broke this rule.", show_default=False)] = None,
    arrival: Annotated[
        list[str] | None, typer.Option(help="Rows of this arrival; may be repeated.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows that are shown.")] = 10,
) -> None:
    """Rejected rows: how many by rule, then such rows as they landed, each with its file, line and reasons.

    All of them stand in the view FEED/rejected, for tidebook show and export.

    Examples:  tidebook rejected notes      tidebook rejected notes --rule duration_out_of_range --arrival 2025-01-31
    """
    from analytics_assets.commands.rejected import rejected as show_rejected

    show_rejected(feed, rule, [arrival_name(name) for name in arrival or []], limit, Console(highlight=False))


def retry(
    feed: FeedName,
    arrival: Annotated[list[str], typer.Option(help="Arrival to read again; may be repeated.", show_default=False)],
) -> None:
    """Read whole arrivals again under the contract as it is now, and compute the dates that they touch.

    An arrival whose files are all in landing is read from there; tidebook run does so by itself when the contract
    changes. One whose files are gone is judged again from what bronze keeps; tidebook status names those.

    Example:  tidebook retry notes --arrival 2025-01-30 --arrival 2025-01-31
    """
    from analytics_assets.commands.run import retry as retry_arrivals

    retry_arrivals(feed, [arrival_name(name) for name in arrival], Console(highlight=False))
