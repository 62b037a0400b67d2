"""Power users: totals with durations cut, ranks that equal a plain sort's, ties, and the value most used."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.transforms.concentration import Steps
from analytics_assets.transforms.history import Period
from analytics_assets.transforms.power_users import (
    power_users,
    ranked,
    sums_at,
    total_buckets,
    user_totals,
    with_main_attributes,
)
from resources.spark import Spark

MONDAY = date(2025, 1, 6)
DAY = timedelta(days=1)
TOTALS = "period_month string, user_id string, capped_ms long, active_days long, sessions long"
FOR_RANKS = "period_month string, bucket int, users_above long, ms_above long, users long, total_ms long"


@pytest.fixture(scope="module")
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def totals_of(spark: SparkSession, periods: Mapping[str, Sequence[int]]) -> DataFrame:
    rows = [(name, f"u{n}", ms, 1, 1) for name, own in periods.items() for n, ms in enumerate(own)]
    return spark.createDataFrame(rows, TOTALS)


def steps_of(totals: DataFrame) -> dict[str, Steps]:
    counted: dict[str, list[tuple[int, int, int]]] = {}
    for row in total_buckets(totals).collect():
        counted.setdefault(row.period_month, []).append((row.bucket, row.users, row.capped_ms))
    return {name: Steps.of(own) for name, own in counted.items()}


def for_ranks(spark: SparkSession, steps: Mapping[str, Steps], percent: int | None) -> DataFrame:
    rows = [
        (name, step.bucket, step.users_above, step.ms_above, own.users, own.total_ms)
        for name, own in steps.items()
        for step in (own.to_look_into() if percent is None else own.top(percent))
    ]
    return spark.createDataFrame(rows, FOR_RANKS)


def found_users(spark: SparkSession, totals: DataFrame, percents: Sequence[int]) -> dict[str, dict[str, object]]:
    """By period and user: rank, smallest share of the top, share of the time."""
    buckets = for_ranks(spark, steps_of(totals), max(percents))
    found: dict[str, dict[str, object]] = {}
    for row in power_users(ranked(totals, buckets), percents).collect():
        found.setdefault(row.period_month, {})[row.user_id] = (row["rank"], row.top_percent, row.share)
    return found


def by_plain_sort(totals: Sequence[int], percents: Sequence[int]) -> dict[str, object]:
    highest = sorted(totals, reverse=True)
    expected: dict[str, object] = {}
    for n, total in enumerate(totals):
        inside = [x for x in sorted(percents) if total >= highest[(len(totals) * x + 99) // 100 - 1]]
        if inside:
            share = total / sum(totals) if sum(totals) else None
            expected[f"u{n}"] = (1 + sum(other > total for other in totals), inside[0], share)
    return expected


# Few distinct values, so that ties stand at the edges of the top; close ones, so that one bucket has several.
amounts = st.one_of(st.just(0), st.integers(0, 3), st.integers(1_000_000, 1_000_020), st.integers(0, 10**9))


@settings(max_examples=6, deadline=None)
@given(st.lists(st.lists(amounts, min_size=1, max_size=130), min_size=1, max_size=8), st.data())
def test_ranks_within_buckets_are_those_of_a_plain_sort(
    spark: SparkSession, groups: list[list[int]], data: st.DataObject
) -> None:
    percents = data.draw(st.lists(st.integers(1, 100), min_size=1, max_size=3, unique=True))
    periods = {f"p{n}": own for n, own in enumerate(groups)}
    totals = totals_of(spark, periods)
    assert found_users(spark, totals, percents) == {name: by_plain_sort(own, percents) for name, own in periods.items()}
    places = [(name, place) for name, own in periods.items() for place in {1, (len(own) + 1) // 2, len(own)}]
    everyone = ranked(totals, for_ranks(spark, steps_of(totals), 100))
    sums = sums_at(everyone, spark.createDataFrame(places, "period_month string, place long")).collect()
    assert {(row.period_month, row.place): row.up_to_ms for row in sums} == {
        (name, place): sum(sorted(periods[name], reverse=True)[:place]) for name, place in places
    }


def test_all_who_tie_with_the_last_are_in(spark: SparkSession) -> None:
    found = found_users(spark, totals_of(spark, {"p": [9, 5, 5, 5, 1, 1, 1, 1, 1, 1]}), (20,))
    assert {user: row[:2] for user, row in found["p"].items()} == {  # type: ignore[index]
        "u0": (1, 20),
        "u1": (2, 20),
        "u2": (2, 20),
        "u3": (2, 20),
    }


def test_where_nobody_has_any_time_all_are_in_and_nobody_has_a_share(spark: SparkSession) -> None:
    assert found_users(spark, totals_of(spark, {"p": [0, 0, 0]}), (1,)) == {
        "p": {"u0": (1, 1, None), "u1": (1, 1, None), "u2": (1, 1, None)}
    }


def test_one_user_is_the_top_one_per_cent(spark: SparkSession) -> None:
    assert found_users(spark, totals_of(spark, {"p": [7]}), (1, 10)) == {"p": {"u0": (1, 1, 1.0)}}


def test_the_number_of_the_top_is_rounded_up(spark: SparkSession) -> None:
    hundred, one_more = list(range(100)), list(range(101))
    found = found_users(spark, totals_of(spark, {"a": hundred, "b": one_more}), (1,))
    assert {name: set(own) for name, own in found.items()} == {"a": {"u99"}, "b": {"u100", "u99"}}


def period(first: date, last: date) -> Period:
    return Period(start=first, end=last, is_complete=True)


def inputs(spark: SparkSession) -> tuple[DataFrame, DataFrame, DataFrame]:
    """Ann reads 9 s and 2 s on Monday and 1 s on Tuesday; Bob edits 9 s on Monday, twice; Cem does nothing long."""
    events = [
        ("ann", MONDAY, "read", 9000),
        ("ann", MONDAY, "read", 2000),
        ("ann", MONDAY + DAY, "read", 1000),
        ("bob", MONDAY, "edit", 9000),
        ("bob", MONDAY, "edit", 9000),
        ("cem", MONDAY, "read", 0),
    ]
    silver = spark.createDataFrame(events, "user_id string, event_date date, action string, duration_ms long")
    user_days = silver.groupBy("user_id", "event_date").agg({"duration_ms": "sum"})
    sessions = [("ann", MONDAY), ("ann", MONDAY), ("ann", MONDAY + DAY), ("bob", MONDAY), ("cem", MONDAY)]
    begun = spark.createDataFrame(sessions, "user_id string, session_date date")
    return user_days.withColumnRenamed("sum(duration_ms)", "engaged_ms"), begun, silver


def test_a_duration_counts_up_to_the_threshold_of_its_action_in_the_period(spark: SparkSession) -> None:
    both = [MONDAY, MONDAY + DAY]
    dates = [("week", day) for day in both] + [("monday", MONDAY)]
    periods = {"week": period(MONDAY, MONDAY + DAY), "monday": period(MONDAY, MONDAY)}
    limits = {("week", "read"): 2000, ("week", "edit"): 9000, ("monday", "read"): 5000, ("monday", "edit"): 1}
    rows = [(name, day, action, ms) for (name, action), ms in limits.items() for n, day in dates if n == name]
    made = user_totals(
        *inputs(spark),
        periods,
        spark.createDataFrame(rows, "period_month string, event_date date, action string, threshold_ms long"),
        min(limits.values()),
    )
    found = {(row.period_month, row.user_id): (row.capped_ms, row.active_days, row.sessions) for row in made.collect()}
    assert found == {
        ("week", "ann"): (2000 + 2000 + 1000, 2, 3),
        ("week", "bob"): (18000, 1, 1),
        ("week", "cem"): (0, 1, 1),
        ("monday", "ann"): (5000 + 2000, 1, 2),
        ("monday", "bob"): (2, 1, 1),
        ("monday", "cem"): (0, 1, 1),
    }


def test_the_main_value_is_that_of_most_dates_and_of_several_the_last(spark: SparkSession) -> None:
    used = {
        "ann": ["iPad", "Mac", "Mac", "iPad", "Mac"],
        "bob": ["Mac", "iPad", "iPad", "Mac"],
        "cem": ["iPad", "Mac"],
    }
    days = [(user, MONDAY + DAY * n, device, "DE") for user, own in used.items() for n, device in enumerate(own)]
    user_days = spark.createDataFrame(days, "user_id string, event_date date, device string, country string")
    periods = {"first": period(MONDAY, MONDAY + DAY * 3), "monday": period(MONDAY, MONDAY)}
    users = [("first", "ann", 1), ("first", "bob", 2), ("monday", "cem", 3)]
    made = with_main_attributes(
        spark.createDataFrame(users, "period_month string, user_id string, rank long"),
        user_days,
        periods,
        ["device", "country"],
    )
    assert {tuple(row) for row in made.collect()} == {
        ("first", "ann", 1, "iPad", "DE"),
        ("first", "bob", 2, "Mac", "DE"),
        ("monday", "cem", 3, "iPad", "DE"),
    }
