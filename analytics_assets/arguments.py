"""Arguments that several commands take, and how they are checked.

Belongs here: their types and help. Does not: the commands (cli.py, questions.py).
"""

import re
from datetime import date
from typing import Annotated

import typer

FeedName = Annotated[str, typer.Argument(help="Name of the feed, such as notes.", show_default=False)]
TableName = Annotated[str, typer.Argument(metavar="FEED/TABLE", help="Such as notes/active_users.", show_default=False)]
Where = Annotated[str | None, typer.Option(help="SQL condition, such as \"country = 'DE'\".")]


def iso_date(value: str | None) -> str | None:
    """A date as it was typed, checked."""
    if value is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise typer.BadParameter(f"saw {value!r}, expected a date such as 2025-01-31")


def arrival_name(value: str) -> str:
    """A date, or a date with the hour, as 2025-01-31T07, checked."""
    day, sign, hour = value.partition("T")
    if sign and not re.fullmatch("[01][0-9]|2[0-3]", hour):
        raise typer.BadParameter(f"saw {value!r}, expected an arrival such as 2025-01-31 or 2025-01-31T07")
    return f"{iso_date(day)}{sign}{hour}"


Day = Annotated[str | None, typer.Option(callback=iso_date, metavar="YYYY-MM-DD")]
