"""Counts: rows by where they stand, and the version of a date."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyspark.sql.functions as F
from pyspark.sql import SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.layers.world import LandedRows, landed_rows, sums_by_arrival, unaccounted
from analytics_assets.transforms.counts import event_counts, tide

NAMES = ("source", "arrival", "file", "content", "event_date", "standing", "rows")
DAY = date(2025, 1, 3)
ROW = ("events", "2025-01-03", "a.csv", "f1", DAY, "on_time", 5)


def versions(*rows: Sequence[Any], rules: str = "v1") -> dict[date, tuple[str, int]]:
    counts = pa.table({name: [row[place] for row in rows] for place, name in enumerate(NAMES)})
    return tide(counts, rules)


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
    actual = event_counts(rows, "Europe/Berlin").withColumn("event_date", F.col("event_date").cast("string"))
    expected = [
        ("a.csv", "2025-01-03", 23, "on_time", None, 2),
        ("a.csv", "2025-01-04", 0, "early", None, 1),
        ("a.csv", None, None, "rejected", "b", 2),
        ("b.csv", None, None, "rejected", "a", 1),
    ]
    assertDataFrameEqual(actual, expected, rtol=0, atol=0)


def test_an_accepted_row_is_counted_beside_its_standing_under_each_of_its_warnings(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [
            ("a.csv", "2025-01-03 22:59:59", "2025-01-03", "on_time", ["few", "odd"]),
            ("a.csv", "2025-01-03 22:00:00", "2025-01-03", "on_time", ["odd"]),
            ("a.csv", "2025-01-03 22:00:00", "2025-01-03", "on_time", None),
            ("a.csv", None, None, "rejected", ["b", "a"]),
        ],
        "file string, event_time string, event_date string, standing string, violations array<string>",
    ).withColumns({"event_time": F.col("event_time").cast("timestamp"), "event_date": F.col("event_date").cast("date")})
    actual = event_counts(rows, "UTC", warns=True).withColumn("event_date", F.col("event_date").cast("string"))
    expected = [
        ("a.csv", "2025-01-03", 22, "on_time", None, 3),
        ("a.csv", None, None, "rejected", "b", 1),
        ("a.csv", "2025-01-03", 22, "warned", "few", 1),
        ("a.csv", "2025-01-03", 22, "warned", "odd", 2),
    ]
    assertDataFrameEqual(actual, expected, rtol=0, atol=0)


def test_warnings_are_no_rows_where_rows_are_added_up() -> None:
    standings = {"landed": 5, "on_time": 3, "late": 1, "rejected": 1, "warned": 4}
    counts = pa.table(
        {
            "source": ["events"] * 5,
            "arrival": ["2025-01-03"] * 5,
            "standing": [*standings],
            "rule": [None, None, None, "a", "few"],
            "rows": [*standings.values()],
        }
    )
    assert sums_by_arrival(counts) == {"2025-01-03": (5, 4, 1, 0)}
    assert unaccounted(counts) == {}
    assert landed_rows(counts) == LandedRows(
        landed=5, accepted=4, rejected=1, late=1, reasons={"a": 1}, warnings={"few": 4}
    )


def test_a_dates_version_counts_its_accepted_rows_alone() -> None:
    others = [
        ("events", "2025-01-03", "a.csv", "f1", DAY, "rejected", 7),
        ("events", "2025-01-03", "a.csv", "f1", None, "landed", 12),
        ("events", "2025-01-03", "a.csv", "f1", DAY, "warned", 4),
        ("users", "2025-01-03", "u.csv", "f2", DAY, "on_time", 3),
    ]
    late = ("events", "2025-01-04", "b.csv", "f3", DAY, "late", 2)
    found = versions(ROW, late, *others)
    assert found == versions(ROW, late)
    assert found[DAY][1] == 7


def test_a_dates_version_does_not_depend_on_the_order_or_the_hours() -> None:
    rows = [("events", "2025-01-03", f"{name}.csv", f"f{name}", DAY, "on_time", 4) for name in "abcdefgh"]
    in_hours = [(*row[:-1], 2) for row in (*rows, *reversed(rows))]
    assert versions(*rows) == versions(*reversed(rows)) == versions(*in_hours)


def test_a_dates_version_changes_with_file_content_rows_and_rules() -> None:
    changed = [ROW, (*ROW[:2], "b.csv", *ROW[3:]), (*ROW[:3], "f9", *ROW[4:]), (*ROW[:-1], 6)]
    found = [versions(row)[DAY][0] for row in changed] + [versions(ROW, rules="v2")[DAY][0]]
    assert len(set(found)) == len(found)
    assert all(len(version) == 16 for version in found)


def test_a_dates_version_changes_when_a_key_of_it_is_kept_elsewhere() -> None:
    counts = pa.table({name: [ROW[place]] for place, name in enumerate(NAMES)})
    assert len({tide(counts, "v1", keys)[DAY][0] for keys in ({}, {DAY: "k1"}, {DAY: "k2"})}) == 3
    assert tide(counts, "v1", {date(2024, 1, 1): "k1"}) == tide(counts, "v1")
