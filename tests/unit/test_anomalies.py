"""Which points of a series are flagged: what is expected, thresholds, new levels, and what no later point changes."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import alarms as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_assets.transforms.anomalies import AnomalyRule, Granularity, Judged, Point, judged
from analytics_assets.transforms.expectations import Kind

MONDAY = date(2025, 1, 6)
WEEK = [1080, 1120, 1100, 1050, 920, 620, 700]
RULE = AnomalyRule()


def points(values: Sequence[float | None], volumes: Sequence[int] | None = None) -> list[Point]:
    """A point a day from a Monday on."""
    sizes = volumes or [int(value or 0) for value in values]
    return [
        Point(MONDAY + timedelta(days=n), 0, value, size)
        for n, (value, size) in enumerate(zip(values, sizes, strict=True))
    ]


def weeks(number: int) -> list[float | None]:
    """Weeks of a lifelike series: the weekday's figure, give or take a few per cent."""
    noise = np.random.default_rng(7).normal(0, 0.03, number * 7)
    return [round(WEEK[n % 7] * math.exp(noise[n])) for n in range(number * 7)]


def judge(values: Sequence[float | None], rule: AnomalyRule = RULE, kind: Kind = "count") -> list[Judged]:
    return judged(points(values), kind, "day", rule)


def flags(found: Sequence[Judged]) -> dict[int, int]:
    """Day -> sign of what is flagged."""
    return {n: one.sign for n, one in enumerate(found) if one.sign}


def with_value(values: list[float | None], day: int, factor: float) -> list[float | None]:
    known = values[day]
    assert known is not None
    return [*values[:day], round(known * factor), *values[day + 1 :]]


def test_fewer_than_four_points_of_the_weekday_give_no_verdict() -> None:
    scores = [one.score is not None for one in judge(weeks(5))]
    assert scores == [False] * 28 + [True] * 7


@pytest.mark.parametrize(("factor", "sign"), [(1.5, 1), (0.6, -1)])
def test_a_day_far_from_its_weekday_is_flagged_and_the_days_around_are_not(factor: float, sign: int) -> None:
    assert flags(judge(with_value(weeks(12), 72, factor))) == {72: sign}


def test_a_quiet_sunday_is_no_drop_and_a_busy_one_is_a_spike() -> None:
    values = weeks(12)
    assert flags(judge([*values[:76], 1080, *values[77:]])) == {76: 1}


def test_a_flagged_day_is_no_part_of_what_is_expected_a_week_later() -> None:
    usual, spiked = judge(weeks(12)), judge(with_value(weeks(12), 70, 3.0))
    assert spiked[77].expected == pytest.approx(usual[77].expected, rel=0.03)


def test_steady_growth_is_expected() -> None:
    grown = [value and round(value * 1.03 ** (n / 7)) for n, value in enumerate(weeks(40))]
    assert flags(judge(grown)) == {}
    assert judge(grown)[-1].expected == pytest.approx(WEEK[6] * 1.03**40, rel=0.06)


def test_an_alarm_goes_on_until_the_figure_is_back_and_not_only_below_the_threshold_at_which_it_began() -> None:
    values = with_value(with_value(weeks(12), 70, 1.5), 71, 1.18)
    scores = [judge(values)[n].score or 0.0 for n in (70, 71)]
    assert scores[0] > 4 > scores[1] > 2
    assert flags(judge(values)) == {70: 1, 71: 1}
    assert flags(judge(values, AnomalyRule(leave=4.0))) == {70: 1}


def test_fourteen_days_in_a_row_are_a_new_level_that_is_then_expected() -> None:
    shifted = [value and value * (2 if n >= 70 else 1) for n, value in enumerate(weeks(20))]
    found = judge(shifted)
    assert flags(found) == dict.fromkeys(range(70, 84), 1)
    assert [n for n, one in enumerate(found) if one.is_shift] == [83]
    assert [one.score is not None for one in found[84:]] == [False] * 14 + [True] * 42
    assert found[-1].expected == pytest.approx(2 * WEEK[6], rel=0.06)


