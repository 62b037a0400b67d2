"""Series: the daily and hourly figures over which anomalies are looked for, read from small tables.

Belongs here: METRICS "Anomalies", series: which there are, and their points. Does not: judging them
(transforms/anomalies.py), tables of anomalies (anomalies.py). Needs no JVM.

events: rows of silver. dau, sessions, mean_session_s: as active_users and session_days have them, also by value of a
dimension. rejected_share: of the rows that landed, late_share: of those accepted, both by the date that the arrival is
for. p95_load_ms: as the table latency has it, where there are loads enough. accepted_rows: by hour, copies included, as
the table counts has them.
"""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.world import World
from analytics_assets.transforms.anomalies import Granularity, Point
from analytics_assets.transforms.bronze import ACCEPTED, LATE, REJECTED
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.counts import EVENTS_SOURCE
from analytics_assets.transforms.expectations import Kind
from analytics_assets.transforms.history import History
from analytics_assets.transforms.hours import unusual_hours

HOURS = 24
ADDED_UP = ("dau", "sessions")
"""Metrics of which the values of a dimension add up to the total of a date."""


@dataclass(frozen=True, order=True)
class Series:
    """A figure by day or hour, in all (dimension and value `all`) or of a value."""

    metric: str
    granularity: Granularity
    dimension: str = TOTAL
    value: str = TOTAL


KINDS: Mapping[str, Kind] = {
    "events": "count",
    "dau": "count",
    "sessions": "count",
    "mean_session_s": "length",
    "p95_load_ms": "length",
    "rejected_share": "share",
    "late_share": "share",
    "accepted_rows": "count",
}


@dataclass(frozen=True)
class Inputs:
    """What the series are made of, as Arrow tables, with the closed dates; history is None while there is none."""

    history: History | None
    active_users: pa.Table
    session_days: pa.Table
    loads: pa.Table
    landed: pa.Table
    by_hour: pa.Table
    events: Mapping[date, int]

    def digest(self) -> str:
        """16 hex digits that stand for all of it."""
        found = hashlib.sha256(repr((self.history, sorted(self.events.items()))).encode())
        for table in (self.active_users, self.session_days, self.loads, self.landed, self.by_hour):
            text = io.BytesIO()
            # As text: what lies under a null in a buffer is no part of the table.
            csv.write_csv(table.sort_by([(name, "ascending") for name in table.column_names]), text)
            found.update(text.getvalue())
        return found.hexdigest()[:16]


def inputs(world: World) -> Inputs:
    """Read them."""
    counts = world.counts(["source", "arrival", "event_date", "hour", "standing", "rows"])
    counts = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    accepted = counts.filter(pc.is_in(counts["standing"], pa.array(ACCEPTED)))
    return Inputs(
        history=world.history_of(counts),
        active_users=_read(world, "active_users", ["event_date", "dimension", "value", "dau"]),
        session_days=_read(
            world, "session_days", ["session_date", "dimension", "value", "sessions", "mean_duration_s"]
        ),
        loads=_loads(world),
        landed=_summed(counts, ["arrival", "standing"]),
        by_hour=_summed(accepted, ["event_date", "hour"]),
        events={date.fromisoformat(day): rows for day, rows in world.lakehouse.rows(world.tables["silver"]).items()},
    )


def points(found: Inputs, feed: Feed) -> dict[Series, list[Point]]:
    """The points of each series, a point for each closed date or hour of one, in the order of time.

    An hour that clocks pass twice or leave out is not known: it cannot be compared with those of other weeks.
    """
    if found.history is None:
        return {}
    days = found.history.dates()
    present = frozenset(days) - found.history.missing
    made = {Series("events", "day"): [_counted(day, found.events.get(day, 0), day in present) for day in days]}
    made |= _of_values(found.active_users, "event_date", "dau")
    made |= _of_values(found.session_days, "session_date", "sessions")
    made |= _of_values(found.session_days, "session_date", "mean_duration_s", "sessions")
    made |= _of_loads(found.loads, days)
    made |= _of_arrivals(found.landed, days, feed.lag_days)
    rows = {(row["event_date"], row["hour"]): row["rows"] for row in found.by_hour.to_pylist()}
    unusual = unusual_hours(days, feed.time_zone)
    made[Series("accepted_rows", "hour")] = [
        _counted(day, rows.get((day, hour), 0), day in present and (day, hour) not in unusual, hour)
        for day in days
        for hour in range(HOURS)
    ]
    return made


def _counted(day: date, number: int | None, is_known: bool, hour: int = 0) -> Point:
    return Point(day, hour, number if is_known else None, number or 0)


def _of_values(rows: pa.Table, date_column: str, column: str, volume: str | None = None) -> dict[Series, list[Point]]:
    name = "mean_session_s" if volume else column
    made: dict[Series, list[Point]] = defaultdict(list)
    for row in rows.sort_by(date_column).to_pylist():
        series = Series(name, "day", row["dimension"], row["value"])
        made[series].append(Point(row[date_column], 0, row[column], row[volume or column] or 0))
    return dict(made)


def _of_loads(rows: pa.Table, days: Sequence[date]) -> dict[Series, list[Point]]:
    known: dict[tuple[str, str], dict[date, Point]] = defaultdict(dict)
    for row in rows.to_pylist():
        loads_ms = None if row["is_few"] else row["p95"]
        day = row["period_start"]
        known[row["dimension"], row["value"]][day] = Point(day, 0, loads_ms, row["loads"] or 0)
    return {
        Series("p95_load_ms", "day", dimension, value): [
            found.get(day, Point(day, 0, None, 0)) for day in days if day >= min(found)
        ]
        for (dimension, value), found in known.items()
    }


def _of_arrivals(landed: pa.Table, days: Sequence[date], lag_days: int) -> dict[Series, list[Point]]:
    sums: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in landed.to_pylist():
        sums[date.fromisoformat(row["arrival"][:10]) - timedelta(days=lag_days)][row["standing"]] += row["rows"]
    rejected, late = [], []
    for day in days:
        found = sums.get(day, {})
        accepted = sum(found.get(standing, 0) for standing in ACCEPTED)
        refused = found.get(REJECTED, 0)
        is_known = day in sums
        rejected.append(Point(day, 0, refused if is_known else None, accepted + refused))
        late.append(Point(day, 0, found.get(LATE, 0) if is_known else None, accepted))
    return {Series("rejected_share", "day"): rejected, Series("late_share", "day"): late}


def _loads(world: World) -> pa.Table:
    columns = ["period_start", "dimension", "value", "loads", "p95", "is_few"]
    if "latency" not in world.tables:
        return _nothing(columns)
    return _read(world, "latency", columns, pc.field("period") == "day")


def _read(world: World, name: str, columns: list[str], where: pc.Expression | None = None) -> pa.Table:
    table = world.tables[name]
    return world.lakehouse.arrow(table, columns, where) if world.lakehouse.exists(table) else _nothing(columns)


def _nothing(columns: list[str]) -> pa.Table:
    return pa.table({column: pa.array([], pa.string()) for column in columns})


def _summed(counts: pa.Table, keys: list[str]) -> pa.Table:
    summed: pa.Table = counts.group_by(keys).aggregate([("rows", "sum")])
    rename: dict[str, Any] = {"rows_sum": "rows"}
    return summed.rename_columns([rename.get(name, name) for name in summed.column_names])
