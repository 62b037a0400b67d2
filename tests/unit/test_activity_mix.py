"""The mix of activity: events and users by one value at a time, and by object."""

import io
import re
from contextlib import redirect_stdout
from datetime import date, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.feeds import aqua, ide, notes
from analytics_assets.feeds.fields import activity_series
from analytics_assets.transforms.activity_mix import activity_mix, object_days
from resources.spark import Spark, spark_config

DAY = date(2025, 1, 6)
SILVER = "event_time timestamp, event_date date, user_id string, action string, object_id string, country string"


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def events(spark: SparkSession, *rows: tuple[str, str, str, str | None, str]) -> DataFrame:
    """user, time, action, object, country."""
    made = [
        (datetime.fromisoformat(f"{DAY} {time}"), DAY, user, action, thing, country)
        for user, time, action, thing, country in rows
    ]
    return spark.createDataFrame(made, SILVER)


def counted(rows: DataFrame, *by: str) -> dict[tuple[str | None, ...], tuple[int, int]]:
    return {tuple(row[name] for name in by): (row.events, row.users) for row in rows.collect()}


def test_events_and_distinct_users_are_counted_by_one_value_at_a_time(spark: SparkSession) -> None:
    rows = events(
        spark,
        ("ann", "09:00:00", "view", "p1", "DE"),
        ("ann", "09:30:00", "view", "p2", "DE"),
        ("ann", "21:00:00", "edit", "p1", "DE"),
        ("bob", "09:00:00", "view", "p1", "FR"),
    )
    assert counted(activity_mix(rows, ["action", "country"], "UTC"), "dimension", "value") == {
        ("action", "view"): (3, 2),
        ("action", "edit"): (1, 1),
        ("country", "DE"): (3, 1),
        ("country", "FR"): (1, 1),
        ("hour", "09"): (3, 2),
        ("hour", "21"): (1, 1),
    }


def test_hours_are_those_of_the_feeds_zone(spark: SparkSession) -> None:
    rows = events(spark, ("ann", "22:30:00", "view", "p1", "DE"))
    assert counted(activity_mix(rows, [], "Asia/Kolkata"), "value") == {("04",): (1, 1)}


def test_all_objects_are_counted_and_events_without_one_too(spark: SparkSession) -> None:
    rows = events(
        spark,
        ("ann", "09:00:00", "view", "p1", "DE"),
        ("ann", "09:00:00", "edit", "p1", "DE"),
        ("bob", "09:00:00", "view", "p1", "DE"),
        ("bob", "09:00:00", "open", None, "DE"),
    )
    assert counted(object_days(rows), "object_id") == {("p1",): (3, 2), (None,): (1, 1)}


def test_country_is_the_events_or_the_users_where_one_of_them_has_it() -> None:
    assert activity_series(aqua.FEED) == activity_series(notes.FEED) == ["action", "country"]
    assert activity_series(ide.FEED) == ["action"]


@pytest.mark.parametrize("of_objects", [False, True])
def test_users_are_counted_with_two_shuffles_and_no_sort(spark: SparkSession, tmp_path: Path, of_objects: bool) -> None:
    """One by (value, user), of rows counted before, and one by value, of a row a value and task."""
    spark.createDataFrame([], SILVER).write.parquet(str(tmp_path / "silver"))
    silver = spark.read.schema(SILVER).parquet(str(tmp_path / "silver"))
    text = io.StringIO()
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false"}), redirect_stdout(text):
        (object_days(silver) if of_objects else activity_mix(silver, ["action", "country"], "UTC")).explain()
    plan = text.getvalue()
    assert [len(re.findall(rf"^\W*(?:\*\(\d+\) )?{name}\b", plan, re.MULTILINE)) for name in ("Exchange", "Sort")] == [
        2,
        0,
    ]
    # What is shuffled first has been counted by task: a partial count stands below it.
    assert re.search(r"Exchange hashpartitioning\(.*user_id.*\n.*HashAggregate\(.*partial_count", plan)
