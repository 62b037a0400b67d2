"""User days: sums by user and date."""

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.user_days import user_days

STRUCTURE = (
    "user_id string, event_date string, event_time string, duration_ms long, country string, input_version string"
)


def silver(spark: SparkSession, *rows: tuple[str, str, str, int | None, str]) -> DataFrame:
    made = spark.createDataFrame([(*row, "v") for row in rows], STRUCTURE)
    return made.withColumn("event_time", F.col("event_time").cast("timestamp"))


def shown(rows: DataFrame) -> DataFrame:
    times = [F.col(name).cast("string") for name in ("first_event_time", "last_event_time")]
    return rows.select("user_id", "event_date", "country", "events", "engaged_ms", *times, "input_version")


def test_a_user_day_sums_up_the_users_events_of_the_date(spark: SparkSession) -> None:
    rows = silver(
        spark,
        ("ann", "2025-01-03", "2025-01-03 10:00:00.5", 10, "DE"),
        ("ann", "2025-01-03", "2025-01-03 09:00:00", 5, "DE"),
        ("ann", "2025-01-04", "2025-01-04 00:00:00", 1, "FR"),
        ("bob", "2025-01-03", "2025-01-03 11:00:00", 2, "DE"),
    )
    expected = [
        ("ann", "2025-01-03", "DE", 2, 15, "2025-01-03 09:00:00", "2025-01-03 10:00:00.5", "v"),
        ("ann", "2025-01-04", "FR", 1, 1, "2025-01-04 00:00:00", "2025-01-04 00:00:00", "v"),
        ("bob", "2025-01-03", "DE", 1, 2, "2025-01-03 11:00:00", "2025-01-03 11:00:00", "v"),
    ]
    assertDataFrameEqual(shown(user_days(rows, ["country"], has_duration=True)), expected, rtol=0, atol=0)


def test_unknown_durations_add_nothing(spark: SparkSession) -> None:
    rows = silver(
        spark,
        ("ann", "2025-01-03", "2025-01-03 10:00:00", None, "DE"),
        ("bob", "2025-01-03", "2025-01-03 10:00:00", None, "DE"),
        ("bob", "2025-01-03", "2025-01-03 10:00:00", 3, "DE"),
    )
    actual = user_days(rows, [], has_duration=True).select("user_id", "engaged_ms")
    assertDataFrameEqual(actual, [("ann", 0), ("bob", 3)])


def test_a_feed_without_durations_and_dimensions_has_neither(spark: SparkSession) -> None:
    rows = silver(spark, ("ann", "2025-01-03", "2025-01-03 10:00:00", None, "DE")).drop("duration_ms", "country")
    columns = ["user_id", "event_date", "input_version", "events", "first_event_time", "last_event_time"]
    assert user_days(rows, [], has_duration=False).columns == columns
