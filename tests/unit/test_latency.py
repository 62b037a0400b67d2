"""Latency: which events are loads, which periods they count for, and how far an estimate may be from the truth."""

import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession

from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.fields import load_fields
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.transforms.latency import latency
from analytics_assets.transforms.load_buckets import load_buckets
from resources.spark import Spark, spark_config

MONDAY = date(2025, 1, 6)
DAY = timedelta(days=1)
SILVER = (
    "event_date date, action string, duration_ms long, app_version string, device_type string, user_id string,"
    " input_version string"
)
PERIODS = "period string, period_start date, first date, last date, is_complete boolean"
DIMENSIONS = ("app_version", "device_type")
VIEWS = ("page_view", "open")
QUANTILES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}
TWO_HOURS_MS = 7_200_000


@pytest.fixture(scope="module")
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def silver(spark: SparkSession, *rows: tuple[date, str, int | None, str | None, str | None]) -> DataFrame:
    """date, action, duration, version, device."""
    return spark.createDataFrame([(*row, "u", f"v {row[0]}") for row in rows], SILVER)


def buckets(spark: SparkSession, *rows: tuple[date, str, int | None, str | None, str | None]) -> DataFrame:
    return load_buckets(silver(spark, *rows), VIEWS, DIMENSIONS)


def loads_of(day: date, durations: Sequence[int], version: str = "5.1.0", device: str = "Mac") -> list[tuple]:  # type: ignore[type-arg]
    return [(day, "page_view", duration, version, device) for duration in durations]


def measured(spark: SparkSession, rows: DataFrame, *periods: tuple[str, date, date, date, bool]) -> list[Row]:
    return latency(rows, spark.createDataFrame([*periods], PERIODS), DIMENSIONS).collect()


def one(rows: Sequence[Row], dimension: str = "all", value: str = "all", period: str = "day") -> Row:
    [found] = [row for row in rows if (row.period, row.dimension, row.value) == (period, dimension, value)]
    return found


def test_only_page_views_are_loads_and_each_has_the_version_and_device_of_its_event(spark: SparkSession) -> None:
    rows = buckets(
        spark,
        (MONDAY, "page_view", 0, "5.1.0", "Mac"),
        (MONDAY, "page_view", 0, "5.1.0", "Mac"),
        (MONDAY, "open", 1, "5.2.0", "iPad"),
        (MONDAY, "edit", 7_000, "5.1.0", "Mac"),
    )
    found = Counter(tuple(row) for row in rows.drop("event_date", "input_version").collect())
    assert found == Counter(
        [("5.1.0", "Mac", "page_view", -1, 2), ("5.2.0", "iPad", "open", 0, 1), (None, None, None, None, 0)]
    )


def test_a_date_without_page_views_has_a_row_that_tells_its_version(spark: SparkSession) -> None:
    [row] = buckets(spark, (MONDAY, "edit", 5, "5.1.0", "Mac"), (MONDAY, "share", 5, "5.1.0", None)).collect()
    assert (row.event_date, row.bucket, row.loads, row.input_version) == (MONDAY, None, 0, f"v {MONDAY}")


def test_an_event_without_version_or_device_is_of_unknown_ones(spark: SparkSession) -> None:
    [row] = buckets(spark, (MONDAY, "page_view", 5, None, None)).collect()
    assert (row.app_version, row.device_type) == ("unknown", "unknown")


def test_a_load_without_a_duration_is_no_load(spark: SparkSession) -> None:
    rows = buckets(spark, (MONDAY, "page_view", None, "5.1.0", "Mac"), (MONDAY, "page_view", 5, "5.1.0", "Mac"))
    assert sorted(row.loads for row in rows.collect()) == [0, 1]


def test_loads_count_for_each_period_that_holds_their_date(spark: SparkSession) -> None:
    rows = buckets(spark, *loads_of(MONDAY, [10, 20]), *loads_of(MONDAY + DAY, [30]))
    week = ("week", MONDAY, MONDAY, MONDAY + DAY * 6, True)
    found = measured(spark, rows, ("day", MONDAY, MONDAY, MONDAY, True), week)
    assert {row.period: row.loads for row in found if row.dimension == "all"} == {"day": 2, "week": 3}
    assert one(found, "app_version", "5.1.0", "week").loads == 3


def test_dates_outside_of_the_closed_ones_do_not_count(spark: SparkSession) -> None:
    rows = buckets(spark, *loads_of(MONDAY, [10]), *loads_of(MONDAY + DAY * 3, [30]))
    found = measured(spark, rows, ("all", MONDAY, MONDAY, MONDAY + DAY * 2, True))
    assert one(found, period="all").loads == 1


def test_a_period_that_is_not_complete_shows_nothing(spark: SparkSession) -> None:
    rows = buckets(spark, *loads_of(MONDAY, [10]))
    found = measured(spark, rows, ("week", MONDAY, MONDAY, MONDAY, False))
    names = ("loads", *QUANTILES, "is_few")
    assert len(found) == 3
    assert [row[name] for row in found for name in names] == [None] * 18


