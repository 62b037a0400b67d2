"""Retention: counts over histories, what a cell may say, and its interval."""

import random
from datetime import date, timedelta
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from analytics_assets.transforms.history import History
from analytics_assets.transforms.lateness import usual_lateness_days
from analytics_assets.transforms.retention import COHORTS, Closed, PeriodName, cells, cohort_counts, wilson
from analytics_assets.transforms.user_history import monday
from resources.spark import Spark

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MONDAY = date(2025, 1, 6)
HISTORY = "user_id string, first_date date, country string, day_bits long, week_bits long"
Key = tuple[str, date, str, str]


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def test_counts_are_those_of_sets_of_users(spark: SparkSession) -> None:
    draw = random.Random(1)
    lengths: dict[PeriodName, int] = {"week": 5, "day": 3}
    users = [
        (f"u{n}", MONDAY + DAY * draw.randrange(20), draw.choice(["DE", "FR"]), bits := 1 | draw.getrandbits(10), bits)
        for n in range(200)
    ]
    expected: dict[Key, tuple[int, list[int], list[int]]] = {}
    for _, first, country, bits, _ in users:
        for (period, last), series in product(lengths.items(), (("all", "all"), ("country", country))):
            cohort = monday(first) if period == "week" else first
            size, bounded, unbounded = expected.get((period, cohort, *series), (0, [0] * 6, [0] * 6))
            active = {k for k in range(last + 1) if bits >> k & 1}
            bounded = [number + (k in active) for k, number in enumerate(bounded)]
            unbounded = [number + any(k <= one for one in active) for k, number in enumerate(unbounded)]
            expected[(period, cohort, *series)] = (size + 1, bounded, unbounded)
    rows = cohort_counts(spark.createDataFrame(users, HISTORY), ["country"], lengths).collect()
    found = {(r.period, r.cohort_start, r.dimension, r.value): (r.size, [*r.bounded], [*r.unbounded]) for r in rows}
    assert found == expected


def cohorts(*rows: tuple[date, str, str, int, list[int], list[int]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(COHORTS.names, ("week", *row), strict=True)) for row in rows], COHORTS)


def closed(history: History, lateness: int = 0) -> Closed:
    return Closed(period="week", periods=history.weeks(), settled_through=history.as_of - DAY * lateness)


def column(table: pa.Table, name: str, start: date = MONDAY) -> list[object]:
    return [row[name] for row in table.to_pylist() if row["cohort_start"] == start]


TEN = cohorts((MONDAY, "all", "all", 10, [10, 4, 2], [10, 5, 2]))


def test_a_cell_is_null_until_its_week_has_ended_and_unbounded_until_the_last_has(spark: SparkSession) -> None:
    almost = History(start=MONDAY, as_of=MONDAY + WEEK * 3 - DAY * 2, missing=frozenset())
    found = cells(TEN, closed(almost), last=2)
    assert column(found, "retained") == [10, 4, None]
    assert column(found, "unbounded_retained") == column(found, "unbounded_rate") == [None] * 3
    ended = cells(TEN, closed(History(start=MONDAY, as_of=MONDAY + WEEK * 3 - DAY, missing=frozenset())), last=2)
    assert column(ended, "retained") == [10, 4, 2]
    assert column(ended, "unbounded_retained") == [10, 5, 2]
    assert column(ended, "rate") == [1.0, 0.4, 0.2]


def test_a_cohort_says_nothing_before_its_own_week_has_ended(spark: SparkSession) -> None:
    found = cells(TEN, closed(History(start=MONDAY, as_of=MONDAY + DAY * 5, missing=frozenset())), last=2)
    assert column(found, "size") == column(found, "retained") == column(found, "state") == [None] * 3


def test_a_week_with_a_missing_date_is_null_and_the_next_is_not(spark: SparkSession) -> None:
    gap = History(start=MONDAY, as_of=MONDAY + WEEK * 4, missing=frozenset([MONDAY + WEEK + DAY]))
    found = cells(TEN, closed(gap), last=2)
    assert column(found, "retained") == [10, None, 2]
    assert column(found, "unbounded_retained") == [None, None, 2]


def test_a_history_that_begins_within_a_week_has_no_cohort_of_that_week() -> None:
    late = History(start=MONDAY + DAY, as_of=MONDAY + WEEK * 4, missing=frozenset())
    assert column(cells(TEN, closed(late), last=2), "size") == [None] * 3


def test_a_week_without_new_users_has_a_cohort_of_nobody_and_no_rate() -> None:
    history = History(start=MONDAY, as_of=MONDAY + WEEK * 4 - DAY, missing=frozenset())
    found = cells(TEN, closed(history), last=2)
    assert column(found, "size", MONDAY + WEEK) == [0, 0, 0]
    assert column(found, "rate", MONDAY + WEEK) == [None, None, None]


