"""Buckets: durations in buckets that are each 2 % wide, which can be added up, and quantiles read off them.

Belongs here: METRICS "Quantiles". Does not: which durations are put into buckets (latency.py, power_users.py).

After Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
VLDB 2019, with no limit to the number of buckets: two hours in milliseconds need 790.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, Window

ALPHA = 0.01
"""Greatest relative error of an estimate."""
GAMMA = (1 + ALPHA) / (1 - ALPHA)
ZERO_BUCKET = -1
"""Bucket of the value 0. Values are whole numbers, and 1 is in bucket 0: no other value is in this one."""

PER_MILLE = {"p50": 500, "p75": 750, "p95": 950, "p99": 990}
"""Quantiles by name, in thousandths: so that ranks are whole numbers, computed exactly."""


def bucket(value: Column) -> Column:
    """The bucket of a whole number of 0 or more, as an integer: bucket b > -1 holds gamma^(b-1) < value <= gamma^b."""
    return F.when(value == 0, F.lit(ZERO_BUCKET)).otherwise(F.ceil(F.log(value) / math.log(GAMMA)).cast("int"))


def estimate(of_bucket: Column) -> Column:
    """The value that stands for a bucket, as a double: within 1 % of each value in it."""
    middle = F.pow(F.lit(GAMMA), of_bucket) * (2 / (GAMMA + 1))
    return F.when(of_bucket == ZERO_BUCKET, F.lit(0.0)).otherwise(middle)


def rank(number: Column, per_mille: int) -> Column:
    """Rank max(1, ceil(q n)) of the quantile q = per_mille / 1000 among n values, as a bigint."""
    return F.greatest(F.expr("1L"), F.floor((number * per_mille + 999) / 1000))


def quantile_buckets(
    counts: DataFrame, keys: Sequence[str], number: str, quantiles: Mapping[str, int] = PER_MILLE
) -> DataFrame:
    """The bucket that holds the rank of each quantile.

    In: keys, bucket int, and a column of counts named by `number`, bigint; a bucket may stand in several rows.
    Out: a row for each of the keys' values: keys, `number` (its sum, bigint), and an int column for each quantile.
    """
    summed = counts.groupBy(*keys, "bucket").agg(F.sum(number).alias(number))
    whole = Window.partitionBy(*keys)
    running = whole.orderBy("bucket").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    ranked = summed.select(
        *keys,
        "bucket",
        F.sum(number).over(running).alias("_up_to"),
        F.sum(number).over(whole).alias("_number"),
    )
    reached = {name: F.col("_up_to") >= rank(F.col("_number"), per_mille) for name, per_mille in quantiles.items()}
    return ranked.groupBy(*keys).agg(
        F.first("_number").alias(number),
        *[F.min(F.when(is_reached, F.col("bucket"))).alias(name) for name, is_reached in reached.items()],
    )


def quantile(counts: Mapping[int, int], per_mille: int) -> float:
    """The quantile per_mille / 1000 of values of which `counts` says how many are in which bucket, at least one.

    Source: METRICS "Quantiles".
    """
    left = max(1, -(-per_mille * sum(counts.values()) // 1000))
    for bucket in sorted(counts):
        left -= counts[bucket]
        if left <= 0:
            break
    return 0.0 if bucket == ZERO_BUCKET else 2 * GAMMA**bucket / (GAMMA + 1)
