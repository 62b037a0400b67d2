"""The dimension of users: snapshots are read, judged and made unique; dates whose attributes change are touched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.layers.changing import changed_meanwhile, settled, unchanged
from analytics_assets.layers.counting import (
    begin_reading,
    files_short_of_rows,
    new_counts,
    with_forgotten,
    write_counts,
)
from analytics_assets.layers.landed import look_at_all, readable, snapshot_source
from analytics_assets.layers.reading import examine, judged_rows, reading_config
from analytics_assets.layers.rules import snapshot_version
from analytics_assets.layers.tombstones import is_forgotten_user, rows_by_file, tombstones, without
from analytics_assets.layers.world import Built, Compared, World, built
from analytics_assets.transforms.bronze import ON_TIME, REJECTED
from analytics_assets.transforms.columns import UNKNOWN
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.dimension import attributes_by_date, named, unique_users, with_attributes
from resources.conditions import Condition, one_of


def pending_snapshots(world: World) -> list[str]:
    """Arrivals of snapshots in landing that the dimension does not hold as they are."""
    return look_at_snapshots(world).pending


def look_at_snapshots(world: World) -> Compared:
    """Snapshots in landing beside those that were read; nothing before the first one landed."""
    # There need be no folder before: users are unknown then, and events go on.
    source = snapshot_source(world.feed)
    if source is None or not world.landing.has_folder(source.pattern):
        return Compared([], {})
    return look_at_all(world, source)


def build_dimension(world: World, arrivals: Sequence[str], accepted: Collection[str] = ()) -> Built:
    """Read snapshots from landing and replace them in the dimension.

    The counts that mark them as read are written last, after the dates that they touch were recorded, and before
    anything else they say that they are being read: what a killed run left so is read again.
    """
    dimension, lakehouse = world.feed.dimension, world.lakehouse
    assert dimension is not None
    table, rejected_table = world.tables[dimension.name], world.tables[f"{dimension.name}_rejected"]
    source = snapshot_source(world.feed)
    assert source is not None
    # As in `look_at_snapshots`: there need be no folder.
    files = readable(world, source, arrivals, accepted) if world.landing.has_folder(source.pattern) else []
    keys = sorted({file.arrival for file in files})
    if not keys:
        return Built(table=table, written=None, rows={})
    contract = contract_of(dimension.contract)
    reading = examine(lakehouse.spark, files, contract, dimension.format)
    spark = lakehouse.spark.session
    stones = tombstones(world)
    is_forgotten = is_forgotten_user(dimension, stones) if stones else None
    with unchanged(world, source, files):
        judged = judged_rows(spark, world.landing, reading, dimension.landing, contract, dimension.format)
        kept = without(named(judged, dimension.partition_by), is_forgotten)
        begin_reading(world, dimension.name, keys)
        with reading_config(spark, dimension.format):
            lakehouse.replace(
                rejected_table,
                kept.where("violations IS NOT NULL").select(rejected_table.schema.fieldNames()),
                keys,
                run_id=world.run_id,
            )
        good = kept.where("violations IS NULL").drop("violations", "raw", "line_number")
        by, names = dimension.partition_by, [column.name for column in contract.columns]
        unique = unique_users(good, dimension.key, dimension.order_column, names)
        unique = unique.withColumn(by, F.coalesce(by, F.lit(UNKNOWN)))
        written = lakehouse.replace(
            table,
            unique.select(table.schema.fieldNames()).repartition("arrival"),
            keys,
            run_id=world.run_id,
        )
    stays = settled(keys, changed_meanwhile(world, source, files))
    record_touched(world, changed_dates(world))
    counted = snapshot_counts(world, one_of("arrival", stays))
    fresh = new_counts(world, dimension.name, reading.of_arrivals(stays), snapshot_version(dimension), counted)
    if is_forgotten is not None and (short := files_short_of_rows(fresh)):
        own = reading.of_files(short)
        with unchanged(world, source, files), reading_config(spark, dimension.format):
            found = judged_rows(spark, world.landing, own, dimension.landing, contract, dimension.format)
            fresh = with_forgotten(fresh, rows_by_file(found, is_forgotten))
    write_counts(world, dimension.name, stays, fresh)
    return built(world, table, written, keys)


def changed_dates(world: World) -> list[str]:
    """Dates on which a user stands in user_days with other attributes than now hold.

    All users are compared, since a snapshot that is read again may have lost some. Dates that user_days does not
    have as silver has them cannot be compared, and count as changed.
    """
    dimension, lakehouse = world.feed.dimension, world.lakehouse
    assert dimension is not None
    in_silver = lakehouse.versions(world.tables["silver"])
    in_user_days = lakehouse.versions(world.tables["user_days"])
    unknown = {day for day, version in in_silver.items() if in_user_days.get(day) != version}
    if not in_user_days:
        return sorted(unknown)
    before = lakehouse.read(world.tables["user_days"]).select(
        "user_id", "event_date", *[F.col(name).alias(f"_{name}") for name in dimension.attributes]
    )
    users = lakehouse.read(world.tables[dimension.name])
    periods = attributes_by_date(users, dimension.key, dimension.attributes)
    after = with_attributes(before, periods, dimension.key, dimension.attributes)
    differs = " OR ".join(f"NOT ({name} <=> _{name})" for name in dimension.attributes)
    rows = after.where(differs).select("event_date").distinct().collect()  # at most a row a date
    return sorted(unknown | {row.event_date.isoformat() for row in rows})


def touched_dates(world: World) -> list[str]:
    """Dates that a snapshot touched and that silver has not computed again."""
    table = world.tables.get("touched")
    if table is None or not world.lakehouse.exists(table):
        return []
    days = world.lakehouse.arrow(table)["event_date"].to_pylist()
    return sorted(day.isoformat() for day in days)


def record_touched(world: World, days: Sequence[str]) -> None:
    """Add dates to those that a snapshot touched."""
    before = touched_dates(world)
    if not set(days) <= set(before):
        _replace_touched(world, sorted({*before, *days}))


def clear_touched(world: World, days: Sequence[str]) -> None:
    """Take away dates that silver has computed again."""
    before = touched_dates(world)
    if set(before) & set(days):
        _replace_touched(world, sorted(set(before) - set(days)))


def _replace_touched(world: World, days: Sequence[str]) -> None:
    dates = [date.fromisoformat(day) for day in days]
    world.lakehouse.put(world.tables["touched"], {"event_date": dates}, world.run_id, days)


def snapshot_counts(world: World, is_arrival: Condition) -> DataFrame:
    """Rows by file, standing and rule."""
    dimension = world.feed.dimension
    assert dimension is not None
    accepted = (
        world.lakehouse.read(world.tables[dimension.name], is_arrival)
        .groupBy("file", F.lit(ON_TIME).alias("standing"), F.lit(None).cast("string").alias("rule"))
        .agg(F.sum("copies").alias("rows"))
    )
    rejected = (
        world.lakehouse.read(world.tables[f"{dimension.name}_rejected"], is_arrival)
        .groupBy("file", F.lit(REJECTED).alias("standing"), F.col("violations")[0].alias("rule"))
        .agg(F.count(F.lit(1)).alias("rows"))
    )
    return accepted.unionByName(rejected)
