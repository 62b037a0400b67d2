"""Buckets: the bound of their error, exact ranks, and sums that add up."""

import math
from collections.abc import Sequence

import pyspark.sql.functions as F
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from analytics_assets.transforms.buckets import ALPHA, PER_MILLE, ZERO_BUCKET, bucket, estimate, quantile_buckets
from resources.spark import Spark

TWO_HOURS_MS = 7_200_000


@pytest.fixture(scope="module")
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def test_each_duration_is_within_one_per_cent_of_its_buckets_estimate(spark: SparkSession) -> None:
    values = spark.range(1, TWO_HOURS_MS + 1)
    error = F.abs(estimate(bucket(F.col("id"))) / F.col("id") - 1)
    (found,) = values.agg(F.max(error).alias("worst"), F.max(bucket(F.col("id"))).alias("last")).collect()
    assert found.worst <= ALPHA + 1e-12
    assert found.last < 800


def test_nothing_but_zero_is_in_the_bucket_of_zero(spark: SparkSession) -> None:
    rows = spark.range(0, 3).select(bucket(F.col("id")).alias("bucket"), estimate(bucket(F.col("id"))).alias("value"))
    found = [(row.bucket, row.value) for row in rows.collect()]
    assert found[0] == (ZERO_BUCKET, 0.0)
    assert found[1][0] == 0 and found[2][0] > 0


def exact(values: Sequence[int], per_mille: int) -> int:
    return sorted(values)[max(1, math.ceil(per_mille * len(values) / 1000)) - 1]


heavy_tails = st.one_of(
    st.integers(0, 3), st.integers(0, TWO_HOURS_MS), st.floats(0, 15.7).map(lambda power: int(math.exp(power)))
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(heavy_tails, min_size=1, max_size=120), min_size=1, max_size=20))
def test_a_quantile_is_within_one_per_cent_of_the_exact_one_however_the_values_were_added_up(
    spark: SparkSession, groups: list[list[int]]
) -> None:
    rows = spark.createDataFrame([(n, value) for n, group in enumerate(groups) for value in group], "g int, v long")
    by_parts = rows.groupBy("g", (F.col("v") % 2).alias("part"), bucket(F.col("v")).alias("bucket")).count()
    buckets = quantile_buckets(by_parts.withColumnRenamed("count", "loads"), ["g"], "loads")
    found = buckets.select("g", "loads", *[estimate(F.col(name)).alias(name) for name in PER_MILLE]).collect()
    assert {row.g: row.loads for row in found} == {n: len(group) for n, group in enumerate(groups)}
    for row in found:
        for name, per_mille in PER_MILLE.items():
            assert row[name] == pytest.approx(exact(groups[row.g], per_mille), rel=ALPHA + 1e-12), (name, groups[row.g])


@pytest.mark.parametrize(("number", "expected"), [(1, 1), (19, 19), (20, 19), (21, 20), (100, 95), (101, 96)])
def test_the_rank_is_the_least_whole_number_that_is_not_below_the_share(
    spark: SparkSession, number: int, expected: int
) -> None:
    ordered = spark.range(number).select(
        F.lit(1).alias("g"), F.col("id").cast("int").alias("bucket"), F.lit(1).alias("n")
    )
    (found,) = quantile_buckets(ordered, ["g"], "n", {"p95": 950}).collect()
    assert found.p95 == expected - 1
