"""Active users, against the definitions computed with Python's sets."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyspark.sql.functions as F
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.active_users import (
    LOOK_BACK_DAYS,
    active_in_period,
    active_users,
    activity,
    first_days,
)
from analytics_assets.transforms.history import History, Period
from resources.spark import spark_config

DAY = timedelta(days=1)
START = date(2025, 1, 1)
ATTRIBUTES = ("country", "device")
Days = dict[tuple[str, date], tuple[str, str]]
"""Attributes of each user on each date on which the user was active."""


@pytest.fixture(autouse=True, scope="module")
def few_tasks(spark: SparkSession) -> Iterator[None]:
    with spark_config(spark, {"spark.sql.shuffle.partitions": "2"}):
        yield


def user_days(spark: SparkSession, days: Days) -> DataFrame:
    rows = [(user, str(day), *values) for (user, day), values in days.items()]
    made = spark.createDataFrame(rows, "user_id string, event_date string, country string, device string")
    return made.withColumn("event_date", F.col("event_date").cast("date"))


def measured(spark: SparkSession, days: Days, history: History, wanted: list[date]) -> dict[Any, Row]:
    """The table's rows of the wanted dates, computed from no more than they depend on."""
    complete = history.complete_days()
    grid = spark.createDataFrame(
        [(str(day), day in history.missing, complete[day], f"v{day}") for day in wanted],
        "event_date string, is_missing boolean, complete_days int, input_version string",
    ).withColumn("event_date", F.col("event_date").cast("date"))
    within = {key: value for key, value in days.items() if history.start <= key[1] <= history.as_of}
    needed = {k: v for k, v in within.items() if min(wanted) - DAY * LOOK_BACK_DAYS <= k[1] <= max(wanted)}
    firsts = first_days(user_days(spark, within), ATTRIBUTES)
    rows = active_users(activity(user_days(spark, needed), ATTRIBUTES), firsts, grid).collect()
    found = {(row.event_date, row.dimension, row.value): row for row in rows}
    assert len(found) == len(rows)
    return found


def series_of(days: Days, history: History) -> dict[tuple[str, str], dict[date, set[str]]]:
    """Active users of each date, in all and by value."""
    found: dict[tuple[str, str], dict[date, set[str]]] = {}
    for (user, day), values in days.items():
        if history.start <= day <= history.as_of:
            for series in [("all", "all"), *zip(ATTRIBUTES, values, strict=True)]:
                found.setdefault(series, {}).setdefault(day, set()).add(user)
    return found


def by_definition(days: Days, history: History) -> dict[Any, dict[str, Any]]:
    """METRICS "Active users", word for word."""
    expected = {}
    for series, active in series_of(days, history).items():

        def users(first: date, last: date, active: dict[date, set[str]] = active) -> set[str]:
            return set().union(*[found for day, found in active.items() if first <= day <= last])

        def known(value: Any, day: date, needed: int) -> Any:
            window = [day - DAY * n for n in range(needed)]
            return value if window[-1] >= history.start and not history.missing & set(window) else None

        for day in history.dates():
            if day < min(active):
                continue
            now, before, since = users(day, day), users(day - DAY * 28, day - DAY), users(day - DAY * 27, day)
            ever = users(history.start, day - DAY)
            new, returning = now - ever, now & before
            resurrected = {user for user in now - before if user in users(history.start, day - DAY * 29)}
            dormant = users(day - DAY * 28, day - DAY * 28) - since
            assert len(now) == len(new) + len(returning) + len(resurrected)
            row = {"dau": known(len(now), day, 1), "new": known(len(new), day, 1)}
            row |= {f"rolling_{n}": known(len(users(day - DAY * (n - 1), day)), day, n) for n in (7, 28, 30)}
            row |= {"returning": known(len(returning), day, 29), "resurrected": known(len(resurrected), day, 29)}
            row |= {"dormant": known(len(dormant), day, 29)}
            row |= {
                f"stickiness_{n}": row["dau"] / row[f"rolling_{n}"] if row[f"rolling_{n}"] else None for n in (7, 28)
            }
            expected[(day, *series)] = row | {"is_missing": day in history.missing, "input_version": f"v{day}"}
    return expected


VALUES = st.tuples(st.sampled_from(["DE", "FR"]), st.sampled_from(["tv", "unknown"]))
# Gaps around 28 days are what the lifecycle turns on.
GAPS = st.lists(st.sampled_from([1, 1, 2, 6, 7, 26, 27, 28, 29, 30, 31, 40]), min_size=1, max_size=8)


@st.composite
def activities(draw: st.DrawFn) -> tuple[Days, History]:
    days: Days = {}
    for user in ("ann", "bob", "cy"):
        day = START - DAY * 2
        for gap in draw(GAPS):
            day += DAY * gap
            days[user, day] = draw(VALUES)
    as_of = START + DAY * draw(st.sampled_from([0, 6, 40, 70]))
    missing = draw(st.frozensets(st.integers(0, 69).map(lambda n: START + DAY * n), max_size=2))
    return days, History(start=START, as_of=as_of, missing=frozenset(day for day in missing if day <= as_of))


# Not shrunk: each step would be a Spark job, and a failing test would run into its time limit.
@settings(
    max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=activities(), data=st.data())
def test_each_figure_equals_its_definition_and_a_part_of_the_dates_equals_all(
    spark: SparkSession, drawn: tuple[Days, History], data: st.DataObject
) -> None:
    days, history = drawn
    expected = by_definition(days, history)
    found = measured(spark, days, history, history.dates())
    assert {key: {name: found[key][name] for name in expected[key]} for key in expected} == expected
    assert {key[1] for key in found.keys() - expected.keys()} <= {"all"}  # a value has no row before its first user
    part = data.draw(st.lists(st.sampled_from(history.dates()), min_size=1, max_size=5, unique=True).map(sorted))
    assert measured(spark, days, history, part) == {key: row for key, row in found.items() if key[0] in part}


