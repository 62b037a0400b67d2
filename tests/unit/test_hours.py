"""Which hours of a date are not one hour, where clocks change."""

from datetime import date, timedelta

import pytest

from analytics_assets.transforms.hours import unusual_hours

YEAR = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("UTC", set()),
        ("Asia/Kolkata", set()),
        ("Europe/Berlin", {(date(2025, 3, 30), 2), (date(2025, 10, 26), 2)}),
        ("America/New_York", {(date(2025, 3, 9), 2), (date(2025, 11, 2), 1)}),
        ("America/Havana", {(date(2025, 3, 9), 0), (date(2025, 11, 2), 0)}),
        ("Australia/Lord_Howe", {(date(2025, 4, 6), 1), (date(2025, 10, 5), 2)}),
    ],
)
def test_hours_are_unusual_where_clocks_change_and_nowhere_else(zone: str, hours: set[tuple[date, int]]) -> None:
    assert unusual_hours(YEAR, zone) == hours


def test_a_date_that_a_zone_left_out_has_no_hour() -> None:
    days = [date(2011, 12, 29), date(2011, 12, 30), date(2011, 12, 31)]
    assert unusual_hours(days, "Pacific/Apia") == {(days[1], hour) for hour in range(24)}
