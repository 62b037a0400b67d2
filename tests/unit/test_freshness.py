"""Freshness: which arrival should be there by now."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from enum import Enum

import pytest

from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.notes import FEED as NOTES
from asset_checks.freshness import due_arrival, freshness_words, judge_freshness

BERLIN = replace(NOTES, time_zone="Europe/Berlin")


class Grain(Enum):
    """A grain of arrivals that is an hour."""

    HOUR = "hour"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2025-03-10 05:59:59", "2025-03-08"),
        ("2025-03-10 06:00:00", "2025-03-09"),
        ("2025-03-11 05:59:59", "2025-03-09"),
    ],
)
def test_a_day_is_due_six_hours_after_its_end(now: str, expected: str) -> None:
    assert due_arrival(NOTES, utc(now)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2025-03-10 04:59", "2025-03-08"),
        ("2025-03-10 05:00", "2025-03-09"),
        # The night in which clocks are put on: midnight is 22:00 UTC a day later, 6 hours after it 05:00 there.
        ("2025-03-31 03:59", "2025-03-29"),
        ("2025-03-31 04:00", "2025-03-30"),
    ],
)
def test_a_day_ends_in_the_feeds_zone(now: str, expected: str) -> None:
    assert due_arrival(BERLIN, utc(now)) == expected


def test_an_hour_is_due_after_its_end() -> None:
    hourly = replace(NOTES, arrival=Grain.HOUR, due=timedelta(minutes=10))
    assert due_arrival(hourly, utc("2025-03-10 05:09:59")) == "2025-03-10T03"
    assert due_arrival(hourly, utc("2025-03-10 05:10:00")) == "2025-03-10T04"
    assert due_arrival(hourly, utc("2025-03-10 00:10:00")) == "2025-03-09T23"


def test_a_finite_feed_and_one_that_did_not_begin_have_no_arrival_due() -> None:
    assert due_arrival(ACCESS_LOG, utc("2025-03-10 06:00:00")) is None
    assert due_arrival(replace(NOTES, first_arrival=date(2025, 3, 10)), utc("2025-03-10 06:00:00")) is None


def test_a_late_file_of_an_old_arrival_makes_nothing_fresh() -> None:
    now = utc("2025-03-10 06:00:00")
    stale = judge_freshness(NOTES, {"2025-03-07", "2025-03-08"}, now)
    assert not stale.passed
    assert freshness_words(stale) == "arrival 2025-03-09 is due and not there; the newest is 2025-03-08"
    # Another arrival after it does not stand for it.
    assert not judge_freshness(NOTES, {"2025-03-10"}, now).passed
    assert judge_freshness(NOTES, {"2025-03-09"}, now).passed
    assert freshness_words(judge_freshness(ACCESS_LOG, set(), now)) == "no arrival is due"
