"""Inputs of series: the small tables of which their points are made, and what stands for all of it.

Belongs here: reading. Does not: series and their points (series.py). Needs no JVM.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from analytics_assets.layers.world import World
from analytics_assets.transforms.activity_mix import HOUR
from analytics_assets.transforms.counts import EVENTS_SOURCE
from analytics_assets.transforms.history import History

OF_HOURS = ("activity_mix", "session_hours")
"""Tables of a file a date."""


@dataclass(frozen=True)
class Inputs:
    """What the series are made of, as Arrow tables, of closed dates; history is None while there is none.

    events: rows of silver by date. hours: versions of what hours are made of, by table and date.
    """

    history: History | None
    active_users: pa.Table
    session_days: pa.Table
    loads: pa.Table
    landed: pa.Table
    events: Mapping[date, int]
    hours: Mapping[str, str]

    def digest(self) -> str:
        """16 hex digits that stand for all of it."""
        known = (self.history, sorted(self.events.items()), sorted(self.hours.items()))
        found = hashlib.sha256(repr(known).encode())
        for table in (self.active_users, self.session_days, self.loads, self.landed):
            text = io.BytesIO()
            # As text: what lies under a null in a buffer is no part of the table.
            csv.write_csv(table.sort_by([(name, "ascending") for name in table.column_names]), text)
            found.update(text.getvalue())
        return found.hexdigest()[:16]


@dataclass(frozen=True)
class Hours:
    """What series by hour are made of, with no row for an hour without events.

    mix: event_date, value (00 to 23), events, users. sessions: session_date, hour, sessions, total_duration_s.
    """

    mix: pa.Table
    sessions: pa.Table


def inputs(world: World) -> Inputs:
    """Read them, but for the hours, of which a file a date would be read: Delta's log has their versions."""
    counts = world.counts(["source", "arrival", "event_date", "standing", "rows"])
    counts = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    history = world.history_of(counts)
    closed = frozenset(day.isoformat() for day in history.dates()) if history else frozenset()
    events = world.lakehouse.rows(world.tables["silver"])
    versions = {
        f"{name} {day}": version
        for name in OF_HOURS
        for day, version in world.lakehouse.versions(world.tables[name]).items()
        if day in closed
    }
    return Inputs(
        history=history,
        active_users=_read(world, "active_users", ["event_date", "dimension", "value", "dau"]),
        session_days=_read(
            world, "session_days", ["session_date", "dimension", "value", "sessions", "mean_duration_s"]
        ),
        loads=_loads(world),
        landed=_landed(counts, history, world.feed.lag_days),
        events={date.fromisoformat(day): rows for day, rows in events.items() if day in closed},
        hours=versions,
    )


def hours(world: World) -> Hours:
    """Read them, of the clock in the feed's zone."""
    columns = ["session_date", "hour", "sessions", "total_duration_s"]
    return Hours(
        mix=_read(world, "activity_mix", ["event_date", "value", "events", "users"], pc.field("dimension") == HOUR),
        sessions=_read(world, "session_hours", columns),
    )


def _landed(counts: pa.Table, history: History | None, lag_days: int) -> pa.Table:
    """Rows by arrival and standing, of the arrivals that are for closed dates."""
    if history is None:
        return _nothing(["arrival", "standing", "rows"])
    first, last = ((day + timedelta(days=lag_days)).isoformat() for day in (history.start, history.as_of))
    day = pc.utf8_slice_codeunits(counts["arrival"], 0, 10)
    own = counts.filter(pc.and_(pc.greater_equal(day, first), pc.less_equal(day, last)))
    summed: pa.Table = own.group_by(["arrival", "standing"]).aggregate([("rows", "sum")])
    rename: dict[str, Any] = {"rows_sum": "rows"}
    return summed.rename_columns([rename.get(name, name) for name in summed.column_names])


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
