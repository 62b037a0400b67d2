"""Profiles of arrivals: counts of each column, equal to plain counting, and how far columns have drifted."""

import io
import math
import re
from collections import Counter
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

import pyspark.sql.functions as F
import pyspark.sql.types as T
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from analytics_assets.transforms.drift import (
    FEWEST_ROWS,
    arrivals_before,
    drifts,
    jensen_shannon,
    mean,
)
from analytics_assets.transforms.profile import COUNTED, bin_counts, bin_of, profiles
from resources.spark import Spark, gathered, spark_config

COLUMNS = [
    T.StructField("event_time", T.TimestampType()),
    T.StructField("user_id", T.StringType()),
    T.StructField("action", T.StringType()),
    T.StructField("duration_ms", T.LongType()),
]
BRONZE = "arrival string, event_time timestamp, user_id string, action string, duration_ms long"
FIRST, SECOND = "2025-01-06", "2025-01-07"
TIME = datetime(2025, 1, 6, 9, 30)

Row = tuple[str, datetime | None, str | None, str | None, int | None]


@pytest.fixture(scope="module")
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def profiled(spark: SparkSession, *rows: Row, zone: str = "UTC") -> dict[tuple[str, str], dict[str, Any]]:
    arrivals = [FIRST, SECOND]
    accepted = {arrival: sum(row[0] == arrival for row in rows) for arrival in arrivals}
    counted = bin_counts(spark.createDataFrame(list(rows), BRONZE), COLUMNS, zone, accepted)
    made = profiles(gathered(counted, COUNTED).to_pylist(), COLUMNS, arrivals)
    return {(row["arrival"], row["column_name"]): row for row in made}


def test_a_column_of_texts_has_its_frequent_values_and_ends(spark: SparkSession) -> None:
    rows: list[Row] = [(FIRST, TIME, "ann", action, 1) for action in ("view", "view", "edit", None)]
    assert profiled(spark, *rows)[FIRST, "action"] == {
        "arrival": FIRST,
        "column_name": "action",
        "rows": 4,
        "nulls": 1,
        "distinct": 2,
        "minimum": "edit",
        "maximum": "view",
        "top_values": [{"value": "view", "rows": 2}, {"value": "edit", "rows": 1}],
        "histogram": [],
    }


def test_numbers_are_binned_by_powers_of_two_away_from_0(spark: SparkSession) -> None:
    rows: list[Row] = [(FIRST, TIME, "ann", "view", number) for number in (0, 1, 2, 3, 4, 1023, 1024, -5, 10)]
    found = profiled(spark, *rows)[FIRST, "duration_ms"]
    bins = {one["low"]: one["rows"] for one in found["histogram"]}
    assert bins == {-4.0: 1, 0.0: 1, 1.0: 1, 2.0: 2, 4.0: 1, 8.0: 1, 512.0: 1, 1024.0: 1}
    assert (found["minimum"], found["maximum"]) == ("-5", "1024")


@pytest.mark.parametrize("power", [-30, -7, -1, 0, 29, 31, 48, 52])
def test_a_power_of_two_begins_its_bin_and_what_is_below_is_in_the_one_before(spark: SparkSession, power: int) -> None:
    end = 2.0**power
    rows = spark.createDataFrame([(end,), (math.nextafter(end, 0),), (-end,)], "number double")
    assert [row[0] for row in rows.select(bin_of(F.col("number"))).collect()] == [end, end / 2, -end]


def test_times_are_counted_by_the_hour_in_the_feeds_zone(spark: SparkSession) -> None:
    rows: list[Row] = [(FIRST, TIME, "ann", "view", 1), (FIRST, TIME.replace(hour=23), "ann", "view", 1)]
    found = profiled(spark, *rows, zone="Europe/Berlin")[FIRST, "event_time"]
    assert found["histogram"] == [{"low": 0.0, "rows": 1}, {"low": 10.0, "rows": 1}]
    assert found["minimum"] == "2025-01-06T09:30:00.000000Z"
    assert found["distinct"] is None


