"""Session numbers: how long sessions were and what was done in them, by day and by value, read without a JVM.

Belongs here: reading, and sums over the last dates. Does not: drawing (session_figures.py), how many sessions a day had
(numbers.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.reports.activity_numbers import DAYS
from analytics_assets.transforms.columns import TOTAL

SESSION_FIGURES = (
    *("mean_duration_s", "p50_duration_s", "p95_duration_s"),
    *("bounce_rate", "actions_per_session"),
)
SUMS = ("sessions", "total_duration_s", "actions", "bounces")


@dataclass(frozen=True, kw_only=True)
class SessionsOf:
    """Sessions of the users with a value of an attribute, in the last closed dates together; at least one."""

    value: str
    sessions: int
    total_duration_s: float
    actions: int
    bounces: int


def read_session_days(table: Dataset | None, dates: Sequence[date]) -> dict[str, list[float | None]]:
    """Figures by day in all, aligned with the dates; nothing where there is no table."""
    if table is None:
        return {}
    rows = table.to_table(columns=["session_date", *SESSION_FIGURES], filter=pc.field("dimension") == TOTAL).to_pylist()
    by_date = {row["session_date"]: row for row in rows}
    found = {name: [by_date.get(day, {}).get(name) for day in dates] for name in SESSION_FIGURES}
    return {name: [None if value is None else float(value) for value in values] for name, values in found.items()}


def read_session_values(
    table: Dataset | None, dates: Sequence[date], attributes: Collection[str]
) -> dict[str, list[SessionsOf]]:
    """By attribute the sessions of each value in the last closed dates, most first."""
    if table is None or not dates or not attributes:
        return {}
    of_dates = (pc.field("session_date") >= dates[-DAYS:][0]) & (pc.field("session_date") <= dates[-1])
    wanted = of_dates & pc.field("dimension").isin(sorted(attributes)) & (pc.field("sessions") > 0)
    rows = table.to_table(columns=["dimension", "value", *SUMS], filter=wanted)
    summed = rows.group_by(["dimension", "value"]).aggregate([(name, "sum") for name in SUMS])
    order = [("sessions_sum", "descending"), ("value", "ascending")]
    found: dict[str, list[SessionsOf]] = {}
    for row in summed.sort_by(order).to_pylist():
        found.setdefault(row["dimension"], []).append(
            SessionsOf(
                value=row["value"],
                sessions=row["sessions_sum"],
                total_duration_s=float(row["total_duration_s_sum"]),
                actions=row["actions_sum"],
                bounces=row["bounces_sum"],
            )
        )
    return {name: found[name] for name in attributes if name in found}
