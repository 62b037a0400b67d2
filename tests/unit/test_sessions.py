"""Sessions: what is summed up over a session, and how it is named."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.sessions import session_id, sessions

STRUCTURE = (
    "user_id string, event_time string, action string, object_id string, duration_ms long, session_start string,"
    " is_session_entry boolean, is_session_exit boolean"
)
START = "2025-01-03 10:00:00"


def silver(spark: SparkSession, *rows: Sequence[Any]) -> DataFrame:
    made = spark.createDataFrame([tuple(row) for row in rows], STRUCTURE)
    times = made.withColumns({name: F.col(name).cast("timestamp") for name in ("event_time", "session_start")})
    return times.withColumns({"session_date": F.to_date("session_start"), "input_version": F.lit("v")})


def test_a_session_sums_up_its_events(spark: SparkSession) -> None:
    rows = silver(
        spark,
        ("ann", START, "view", "p1", 1000, START, True, False),
        ("ann", "2025-01-03 10:05:00", "edit", "p2", 2500, START, False, False),
        ("ann", "2025-01-03 10:06:00", "share", None, 500, START, False, True),
    )
    actual = sessions(rows, has_duration=True).withColumns(
        {name: F.col(name).cast("string") for name in ("session_date", "session_start")}
    )
    columns = [
        "session_id", "user_id", "session_date", "session_start", "duration_s", "engaged_ms", "actions", "is_bounce",
        "entry_action", "entry_object_id", "exit_action", "exit_object_id", "input_version",
    ]  # fmt: skip
    assert actual.columns == columns
    assert dict(actual.dtypes)["duration_s"] == "decimal(14,3)"
    expected = [
        ("ann#2025-01-03T10:00:00.000000Z", "ann", "2025-01-03", START, Decimal("360.500"), 4000, 3, False,
         "view", "p1", "share", None, "v"),
    ]  # fmt: skip
    assertDataFrameEqual(actual, expected, rtol=0, atol=0)


def test_a_session_ends_with_the_latest_end_of_an_event_not_with_the_last_event(spark: SparkSession) -> None:
    rows = silver(
        spark,
        ("ann", START, "view", "p1", 7_200_000, START, True, False),
        ("ann", "2025-01-03 10:05:00", "edit", "p2", 1, START, False, True),
    )
    assertDataFrameEqual(sessions(rows, True).select("duration_s"), [(Decimal("7200.000"),)], rtol=0, atol=0)


def test_a_duration_has_milliseconds_and_is_not_cut_at_midnight(spark: SparkSession) -> None:
    start = "2025-01-03 23:59:59.998"
    rows = silver(spark, ("ann", start, "view", "p1", 3_600_005, start, True, True))
    assertDataFrameEqual(sessions(rows, True).select("duration_s"), [(Decimal("3600.005"),)], rtol=0, atol=0)


def test_an_unknown_duration_counts_as_none(spark: SparkSession) -> None:
    rows = silver(spark, ("ann", START, "view", "p1", None, START, True, True))
    actual = sessions(rows, True).select("duration_s", "engaged_ms")
    assertDataFrameEqual(actual, [(Decimal("0.000"), 0)], rtol=0, atol=0)


def test_a_feed_without_durations_has_no_engaged_time(spark: SparkSession) -> None:
    rows = silver(
        spark,
        ("ann", START, "view", "p1", None, START, True, False),
        ("ann", "2025-01-03 10:00:01.5", "view", "p1", None, START, False, True),
    ).drop("duration_ms")
    actual = sessions(rows, has_duration=False)
    assert "engaged_ms" not in actual.columns
    assertDataFrameEqual(actual.select("duration_s"), [(Decimal("1.500"),)], rtol=0, atol=0)


def test_a_bounce_has_exactly_one_action(spark: SparkSession) -> None:
    rows = silver(
        spark,
        ("ann", START, "view", "p1", 1, START, True, True),
        ("bob", START, "view", "p1", 1, START, True, False),
        ("bob", START, "view", "p2", 1, START, False, True),
    )
    actual = sessions(rows, True).select("user_id", "actions", "is_bounce")
    assertDataFrameEqual(actual, [("ann", 1, True), ("bob", 2, False)])


def test_entry_and_exit_are_those_that_silver_marks_also_at_one_instant(spark: SparkSession) -> None:
    rows = silver(
        spark,
        ("ann", START, "b", "p9", 1, START, False, False),
        ("ann", START, "c", "p1", 1, START, False, True),
        ("ann", START, "a", "p5", 1, START, True, False),
    )
    actual = sessions(rows, True).select("entry_action", "entry_object_id", "exit_action", "exit_object_id")
    assertDataFrameEqual(actual, [("a", "p5", "c", "p1")])


def test_users_and_starts_have_sessions_of_their_own(spark: SparkSession) -> None:
    later = "2025-01-03 12:00:00"
    rows = silver(
        spark, *[(user, start, "a", "p", 1, start, True, True) for user in ("ann", "bob") for start in (START, later)]
    )
    actual = sessions(rows, True).select("session_id")
    expected = [(f"{user}#2025-01-03T{hour}:00:00.000000Z",) for user in ("ann", "bob") for hour in (10, 12)]
    assertDataFrameEqual(actual, expected)


def test_session_ids_encode_what_separates_their_parts(spark: SparkSession) -> None:
    keys = [("a|b", "c"), ("a", "b|c"), ("a#b", "c"), ("a%7Cb", "c"), ("%", "#|%"), ("ü ", "")]
    rows = spark.createDataFrame(keys, "one string, two string").coalesce(1)
    start = F.lit("2025-01-03 23:59:59.000001").cast("timestamp")
    actual = rows.select(session_id([F.col("one"), F.col("two")], start))
    names = ["a%7Cb|c", "a|b%7Cc", "a%23b|c", "a%257Cb|c", "%25|%23%7C%25", "ü |"]
    assertDataFrameEqual(actual, [(f"{name}#2025-01-03T23:59:59.000001Z",) for name in names], checkRowOrder=True)