def test_of_users_only_counts_are_told(spark: SparkSession) -> None:
    found = profiled(spark, (FIRST, TIME, "ann", "view", 1), (FIRST, TIME, "bob", "view", 1))[FIRST, "user_id"]
    assert (found["distinct"], found["minimum"], found["maximum"], found["top_values"]) == (2, None, None, [])


def test_an_arrival_without_accepted_rows_has_rows_of_0(spark: SparkSession) -> None:
    found = profiled(spark, (FIRST, TIME, "ann", "view", 1))[SECOND, "action"]
    assert (found["rows"], found["nulls"], found["distinct"], found["minimum"]) == (0, 0, 0, None)


def test_long_values_stand_for_themselves_by_their_beginning_and_stay_apart(spark: SparkSession) -> None:
    long = "x" * 5000
    rows: list[Row] = [(FIRST, TIME, "ann", long + end, 1) for end in ("a", "b", "b")]
    found = profiled(spark, *rows)[FIRST, "action"]
    assert found["distinct"] == 2
    assert [one["rows"] for one in found["top_values"]] == [2, 1]
    assert all(len(one["value"]) < 120 for one in found["top_values"])


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([FIRST, SECOND]), st.sampled_from(["a", "b", None]), st.integers(-9, 9) | st.none()),
        min_size=1,
        max_size=60,
    )
)
def test_counts_are_those_of_plain_counting(
    spark: SparkSession, drawn: list[tuple[str, str | None, int | None]]
) -> None:
    found = profiled(spark, *[(arrival, TIME, "ann", action, number) for arrival, action, number in drawn])
    for arrival in (FIRST, SECOND):
        for place, name in ((1, "action"), (2, "duration_ms")):
            values = [row[place] for row in drawn if row[0] == arrival]
            counts = Counter(str(value) for value in values if value is not None)
            row = found[arrival, name]
            assert (row["rows"], row["nulls"], row["distinct"]) == (len(values), values.count(None), len(counts))
            most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:10]
            assert [(one["value"], one["rows"]) for one in row["top_values"]] == most
            binned = sum(one["rows"] for one in row["histogram"])
            assert binned == (len(values) - values.count(None) if name == "duration_ms" else 0)


def test_a_profile_reads_once_and_shuffles_counts_alone(spark: SparkSession, tmp_path: Path) -> None:
    spark.createDataFrame([], BRONZE).write.parquet(str(tmp_path / "bronze"))
    rows = spark.read.schema(BRONZE).parquet(str(tmp_path / "bronze"))
    text = io.StringIO()
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false"}), redirect_stdout(text):
        bin_counts(rows, COLUMNS, "UTC", {FIRST: 1}).explain()
    plan = text.getvalue()
    counted = [
        len(re.findall(rf"^\W*(?:\*\(\d+\) )?{name}\b", plan, re.MULTILINE)) for name in ("Exchange", "FileScan")
    ]
    assert counted == [2, 1]
    assert re.search(r"Exchange hashpartitioning\(arrival.*\n.*HashAggregate\(.*partial_count", plan)


def row(
    rows: int = 1000, nulls: int = 0, top: dict[str, int] | None = None, bins: dict[float, int] | None = None
) -> list[dict[str, Any]]:
    """The profile of an arrival with one column."""
    return [
        {
            "column_name": "action",
            "rows": rows,
            "nulls": nulls,
            "distinct": 2,
            "top_values": [{"value": value, "rows": number} for value, number in (top or {}).items()],
            "histogram": [{"low": low, "rows": number} for low, number in (bins or {}).items()],
        }
    ]


def beyond(profile: list[dict[str, Any]], before: list[list[dict[str, Any]]]) -> set[str]:
    return {one.measure for one in drifts(profile, before) if one.is_beyond}


