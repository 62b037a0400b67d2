"""Session frequency: days since the user's session before, as far as the history tells; entry and exit actions."""

import io
import re
from contextlib import redirect_stdout
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.transforms.entry_exit_actions import entry_exit_actions
from analytics_assets.transforms.session_frequency import session_frequency
from resources.spark import Spark, spark_config

DAY = date(2025, 3, 31)
SESSIONS = "user_id string, session_date date, entry_action string, exit_action string, is_bounce boolean"
USER_DAYS = "user_id string, event_date date, country string"
LONG = {DAY.isoformat(): 60}


@pytest.fixture(scope="module")
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def back(days: int) -> date:
    return DAY - timedelta(days=days)


def sessions(spark: SparkSession, *rows: tuple[str, int]) -> DataFrame:
    """user, days before DAY."""
    return spark.createDataFrame([(user, back(days), "a", "b", False) for user, days in rows], SESSIONS)


def user_days(spark: SparkSession, *rows: tuple[str, str]) -> DataFrame:
    return spark.createDataFrame([(user, DAY, country) for user, country in rows], USER_DAYS)


def since(rows: DataFrame, value: str = "all") -> dict[int | None, int]:
    return {row.days_since: row.sessions for row in rows.collect() if row.value == value}


def test_days_are_counted_to_the_date_of_the_session_before(spark: SparkSession) -> None:
    rows = sessions(spark, ("ann", 9), ("ann", 2), ("ann", 0), ("bob", 28), ("bob", 0))
    assert since(session_frequency(rows, user_days(spark), [], LONG)) == {2: 1, 28: 1}


def test_further_sessions_of_a_date_come_after_no_day(spark: SparkSession) -> None:
    rows = sessions(spark, ("ann", 1), ("ann", 0), ("ann", 0), ("ann", 0))
    assert since(session_frequency(rows, user_days(spark), [], LONG)) == {1: 1, 0: 2}


def test_more_than_28_days_and_none_before_are_one(spark: SparkSession) -> None:
    rows = sessions(spark, ("ann", 29), ("ann", 0), ("bob", 0))
    assert since(session_frequency(rows, user_days(spark), [], LONG)) == {29: 2}


@pytest.mark.parametrize(("complete", "expected"), [(28, {3: 1, None: 1}), (29, {3: 1, 29: 1}), (3, {None: 2})])
def test_what_the_history_cannot_tell_is_null(
    spark: SparkSession, complete: int, expected: dict[int | None, int]
) -> None:
    rows = sessions(spark, ("ann", 3), ("ann", 0), ("bob", 0))
    assert since(session_frequency(rows, user_days(spark), [], {DAY.isoformat(): complete})) == expected


def test_a_session_counts_for_the_value_that_its_user_has_on_its_date(spark: SparkSession) -> None:
    rows = sessions(spark, ("ann", 4), ("ann", 0), ("bob", 0), ("eve", 0))
    found = session_frequency(rows, user_days(spark, ("ann", "DE"), ("bob", "FR"), ("idle", "IT")), ["country"], LONG)
    assert since(found, "DE") == {4: 1}
    assert since(found, "FR") == since(found, "unknown") == {29: 1}
    assert since(found, "IT") == {}
    assert since(found) == {4: 1, 29: 2}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40)), min_size=1, max_size=40))
def test_dates_one_by_one_give_what_all_at_once_do(spark: SparkSession, starts: list[tuple[str, int]]) -> None:
    rows = sessions(spark, *starts)
    days = {back(days).isoformat(): 60 for days in range(8)}
    names = ("session_date", "days_since", "sessions")

    def found(asked: dict[str, int]) -> set[tuple[object, ...]]:
        return {tuple(row[n] for n in names) for row in session_frequency(rows, user_days(spark), [], asked).collect()}

    at_once = found(days)
    assert sum(row[2] for row in at_once) == sum(number < 8 for _, number in starts)  # type: ignore[misc]
    assert found({back(0).isoformat(): 60}) | found({back(3).isoformat(): 60}) <= at_once


def test_sessions_are_shuffled_and_sorted_once(spark: SparkSession, tmp_path: Path) -> None:
    for name, columns in (("sessions", SESSIONS), ("user_days", USER_DAYS)):
        spark.createDataFrame([], columns).write.parquet(str(tmp_path / name))
    read = [
        spark.read.schema(columns).parquet(str(tmp_path / name))
        for name, columns in (("sessions", SESSIONS), ("user_days", USER_DAYS))
    ]
    text = io.StringIO()
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false"}), redirect_stdout(text):
        session_frequency(*read, ["country"], LONG).explain()
    plan = text.getvalue()
    [*exchanges] = re.findall(r"^\W*(?:\*\(\d+\) )?Exchange (.*)", plan, re.MULTILINE)
    assert len(exchanges) == 2 and "user_id" in exchanges[1]  # the first in the text, and last to run, is of the counts
    assert len(re.findall(r"^\W*(?:\*\(\d+\) )?Sort \[", plan, re.MULTILINE)) == 1


def test_a_session_counts_once_for_the_action_it_began_with_and_once_for_its_last(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("ann", DAY, "view", "edit", False), ("ann", DAY, "view", "view", True), ("bob", DAY, "open", "edit", False)],
        SESSIONS,
    )
    found = entry_exit_actions(rows, user_days(spark, ("ann", "DE"), ("bob", "FR")), ["country"])
    assert {tuple(row) for row in found.where("value <> 'FR'").drop("session_date").collect()} == {
        ("all", "all", "entry", "view", 2, 1),
        ("all", "all", "entry", "open", 1, 0),
        ("all", "all", "exit", "edit", 2, 0),
        ("all", "all", "exit", "view", 1, 1),
        ("country", "DE", "entry", "view", 2, 1),
        ("country", "DE", "exit", "edit", 1, 0),
        ("country", "DE", "exit", "view", 1, 1),
    }
