"""Users' attributes: one row a user and snapshot, and which snapshot holds on a date."""

from datetime import date, timedelta
from typing import Any

import pyspark.sql.functions as F
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.dimension import attributes_by_date, unique_users, with_attributes

ATTRIBUTES = ("country", "device")


def snapshots(spark: SparkSession, *rows: tuple[str | None, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), "arrival string, user_id string, country string, device string")


def events(spark: SparkSession, *rows: tuple[str | None, str]) -> DataFrame:
    return spark.createDataFrame(list(rows), "user_id string, event_date string").withColumn(
        "event_date", F.col("event_date").cast("date")
    )


def joined(made: DataFrame, users: DataFrame) -> DataFrame:
    rows = with_attributes(made, attributes_by_date(users, "user_id", ATTRIBUTES), "user_id", ATTRIBUTES)
    return rows.withColumn("event_date", F.col("event_date").cast("string"))


def test_the_latest_snapshot_at_or_before_the_event_holds(spark: SparkSession) -> None:
    users = snapshots(spark, ("2025-01-03", "ann", "DE", "tv"), ("2025-01-06", "ann", "FR", "pc"))
    days = ["2025-01-03", "2025-01-04", "2025-01-05", "2025-01-06", "2025-01-07", "2031-12-31"]
    actual = joined(events(spark, *[("ann", day) for day in days]), users).select("event_date", "country", "device")
    expected = [(day, "DE", "tv") for day in days[:3]] + [(day, "FR", "pc") for day in days[3:]]
    assertDataFrameEqual(actual, expected)


def test_before_the_first_snapshot_with_the_user_that_one_holds(spark: SparkSession) -> None:
    users = snapshots(
        spark, ("2025-01-01", "bob", "IT", "tv"), ("2025-01-03", "ann", "DE", "tv"), ("2025-01-06", "ann", "FR", "pc")
    )
    actual = joined(events(spark, ("ann", "2024-06-30"), ("ann", "2025-01-02")), users).select("country")
    assertDataFrameEqual(actual, [("DE",), ("DE",)])


def test_a_snapshot_without_the_user_changes_nothing_for_the_user(spark: SparkSession) -> None:
    users = snapshots(spark, ("2025-01-03", "ann", "DE", "tv"), ("2025-01-04", "bob", "FR", "pc"))
    actual = joined(events(spark, ("ann", "2025-01-05")), users)
    assertDataFrameEqual(actual, [("ann", "2025-01-05", "DE", "tv")])


def test_users_in_no_snapshot_and_missing_values_are_unknown(spark: SparkSession) -> None:
    users = snapshots(spark, ("2025-01-03", "ann", None, "tv"))
    actual = joined(events(spark, ("ann", "2025-01-05"), ("zoe", "2025-01-05")), users)
    day = "2025-01-05"
    assertDataFrameEqual(actual, [("ann", day, "unknown", "tv"), ("zoe", day, "unknown", "unknown")])


def test_without_any_snapshot_all_is_unknown(spark: SparkSession) -> None:
    actual = joined(events(spark, ("ann", "2025-01-05")), snapshots(spark))
    assertDataFrameEqual(actual, [("ann", "2025-01-05", "unknown", "unknown")])


DAYS = st.dates(date(2025, 1, 1), date(2025, 1, 9)).map(str)
WORDS = st.sampled_from([None, "DE", "FR", ""])
USERS = st.sampled_from(["ann", "bob", None])
SNAPSHOTS = st.lists(st.tuples(DAYS, USERS, WORDS, WORDS), max_size=12)
EVERY_EVENT = [
    (user, str(date(2024, 12, 30) + timedelta(days=n)), f"{user}{n}")
    for user in ("ann", "bob", "cy", None)
    for n in range(14)
]


def as_of(rows: list[tuple[Any, ...]], user: str | None, day: str) -> set[tuple[str, str]]:
    """What may hold: of the latest snapshot at or before the day, else of the earliest after it."""
    mine = [row for row in rows if user is not None and row[1] == user]
    before = [row[0] for row in mine if row[0] <= day]
    arrival = max(before) if before else min((row[0] for row in mine), default=None)
    return {(row[2] or "unknown", row[3] or "unknown") for row in mine if row[0] == arrival} or {("unknown", "unknown")}


# Not shrunk: each step would be a Spark job, and a failing test would run into its time limit.
@settings(
    max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=SNAPSHOTS)
def test_no_event_is_lost_or_doubled_whatever_the_dimension_holds(
    spark: SparkSession, rows: list[tuple[Any, ...]]
) -> None:
    rows = [tuple(value or None for value in row) for row in rows]  # an empty field is a missing value
    made = spark.createDataFrame(EVERY_EVENT, "user_id string, event_date string, event string")
    found = joined(made.withColumn("event_date", F.col("event_date").cast("date")), snapshots(spark, *rows)).collect()
    assert sorted(row.event for row in found) == sorted(event for _, _, event in EVERY_EVENT)
    for row in found:
        assert (row.country, row.device) in as_of(rows, row.user_id, row.event_date)


RAW = "arrival string, file string, user_id string, join_date string, country string"


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([("a.csv", "2025-01-02", "DE"), ("b.csv", "2025-01-01", "AT")], "AT"),  # the greater file
        ([("a.csv", "2025-01-02", "AT"), ("a.csv", "2025-01-01", "DE")], "AT"),  # then the order column
        ([("a.csv", "2025-01-02", "AT"), ("a.csv", None, "DE")], "AT"),  # a missing one is least
        ([("a.csv", "2025-01-02", "AT"), ("a.csv", "2025-01-02", "DE")], "DE"),  # then the content
        ([("a.csv", None, "AT"), ("a.csv", None, None)], "AT"),
    ],
)
def test_of_several_rows_of_a_user_in_a_snapshot_the_greatest_counts(
    spark: SparkSession, rows: list[tuple[str | None, ...]], kept: str
) -> None:
    for order in (rows, rows[::-1]):
        users = spark.createDataFrame([("2025-01-03", row[0], "ann", *row[1:]) for row in order], RAW)
        actual = unique_users(users, "user_id", "join_date", ["user_id", "join_date", "country"])
        assertDataFrameEqual(actual.select("country", "copies"), [(kept, 2)])


def test_each_snapshot_keeps_its_own_row_of_a_user(spark: SparkSession) -> None:
    rows = [(day, "a.csv", user, None, "DE") for day in ("2025-01-03", "2025-01-04") for user in ("ann", "bob")]
    actual = unique_users(spark.createDataFrame(rows, RAW), "user_id", "join_date", ["country"])
    assertDataFrameEqual(actual.drop("copies"), rows)
