"""Unlikely users in a report: who they are, and the dates with them and without, read without a JVM.

Belongs here: reading. Does not: the rule (transforms/unlikely_users.py), drawing (unlikely_figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

LISTED_USERS = 200
MEASURES = ("dau", "sessions", "events", "engaged_ms")


@dataclass(frozen=True, kw_only=True)
class Unlikely:
    """dates: closed ones. with_all, without: figures by name, aligned with the dates; None where no arrival landed.

    users: how many a date. listed: rows of the table of users, the newest and busiest first; number: of all such rows.
    """

    dates: Sequence[date]
    users: Sequence[int | None]
    with_all: dict[str, list[int | None]]
    without: dict[str, list[int | None]]
    listed: list[dict[str, Any]]
    number: int


def read_unlikely(days: Dataset | None, users: Dataset | None, dates: Sequence[date]) -> Unlikely | None:
    """What the tables say of some closed dates; None where either is not there, or no date is closed."""
    if days is None or users is None or not dates:
        return None
    names = [name for name in MEASURES if name in days.schema.names]
    columns = ["event_date", "unlikely_users", *names, *[f"likely_{name}" for name in names]]
    of_dates = (pc.field("event_date") >= dates[0]) & (pc.field("event_date") <= dates[-1])
    rows = {row["event_date"]: row for row in days.to_table(columns=columns, filter=of_dates).to_pylist()}
    found = users.to_table(filter=of_dates)
    order = [("event_date", "descending"), ("actions", "descending"), ("user_id", "ascending")]

    def by_date(name: str) -> list[int | None]:
        return [rows.get(day, {}).get(name) for day in dates]

    return Unlikely(
        dates=dates,
        users=by_date("unlikely_users"),
        with_all={name: by_date(name) for name in names},
        without={name: by_date(f"likely_{name}") for name in names},
        listed=found.sort_by(order).slice(0, LISTED_USERS).to_pylist(),
        number=found.num_rows,
    )
