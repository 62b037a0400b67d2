"""Changes of a restatement in words: which file brought or took how many rows, and how late it was.

Belongs here: one change, one sentence. Does not: what is printed around it (why.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

MOST_CHANGES = 10


def most(changes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The changes of the most rows, the greatest first."""
    return sorted(changes, key=lambda one: (-abs(one["rows_after"] - one["rows_before"]), one["file"]))[:MOST_CHANGES]


def change_in_words(change: Mapping[str, Any], day: date, lag_days: int, is_first: bool = False) -> str:
    """Such as: 3 rows more from notes/events/2025-01-09/events.csv (late by 4 days).

    is_first: at the first publication, where rows are not more than before.
    """
    before, after, file = change["rows_before"], change["rows_after"], change["file"]
    when = lateness(change["arrival"], day, lag_days)
    if is_first:
        return f"{_rows(after)} from {file} ({when})"
    if after == 0:
        return f"{_rows(before)} fewer: {file} ({when}) has none of the date any more"
    if before == after:
        return f"as many rows from {file} ({when}), but it was changed, or is read by other rules"
    more = f"{_rows(after - before)} more" if after > before else f"{_rows(before - after)} fewer"
    return f"{more} from {file} ({when})" + (f", which had {before:,}" if before else "")


def lateness(arrival: str, day: date, lag_days: int) -> str:
    """On time, or by how many days an arrival was late or early for a date."""
    days = (date.fromisoformat(arrival[:10]) - day).days - lag_days
    if days == 0:
        return "on time"
    return f"{'late' if days > 0 else 'early'} by {abs(days)} {'day' if abs(days) == 1 else 'days'}"


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"
