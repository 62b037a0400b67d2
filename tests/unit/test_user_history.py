"""User histories: first days, bits, and that what is brought up to date equals what is made anew."""

import random
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.transforms.user_history import (
    MOST_BITS,
    brought_up_to_date,
    lost,
    monday,
    user_history,
)
from resources.spark import Spark

DAY = timedelta(days=1)
FIRST = date(2025, 1, 1)  # a Wednesday
Activity = Mapping[str, Iterable[date]]


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def user_days(spark: SparkSession, activity: Activity) -> DataFrame:
    """A row a user and day; the country is the day's, so that it tells which day it is of."""
    rows = [(user, day, f"c{day:%d}") for user, days in activity.items() for day in days]
    return spark.createDataFrame(rows, "user_id string, event_date date, country string")


def shown(histories: DataFrame) -> dict[str, tuple[object, ...]]:
    return {row.user_id: tuple(row)[1:] for row in histories.collect()}


def expected(activity: Activity) -> dict[str, tuple[object, ...]]:
    """The same in plain Python, with sets of numbers of days and weeks."""
    found = {}
    for user, days in activity.items():
        if days:
            first = min(days)
            after = {(day - first).days for day in days}
            weeks = {(monday(day) - monday(first)).days // 7 for day in days}
            bits = (sum(2**k for k in numbers if k <= MOST_BITS) for numbers in (after, weeks))
            found[user] = (first, f"c{first:%d}", *bits)
    return found


def test_a_user_has_a_bit_for_each_later_day_and_week_of_activity(spark: SparkSession) -> None:
    days = [date(2025, 1, 5), date(2025, 1, 6), date(2025, 1, 20)]  # a Sunday, the Monday after, two weeks later
    found = shown(user_history(user_days(spark, {"ann": days}), ["country"]))
    assert found == {"ann": (date(2025, 1, 5), "c05", 0b1000_0000_0000_0011, 0b1011)}


def test_what_comes_later_than_the_last_bit_is_not_kept(spark: SparkSession) -> None:
    days = [FIRST, FIRST + DAY * MOST_BITS, FIRST + DAY * (MOST_BITS + 1), FIRST + DAY * 7 * (MOST_BITS + 1)]
    found = shown(user_history(user_days(spark, {"ann": days}), []))
    assert found["ann"][1] == 1 + 2**MOST_BITS


@pytest.mark.parametrize("seed", range(4))
def test_what_is_brought_up_to_date_equals_what_is_made_anew(spark: SparkSession, seed: int) -> None:
    """Some weeks change: users come, go, begin earlier or later, over a history longer than the bits."""
    draw = random.Random(seed)
    dates = [FIRST + DAY * n for n in range(500)]
    weeks = set(draw.sample(sorted({monday(day) for day in dates}), draw.choice([1, 3, 9])))
    others = [day for day in dates if monday(day) not in weeks]
    of_weeks = [day for day in dates if monday(day) in weeks]
    before, after = {}, {}
    for number in range(120):
        kept = draw.sample(others, draw.choice([0, 1, 2, 5, 30]))
        for made in (before, after):
            made[f"u{number}"] = {*kept, *draw.sample(of_weeks, draw.choice([0, 0, 1, 2, 3]))}
    changed = {day for user in before for day in before[user] ^ after[user]}
    histories, now = user_history(user_days(spark, before), ["country"]), user_days(spark, after)
    fresh = now.where(now.event_date.isin(of_weeks))
    gone = lost(histories, fresh, changed)
    fresh = fresh.unionByName(now.where(~now.event_date.isin(of_weeks)).join(gone, "user_id", "left_semi"))
    got = brought_up_to_date(histories.join(gone, "user_id", "left_anti"), fresh, weeks, ["country"])
    assert shown(got) == expected(after)


def test_users_whose_first_day_is_no_longer_theirs_are_told_apart(spark: SparkSession) -> None:
    histories = user_history(user_days(spark, {"ann": [FIRST], "bob": [FIRST], "cyd": [FIRST + DAY]}), [])
    fresh = user_days(spark, {"ann": [FIRST]})
    assert [row.user_id for row in lost(histories, fresh, [FIRST]).collect()] == ["bob"]


def test_one_shuffle_makes_the_histories(spark_resource: Spark) -> None:
    """The window and the sum are both by user."""
    frame = user_history(user_days(spark_resource.session, {"ann": [FIRST]}), ["country"])
    plan = frame._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    assert plan.count("Exchange hashpartitioning") == 1, plan


def test_a_user_without_any_day_is_left_out(spark: SparkSession) -> None:
    """A first day that is gone, of a user whom nobody told to be lost."""
    histories = user_history(user_days(spark, {"ann": [FIRST], "bob": [FIRST - DAY * 7]}), [])
    found = brought_up_to_date(histories, user_days(spark, {}), {monday(FIRST)}, [])
    assert [*shown(found)] == ["bob"]
