"""Activity: what was done in the last closed dates, read from small tables without a JVM.

Belongs here: reading, and sums over these dates. Does not: drawing (activity_figures.py). Events and sessions add up
over dates; users do not, so none are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.activity_mix import HOUR
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.entry_exit_actions import ENTRY, EXIT

DAYS = 28
"""The last closed dates that are summed up: four of each weekday."""
HOURS, WEEKDAYS = 24, 7


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Sums over the last closed dates. dates: those with an arrival; the feed has at most DAYS.

    values: events by dimension and value. week: events of each weekday (Monday is 0) and hour on average; None for a
    weekday without a date. objects: events of the most used ones, None for events without an object. frequency:
    sessions by days since the one before. edges: sessions and bounces by edge and action.
    """

    dates: list[date] = field(default_factory=list)
    values: dict[str, dict[str, int]] = field(default_factory=dict)
    week: list[list[float | None]] = field(default_factory=list)
    objects: list[tuple[str | None, int]] = field(default_factory=list)
    frequency: dict[int | None, int] = field(default_factory=dict)
    edges: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)


def read_activity(tables: Mapping[str, Dataset], closed: Sequence[date], missing: Sequence[date]) -> Activity:
    """What the tables say of the last closed dates; of a table that is not there nothing."""
    dates = [day for day in closed[-DAYS:] if day not in set(missing)]
    if not dates:
        return Activity()
    mix = _rows(tables.get("activity_mix"), "event_date", dates, ["event_date", "dimension", "value", "events"])
    values: dict[str, Counter[str]] = {}
    for row in mix:
        values.setdefault(row["dimension"], Counter())[row["value"]] += row["events"]
    frequency: Counter[int | None] = Counter()
    for row in _rows(tables.get("session_frequency"), "session_date", dates, ["days_since", "sessions"], in_all=True):
        frequency[row["days_since"]] += row["sessions"]
    edges: dict[str, dict[str, tuple[int, int]]] = {ENTRY: {}, EXIT: {}}
    names = ["edge", "action", "sessions", "bounces"]
    for row in _rows(tables.get("entry_exit_actions"), "session_date", dates, names, in_all=True):
        sessions, bounces = edges[row["edge"]].get(row["action"], (0, 0))
        edges[row["edge"]][row["action"]] = (sessions + row["sessions"], bounces + row["bounces"])
    return Activity(
        dates=dates,
        values={name: dict(found) for name, found in values.items() if name != HOUR},
        week=_week(mix, dates),
        objects=_objects(tables.get("object_days"), dates),
        frequency=dict(frequency),
        edges=edges,
    )


def _rows(
    table: Dataset | None, column: str, dates: Sequence[date], names: list[str], *, in_all: bool = False
) -> list[dict[str, Any]]:
    if table is None:
        return []
    where = _of_dates(column, dates)
    if in_all:
        where &= pc.field("dimension") == TOTAL
    found: list[dict[str, Any]] = table.to_table(columns=names, filter=where).to_pylist()
    return found


def _week(mix: Sequence[Mapping[str, Any]], dates: Sequence[date]) -> list[list[float | None]]:
    sums = [[0] * HOURS for _ in range(WEEKDAYS)]
    for row in mix:
        if row["dimension"] == HOUR:
            sums[row["event_date"].weekday()][int(row["value"])] += row["events"]
    days = Counter(day.weekday() for day in dates)
    return [[round(events / days[at], 1) if days[at] else None for events in sums[at]] for at in range(WEEKDAYS)]


def _objects(table: Dataset | None, dates: Sequence[date], most: int = 20) -> list[tuple[str | None, int]]:
    """Objects may be many: their rows are added up as they are read."""
    if table is None:
        return []
    found = pa.table({"object_id": pa.array([], pa.string()), "events": pa.array([], pa.int64())})
    for batch in table.to_batches(columns=["object_id", "events"], filter=_of_dates("event_date", dates)):
        both = pa.concat_tables([found, pa.Table.from_batches([batch]).cast(found.schema)])
        summed = both.group_by("object_id").aggregate([("events", "sum")])
        found = summed.rename_columns({"events_sum": "events"}).select(found.column_names)
    order = [("events", "descending"), ("object_id", "ascending")]
    return [(row["object_id"], row["events"]) for row in found.sort_by(order).slice(0, most).to_pylist()]


def _of_dates(column: str, dates: Sequence[date]) -> pc.Expression:
    return pc.field(column).isin(pa.array(list(dates), pa.date32()))