def test_a_closed_date_without_events_has_a_row_of_zeros(spark: SparkSession) -> None:
    history = History(start=START, as_of=START + DAY * 2, missing=frozenset())
    found = measured(spark, {("ann", START): ("DE", "tv")}, history, history.dates())
    quiet = found[START + DAY, "all", "all"]
    assert (quiet.dau, quiet.new, quiet.rolling_7, quiet.is_missing) == (0, 0, None, False)


def test_dates_from_the_historys_start_have_rows_in_all_before_the_first_user(spark: SparkSession) -> None:
    history = History(start=START, as_of=START + DAY * 2, missing=frozenset())
    found = measured(spark, {("ann", START + DAY * 2): ("DE", "tv")}, history, history.dates())
    assert [found[day, "all", "all"].dau for day in history.dates()] == [0, 0, 1]


def test_a_missing_date_is_null_even_with_late_rows_and_completes_no_window(spark: SparkSession) -> None:
    missing = START + DAY * 2
    history = History(start=START, as_of=START + DAY * 12, missing=frozenset({missing}))
    days: Days = {("ann", START + DAY * n): ("DE", "tv") for n in range(13)}
    found = measured(spark, days, history, history.dates())
    row = found[missing, "all", "all"]
    assert (row.dau, row.new, row.stickiness_7, row.is_missing) == (None, None, None, True)
    whole = [day for day in history.dates() if found[day, "all", "all"].rolling_7 is not None]
    assert whole == [missing + DAY * n for n in range(7, 11)]


def test_lifecycle_begins_on_the_29th_day_and_rolling_windows_on_their_last(spark: SparkSession) -> None:
    history = History(start=START, as_of=START + DAY * 30, missing=frozenset())
    found = measured(spark, {("ann", START): ("DE", "tv")}, history, history.dates())
    rows = [found[day, "all", "all"] for day in history.dates()]
    first = {name: [row[name] is not None for row in rows].index(True) for name in rows[0].__fields__}
    begins = {
        name: first[name] for name in ("rolling_7", "rolling_28", "rolling_30", "returning", "resurrected", "dormant")
    }
    assert begins == {
        "rolling_7": 6,
        "rolling_28": 27,
        "rolling_30": 29,
        "returning": 28,
        "resurrected": 28,
        "dormant": 28,
    }
    assert [row.dormant for row in rows[28:]] == [1, 0, 0]


def test_a_user_with_two_values_counts_for_both_and_once_in_all(spark: SparkSession) -> None:
    history = History(start=START, as_of=START + DAY * 6, missing=frozenset())
    days: Days = {("ann", START): ("DE", "tv"), ("ann", START + DAY): ("FR", "tv")}
    found = measured(spark, days, history, history.dates())
    counts = {key[1:]: (row.rolling_7, row.dau) for key, row in found.items() if key[0] == history.as_of}
    once = {("all", "all"), ("country", "DE"), ("country", "FR"), ("device", "tv")}
    assert counts == dict.fromkeys(once, (1, 0))
    assert [found[(START + DAY, *series)].new for series in (("all", "all"), ("country", "FR"))] == [0, 1]


def periods(spark: SparkSession, *found: Period) -> DataFrame:
    rows = [(str(p.start), str(p.end), p.is_complete, f"v{p.start}") for p in found]
    made = spark.createDataFrame(rows, "week_start string, end string, is_complete boolean, input_version string")
    return made.withColumns({name: F.col(name).cast("date") for name in ("week_start", "end")})


@settings(
    max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=activities())
def test_users_of_weeks_and_months_equal_their_definition(spark: SparkSession, drawn: tuple[Days, History]) -> None:
    days, history = drawn
    within = user_days(spark, {k: v for k, v in days.items() if history.start <= k[1] <= history.as_of})
    for whole in (history.weeks(), history.months()):
        made = active_in_period(
            within, ATTRIBUTES, first_days(within, ATTRIBUTES), periods(spark, *whole), "week_start", "wau"
        )
        found = {(row.week_start, row.dimension, row.value): (row.wau, row.is_complete) for row in made.collect()}
        expected = {}
        total = ("all", "all")
        for series, active in {total: {}, **series_of(days, history)}.items():
            for period in (period for period in whole if series == total or period.end >= min(active)):
                users = set().union(*[active.get(day, set()) for day in period.dates()])
                expected[(period.start, *series)] = (len(users) if period.is_complete else None, period.is_complete)
        assert found == expected


def test_first_days_count_users_and_pairs_of_user_and_value(spark: SparkSession) -> None:
    days: Days = {
        ("ann", START): ("DE", "tv"),
        ("ann", START + DAY): ("FR", "tv"),
        ("bob", START + DAY): ("DE", "tv"),
        ("bob", START + DAY * 2): ("FR", "tv"),
    }
    actual = first_days(user_days(spark, days), ("country",)).withColumn(
        "event_date", F.col("event_date").cast("string")
    )
    first, second, third = (str(START + DAY * n) for n in range(3))
    expected = [
        ("all", "all", first, 1),
        ("all", "all", second, 1),
        ("country", "DE", first, 1),
        ("country", "DE", second, 1),
        ("country", "FR", second, 1),
        ("country", "FR", third, 1),
    ]
    assertDataFrameEqual(actual, expected)
