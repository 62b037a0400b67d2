"""Cells of retention that are kept: with those that are counted anew they are what counting all gives."""

import random
from collections.abc import Collection, Mapping
from datetime import date, timedelta

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.transforms.history import History
from analytics_assets.transforms.kept_cells import ORDER, first_changed, kept_cells
from analytics_assets.transforms.retention import COHORTS, Closed, PeriodName, cells, cohort_counts
from analytics_assets.transforms.user_history import user_history
from resources.spark import Spark, gathered

DAY = timedelta(days=1)
FIRST = date(2025, 1, 1)  # a Wednesday: the week that it lies in is none of the history
LENGTHS: dict[PeriodName, int] = {"week": 3, "day": 5}
Activity = Mapping[str, Collection[date]]


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def histories(spark: SparkSession, activity: Activity) -> DataFrame:
    """The country is the day's, so that another first day is another country."""
    rows = [(user, day, f"c{day.day % 3}") for user, days in activity.items() for day in days]
    return user_history(
        spark.createDataFrame(rows, "user_id string, event_date date, country string"), ["country"]
    ).cache()


def closed(period: PeriodName, history: History, lateness: int = 0) -> Closed:
    periods = history.weeks() if period == "week" else history.days()
    return Closed(period=period, periods=periods, settled_through=history.as_of - DAY * lateness)


def all_cells(users: DataFrame, of: Closed) -> pa.Table:
    last = LENGTHS[of.period]
    return cells(gathered(cohort_counts(users, ["country"], {of.period: last}), COHORTS), of, last)


def days_of(draw: random.Random, dates: Collection[date]) -> set[date]:
    return set(draw.sample(sorted(dates), min(draw.choice([0, 1, 2, 7]), len(dates))))


def activity_before_and_after(draw: random.Random, dates: list[date]) -> tuple[Activity, Activity]:
    """Two histories that differ in a few days in a row, in which users come, go, and begin earlier or later."""
    begin = draw.randrange(len(dates))
    changed = dates[begin : begin + draw.choice([1, 3, 9])]
    before, after = {}, {}
    for number in range(60):
        kept = days_of(draw, {*dates} - {*changed})
        for made in (before, after):
            made[f"u{number}"] = {*kept, *days_of(draw, changed)}
    return before, after


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("period", LENGTHS)
def test_kept_cells_and_counted_ones_are_those_that_counting_all_gives(
    spark: SparkSession, period: PeriodName, seed: int
) -> None:
    draw = random.Random(seed)
    history = History(start=FIRST, as_of=FIRST + DAY * 60, missing=frozenset([FIRST + DAY * 20]))
    of, last = closed(period, history, draw.choice([0, 4])), LENGTHS[period]
    before, after = activity_before_and_after(draw, history.dates())
    changed = [day for day in history.dates() if any((day in before[user]) != (day in after[user]) for user in before)]
    start = first_changed(changed, period, last)
    kept = kept_cells(all_cells(histories(spark, before), of), of, last, start)
    users = histories(spark, after)
    counted = gathered(cohort_counts(users, ["country"], {period: last}, {period: start}), COHORTS)
    both = pa.concat_tables([kept, cells(counted, of.since(start), last)])
    assert both.sort_by(ORDER).equals(all_cells(users, of))


def test_a_cohort_is_counted_again_where_its_last_period_reaches_a_changed_date() -> None:
    changed = [date(2025, 2, 6), date(2025, 2, 20)]  # a Thursday
    assert first_changed(changed, "week", last=3) == date(2025, 1, 13)
    assert first_changed(changed, "day", last=5) == date(2025, 2, 1)


@pytest.mark.parametrize("period", LENGTHS)
def test_cells_that_are_settled_meanwhile_are_kept_as_settled_ones(spark: SparkSession, period: PeriodName) -> None:
    users = histories(spark, {"ann": [FIRST + DAY * 7, FIRST + DAY * 15]})
    history = History(start=FIRST, as_of=FIRST + DAY * 60, missing=frozenset())
    stands, wanted = (all_cells(users, closed(period, history, lateness)) for lateness in (40, 3))
    assert not stands.equals(wanted)
    kept = kept_cells(stands, closed(period, history, lateness=3), LENGTHS[period], date.max)
    assert kept.equals(wanted)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"missing": [FIRST + DAY * 15]}, {"missing": []}),
        ({"missing": []}, {"missing": [FIRST + DAY * 15]}),
        ({"start": FIRST + DAY * 14}, {"start": FIRST}),
        ({"as_of": FIRST + DAY * 40}, {"as_of": FIRST + DAY * 60}),
    ],
)
@pytest.mark.parametrize("period", LENGTHS)
def test_cells_of_which_something_else_is_known_now_are_not_kept(
    spark: SparkSession, period: PeriodName, before: dict[str, object], now: dict[str, object]
) -> None:
    """An empty arrival comes or goes: no user day changes."""
    users = histories(spark, {"ann": [FIRST + DAY * 30]})
    usual: dict[str, object] = {"start": FIRST, "as_of": FIRST + DAY * 60, "missing": []}
    then, today = (History(**{**usual, **said}) for said in (before, now))  # type: ignore[arg-type]
    stands = all_cells(users, closed(period, then))
    assert kept_cells(stands, closed(period, today), LENGTHS[period], date.max) is None


def test_cells_of_another_length_are_not_kept(spark: SparkSession) -> None:
    of = closed("week", History(start=FIRST, as_of=FIRST + DAY * 60, missing=frozenset()))
    stands = all_cells(histories(spark, {"ann": [FIRST + DAY * 30]}), of)
    assert kept_cells(stands, of, LENGTHS["week"] + 1, date.max) is None
