"""Device loads: page loads by device, app version and bucket, as they are and as each replicate counts them.

Belongs here: which loads count, which versions are told apart, adding cells up. Does not: weights (bootstrap.py),
buckets (buckets.py), what the cells say of devices (device_effect.py).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa
import pyspark.sql.functions as F
from pyspark import cloudpickle
from pyspark.sql import DataFrame

from analytics_assets.transforms import bootstrap
from analytics_assets.transforms.bootstrap import REPLICATES, weighted_sums
from analytics_assets.transforms.buckets import bucket
from analytics_assets.transforms.columns import UNKNOWN

FEW = 100
"""A version is told apart with at least so many loads on each of two devices."""
Mapped = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
CELL = ("event_month", "app_version", "device_type", "bucket")
SUMS = "event_month string, app_version string, device_type string, bucket int, loads bigint, replicates array<bigint>"


def page_loads(events: DataFrame, page_views: Sequence[str]) -> DataFrame:
    """Page views on devices that are known, as `load_buckets` counts them, with their users.

    In: silver. Out: event_month string, user_id, app_version, device_type, bucket int.
    """
    is_load = F.col("action").isin(*page_views) & F.col("duration_ms").isNotNull()
    return events.where(is_load & (F.col("device_type") != UNKNOWN)).select(
        F.date_format("event_date", "yyyy-MM").alias("event_month"),
        "user_id",
        F.coalesce("app_version", F.lit(UNKNOWN)).alias("app_version"),
        "device_type",
        bucket(F.col("duration_ms")).alias("bucket"),
    )


def compared_versions(buckets: DataFrame) -> DataFrame:
    """Versions with at least FEW loads on two devices in a month. In: `load_buckets`. Out: event_month, app_version."""
    known = buckets.where(f"bucket IS NOT NULL AND device_type <> '{UNKNOWN}'")
    month = F.date_format("event_date", "yyyy-MM").alias("event_month")
    by_device = known.groupBy(month, "app_version", "device_type").agg(F.sum("loads").alias("loads"))
    of_versions = by_device.where(F.col("loads") >= FEW).groupBy("event_month", "app_version")
    return of_versions.agg(F.count(F.lit(1)).alias("devices")).where("devices >= 2").drop("devices")


def device_loads(loads: DataFrame, compared: DataFrame) -> DataFrame:
    """Cells of each month.

    In: `page_loads`; compared: event_month and app_version of the versions that are told apart. Out: event_month,
    app_version (null: all others together), device_type, bucket int, loads bigint, replicates array<bigint>.

    The loads of a user are counted first, so that Python sees rows of users, not events; a user's rows stand together,
    so that the weights of a user are drawn once.
    """
    of_users = loads.repartition("user_id").groupBy("event_month", "user_id", "app_version", "device_type", "bucket")
    counted = of_users.agg(F.count(F.lit(1)).alias("loads")).sortWithinPartitions("user_id")
    told = F.broadcast(compared.withColumn("_is_compared", F.lit(True)))
    rows = counted.join(told, ["event_month", "app_version"], "left").select(
        "event_month",
        F.when(F.col("_is_compared"), F.col("app_version")).alias("app_version"),
        "device_type",
        "bucket",
        "user_id",
        "loads",
    )
    return added_up(rows.mapInArrow(carried(weighted_sums), SUMS), CELL)


def added_up(parts: DataFrame, cell: Sequence[str]) -> DataFrame:
    """Cells whose parts are added up."""
    zero = F.array_repeat(F.expr("0L"), REPLICATES)
    return parts.groupBy(*cell).agg(
        F.sum("loads").alias("loads"),
        F.aggregate(
            F.collect_list("replicates"), zero, lambda sums, part: F.zip_with(sums, part, lambda a, b: a + b)
        ).alias("replicates"),
    )


def carried(function: Mapped) -> Mapped:
    """A function that goes to the executors with all it needs of Tidebook, which they need not have."""
    cloudpickle.register_pickle_by_value(sys.modules[bootstrap.__name__])  # type: ignore[no-untyped-call]
    return function
