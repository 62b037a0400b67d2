"""Latency: which months of the table are behind, and writing them.

Belongs here: what the table depends on, what is read for a change. Does not: quantiles (transforms/latency.py), buckets
of a date (from_silver.py).

A part of the table holds the days, weeks and months that begin in one month, another the whole history. A late row
changes the parts of its day's month and of its week's, and the whole history; only these are computed again, from
buckets, never from events.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.fields import load_fields
from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.history import History, Period
from analytics_assets.transforms.latency import latency
from resources.conditions import one_of_dates
from resources.local_frames import empty_frame, frame_of

TABLE, BUCKETS = "latency", "latency_buckets"


@dataclass
class Part:
    """Periods of one partition of the table: each with its name. dates: the closed ones that it is computed from."""

    periods: list[tuple[str, Period]] = field(default_factory=list)
    dates: set[str] = field(default_factory=set)


def behind(world: World) -> dict[str, str]:
    """The table's one key with the parts that are behind, where there are any."""
    found = _differing(world, world.history())
    return {"": digest(*sorted(found.items()))} if found else {}


def build_latency(world: World, *, again: bool = False) -> Built:
    """Write the parts that differ. again: all of them, whether or not they do."""
    lakehouse, table, history = world.lakehouse, world.tables[TABLE], world.history()
    parts = _parts(history)
    wanted = _wanted(world, parts)
    keys = sorted({*wanted, *lakehouse.versions(table)} if again else _differing(world, history))
    rows = _rows(world, history, {key: parts[key] for key in keys if key in wanted}, wanted)
    written = lakehouse.replace(table, rows.select(table.schema.fieldNames()), keys, run_id=world.run_id)
    return Built(table=table, written=written, rows={"": sum(lakehouse.rows(table).values())})


def _differing(world: World, history: History | None) -> dict[str, str]:
    return differing(world.lakehouse.versions(world.tables[TABLE]), _wanted(world, _parts(history)))


def _parts(history: History | None) -> dict[str, Part]:
    """The table's parts by their partition: a month, or `all`."""
    if history is None:
        return {}
    parts = {TOTAL: Part([(TOTAL, Period(start=history.start, end=history.as_of, is_complete=True))])}
    for name, periods in (("day", history.days()), ("week", history.weeks()), ("month", history.months())):
        for period in periods:
            parts.setdefault(f"{period.start:%Y-%m}", Part()).periods.append((name, period))
    for part in parts.values():
        part.dates = {day.isoformat() for _, period in part.periods for day in _closed(period, history).dates()}
    return parts


def _closed(period: Period, history: History) -> Period:
    first, last = max(period.start, history.start), min(period.end, history.as_of)
    return Period(start=first, end=last, is_complete=period.is_complete)


def _wanted(world: World, parts: dict[str, Part]) -> dict[str, str]:
    """The version that each part should have: of its periods, and of the buckets of its dates."""
    stands = world.lakehouse.versions(world.tables[BUCKETS])
    if not stands:
        return {}
    return {
        key: digest(*part.periods, *[f"{day} {stands.get(day, '')}" for day in sorted(part.dates)])
        for key, part in parts.items()
    }


def _rows(world: World, history: History | None, parts: dict[str, Part], versions: dict[str, str]) -> DataFrame:
    session, table = world.lakehouse.spark.session, world.tables[TABLE]
    if history is None or not parts:
        return empty_frame(session, table.schema)
    listed = []
    for key, part in parts.items():
        for name, period in part.periods:
            inside = _closed(period, history)
            ends = [day.isoformat() for day in (period.start, inside.start, inside.end)]
            listed.append((key, versions[key], name, *ends, period.is_complete))
    shape = "period_month string, input_version string, period string, period_start string, first string, last string"
    periods = frame_of(session, listed, f"{shape}, is_complete boolean").withColumns(
        {name: F.col(name).cast("date") for name in ("period_start", "first", "last")}
    )
    dates: Collection[str] = {day for part in parts.values() for day in part.dates}
    buckets = world.lakehouse.read(world.tables[BUCKETS], one_of_dates("event_date", dates))
    made = latency(buckets, periods, [column.name for column in load_fields(world.feed)])
    kept = F.broadcast(periods.select("period", "period_start", "period_month", "input_version"))
    return made.join(kept, ["period", "period_start"]).repartition("period_month")
