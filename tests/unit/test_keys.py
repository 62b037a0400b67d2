"""Keys over all dates: one event of a key is kept, whatever dates its rows have."""

from typing import Any

import pyspark.sql.functions as F
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.keys import keys_on_several_dates, without_losers

KEY = ("id",)
CONTENT = ("id", "what")
ROWS = [
    ("2025-01-05", "a", 1, "2025-01-01", "late winner?"),
    ("2025-01-03", "b", 1, "2025-01-03", "first arrival"),
    ("2025-01-03", "b", 1, "2025-01-03", "its copy"),
    ("2025-01-04", "a", 2, "2025-01-04", "one date alone"),
    ("2025-01-06", "a", 2, "2025-01-04", "one date alone"),
]


def accepted(spark: SparkSession, rows: list[Any]) -> DataFrame:
    made = spark.createDataFrame(rows, "arrival string, file string, id long, event_date string, what string")
    return made.withColumn("event_date", F.col("event_date").cast("date"))


@pytest.mark.parametrize(("winner", "kept_on"), [("first", "2025-01-03"), ("last", "2025-01-01")])
def test_of_a_keys_dates_the_one_of_the_first_or_last_arrival_keeps_it(
    spark: SparkSession, winner: Any, kept_on: str
) -> None:
    for rows in (ROWS, ROWS[::-1]):
        found = keys_on_several_dates(accepted(spark, rows), KEY, CONTENT, winner)
        assertDataFrameEqual(
            found.select("event_key", *[F.col(name).cast("string") for name in ("event_date", "winner_date")], "rows"),
            [('{"id":1}', "2025-01-01", kept_on, 1), ('{"id":1}', "2025-01-03", kept_on, 2)],
        )


def test_ties_between_dates_go_by_file_and_then_by_content(spark: SparkSession) -> None:
    tied = [("2025-01-03", "b", 1, "2025-01-01", "x"), ("2025-01-03", "a", 1, "2025-01-02", "z")]
    same_file = [("2025-01-03", "a", 1, "2025-01-01", "x"), ("2025-01-03", "a", 1, "2025-01-02", "a")]
    for rows in (tied, tied[::-1], same_file, same_file[::-1]):
        found = keys_on_several_dates(accepted(spark, rows), KEY, CONTENT, "first").select("winner_date").distinct()
        assertDataFrameEqual(found.select(F.col("winner_date").cast("string")), [("2025-01-02",)])


def test_rows_whose_key_is_kept_on_another_date_are_left_out(spark: SparkSession) -> None:
    rows = accepted(spark, ROWS)
    keys = keys_on_several_dates(rows, KEY, CONTENT, "first")
    found = without_losers(rows, keys, KEY).select("what")
    assertDataFrameEqual(found, [("first arrival",), ("its copy",), ("one date alone",), ("one date alone",)])
