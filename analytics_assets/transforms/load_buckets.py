"""Load buckets: the page views of a date, counted by how long they took.

Belongs here: which events are loads, by what they are split. Does not: buckets themselves (buckets.py), quantiles by
period (latency.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.buckets import bucket
from analytics_assets.transforms.columns import UNKNOWN


def load_buckets(silver: DataFrame, page_views: Sequence[str], dimensions: Sequence[str]) -> DataFrame:
    """How many page views of each date are in which bucket of durations.

    In: silver with action, duration_ms in milliseconds and the dimensions. page_views: the actions that are loads. Out:
    event_date, the dimensions (`unknown` where there is none), action, bucket int, loads bigint, input_version. The
    other events of a date make one row with 0 loads and null from the dimensions to the bucket: so a date without a
    page view has a row, too, which says from which version of silver it was counted.
    Source: METRICS "Latency", "Quantiles".
    """
    is_load = F.col("action").isin(*page_views) & F.col("duration_ms").isNotNull()
    named = {name: F.coalesce(F.col(name), F.lit(UNKNOWN)) for name in dimensions}
    keys = {**named, "action": F.col("action"), "bucket": bucket(F.col("duration_ms"))}
    marked = silver.select(
        "event_date",
        *[F.when(is_load, key).alias(name) for name, key in keys.items()],
        F.when(is_load, F.expr("1L")).otherwise(F.expr("0L")).alias("loads"),
        "input_version",
    )
    return marked.groupBy("event_date", *keys, "input_version").agg(F.sum("loads").alias("loads"))
