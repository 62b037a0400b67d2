"""Sessions that may last past midnight: by literal tables, and against plain Python over dates one by one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pyspark.sql.functions as F
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.unsplit_sessions import BLOCK, events_in_unsplit_sessions, open_sessions

KEY = ("user_id", "action", "object_id", "event_time")
SESSION_KEY = ("user_id", "object_id")
CONTENT = ("event_time", "user_id", "action", "object_id")
FIVE_MINUTES = timedelta(minutes=5)
OPEN = (
    f"{BLOCK} string, event_date date, user_id string, object_id string,"
    " last_action_time timestamp, session_start timestamp"
)
DAY = "2025-01-03"
Row = tuple[str, str]


def silver(spark: SparkSession, *rows: Row, before: Sequence[tuple[Any, ...]] = ()) -> DataFrame:
    """Rows (time, action) of one user and product, in one block of dates, in sessions."""
    made = spark.createDataFrame(
        [("ann", action, "IU", time, "2025-01-09", "f") for time, action in rows],
        "user_id string, action string, object_id string, time string, arrival string, file string",
    )
    timed = made.withColumn("event_time", F.col("time").cast("timestamp")).drop("time")
    dated = timed.withColumn("event_date", F.to_date("event_time")).withColumn(BLOCK, F.lit(DAY))
    open_before = spark.createDataFrame(
        [(DAY, datetime(2025, 1, 2).date(), "ann", "IU", *map(datetime.fromisoformat, times)) for times in before], OPEN
    )
    return events_in_unsplit_sessions(
        dated,
        open_before,
        event_key=KEY,
        content=CONTENT,
        winner="first",
        session_key=SESSION_KEY,
        actions=("a", "b", "c"),
        timeout=FIVE_MINUTES,
        zone="UTC",
    )


def starts(found: DataFrame) -> DataFrame:
    return found.select(
        F.date_format("event_time", "dd HH:mm:ss").alias("time"),
        "action",
        F.date_format("session_start", "dd HH:mm:ss").alias("start"),
    )


def test_a_gap_of_exactly_the_timeout_starts_a_session_and_a_smaller_one_does_not(spark: SparkSession) -> None:
    rows = [(f"{DAY} 10:00:00", "a"), (f"{DAY} 10:04:59", "b"), (f"{DAY} 10:09:59", "c")]
    expected = [
        ("03 10:00:00", "a", "03 10:00:00"),
        ("03 10:04:59", "b", "03 10:00:00"),
        ("03 10:09:59", "c", "03 10:09:59"),
    ]
    assertDataFrameEqual(starts(silver(spark, *rows)), expected)


def test_what_is_no_user_action_neither_starts_nor_extends_a_session(spark: SparkSession) -> None:
    rows = [
        (f"{DAY} 09:59:59", "h"),
        (f"{DAY} 10:00:00", "a"),
        (f"{DAY} 10:00:00", "d"),
        (f"{DAY} 10:05:00", "e"),
        (f"{DAY} 10:05:01", "f"),
    ]
    expected = [
        ("03 09:59:59", "h", None),
        ("03 10:00:00", "a", "03 10:00:00"),
        ("03 10:00:00", "d", "03 10:00:00"),
        ("03 10:05:00", "e", "03 10:00:00"),
        ("03 10:05:01", "f", None),
    ]
    assertDataFrameEqual(starts(silver(spark, *rows)), expected)


def test_what_follows_a_session_goes_with_the_latest_that_began(spark: SparkSession) -> None:
    rows = [(f"{DAY} 10:00:00", "a"), (f"{DAY} 10:05:00", "b"), (f"{DAY} 10:05:00", "d")]
    found = starts(silver(spark, *rows)).where("action = 'd'")
    assertDataFrameEqual(found, [("03 10:05:00", "d", "03 10:05:00")])


def test_a_session_that_was_open_at_midnight_goes_on(spark: SparkSession) -> None:
    rows = [(f"{DAY} 00:01:00", "a"), (f"{DAY} 00:07:00", "b")]
    found = silver(spark, *rows, before=[("2025-01-02 23:58:00", "2025-01-01 20:00:00")])
    assertDataFrameEqual(starts(found), [("03 00:01:00", "a", "01 20:00:00"), ("03 00:07:00", "b", "03 00:07:00")])
    assertDataFrameEqual(
        found.where("action = 'a'").select("session_id", F.col("session_date").cast("string"), "is_user_action"),
        [("ann|IU#2025-01-01T20:00:00.000000Z", "2025-01-01", True)],
    )


def test_a_date_hands_on_the_sessions_that_may_go_on(spark: SparkSession) -> None:
    rows = [("2025-01-02 23:54:59", "a"), ("2025-01-02 23:59:59", "d")]
    assert open_sessions(silver(spark, *rows), SESSION_KEY, FIVE_MINUTES, "UTC").count() == 0
    rows += [("2025-01-02 23:55:00", "b")]
    found = open_sessions(silver(spark, *rows), SESSION_KEY, FIVE_MINUTES, "UTC")
    expected = [("2025-01-02", "ann", "IU", "2025-01-02 23:55:00", "2025-01-02 23:54:59")]
    assertDataFrameEqual(found.select(*[F.col(name).cast("string") for name in found.columns]), expected)


def test_a_copy_is_no_event_of_its_own(spark: SparkSession) -> None:
    found = silver(spark, (f"{DAY} 10:00:00", "a"), (f"{DAY} 10:00:00", "a"), (f"{DAY} 10:00:00", "b"))
    assertDataFrameEqual(found.select("action", "copies"), [("a", 2), ("b", 1)])


MIDNIGHT = datetime(2025, 1, 3)
NEAR = st.integers(-4, 4).flatmap(lambda k: st.sampled_from([k * 300, k * 300 + 1, k * 200, k * 299]))
EVENTS = st.lists(st.tuples(NEAR, st.sampled_from("abdh")), max_size=14, unique=True)


def in_plain_python(events: list[tuple[int, str]]) -> set[tuple[int, str, int | None]]:
    found, start, last = set(), None, None
    actions = sorted({second for second, action in events if action in "abc"})
    for second, action in events:
        start = last = None
        for at in (found_at for found_at in actions if found_at <= second):
            if last is None or at - last >= 300:
                start = at
            last = at
        belongs = last is not None and (action in "abc" or second - last <= 300)
        found.add((second, action, start if belongs else None))
    return found


@settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.lists(EVENTS, min_size=20, max_size=20))
def test_two_dates_one_by_one_give_what_all_events_together_do(
    spark: SparkSession, histories: list[list[tuple[int, str]]]
) -> None:
    rows = [
        (f"u{user}", action, "IU", MIDNIGHT + timedelta(seconds=second), "2025-01-09", "f")
        for user, events in enumerate(histories)
        for second, action in events
    ]
    structure = "user_id string, action string, object_id string, event_time timestamp, arrival string, file string"
    all_rows = spark.createDataFrame(rows, structure).withColumn("event_date", F.to_date("event_time"))
    rule = {
        "event_key": KEY, "content": CONTENT, "winner": "first", "session_key": SESSION_KEY,
        "actions": ("a", "b", "c"), "timeout": FIVE_MINUTES, "zone": "UTC",
    }  # fmt: skip
    nothing = spark.createDataFrame([], OPEN)
    first = events_in_unsplit_sessions(
        all_rows.where(f"event_date < '{DAY}'").withColumn(BLOCK, F.lit("2025-01-02")), nothing, **rule
    )
    handed_on = open_sessions(first, SESSION_KEY, FIVE_MINUTES, "UTC").withColumn(BLOCK, F.lit(DAY))
    second = events_in_unsplit_sessions(
        all_rows.where(f"event_date >= '{DAY}'").withColumn(BLOCK, F.lit(DAY)), handed_on, **rule
    )
    found: dict[str, set[tuple[int, str, int | None]]] = {}
    for row in first.unionByName(second).collect():
        seconds = [
            None if time is None else int((time - MIDNIGHT).total_seconds())
            for time in (row.event_time, row.session_start)
        ]
        found.setdefault(row.user_id, set()).add((seconds[0], row.action, seconds[1]))
    expected = {f"u{user}": in_plain_python(events) for user, events in enumerate(histories) if events}
    assert found == expected
