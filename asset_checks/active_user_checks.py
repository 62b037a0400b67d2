"""Active users: bounds, and the lifecycle identities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pyarrow.compute as pc

from analytics_assets.layers.world import World
from asset_checks.law import Check, Law, Verdict, nothing_told

BOUNDS = Check(
    table="active_users",
    name="bounds",
    sentence="DAU <= rolling 7 <= 28 <= 30, DAU <= WAU and MAU, stickiness in [0, 1], nothing negative.",
    blocking=False,
)
LIFECYCLE = Check(
    table="active_users",
    name="lifecycle",
    sentence="DAU = new + returning + resurrected; rolling 28 moves by new + resurrected - dormant.",
    blocking=False,
)
RISING = ("dau", "rolling_7", "rolling_28", "rolling_30")
COUNTS = (*RISING, "new", "returning", "resurrected", "dormant")
DAY = timedelta(days=1)

Rows = dict[tuple[date, str, str], dict[str, Any]]


def judge(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates, from the tables of active users: a few rows a date, read without a JVM."""
    wanted = sorted(date.fromisoformat(day) for day in days)
    rows = _rows(world, "active_users", "event_date", wanted[0] - DAY, wanted[-1])
    week_starts = (wanted[0] - DAY * 6, wanted[-1])
    weeks = _rows(world, "active_users_week", "week_start", *week_starts)
    months = _rows(world, "active_users_month", "month_start", wanted[0].replace(day=1), wanted[-1])
    bounds: dict[str, list[str]] = {day: [] for day in days}
    lifecycle: dict[str, list[str]] = {day: [] for day in days}
    for (day, dimension, value), row in rows.items():
        if day.isoformat() not in bounds:
            continue
        series = f"{dimension}={value}"
        week = weeks.get((day - DAY * day.weekday(), dimension, value), {})
        month = months.get((day.replace(day=1), dimension, value), {})
        bounds[day.isoformat()] += [f"{series}: {broken}" for broken in _out_of_bounds(row, week, month)]
        before = rows.get((day - DAY, dimension, value), {})
        lifecycle[day.isoformat()] += [f"{series}: {broken}" for broken in _unequal(row, before)]
    return {
        BOUNDS.name: {day: nothing_told(broken) for day, broken in bounds.items()},
        LIFECYCLE.name: {day: nothing_told(broken) for day, broken in lifecycle.items()},
    }


def _rows(world: World, name: str, key: str, first: date, last: date) -> Rows:
    table = world.tables[name]
    if not world.lakehouse.exists(table):
        return {}
    found = world.lakehouse.arrow(table, where=(pc.field(key) >= first) & (pc.field(key) <= last)).to_pylist()
    return {(row[key], row["dimension"], row["value"]): row for row in found}


def _out_of_bounds(row: dict[str, Any], week: dict[str, Any], month: dict[str, Any]) -> Iterable[str]:
    known = [(name, row[name]) for name in RISING if row[name] is not None]
    for (smaller, low), (larger, high) in pairwise(known):
        if low > high:
            yield f"{smaller} is {low}, {larger} is {high}"
    for name, period in (("wau", week), ("mau", month)):
        if row["dau"] is not None and period.get(name) is not None and row["dau"] > period[name]:
            yield f"dau is {row['dau']}, {name} is {period[name]}"
    for name in ("stickiness_7", "stickiness_28"):
        if row[name] is not None and not 0 <= row[name] <= 1:
            yield f"{name} is {row[name]}"
    for name in COUNTS:
        if row[name] is not None and row[name] < 0:
            yield f"{name} is {row[name]}"


def _unequal(row: dict[str, Any], before: dict[str, Any]) -> Iterable[str]:
    if row["returning"] is not None:
        parts = row["new"] + row["returning"] + row["resurrected"]
        if row["dau"] != parts:
            yield f"dau is {row['dau']}, new + returning + resurrected is {parts}"
    if row["dormant"] is not None and before.get("rolling_28") is not None:
        moved = row["rolling_28"] - before["rolling_28"]
        flow = row["new"] + row["resurrected"] - row["dormant"]
        if moved != flow:
            yield f"rolling_28 moved by {moved}, new + resurrected - dormant is {flow}"


ACTIVE_USERS_LAW = Law(checks=(BOUNDS, LIFECYCLE), judge=judge)
