"""Who does more on a date than a person can, and what the figures are without them."""

import io
import re
from contextlib import redirect_stdout
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.transforms.unlikely_users import UnlikelyRule, busy_days, unlikely_users, with_and_without
from resources.spark import spark_config

DAY = date(2025, 3, 3)
SILVER = "user_id string, event_date date, event_time timestamp, duration_ms long, is_user_action boolean"
RULE = UnlikelyRule(minute=3, hour=5, hours=4)


def silver(spark: SparkSession, *events: tuple[str, int, bool]) -> DataFrame:
    """Events of (user, second of the day, whether it is a user's action), of 10 ms each."""
    begin = datetime(2025, 3, 3)
    rows = [(user, DAY, begin + timedelta(seconds=second), 10, is_action) for user, second, is_action in events]
    return spark.createDataFrame(rows, SILVER)


def found(events: DataFrame, *, has_user_actions: bool = False) -> list[tuple[object, ...]]:
    made = unlikely_users(events, RULE, has_duration=True, has_user_actions=has_user_actions)
    columns = ("user_id", "events", "engaged_ms", "busiest_minute", "busiest_hour", "active_hours", "reasons")
    return sorted(tuple(row) for row in made.select(*columns).collect())


def test_a_user_with_more_in_a_minute_an_hour_or_a_day_than_a_person_is_listed_with_the_reasons(
    spark: SparkSession,
) -> None:
    minute = [("minute", 60 + n, True) for n in range(4)]
    hour = [("hour", n * 600, True) for n in range(6)] + [("hour", 1, True)]
    day = [("day", n * 3600, True) for n in range(4)]
    person = [("person", second, True) for second in (0, 1, 59, 60, 3600, 7200)]
    assert found(silver(spark, *minute, *hour, *day, *person)) == [
        ("day", 4, 40, 1, 1, 4, ["day"]),
        ("hour", 7, 70, 2, 7, 1, ["hour"]),
        ("minute", 4, 40, 4, 4, 1, ["minute"]),
    ]


@pytest.mark.parametrize(("events", "is_busy"), [(3, False), (4, True)])
@pytest.mark.parametrize("rule", [RULE, UnlikelyRule(minute=9, hour=9, hours=4)])
def test_only_users_with_events_enough_to_break_the_rule_are_looked_at(
    spark: SparkSession, rule: UnlikelyRule, events: int, is_busy: bool
) -> None:
    user_days = spark.createDataFrame([("ann", DAY, events)], "user_id string, event_date date, events long")
    assert busy_days(user_days, rule).collect() == ([("ann", DAY)] if is_busy else [])


def test_only_user_actions_count_where_a_feed_names_them(spark: SparkSession) -> None:
    events = silver(spark, *[("ann", n, n < 3) for n in range(9)], *[("bot", n, n < 4) for n in range(5)])
    assert found(events, has_user_actions=True) == [("bot", 5, 50, 4, 4, 1, ["minute"])]


def test_figures_without_unlikely_users_stand_beside_those_with_them(spark: SparkSession) -> None:
    user_days = spark.createDataFrame(
        [("ann", DAY, 2, 20), ("bot", DAY, 900, 1)], "user_id string, event_date date, events long, engaged_ms long"
    )
    sessions = spark.createDataFrame([("ann", DAY), ("ann", DAY), ("bot", DAY)], "user_id string, session_date date")
    unlikely = spark.createDataFrame([("bot", DAY)], "user_id string, event_date date")
    [row] = with_and_without(user_days, sessions, unlikely, has_duration=True).collect()
    assert row.asDict() == {
        **{"event_date": DAY, "unlikely_users": 1, "dau": 2, "likely_dau": 1, "sessions": 3, "likely_sessions": 2},
        **{"events": 902, "likely_events": 2, "engaged_ms": 21, "likely_engaged_ms": 20},
    }


def test_events_are_shuffled_once(spark: SparkSession, tmp_path: Path) -> None:
    path = str(tmp_path / "silver")
    spark.createDataFrame([], SILVER).write.parquet(path)
    made = unlikely_users(spark.read.schema(SILVER).parquet(path), RULE, has_duration=True, has_user_actions=True)
    text = io.StringIO()
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false"}), redirect_stdout(text):
        made.explain()
    assert len(re.findall(r"^\W*(?:\*\(\d+\) )?Exchange\b", text.getvalue(), re.MULTILINE)) == 1


@pytest.mark.parametrize("wrong", [{"minute": 0}, {"minute": 9, "hour": 8}, {"hours": 0}, {"hours": 26}])
def test_a_rule_that_could_not_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        UnlikelyRule(**wrong)