def test_a_cell_is_open_while_late_rows_of_its_last_week_may_come() -> None:
    history = History(start=MONDAY, as_of=MONDAY + WEEK * 3 - DAY, missing=frozenset())
    assert column(cells(TEN, closed(history), last=2), "state") == ["settled"] * 3
    late = cells(TEN, closed(history, lateness=1), last=2)
    assert column(late, "state") == ["settled", "settled", "open"]
    assert column(late, "unbounded_state") == ["open"] * 3


def test_no_user_at_all_gives_cohorts_of_nobody_and_no_history_no_cells() -> None:
    history = History(start=MONDAY, as_of=MONDAY + WEEK - DAY, missing=frozenset())
    assert column(cells(cohorts(), closed(history), last=2), "size") == [0, 0, 0]
    nothing = Closed(period="week", periods=[], settled_through=MONDAY)
    assert len(cells(cohorts(), nothing, last=2)) == 0


def test_the_interval_is_wilsons() -> None:
    """Against R: prop.test(10, 100, correct = FALSE) and binom::binom.wilson(0, 20)."""
    low, high = wilson(np.array([10, 0, 20]), np.array([100, 20, 20]))
    assert np.allclose(low, [0.05522914, 0.0, 0.83887490], atol=1e-6)
    assert np.allclose(high, [0.17436566, 0.16112510, 1.0], atol=1e-6)
    assert (low[1], high[2]) == (0.0, 1.0), "an end is exact, not a last digit beyond"


def test_the_cohorts_own_week_has_no_interval_and_a_later_one_has() -> None:
    history = History(start=MONDAY, as_of=MONDAY + WEEK * 3 - DAY, missing=frozenset())
    found = cells(TEN, closed(history), last=2)
    low, rate, high = (column(found, name) for name in ("rate_low", "rate", "rate_high"))
    assert (low[0], high[0]) == (None, None)
    assert low[1] < rate[1] < high[1]  # type: ignore[operator]


def counted(*rows: tuple[str, str, int, str]) -> pa.Table:
    return pa.table(
        {
            "source": ["events"] * len(rows),
            "arrival": [row[0] for row in rows],
            "event_date": [date.fromisoformat(row[1]) for row in rows],
            "rows": [row[2] for row in rows],
            "standing": [row[3] for row in rows],
        }
    )


AS_OF = date(2025, 1, 20)


def test_usual_lateness_holds_for_so_many_of_a_thousand_rows() -> None:
    rows = [("2025-01-20", "2025-01-20", 994, "on_time"), ("2025-01-20", "2025-01-17", 1, "late")]
    late = ("2025-01-20", "2025-01-10", 5, "late")
    assert usual_lateness_days(counted(*rows, late), AS_OF, 0) == 3
    assert usual_lateness_days(counted(*rows, (*late[:2], 6, "late")), AS_OF, 0) == 10


def test_rejected_rows_early_rows_and_arrivals_after_as_of_make_nothing_late() -> None:
    rows = [
        ("2025-01-20", "2025-01-01", 999, "rejected"),
        ("2025-01-21", "2025-01-01", 999, "late"),
        ("2025-01-19", "2025-01-20", 1, "early"),
    ]
    assert usual_lateness_days(counted(*rows), AS_OF, 0) == 0


def test_the_lag_of_a_feed_is_not_lateness() -> None:
    assert usual_lateness_days(counted(("2025-01-21T05", "2025-01-20", 1, "on_time")), AS_OF, 1) == 0


def test_lateness_of_long_ago_is_forgotten() -> None:
    old = [("2025-01-01", "2024-12-01", 1000, "late")]
    newer = [(f"{AS_OF - DAY * n}", f"{AS_OF - DAY * n}", 1, "on_time") for n in range(90)]
    long_ago = [(f"{AS_OF - DAY * 100}", f"{AS_OF - DAY * 120}", 1000, "late")]
    assert usual_lateness_days(counted(*newer, *long_ago), AS_OF, 0) == 0
    assert usual_lateness_days(counted(*newer, *old), AS_OF, 0) == 31


def test_of_a_feed_by_the_hour_all_hours_of_the_newest_dates_count() -> None:
    days = [AS_OF - DAY * n for n in range(90)]
    hours = [(f"{day}T{hour:02}", f"{day}", 1, "on_time") for day in days for hour in range(24)]
    late = (f"{days[-1]}T00", "2024-10-01", 1000, "late")
    before = (f"{days[-1] - DAY}T23", "2024-10-01", 1000, "late")
    assert usual_lateness_days(counted(*hours, before), AS_OF, 0) == 0
    assert usual_lateness_days(counted(*hours, late), AS_OF, 0) == (days[-1] - date(2024, 10, 1)).days