def test_a_closed_date_without_loads_has_a_row_in_all_and_none_by_version(spark: SparkSession) -> None:
    found = measured(spark, buckets(spark, (MONDAY, "edit", 5, "5.1.0", "Mac")), ("day", MONDAY, MONDAY, MONDAY, True))
    [row] = found
    assert (row.dimension, row.loads, row.p50, row.p99, row.is_few) == ("all", 0, None, None, True)


def test_fewer_than_a_hundred_loads_are_marked(spark: SparkSession) -> None:
    rows = buckets(spark, *loads_of(MONDAY, [5] * 99, device="Mac"), *loads_of(MONDAY, [5], "5.2.0", "iPad"))
    found = measured(spark, rows, ("day", MONDAY, MONDAY, MONDAY, True))
    assert {(row.value, row.is_few) for row in found} == {
        ("all", False), ("5.1.0", True), ("5.2.0", True), ("Mac", True), ("iPad", True),
    }  # fmt: skip


def test_zero_is_estimated_as_exactly_zero(spark: SparkSession) -> None:
    found = measured(spark, buckets(spark, *loads_of(MONDAY, [0, 0, 9])), ("day", MONDAY, MONDAY, MONDAY, True))
    assert one(found).p50 == 0.0


heavy_tails = st.one_of(
    st.integers(0, 2), st.integers(0, TWO_HOURS_MS), st.floats(0, 15.7).map(lambda power: int(math.exp(power)))
)
groups = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["5.9.0", "5.10.0"]),
        st.sampled_from(["Mac", "iPad"]),
        st.lists(heavy_tails, min_size=1, max_size=80),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(groups)
def test_every_quantile_of_every_period_is_within_one_per_cent_of_the_exact_one(
    spark: SparkSession, found: list[tuple[int, str, str, list[int]]]
) -> None:
    events = [row for n, version, device, ms in found for row in loads_of(MONDAY + DAY * n, ms, version, device)]
    days = {MONDAY + DAY * n for n, *_ in found}
    spans = [
        *[("day", day, day, day, True) for day in days],
        *[("week", start, start, start + DAY * 6, True) for start in (MONDAY, MONDAY + DAY * 7)],
        ("all", MONDAY, MONDAY, MONDAY + DAY * 9, True),
    ]
    exact: dict[tuple[object, ...], list[int]] = {}
    for day, _, ms, version, device in events:
        for period, start, first, last, _ in spans:
            for series in (("all", "all"), ("app_version", version), ("device_type", device)):
                if first <= day <= last:
                    exact.setdefault((period, start, *series), []).append(ms)
    rows = measured(spark, buckets(spark, *events), *spans)
    with_loads = {(row.period, row.period_start, row.dimension, row.value): row for row in rows if row.loads}
    assert {key: row.loads for key, row in with_loads.items()} == {key: len(ms) for key, ms in exact.items()}
    for key, row in with_loads.items():
        in_order = sorted(exact[key])
        for name, share in QUANTILES.items():
            at_rank = in_order[max(1, math.ceil(round(share * 1000) * len(in_order) / 1000)) - 1]
            assert row[name] == pytest.approx(at_rank, rel=0.01 + 1e-12), (key, name)


def nodes(rows: DataFrame, *names: str) -> list[int]:
    text = io.StringIO()
    with redirect_stdout(text):
        rows.explain()
    return [len(re.findall(rf"^\W*(?:\*\(\d+\) )?{name}\b", text.getvalue(), re.MULTILINE)) for name in names]


def on_disk(rows: DataFrame, folder: Path) -> DataFrame:
    """What is made of literals has plans of its own."""
    rows.write.parquet(str(folder))
    return rows.sparkSession.read.schema(rows.schema).parquet(str(folder))


def test_events_are_shuffled_once_and_then_as_counts_alone(spark: SparkSession, tmp_path: Path) -> None:
    with spark_config(spark, {"spark.sql.codegen.wholeStage": "true"}):
        rows = on_disk(silver(spark), tmp_path / "silver")
        made = load_buckets(rows, VIEWS, DIMENSIONS)
        assert nodes(made, "Exchange", "HashAggregate", "Sort", "BatchEvalPython") == [1, 2, 0, 0]
        periods = spark.createDataFrame([("day", MONDAY, MONDAY, MONDAY, True)], PERIODS)
        counts = on_disk(made, tmp_path / "buckets")
        # The buckets of each series together, and the series itself in order; what is joined is broadcast.
        assert nodes(latency(counts, periods, DIMENSIONS), "Exchange", "SortMergeJoin", "Sort") == [2, 0, 1]


def test_a_feed_has_load_times_only_if_its_events_say_them() -> None:
    assert {"latency", "latency_buckets"} <= {*feed_tables(NOTES)}
    assert not {"latency", "latency_buckets"} & {*feed_tables(ACCESS_LOG)}
    assert [column.name for column in load_fields(NOTES)] == [*DIMENSIONS]
