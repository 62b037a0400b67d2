"""History: which dates are closed, which are missing, which weeks and months are whole."""

from datetime import date, timedelta
from typing import Any

import pytest

from analytics_assets.transforms.history import History, history

NOTHING_SAID: dict[str, Any] = {"declared_start": None, "closed_through": None, "last_date": None, "lag_days": 0}


def jan(day: int) -> date:
    return date(2025, 1, day)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def closed(arrivals: list[date], first_on_time: date | None, **said: Any) -> History | None:
    return history(arrivals, first_on_time, **(NOTHING_SAID | said))


def whole(start: date, as_of: date, *missing: date) -> History:
    return History(start=start, as_of=as_of, missing=frozenset(missing))


def test_a_date_is_closed_when_the_next_dates_arrival_has_landed() -> None:
    assert closed([jan(1), jan(2), jan(3)], jan(1)) == whole(jan(1), jan(2))


def test_one_arrival_closes_nothing_of_its_own() -> None:
    assert closed([jan(1)], jan(1)) is None


def test_without_arrivals_there_is_no_history_whatever_is_said() -> None:
    assert closed([], None, declared_start=jan(1), closed_through=jan(9)) is None


def test_without_an_on_time_row_or_a_declared_start_there_is_no_history() -> None:
    assert closed([jan(1), jan(2)], None) is None
    assert closed([jan(1), jan(2)], None, declared_start=jan(1)) == whole(jan(1), jan(1))


def test_dates_without_an_arrival_are_missing() -> None:
    assert closed([jan(1), jan(4), jan(6)], jan(1)) == whole(jan(1), jan(5), jan(2), jan(3), jan(5))


def test_a_declared_start_goes_before_the_first_on_time_date() -> None:
    assert closed([jan(1), jan(2), jan(3)], jan(1), declared_start=jan(2)) == whole(jan(2), jan(2))
    assert closed([jan(3), jan(4)], jan(3), declared_start=jan(1)) == whole(jan(1), jan(3), jan(1), jan(2))


def test_a_finite_feed_says_through_which_date_it_is_closed() -> None:
    assert closed([jan(1)], jan(1), closed_through=jan(4)) == whole(jan(1), jan(4))


def test_dates_that_the_feed_says_are_closed_are_never_missing() -> None:
    found = closed([jan(1), jan(6)], jan(1), closed_through=jan(3))
    assert found == whole(jan(1), jan(5), jan(4), jan(5))


def test_a_finite_feed_ends_at_its_last_date() -> None:
    assert closed([jan(1), jan(2), jan(9)], jan(1), last_date=jan(2)) == whole(jan(1), jan(2))


def test_an_arrival_of_a_lagging_feed_is_for_the_day_before() -> None:
    assert closed([jan(2), jan(3), jan(5)], jan(1), lag_days=1) == whole(jan(1), jan(3), jan(3))


def test_a_start_after_the_last_closed_date_gives_no_history() -> None:
    assert closed([jan(1), jan(2)], jan(1), declared_start=jan(5)) is None


def test_complete_days_count_up_to_a_missing_date_and_begin_again() -> None:
    assert list(whole(jan(1), jan(5), jan(3)).complete_days().values()) == [1, 2, 0, 1, 2]


def test_a_week_or_month_is_complete_if_it_is_whole_inside_and_none_of_it_missing() -> None:
    found = whole(date(2024, 12, 30), date(2025, 2, 2), jan(14))
    weeks = {period.start: (period.end, period.is_complete) for period in found.weeks()}
    mondays = [date(2024, 12, 30) + timedelta(weeks=n) for n in range(5)]
    assert list(weeks) == mondays
    assert all(end - start == timedelta(days=6) for start, (end, _) in weeks.items())
    assert [is_complete for _, is_complete in weeks.values()] == [True, True, False, True, True]
    months = [(period.start, period.end, period.is_complete) for period in found.months()]
    assert months == [
        (date(2024, 12, 1), date(2024, 12, 31), False),
        (jan(1), jan(31), False),
        (date(2025, 2, 1), date(2025, 2, 28), False),
    ]
    assert whole(jan(1), jan(31)).months()[0].is_complete


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2023, 12, 25), date(2024, 3, 5)), (date(2020, 12, 28), date(2021, 1, 10)), (jan(31), jan(31))],
)
def test_weeks_and_months_cover_each_date_once_over_years_ends(first: date, last: date) -> None:
    found = whole(first, last)
    for periods in (found.weeks(), found.months()):
        covered = [day for period in periods for day in period.dates()]
        assert len(covered) == len(set(covered))
        assert set(found.dates()) <= set(covered)
        assert all(set(period.dates()) & set(found.dates()) for period in periods)
    assert all(period.start.isocalendar()[:2] == period.end.isocalendar()[:2] for period in found.weeks())
    assert all(period.start.weekday() == 0 for period in found.weeks())
    assert all(
        (p.start.day, (p.end + timedelta(days=1)).day, len(p.dates()) > 27) == (1, 1, True) for p in found.months()
    )


def test_a_history_lists_each_of_its_dates() -> None:
    assert whole(date(2024, 2, 28), date(2024, 3, 1)).dates() == days(date(2024, 2, 28), date(2024, 3, 1))