def test_the_distance_is_0_for_equal_and_1_for_disjoint_distributions() -> None:
    assert jensen_shannon({"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.5}) == 0
    assert jensen_shannon({"a": 1.0}, {"b": 1.0}) == 1
    # By hand: M = (3/4, 1/4); (log2(4/3) + (log2(2/3) + log2(2)) / 2) / 2.
    by_hand = math.sqrt((math.log2(4 / 3) + (math.log2(2 / 3) + 1) / 2) / 2)
    assert jensen_shannon({"a": 1.0}, {"a": 0.5, "b": 0.5}) == pytest.approx(by_hand, rel=1e-12)


@given(*[st.dictionaries(st.sampled_from("abcd"), st.integers(1, 99), min_size=1) for _ in range(3)])
def test_the_distance_is_a_metric_between_0_and_1(p: dict[str, int], q: dict[str, int], r: dict[str, int]) -> None:
    one, two, three = ({value: n / sum(part.values()) for value, n in part.items()} for part in (p, q, r))
    assert 0 <= jensen_shannon(one, two) <= 1
    assert jensen_shannon(one, two) == pytest.approx(jensen_shannon(two, one), abs=1e-12)
    assert jensen_shannon(one, three) <= jensen_shannon(one, two) + jensen_shannon(two, three) + 1e-7
    assert sum(mean([one, two, three]).values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (row(top={"view": 900, "edit": 100}), set()),
        (row(top={"edit": 900, "view": 100}), {"distribution"}),
        (row(nulls=60, top={"view": 846, "edit": 94}), {"nulls"}),
        (row(rows=3100, top={"view": 2790, "edit": 310}), {"rows"}),
        (row(rows=300, top={"view": 270, "edit": 30}), {"rows"}),
        (row(rows=FEWEST_ROWS - 1, nulls=FEWEST_ROWS - 1), {"rows"}),
    ],
)
def test_what_differs_from_before_is_told(now: list[dict[str, Any]], expected: set[str]) -> None:
    assert beyond(now, [row(top={"view": 900, "edit": 100})] * 7) == expected


@given(st.lists(st.integers(1, 500), min_size=2, max_size=10), st.lists(st.integers(1, 500), min_size=2, max_size=10))
def test_frequent_values_that_are_all_rows_have_a_distance(one: list[int], other: list[int]) -> None:
    now, then = ({f"v{n}": rows for n, rows in enumerate(counts)} for counts in (one, other))
    before = [row(rows=300 + sum(other), nulls=300, top=then)] * 5
    for found in drifts(row(rows=300 + sum(one), nulls=300, top=now), before):
        assert found.measure != "distribution" or 0 <= found.value <= 1


def test_a_histogram_that_moved_is_told() -> None:
    before = [row(bins={256.0: 500, 512.0: 500})] * 4
    assert beyond(row(bins={256.0: 520, 512.0: 480}), before) == set()
    assert beyond(row(bins={512.0: 500, 1024.0: 500}), before) == {"distribution"}


def test_a_column_that_always_moves_is_told_when_it_moves_by_more() -> None:
    shares = (100, 300, 500, 200, 400)
    before = [row(top={"old": 1000 - number, "new": number}) for number in shares]
    assert beyond(row(top={"old": 400, "new": 600}), before) == set()
    assert beyond(row(top={"old": 5, "new": 995}), before) == {"distribution"}
    still = [row(top={"old": 700, "new": 300})] * 5
    assert beyond(row(top={"old": 400, "new": 600}), still) == {"distribution"}


def test_few_arrivals_or_rows_before_give_no_verdict() -> None:
    assert drifts(row(nulls=1000), [row()] * 3) == []
    assert drifts(row(nulls=1000), [row(rows=FEWEST_ROWS - 1)] * 7) == []


def test_ids_are_not_compared() -> None:
    ids = [{**row(top={"a": 1})[0], "distinct": 1000}]
    assert {one.measure for one in drifts(ids, [ids] * 5)} == {"rows", "nulls"}


def test_hours_are_compared_with_the_same_hour_of_the_days_before() -> None:
    hours = [f"2025-01-{day:02d}T{hour:02d}" for day in range(1, 12) for hour in (9, 10)]
    assert arrivals_before("2025-01-10T09", hours) == [f"2025-01-{day:02d}T09" for day in range(3, 10)]
    assert arrivals_before("2025-01-03", ["2025-01-01", "2025-01-02", "2025-01-03"]) == ["2025-01-01", "2025-01-02"]
