"""Forgetting: rows of users who have a tombstone leave what stands: bronze, the dimension, what purges kept.

Belongs here: where such rows stand, and taking them out. Does not: the tombstones (tombstones.py), rows that land
(bronze.py, dimension.py), tables that follow from these: their dates are touched, and a pass computes them again.

Rows are taken out of what stands, without landing, so that an arrival that is archived is treated as any other: what
was accepted or rejected of a file, and is no longer, was forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.layers.bronze import BuiltBronze, settle
from analytics_assets.layers.counting import (
    arrivals_being_read,
    begin_reading,
    counted_again,
    ours_of,
    write_counts,
)
from analytics_assets.layers.dimension import changed_dates, record_touched, snapshot_counts
from analytics_assets.layers.profiles import TABLE as PROFILES
from analytics_assets.layers.purge import ROWS, purged_arrivals
from analytics_assets.layers.silver import candidates_of
from analytics_assets.layers.tombstones import is_forgotten_event, is_forgotten_user, tombstones, without, without_users
from analytics_assets.layers.world import COUNTS, Built, World, built
from analytics_assets.transforms.bronze import ACCEPTED, REJECTED, WARNED, local_hour
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.counts import EVENTS_SOURCE, event_counts
from analytics_assets.transforms.forgotten import names
from resources.conditions import one_of, one_of_dates
from resources.spark import gathered

FORGETTING = "forgetting"
"""How an arrival is being read that loses rows here, in counts."""
LEFT = pa.schema([COUNTS.field(name) for name in ("file", "event_date", "hour", "rows")])


def arrivals_to_forget(world: World) -> list[str]:
    """Arrivals in which rows of forgotten users stand, and those that a run was taking rows out of when it ended."""
    stones = tombstones(world)
    if not stones:
        return []
    bronze = world.lakehouse.read_or_empty(world.tables["bronze"]).where(is_forgotten_event(world.feed, stones))
    found = {*_arrivals(bronze), *left_unfinished(world)}
    for kept in _kept_of_purged(world):
        found |= {*_arrivals(kept)}
    return sorted(found)


def left_unfinished(world: World) -> list[str]:
    """Arrivals that a run was taking rows out of when it ended."""
    return sorted(arrivals_being_read(world, EVENTS_SOURCE, FORGETTING))


def forget_events(world: World, arrivals: Sequence[str]) -> BuiltBronze:
    """Take rows of forgotten users out of arrivals in bronze and in what purges kept; their dates are touched.

    One that is killed is finished by the next.
    """
    feed, lakehouse, table = world.feed, world.lakehouse, world.tables["bronze"]
    stones, keys = tombstones(world), sorted({*arrivals})
    is_arrival, purged = one_of("arrival", keys), sorted(purged_arrivals(world) & {*keys})
    left = begin_reading(world, EVENTS_SOURCE, keys, FORGETTING)
    rows = without(lakehouse.read(table, is_arrival), is_forgotten_event(feed, stones))
    written = lakehouse.replace(table, rows.select(table.schema.fieldNames()), keys, run_id=world.run_id)
    standing = lakehouse.read(table, is_arrival)
    if purged:
        # What a purge that was killed left of them in bronze does not count: silver says what was accepted.
        standing = standing.where((F.col("standing") == REJECTED) | ~F.col("arrival").isin(purged))
    counted = event_counts(standing, feed.time_zone, contract_of(feed.contract).warns)
    fresh = counted_again(world.counts(), EVENTS_SOURCE, keys, counted, _counts_of_purged(world, purged))
    touched = settle(world, keys, fresh, left)
    _forget_kept(world, purged)
    done = built(world, table, written, keys)
    return BuiltBronze(table=table, written=written, rows=done.rows, touched=touched)


def snapshots_to_forget(world: World) -> list[str]:
    """Arrivals of snapshots in which forgotten users stand, as `arrivals_to_forget` has it for events."""
    dimension, stones = world.feed.dimension, tombstones(world)
    if dimension is None or not stones:
        return []
    users = world.lakehouse.read_or_empty(world.tables[dimension.name])
    rejected = world.lakehouse.read_or_empty(world.tables[f"{dimension.name}_rejected"])
    nobody = rejected.withColumn(dimension.key, F.lit(None).cast("string"))
    found = _arrivals(users.where(names(stones, F.col(dimension.key).cast("string"))))
    found += _arrivals(nobody.where(is_forgotten_user(dimension, stones)))
    return sorted({*found, *arrivals_being_read(world, dimension.name, FORGETTING)})


def forget_users(world: World, arrivals: Sequence[str]) -> Built:
    """Take forgotten users out of snapshots; dates on which their attributes stand are touched."""
    dimension, lakehouse = world.feed.dimension, world.lakehouse
    assert dimension is not None
    stones, keys = tombstones(world), sorted({*arrivals})
    is_arrival = one_of("arrival", keys)
    table, rejected_table = world.tables[dimension.name], world.tables[f"{dimension.name}_rejected"]
    begin_reading(world, dimension.name, keys, FORGETTING)
    rejected = lakehouse.read_or_empty(rejected_table, is_arrival)
    nobody = rejected.withColumn(dimension.key, F.lit(None).cast("string"))
    kept = without(nobody, is_forgotten_user(dimension, stones)).select(rejected_table.schema.fieldNames())
    lakehouse.replace(rejected_table, kept, keys, run_id=world.run_id)
    users = without(lakehouse.read(table, is_arrival), names(stones, F.col(dimension.key).cast("string")))
    written = lakehouse.replace(table, users.repartition("arrival"), keys, run_id=world.run_id)
    record_touched(world, changed_dates(world))
    fresh = counted_again(world.counts(), dimension.name, keys, snapshot_counts(world, is_arrival))
    write_counts(world, dimension.name, keys, fresh)
    return built(world, table, written, keys)


def _arrivals(rows: DataFrame) -> list[str]:
    return [row.arrival for row in rows.select("arrival").distinct().collect()]  # at most a row an arrival


def _kept_of_purged(world: World) -> list[DataFrame]:
    """Rows of forgotten users that stand for purged arrivals: in silver, and in what a purge kept beside it."""
    purged, stones = sorted(purged_arrivals(world)), tombstones(world)
    if not purged:
        return []
    is_theirs = names(stones, F.col("user_id")) & F.col("arrival").isin(purged)
    tables = [world.tables[name] for name in ("silver", "purged")]
    return [world.lakehouse.read_or_empty(table).where(is_theirs) for table in tables]


def _counts_of_purged(world: World, purged: Sequence[str]) -> pa.Table:
    """Rows of the table counts of accepted rows of purged arrivals, without those of forgotten users.

    Only on dates on which such users stand is there anything to count: from silver and what purges kept beside it.
    """
    before = ours_of(world.counts(), EVENTS_SOURCE, purged)
    before = before.filter(pc.is_in(before["standing"], pa.array([*ACCEPTED, WARNED])))
    if not purged:
        return before
    rows = [kept.select("event_date").distinct().collect() for kept in _kept_of_purged(world)]  # a row a date
    days = sorted({row.event_date.isoformat() for found in rows for row in found})
    if not days:
        return before
    hour = local_hour(F.col("event_time"), world.feed.time_zone).alias("hour")
    left = candidates_of(world, days).where(F.col("arrival").isin(list(purged))).groupBy("file", "event_date", hour)
    found = gathered(left.agg(F.sum(ROWS).alias("rows")), LEFT).to_pylist()
    number = {(row["file"], row["event_date"], row["hour"]): row["rows"] for row in found}
    wanted = {date.fromisoformat(day) for day in days}
    kept = [
        row if row["event_date"] not in wanted or row["standing"] == WARNED
        # The standing follows from arrival and date: one file has one row of them for an hour.
        else row | {"rows": number.get((row["file"], row["event_date"], row["hour"]), 0)}
        for row in before.to_pylist()
    ]  # fmt: skip
    return pa.Table.from_pylist([row for row in kept if row["rows"]], before.schema)


def _forget_kept(world: World, purged: Sequence[str]) -> None:
    """Take rows of forgotten users out of what purges kept, and profiles of the purged arrivals that held them."""
    if not purged:
        return
    table, where = world.tables["purged"], one_of("arrival", purged)
    stones, rows = tombstones(world), world.lakehouse.read_or_empty(world.tables["purged"])
    found = rows.where(names(stones, F.col("user_id"))).select("event_date").distinct().collect()  # a row a date
    days = sorted(row.event_date.isoformat() for row in found)
    if days:
        kept = without_users(world, world.lakehouse.read(table, one_of_dates("event_date", days)))
        world.lakehouse.replace(table, kept.repartition("event_date"), days, run_id=world.run_id)
    profiles = world.tables[PROFILES]
    if world.lakehouse.exists(profiles):
        empty = world.lakehouse.arrow(profiles).slice(0, 0)
        months = one_of("arrival_month", [arrival[:7] for arrival in purged])
        world.lakehouse.put(profiles, empty, world.run_id, purged, months & where)
