"""Counts: rows by where they stand, and the version of a date."""

from collections.abc import Sequence
from typing import Any

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.counts import event_counts, tide
from resources.spark import spark_config

COUNTS = "source string, arrival string, file string, fingerprint string, event_date string, standing string, rows long"
ROW = ("events", "2025-01-03", "a.csv", "f1", "2025-01-03", "on_time", 5)


def counts(spark: SparkSession, *rows: Sequence[Any]) -> DataFrame:
    return spark.createDataFrame(list(rows), COUNTS).withColumn("event_date", F.col("event_date").cast("date"))


def versions(rows: DataFrame, rules: str = "v1") -> dict[str, tuple[str, int]]:
    return {row.event_date.isoformat(): (row.input_version, row.rows) for row in tide(rows, rules).collect()}


def test_rows_are_counted_by_file_date_hour_standing_and_first_reason(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [
            ("2025-01-03", "a.csv", "2025-01-03 22:59:59", "2025-01-03", "on_time", None),
            ("2025-01-03", "a.csv", "2025-01-03 22:00:00", "2025-01-03", "on_time", None),
            ("2025-01-03", "a.csv", "2025-01-03 23:00:00", "2025-01-04", "early", None),
            ("2025-01-03", "a.csv", None, None, "rejected", ["b", "a"]),
            ("2025-01-03", "a.csv", None, None, "rejected", ["b"]),
            ("2025-01-03", "b.csv", None, None, "rejected", ["a"]),
        ],
        "arrival string, file string, event_time string, event_date string, standing string, violations array<string>",
    ).withColumns({"event_time": F.col("event_time").cast("timestamp"), "event_date": F.col("event_date").cast("date")})
    fingerprints = spark.createDataFrame(
        [("a.csv", "fa"), ("b.csv", "fb"), ("c.csv", "fc")], "file string, fingerprint string"
    )
    actual = event_counts(rows, fingerprints, "Europe/Berlin").withColumn(
        "event_date", F.col("event_date").cast("string")
    )
    day, month = "2025-01-03", "2025-01"
    expected = [
        (month, "events", day, "a.csv", "fa", day, 23, "on_time", None, 2),
        (month, "events", day, "a.csv", "fa", "2025-01-04", 0, "early", None, 1),
        (month, "events", day, "a.csv", "fa", None, None, "rejected", "b", 2),
        (month, "events", day, "b.csv", "fb", None, None, "rejected", "a", 1),
    ]
    assertDataFrameEqual(actual, expected, rtol=0, atol=0)


def test_a_dates_version_counts_its_accepted_rows_alone(spark: SparkSession) -> None:
    others = [
        ("events", "2025-01-03", "a.csv", "f1", "2025-01-03", "rejected", 7),
        ("events", "2025-01-03", "a.csv", "f1", None, "landed", 12),
        ("users", "2025-01-03", "u.csv", "f2", "2025-01-03", "on_time", 3),
    ]
    late = ("events", "2025-01-04", "b.csv", "f3", "2025-01-03", "late", 2)
    found = versions(counts(spark, ROW, late, *others))
    assert found == versions(counts(spark, ROW, late))
    assert found["2025-01-03"][1] == 7


def test_a_dates_version_does_not_depend_on_the_order_or_the_hours(spark: SparkSession) -> None:
    rows = [("events", "2025-01-03", f"{name}.csv", f"f{name}", "2025-01-03", "on_time", 4) for name in "abcdefgh"]
    in_hours = [(*row[:-1], 2) for row in (*rows, *reversed(rows))]
    found = []
    for tasks in ("1", "5"):
        with spark_config(spark, {"spark.sql.shuffle.partitions": tasks}):
            found += [versions(counts(spark, *rows)), versions(counts(spark, *in_hours).repartition(3))]
    assert found == [found[0]] * 4


def test_a_dates_version_changes_with_file_fingerprint_rows_and_rules(spark: SparkSession) -> None:
    changed = [
        counts(spark, ROW),
        counts(spark, (*ROW[:2], "b.csv", *ROW[3:])),
        counts(spark, (*ROW[:3], "f9", *ROW[4:])),
        counts(spark, (*ROW[:-1], 6)),
    ]
    found = [versions(rows)["2025-01-03"][0] for rows in changed] + [versions(changed[0], "v2")["2025-01-03"][0]]
    assert len(set(found)) == len(found)
    assert all(len(version) == 16 for version in found)