def test_thirteen_days_in_a_row_are_not() -> None:
    found = judge([value and value * (2 if 70 <= n < 83 else 1) for n, value in enumerate(weeks(20))])
    assert flags(found) == dict.fromkeys(range(70, 83), 1)
    assert found[-1].expected == pytest.approx(WEEK[6], rel=0.06)


def test_an_hour_takes_seventy_two_in_a_row_to_be_a_new_level() -> None:
    hours = [
        Point(MONDAY + timedelta(days=n // 24), n % 24, amount, amount)
        for n in range(24 * 60)
        for amount in [(2000 if n >= 24 * 42 else 1000) + n % 7]
    ]
    found = judged(hours, "count", "hour", RULE)
    assert [n for n, one in enumerate(found) if one.is_shift] == [24 * 42 + 71]


def hours_of(number: int, noise: float, quiet_hour: int) -> list[Point]:
    """Weeks of hours around 1000, give or take some per cent, but for one hour that hardly moved."""
    steps = np.random.default_rng(5).normal(0, noise, number * 7 * 24)
    return [
        Point(MONDAY + timedelta(days=n // 24), n % 24, amount, amount)
        for n, step in enumerate(steps)
        for amount in [round(1000 * math.exp(0.001 * step if n % 24 == quiet_hour else step))]
    ]


def test_an_hour_whose_steps_were_alike_by_chance_is_given_the_spread_of_all_hours() -> None:
    hours = hours_of(10, noise=0.15, quiet_hour=5)
    last = 24 * 65 + 5
    found = {}
    for amount in (1400, 3000):
        changed = [*hours[:last], Point(hours[last].day, 5, amount, amount), *hours[last + 1 :]]
        found[amount] = judged(changed, "count", "hour", RULE)[last].sign
    assert found == {1400: 0, 3000: 1}


def test_days_have_only_their_own_spread() -> None:
    hours = hours_of(10, noise=0.15, quiet_hour=5)
    days = [Point(point.day, 0, point.amount, point.volume) for point in hours if point.hour == 5]
    days[65] = Point(days[65].day, 0, 1400, 1400)
    assert flags(judged(days, "count", "day", RULE)) == {65: 1}


def test_a_weekday_that_is_otherwise_four_times_in_a_row_has_a_new_rhythm() -> None:
    found = judge([value and value * (1.6 if n >= 70 and n % 7 == 6 else 1) for n, value in enumerate(weeks(20))])
    assert flags(found) == {76: 1, 83: 1, 90: 1, 97: 1}


def test_a_missing_day_has_no_verdict_and_ends_no_alarm() -> None:
    values = [value and value * (2 if n >= 70 else 1) for n, value in enumerate(weeks(16))]
    values[75] = None
    found = judge(values)
    assert (found[75].score, found[75].expected, found[75].sign) == (None, None, 0)
    assert flags(found) == {n: 1 for n in range(70, 85) if n != 75}


def test_a_holiday_has_no_verdict_and_is_never_expected_again() -> None:
    values = with_value(weeks(16), 70, 0.3)
    rule = AnomalyRule(holidays=(MONDAY + timedelta(days=70),))
    found = judge(values, rule)
    assert flags(found) == {} and found[70].score is None and found[70].expected is not None
    expected = judge([*values[:70], None, *values[71:]])
    assert [one.expected for one in found[71:]] == [one.expected for one in expected[71:]]


def test_few_events_give_no_verdict_but_many_where_few_were_expected_do() -> None:
    few: list[float | None] = [3, 5, 4, 2, 6, 1, 3] * 10
    assert {one.score for one in judge(few)} == {None}
    assert flags(judge([*few[:63], 60, *few[64:]])) == {63: 1}


def test_what_chance_alone_makes_of_small_counts_is_not_flagged() -> None:
    noise = np.random.default_rng(3).poisson(25, 7 * 150)
    assert len(flags(judge([int(value) for value in noise]))) <= 1


def test_a_share_is_judged_by_both_its_counts() -> None:
    rows = [10_000] * 70
    rejected: list[float | None] = [50, 52, 47, 51, 49, 48, 53] * 10
    rejected[65] = 300
    found = judged(points(rejected, rows), "share", "day", RULE)
    assert flags(found) == {65: 1}
    assert found[66].expected == pytest.approx(0.005, rel=0.1)


def test_a_mean_of_few_sessions_needs_more_to_be_flagged_than_one_of_many() -> None:
    lengths: list[float | None] = [300, 310, 295, 305, 290, 302, 298] * 10
    lengths[65] = 400
    assert flags(judged(points(lengths, [5000] * 70), "length", "day", RULE)) == {65: 1}
    assert flags(judged(points(lengths, [100] * 70), "length", "day", RULE)) == {}


@pytest.mark.parametrize(("length", "sign"), [(1, -1), (10, 0), (10_000, 0), (20_000, 1)])
def test_a_mean_of_few_sessions_after_many_varies_by_chance_no_more_than_one_session(length: int, sign: int) -> None:
    noise = np.random.default_rng(4).normal(0, 0.2, 70)
    varied: list[float | None] = [300 * math.exp(step) for step in noise]
    varied[65], volumes = length, [1_000_000] * 70
    volumes[65] = 20
    found = judged(points(varied, volumes), "length", "day", RULE)[65]
    assert found.low is not None and found.high is not None
    assert found.low == pytest.approx(300 / math.exp(4), rel=0.5)
    assert found.high == pytest.approx(300 * math.exp(4), rel=0.5)
    assert found.sign == sign


@pytest.mark.parametrize("wrong", [{"leave": 5.0}, {"leave": 0.0}, {"minimum_volume": 0}])
def test_a_rule_that_could_not_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        AnomalyRule(**wrong)


# Laws ----------------------------------------------------------------------------------------------------------------
KINDS: list[Kind] = ["count", "share", "length"]
QUICK = settings(max_examples=60, deadline=None)


@st.composite
def series(draw: st.DrawFn) -> tuple[Kind, list[Point]]:
    """Weeks of points with spikes, drops, new levels, missing days and ties."""
    kind = draw(st.sampled_from(KINDS))
    level, noise = draw(st.sampled_from([8, 60, 900])), draw(st.sampled_from([0.0, 0.02, 0.2]))
    days = draw(st.integers(40, 130))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    size = level * np.array(WEEK)[np.arange(days) % 7] / 1000 * np.exp(noise * rng.standard_normal(days))
    for _ in range(draw(st.integers(0, 4))):
        first, length = draw(st.integers(0, days - 1)), draw(st.sampled_from([1, 2, 13, 14, 15, 200]))
        size[first : first + length] *= draw(st.sampled_from([0.0, 0.3, 1.3, 3.0]))
    missing = draw(st.sets(st.integers(0, days - 1), max_size=5))
    made = []
    for n, amount in enumerate(size):
        volume = int(amount) if kind == "count" else int(rng.choice([0, level, 2 * level, 10**6]))
        part = min(int(amount / 4), volume) if kind == "share" else int(amount)
        made.append(Point(MONDAY + timedelta(days=n), 0, None if n in missing else part, volume))
    return kind, made


@given(found=series(), keep=st.integers(0, 130))
@QUICK
def test_no_later_point_changes_a_verdict(found: tuple[Kind, list[Point]], keep: int) -> None:
    kind, all_points = found
    assert judged(all_points[:keep], kind, "day", RULE) == judged(all_points, kind, "day", RULE)[:keep]


@st.composite
def hourly(draw: st.DrawFn) -> tuple[Kind, list[Point]]:
    """Weeks of hours of a few kinds, of which two a day stand for all, with spikes, drops and new levels."""
    kind, noise = draw(st.sampled_from(KINDS)), draw(st.sampled_from([0.0, 0.05, 0.3]))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    number = 2 * draw(st.integers(30, 90))
    size = draw(st.sampled_from([15, 900])) * np.exp(noise * rng.standard_normal(number))
    for _ in range(draw(st.integers(0, 4))):
        first, length = draw(st.integers(0, number - 1)), draw(st.sampled_from([1, 3, 71, 72, 73]))
        size[first : first + length] *= draw(st.sampled_from([0.0, 0.3, 3.0]))
    made = []
    for n, amount in enumerate(size):
        volume = int(amount) if kind == "count" else 1000
        part = min(int(amount / 4), volume) if kind == "share" else int(amount)
        made.append(Point(MONDAY + timedelta(days=n // 2), n % 2, None if rng.random() < 0.02 else part, volume))
    return kind, made


@given(found=hourly())
@QUICK
def test_the_oracle_comes_to_the_same_of_hours(found: tuple[Kind, list[Point]]) -> None:
    assert_alike(*found, "hour")


@given(found=series(), holidays=st.sets(st.integers(0, 129), max_size=3))
@QUICK
def test_the_oracle_comes_to_the_same(found: tuple[Kind, list[Point]], holidays: set[int]) -> None:
    assert_alike(*found, "day", tuple(MONDAY + timedelta(days=n) for n in sorted(holidays)))


def assert_alike(
    kind: Kind, all_points: list[Point], granularity: Granularity, holidays: tuple[date, ...] = ()
) -> None:
    rule, its_rule = AnomalyRule(holidays=holidays), oracle.Rule(holidays=holidays)
    theirs = oracle.verdicts([vars(point) for point in all_points], kind, granularity, its_rule)
    ours = judged(all_points, kind, granularity, rule)
    assert [(one.sign, one.is_shift) for one in ours] == [(row["sign"], row["is_shift"]) for row in theirs]
    for one, row in zip(ours, theirs, strict=True):
        for mine, its in ((one.expected, "expected"), (one.low, "low"), (one.high, "high"), (one.score, "score")):
            assert mine == (None if row[its] is None else pytest.approx(row[its], rel=1e-9, abs=1e-9))


@given(factor=st.sampled_from([10, 100, 1000]), spiked=st.integers(35, 69))
@QUICK
def test_a_series_of_so_many_times_as_much_has_the_same_flags(factor: int, spiked: int) -> None:
    values = with_value(weeks(10), spiked, 2.0)
    assert flags(judge([value and value * factor for value in values])) == flags(judge(values))


@given(value=st.integers(0, 10**9), days=st.integers(1, 120))
@QUICK
def test_a_series_that_never_changes_is_never_flagged(value: int, days: int) -> None:
    assert flags(judge([value] * days)) == {}


FIGURES = st.sampled_from([0, 1, 20, 10**6, 2**63 - 1])


@given(
    kind=st.sampled_from(KINDS),
    pairs=st.lists(st.tuples(FIGURES, FIGURES), min_size=40, max_size=80),
    enter=st.sampled_from([2.0, 4.0, 1000.0, 1e6]),
)
@QUICK
def test_no_figure_is_too_great_or_too_far_off_to_be_judged(
    kind: Kind, pairs: list[tuple[int, int]], enter: float
) -> None:
    made = [
        Point(MONDAY + timedelta(days=n), 0, min(amount, volume) if kind == "share" else amount, volume)
        for n, (amount, volume) in enumerate(pairs)
    ]
    for one in judged(made, kind, "day", AnomalyRule(enter=enter, minimum_volume=1)):
        assert all(figure is None or math.isfinite(figure) for figure in (one.expected, one.low, one.high, one.score))


@given(found=series())
@QUICK
def test_a_point_outside_the_band_begins_an_alarm_and_one_inside_does_not(found: tuple[Kind, list[Point]]) -> None:
    kind, all_points = found
    verdicts = judged(all_points, kind, "day", AnomalyRule(leave=4.0))
    for one in verdicts:
        amount = one.point.amount
        if one.score is None or amount is None or one.low is None or one.high is None or kind == "share":
            continue  # the band of a share is that of its logit, which half a count moves
        assert (one.sign != 0) == (amount < one.low or amount > one.high) or min(
            abs(amount - one.low), abs(amount - one.high)
        ) < 1e-6 * (1 + amount)
