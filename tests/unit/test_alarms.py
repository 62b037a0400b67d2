"""Alarms: which flagged points are one, what kind and how severe it is, and which values carry it."""

from datetime import date, timedelta

import pytest

from analytics_assets.transforms.alarms import Alarm, Carrier, alarms, carriers
from analytics_assets.transforms.anomalies import Judged, Point

FIRST = date(2025, 3, 3)


def point(
    day: int, amount: float | None = 10, expected: float | None = 10, sign: int = 0, score: float = 0.0
) -> Judged:
    """A judged point; a score of its sign unless it is given."""
    at = Point(FIRST + timedelta(days=day), 0, amount, int(amount))
    return Judged(at, expected, score=score or sign * 5.0, sign=sign)


def no_verdict(day: int, amount: float | None = None) -> Judged:
    return Judged(Point(FIRST + timedelta(days=day), 0, amount, int(amount or 0)))


def days(alarm: Alarm) -> list[int]:
    return [(one.point.day - FIRST).days for one in alarm.points]


def test_flagged_points_that_follow_each_other_are_one_alarm() -> None:
    found = alarms([point(0), point(1, sign=1), point(2, sign=1), point(3), point(4, sign=1)])
    assert [(days(alarm), alarm.is_over) for alarm in found] == [([1, 2], True), ([4], False)]


def test_a_point_on_the_other_side_begins_another() -> None:
    found = alarms([point(0, sign=1), point(1, sign=-1), point(2)])
    assert [(days(alarm), alarm.kind) for alarm in found] == [([0], "spike"), ([1], "drop")]


def test_a_point_without_a_verdict_ends_none() -> None:
    found = alarms([point(0, sign=-1), no_verdict(1), point(2, sign=-1), no_verdict(3)])
    assert [(days(alarm), alarm.is_over) for alarm in found] == [([0, 2], False)]


def test_a_new_level_ends_its_alarm_and_is_of_that_kind() -> None:
    shift = Judged(point(1).point, 10.0, score=6.0, sign=1, is_shift=True)
    found = alarms([point(0, sign=1), shift])
    assert [(days(alarm), alarm.kind, alarm.is_over) for alarm in found] == [([0, 1], "level_shift", True)]


@pytest.mark.parametrize(("score", "severity"), [(5.9, "low"), (-6.0, "medium"), (9.9, "medium"), (-10.0, "high")])
def test_the_greatest_score_says_how_sure_it_is(score: float, severity: str) -> None:
    sign = 1 if score > 0 else -1
    [alarm] = alarms([point(0, sign=sign), point(1, sign=sign, score=score), point(2, sign=sign)])
    assert (alarm.severity, alarm.peak.point.day) == (severity, FIRST + timedelta(days=1 if abs(score) > 5 else 0))


def spike() -> Alarm:
    """100 expected, 200 found."""
    [alarm] = alarms([point(0, 200, 100, sign=1)])
    return alarm


def of(*judged: Judged) -> dict[tuple[date, int], Judged]:
    return {(one.point.day, one.point.hour): one for one in judged}


def test_values_with_more_of_the_change_than_usual_carry_it() -> None:
    values = {("country", "US"): of(point(0, 110, 30)), ("country", "DE"): of(point(0, 90, 70))}
    assert carriers(spike(), values) == [Carrier("country", "US", share=0.8, usual_share=0.3)]


def test_a_change_that_all_values_have_in_proportion_is_carried_by_none() -> None:
    values = {("country", "US"): of(point(0, 60, 30)), ("country", "DE"): of(point(0, 140, 70))}
    assert carriers(spike(), values) == []


def test_a_value_that_appears_with_the_change_carries_all_that_it_has() -> None:
    values = {("country", "XX"): of(no_verdict(0, 90)), ("country", "DE"): of(point(0, 110, 100))}
    assert carriers(spike(), values) == [Carrier("country", "XX", share=0.9, usual_share=0.0)]


def test_of_a_value_that_nothing_can_be_expected_of_yet_nothing_is_said() -> None:
    assert carriers(spike(), {("country", "XX"): of(no_verdict(-1, 80), no_verdict(0, 90))}) == []


def test_of_a_drop_the_value_that_lost_most_carries_it() -> None:
    [drop] = alarms([point(0, 50, 100, sign=-1)])
    values = {("device", "iPad"): of(point(0, 5, 50)), ("device", "Mac"): of(point(0, 45, 50))}
    assert carriers(drop, values) == [Carrier("device", "iPad", share=0.9, usual_share=0.5)]
