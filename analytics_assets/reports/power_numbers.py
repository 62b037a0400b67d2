"""Power numbers: how engaged time is spread over users, as a report shows it, read from the table without a JVM.

Belongs here: reading. Does not: drawing (power_figures.py). Users are not read: a report names none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

DRAWN_MONTHS = 36
COLUMNS = ["period", "period_start", "period_end", "top_percent", "users", "top_users", "share"]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A period with engaged time. shares, top_users: by per cent of the users, 1 to 100."""

    start: date
    end: date
    users: int
    top_users: Mapping[int, int]
    shares: Mapping[int, float]


@dataclass(frozen=True, kw_only=True)
class Concentration:
    """months: the latest complete ones in order. last_days: the 28 days up to the last closed date, None if unknown."""

    months: list[Curve]
    last_days: Curve | None


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What cutting the durations of an action in a complete period takes away. threshold_ms: up to where they count."""

    start: date
    is_month: bool
    action: str
    events: int
    engaged_ms: int
    threshold_ms: int
    events_cut: int
    cut_ms: int


def read_cuts(table: Dataset | None) -> list[Cut]:
    """Of the latest months and the last 28 days, in order, by action."""
    if table is None:
        return []
    order = [("period", "ascending"), ("period_start", "ascending"), ("action", "ascending")]
    names = ["period", "period_start", "action", "events", "engaged_ms", "threshold_ms", "events_cut", "cut_ms"]
    rows = table.to_table(columns=names).sort_by(order).to_pylist()
    months = sorted({row["period_start"] for row in rows if row["period"] == "month"})[-DRAWN_MONTHS:]
    return [
        Cut(
            start=row["period_start"],
            is_month=row["period"] == "month",
            **{name: row[name] for name in names[2:]},
        )
        for row in rows
        if row["period"] != "month" or row["period_start"] in months
    ]


def read_concentration(table: Dataset | None) -> Concentration | None:
    """What is known of the curves; None where nothing is."""
    if table is None:
        return None
    found: dict[tuple[str, date], dict[int, dict[str, Any]]] = {}
    for row in table.to_table(columns=COLUMNS, filter=pc.field("share").is_valid()).to_pylist():
        found.setdefault((row["period"], row["period_start"]), {})[row["top_percent"]] = row
    curves = {key: _curve(found[key]) for key in sorted(found)}
    months = [curve for (period, _), curve in curves.items() if period == "month"][-DRAWN_MONTHS:]
    last_days = next((curve for (period, _), curve in curves.items() if period != "month"), None)
    return Concentration(months=months, last_days=last_days) if curves else None


def _curve(rows: dict[int, dict[str, Any]]) -> Curve:
    first = next(iter(rows.values()))
    return Curve(
        start=first["period_start"],
        end=first["period_end"],
        users=first["users"],
        top_users={percent: rows[percent]["top_users"] for percent in sorted(rows)},
        shares={percent: rows[percent]["share"] for percent in sorted(rows)},
    )
