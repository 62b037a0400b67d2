"""Silver: one row for each event key, in sessions - by literal tables and against plain Python."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pyspark.sql.functions as F
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.silver import WHOLE_ROW, events_in_sessions

KEY = ("user_id", "event_time", "action", "object_id")
CONTENT = ("event_time", "user_id", "action", "object_id", "duration_ms")
STRUCTURE = (
    "arrival string, file string, user_id string, time string, action string, object_id string, duration_ms long"
)
HALF_HOUR = timedelta(minutes=30)
DAY = "2025-01-03"


def accepted(spark: SparkSession, *rows: Sequence[Any]) -> DataFrame:
    made = spark.createDataFrame([tuple(row) for row in rows], STRUCTURE)
    times = made.withColumn("event_time", F.col("time").cast("timestamp"))
    return times.withColumn("event_date", F.to_date("event_time"))


def made_of(rows: DataFrame, **changed: Any) -> DataFrame:
    usual: dict[str, Any] = {"event_key": KEY, "content": CONTENT, "winner": "first"}
    return events_in_sessions(rows, **(usual | {"timeout": HALF_HOUR, "zone": "UTC"} | changed))


def copy(arrival: str, file: str, duration_ms: int) -> tuple[Any, ...]:
    return (arrival, file, "ann", f"{DAY} 10:00:00", "view", "p", duration_ms)


def winner(rows: DataFrame, which: Any = "first") -> DataFrame:
    return made_of(rows, winner=which).select("arrival", "file", "duration_ms", "copies")


def test_of_rows_with_one_key_the_first_arrival_wins(spark: SparkSession) -> None:
    rows = accepted(spark, copy("2025-01-05", "a", 1), copy("2025-01-03", "z", 9), copy("2025-01-04", "a", 5))
    assertDataFrameEqual(winner(rows), [("2025-01-03", "z", 9, 3)])


def test_a_feed_may_say_that_the_last_arrival_wins(spark: SparkSession) -> None:
    rows = accepted(spark, copy("2025-01-05", "z", 1), copy("2025-01-05", "y", 7), copy("2025-01-03", "a", 9))
    assertDataFrameEqual(winner(rows, "last"), [("2025-01-05", "y", 7, 3)])


@pytest.mark.parametrize("which", ["first", "last"])
def test_ties_go_by_file_and_then_by_content(spark: SparkSession, which: str) -> None:
    rows = [copy(DAY, "b", 1), copy(DAY, "a", 7), copy(DAY, "a", 5), copy(DAY, "a", 6)]
    for order in (rows, rows[::-1]):
        assertDataFrameEqual(winner(accepted(spark, *order), which), [(DAY, "a", 5, 4)])


def test_rows_that_differ_in_any_part_of_the_key_are_events_of_their_own(spark: SparkSession) -> None:
    one = ["ann", f"{DAY} 10:00:00", "view", "p"]
    others = [["bob", *one[1:]], [one[0], f"{DAY} 10:00:00.000001", *one[2:]], [*one[:2], "edit", "p"], [*one[:3], "q"]]
    rows = accepted(spark, *[(DAY, "a", *row, 1) for row in (one, *others)])
    assertDataFrameEqual(winner(rows).select("copies"), [(1,)] * 5)


def test_missing_parts_of_a_key_are_equal_to_each_other_alone(spark: SparkSession) -> None:
    time = f"{DAY} 10:00:00"
    rows = [
        (DAY, "a", "ann", time, None, None, 1),
        (DAY, "b", "ann", time, None, None, 2),
        (DAY, "a", "ann", time, "", None, 3),
    ]
    actual = winner(accepted(spark, *rows)).select("duration_ms", "copies")
    assertDataFrameEqual(actual, [(1, 2), (3, 1)])


def test_whole_rows_are_equal_only_when_the_line_is(spark: SparkSession) -> None:
    lines = spark.createDataFrame([("a", "x 1"), ("b", "x 1"), ("a", "x  1"), ("a", "x 2")], "file string, raw string")
    rows = lines.join(accepted(spark, copy(DAY, "", 1)).drop("file"))
    actual = made_of(rows, event_key=WHOLE_ROW, content=(*CONTENT, "raw")).select("file", "raw", "copies")
    assertDataFrameEqual(actual, [("a", "x 1", 2), ("a", "x  1", 1), ("a", "x 2", 1)])


def test_an_id_alone_may_be_the_key(spark: SparkSession) -> None:
    rows = accepted(spark, (DAY, "b", "ann", f"{DAY} 10:00:00", "edit", "id1", 1), copy(DAY, "a", 2))
    rows = rows.withColumn("object_id", F.lit("id1"))
    actual = made_of(rows, event_key=("object_id",)).select("file", "copies", "is_session_entry", "is_session_exit")
    assertDataFrameEqual(actual, [("a", 2, True, True)])


def sessions_of(spark: SparkSession, *times: str, timeout: timedelta = HALF_HOUR) -> DataFrame:
    rows = [(DAY, "a", "ann", time, f"{place:03}", "p", 1) for place, time in enumerate(times)]
    made = made_of(accepted(spark, *rows), timeout=timeout)
    return made.select(
        "time", F.date_format("session_start", "dd HH:mm:ss.SSSSSS"), "is_session_entry", "is_session_exit"
    ).orderBy("action")


def test_a_gap_of_exactly_the_timeout_starts_a_session_and_a_microsecond_less_does_not(spark: SparkSession) -> None:
    times = [f"{DAY} 10:00:00", f"{DAY} 10:29:59.999999", f"{DAY} 10:59:59.999999"]
    first, second = "03 10:00:00.000000", "03 10:59:59.999999"
    expected = [(times[0], first, True, False), (times[1], first, False, True), (times[2], second, True, True)]
    assertDataFrameEqual(sessions_of(spark, *times), expected, checkRowOrder=True)


def test_midnight_splits_a_session(spark: SparkSession) -> None:
    times = ["2025-01-03 23:59:59.999999", "2025-01-04 00:00:00", "2025-01-04 00:00:01"]
    expected = [
        (times[0], "03 23:59:59.999999", True, True),
        (times[1], "04 00:00:00.000000", True, False),
        (times[2], "04 00:00:00.000000", False, True),
    ]
    assertDataFrameEqual(sessions_of(spark, *times), expected, checkRowOrder=True)


def test_events_at_one_instant_are_in_one_session_with_one_entry_and_one_exit(spark: SparkSession) -> None:
    times = [f"{DAY} 10:00:00"] * 3
    start = "03 10:00:00.000000"
    expected = [(times[0], start, True, False), (times[0], start, False, False), (times[0], start, False, True)]
    assertDataFrameEqual(sessions_of(spark, *times, timeout=timedelta(microseconds=1)), expected, checkRowOrder=True)


def test_durations_play_no_part_in_gaps(spark: SparkSession) -> None:
    rows = [(DAY, "a", "ann", f"{DAY} {time}", "a", "p", 7_200_000) for time in ("10:00:00", "10:30:00")]
    actual = made_of(accepted(spark, *rows)).select("is_session_entry")
    assertDataFrameEqual(actual, [(True,), (True,)])


def test_midnight_is_that_of_the_feeds_zone(spark: SparkSession) -> None:
    rows = accepted(spark, *[(DAY, "a", "ann", f"2025-01-03 {time}", "a", "p", 1) for time in ("22:59:59", "23:00:00")])
    zone = "Europe/Berlin"
    local = rows.withColumn("event_date", F.to_date(F.from_utc_timestamp("event_time", zone)))
    actual = made_of(local, zone=zone).select(F.col("session_date").cast("string"), "is_session_entry")
    assertDataFrameEqual(actual, [("2025-01-03", True), ("2025-01-04", True)])


START = datetime(2025, 1, 3, 23, 0)
MINUTES = st.sampled_from([0, 1, 29, 30, 31, 59, 60, 61, 90, 119])
EVENTS = st.tuples(
    st.sampled_from(["2025-01-03", "2025-01-04"]),
    st.sampled_from(["a", "b"]),
    st.sampled_from(["ann", "bob"]),
    MINUTES.map(lambda minutes: str(START + timedelta(minutes=minutes))),
    st.sampled_from(["edit", "view"]),
    st.sampled_from(["p", None]),
    st.integers(1, 3),
)


def by_hand(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Events and their sessions, in plain Python."""

    def key(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return (row[2], row[3], row[4], row[5] or "")

    events = []
    for _, same in groupby(sorted(rows, key=lambda row: (*key(row), *row[:2], row[6])), key):
        copies = list(same)
        events.append((copies[0], len(copies)))
    made: list[tuple[Any, ...]] = []
    for _, mine in groupby(events, lambda event: (event[0][2], event[0][3][:10])):
        times = [(datetime.fromisoformat(row[3]), row, copies) for row, copies in mine]
        start = times[0][0]
        for place, (time, row, copies) in enumerate(times):
            is_entry = place == 0 or time - times[place - 1][0] >= HALF_HOUR
            is_exit = place == len(times) - 1 or times[place + 1][0] - time >= HALF_HOUR
            start = time if is_entry else start
            made.append((*row, copies, str(start), str(start.date()), is_entry, is_exit))
    return made


# Not shrunk: each step would be a Spark job, and a failing test would run into its time limit.
@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_events_and_sessions_equal_plain_python_in_any_order_of_rows(spark: SparkSession, data: st.DataObject) -> None:
    rows = data.draw(st.lists(EVENTS, min_size=1, max_size=25))
    order = data.draw(st.permutations(rows))
    made = made_of(accepted(spark, *order).repartition(2))
    actual = made.select(
        *[name.split()[0] for name in STRUCTURE.split(", ")],
        "copies",
        F.col("session_start").cast("string"),
        F.col("session_date").cast("string"),
        "is_session_entry",
        "is_session_exit",
    )
    assert sorted(map(repr, map(tuple, actual.collect()))) == sorted(map(repr, by_hand(rows)))
