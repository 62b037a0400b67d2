"""Anomalies: which points of a series are too far from what was expected of them.

Belongs here: METRICS "Anomalies", the fold over a series' points in the order of time. Does not: expectations
(expectations.py), alarms as rows and what carries them (alarms.py), where points come from (layers/anomalies.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from analytics_assets.transforms.expectations import (
    LEAST,
    NO_SPREAD,
    Baselines,
    Expectation,
    Kind,
    Spread,
    Taken,
    chance_deviations,
    chance_limit,
    scaled,
    spread,
    unscaled,
)

Granularity = Literal["day", "hour"]
SHIFT_AFTER = {"day": 14, "hour": 72}
"""So many flagged points in a row with one sign are a new level."""
NEW_RHYTHM_AFTER = LEAST
"""So many flagged points of one weekday (and hour) in a row with one sign are the new rhythm of that weekday."""


@dataclass(frozen=True, kw_only=True)
class AnomalyRule:
    """When a point is an anomaly.

    enter, leave: robust deviations at which an alarm begins, and under which it ends. minimum_volume: a point for which
    less is expected, and that is less, has no verdict. holidays: dates that have no verdict and enter no baseline.
    """

    enter: float = 4.0
    leave: float = 2.0
    minimum_volume: int = 20
    holidays: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.leave <= self.enter:
            raise ValueError(f"leave is {self.leave} and enter {self.enter}, expected 0 < leave <= enter")
        if self.minimum_volume < 1:
            raise ValueError(f"minimum_volume is {self.minimum_volume}, expected 1 or more")


@dataclass(frozen=True)
class Point:
    """A date, or an hour of one, of a series.

    amount: the count, the length, or the part of a share that is counted; None where it is not known. volume: of how
    many it is a share or length; the count itself.
    """

    day: date
    hour: int
    amount: float | None
    volume: int


@dataclass(frozen=True)
class Judged:
    """A point with what was expected. low, high: outside of them an alarm begins. These and the score are None
    without a verdict.

    sign: 1 or -1 of a flagged point, 0 of another. is_shift: with this point the alarm is a new level.
    """

    point: Point
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    score: float | None = None
    sign: int = 0
    is_shift: bool = False


@dataclass
class _Flagged:
    """The flagged points that may become a new level, or the new rhythm of a weekday."""

    sign: int = 0
    points: list[tuple[Point, Taken]] = field(default_factory=list)

    def add(self, sign: int, point: Point, taken: Taken) -> int:
        """How many there are in a row, with this one."""
        if sign != self.sign:
            self.clear(sign)
        self.points.append((point, taken))
        return len(self.points)

    def clear(self, sign: int = 0) -> None:
        self.sign, self.points = sign, []


def judged(points: Iterable[Point], kind: Kind, granularity: Granularity, rule: AnomalyRule) -> list[Judged]:
    """The verdict on each point, from it and the points before it alone. points: in the order of time."""
    fold = _Fold(kind, granularity, rule)
    return [fold.take(point) for point in points]


class _Fold:
    """What is known after some of the points."""

    def __init__(self, kind: Kind, granularity: Granularity, rule: AnomalyRule) -> None:
        self.kind, self.rule, self.shift_after = kind, rule, SHIFT_AFTER[granularity]
        self.granularity = granularity
        self.day: date | None = None
        self.usual = NO_SPREAD
        self.holidays = frozenset(rule.holidays)
        self.row = _Flagged()
        self._forget()

    def _forget(self) -> None:
        self.hours: dict[int, Baselines] = defaultdict(lambda: Baselines(self.kind))
        self.rhythms: dict[tuple[int, int], _Flagged] = defaultdict(_Flagged)

    def take(self, point: Point) -> Judged:
        """The verdict on the next point."""
        if point.amount is None or (self.kind != "count" and not point.volume):
            return Judged(point)
        weekday, baselines = point.day.weekday(), self.hours[point.hour]
        taken = Taken(scaled(self.kind, point.amount, point.volume), point.amount, point.volume)
        expectation = baselines.expectation(weekday, self._usual(point.day))
        found = Judged(point) if expectation is None else self._compared(point, taken.value, expectation)
        if point.day in self.holidays:
            return found
        if found.sign:
            return self._flagged(found, weekday, taken)
        if found.score is not None:
            self.row.clear()
            self.rhythms[weekday, point.hour].clear()
        baselines.add(weekday, taken, expectation)
        return found

    def _usual(self, day: date) -> Spread:
        """That of all hours together, of the days before."""
        if self.granularity == "hour" and day != self.day:
            self.day, self.usual = day, spread(self.hours.values())
        return self.usual

    def _compared(self, point: Point, value: float, expectation: Expectation) -> Judged:
        kind, rule, amount = self.kind, self.rule, point.amount or 0.0
        expected = unscaled(kind, expectation.value)
        volume = max(expected, amount) if kind == "count" else point.volume
        if volume < rule.minimum_volume or point.day in self.holidays:
            return Judged(point, expected)
        low, high = (self._limit(point, expectation, expected, side) for side in (-1, 1))
        by_spread = (value - expectation.value) / expectation.spread
        by_chance = chance_deviations(kind, amount, point.volume, expected, expectation.dispersion)
        score = min(by_spread, by_chance, key=abs) if by_spread * by_chance > 0 else 0.0
        sign = 1 if score > 0 else -1
        needed = rule.leave if sign == self.row.sign else rule.enter
        return Judged(point, expected, low, high, score, sign if abs(score) >= needed else 0)

    def _limit(self, point: Point, expectation: Expectation, expected: float, side: int) -> float:
        by_spread = unscaled(self.kind, expectation.value + side * self.rule.enter * expectation.spread)
        volume = max(point.volume, 1)
        by_chance = chance_limit(self.kind, volume, expected, side * self.rule.enter, expectation.dispersion)
        return max(by_spread, by_chance) if side > 0 else min(by_spread, by_chance)

    def _flagged(self, found: Judged, weekday: int, taken: Taken) -> Judged:
        point, sign = found.point, found.sign
        if self.row.add(sign, point, taken) >= self.shift_after:
            self._forget()
            for before, its in self.row.points:
                self.hours[before.hour].add(before.day.weekday(), its, None)
            self.row.clear()
            return Judged(point, found.expected, found.low, found.high, found.score, sign, is_shift=True)
        rhythm = self.rhythms[weekday, point.hour]
        if rhythm.add(sign, point, taken) >= NEW_RHYTHM_AFTER:
            self.hours[point.hour].begin_again(weekday, [its for _, its in rhythm.points])
            rhythm.clear()
        return found
