"""Version order: app versions sort as versions, in Spark and in Python alike."""

from collections.abc import Sequence

import pyspark.sql.functions as F
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from analytics_assets.transforms.latency import version_order, version_order_of
from resources.spark import Spark


@pytest.fixture(scope="module")
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def sorted_by_spark(spark: SparkSession, versions: Sequence[str]) -> list[str]:
    rows = spark.createDataFrame([(version,) for version in versions], "version string")
    return [row.version for row in rows.orderBy(version_order(F.col("version"))).collect()]


# Each list in its right order. The second is the example of Semantic Versioning 2.0.0, item 11.
IN_ORDER = [
    ["5.9.0", "5.9.1", "5.9.10", "5.10.0", "5.10.1", "10.0.0"],
    ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
     "1.0.0"],
    ["", "5", "5.10", "5.10.0-beta", "5.10.0", "5.10.0+2", "5.10.0+11", "unknown"],
    ["2.999999999999999999", "2.20250210093000123456789", "3"],
]  # fmt: skip


@pytest.mark.parametrize("versions", IN_ORDER)
def test_versions_sort_as_versions(spark: SparkSession, versions: list[str]) -> None:
    assert sorted_by_spark(spark, versions[::-1]) == versions
    assert sorted(versions[1:] + versions[:1], key=version_order_of) == versions


def test_zeros_in_front_of_a_number_do_not_count() -> None:
    assert version_order_of("05.010.00") == version_order_of("5.10.0") < version_order_of("5.10.1")


numbers = st.integers(0, 10**25).map(str) | st.sampled_from(["0", "00", "007", "9" * 101])
signs = st.sampled_from([".", "-", "+", "beta", "rc", "v", " ", "\n", "\x00", "!", "\u0663", "\u4e16", "\U0001f680"])
like_versions = st.lists(st.one_of(numbers, signs), max_size=7).map("".join)
versions = st.one_of(like_versions, st.text(st.characters(exclude_categories=["Cs"]), max_size=9))


@settings(max_examples=15, deadline=None)
@given(st.lists(versions, min_size=1, max_size=60))
def test_spark_and_python_give_any_text_the_same_place(spark: SparkSession, found: list[str]) -> None:
    rows = spark.createDataFrame([(version,) for version in found], "version string")
    keyed = rows.select("version", version_order(F.col("version")).alias("key")).collect()
    assert {row.version: row.key for row in keyed} == {version: version_order_of(version) for version in found}
    assert [version_order_of(v) for v in sorted_by_spark(spark, found)] == sorted(map(version_order_of, found))


releases = st.lists(st.integers(0, 10**12), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(releases, releases)
def test_numbers_joined_by_dots_sort_as_lists_of_numbers(one: list[int], other: list[int]) -> None:
    keys = [version_order_of(".".join(map(str, release))) for release in (one, other)]
    assert (keys[0] < keys[1], keys[0] == keys[1]) == (one < other, one == other)
