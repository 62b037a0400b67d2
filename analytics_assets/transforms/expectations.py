"""Expectations: what a point of a series should have been, from the points of its weekday (and hour) before it.

Belongs here: METRICS "Anomalies", scales of counts, shares and lengths, the baseline, its centre, drift and spread.
Does not: which points are flagged (anomalies.py), where points come from (layers/anomalies.py). No Spark: a series has
a point a date or hour.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["count", "share", "length"]

BASELINE = 8
LEAST = 4
"""Points of its weekday without which a point has no verdict."""
LEADS = 28
LEAST_LEADS = 7
MAD_TO_SD = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""
FLOOR = {"count": 0.02, "length": 0.02, "share": 0.05}
"""Least spread, on the scale of the kind: a change of a few per cent is never an alarm, however even a series is."""

MOST_BY_CHANCE = 1.0
"""Chance moves a mean of lengths by no more than it moves a single one, on the log scale, however few there are."""
FARTHEST = 700.0
"""No figure lies farther out on a scale of logarithms; beyond it there is no double for it."""


def scaled(kind: Kind, amount: float, volume: int) -> float:
    """A value on the scale on which values are compared: log(1 + x); logit with 1/2 added to both counts of a share.

    amount: the count, the length, or of a share the part that is counted. volume: of a share what it is a part of.
    """
    if kind == "share":
        return math.log((amount + 0.5) / (volume - amount + 0.5))
    return math.log1p(amount)


def unscaled(kind: Kind, value: float) -> float:
    """The count, length or share that stands at a place of the scale; never less than 0."""
    near = min(max(value, -FARTHEST), FARTHEST)
    return 1 / (1 + math.exp(-near)) if kind == "share" else max(math.expm1(near), 0.0)


def shown(kind: Kind, amount: float | None, volume: int) -> float | None:
    """A point's value as people read it: of a share the part over the whole; None where it is not known."""
    if amount is None:
        return None
    if kind == "share":
        return amount / volume if volume else None
    return float(amount)


def chance_deviations(kind: Kind, amount: float, volume: int, expected: float, dispersion: float) -> float:
    """By how many standard deviations a value differs from what was expected; dispersion: those of pure chance in one.

    Counts: Poisson, by Anscombe's square roots. Shares: binomial, by Anscombe's arc sines. A mean length of n sessions:
    as if lengths were spread as exponential ones are, 1 / sqrt(n) on the log scale.
    Source: Anscombe, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 1948.
    """
    if kind == "share":
        farther = _angle(amount, volume) - _angle(expected * volume, volume)
        return 2 * math.sqrt(volume + 0.5) * farther / dispersion
    if kind == "count":
        return 2 * (math.sqrt(amount + 0.375) - math.sqrt(expected + 0.375)) / dispersion
    return (math.log1p(amount) - math.log1p(expected)) / _deviation_of_length(volume, dispersion)


def chance_step(kind: Kind, before: Taken, after: Taken) -> float:
    """The difference of two points in standard deviations of pure chance: 1 is usual where nothing else is at work."""
    if kind == "count":
        return math.sqrt(2) * (math.sqrt(after.amount + 0.375) - math.sqrt(before.amount + 0.375))
    volumes = math.sqrt(1 / (1 / before.volume + 1 / after.volume))
    if kind == "share":
        return 2 * volumes * (_angle(after.amount, after.volume) - _angle(before.amount, before.volume))
    return volumes * (after.value - before.value)


def chance_limit(kind: Kind, volume: int, expected: float, deviations: float, dispersion: float) -> float:
    """The value that differs from what was expected by so many deviations, up or down: see chance_deviations."""
    if kind == "count":
        root = max(math.sqrt(expected + 0.375) + deviations * dispersion / 2, 0.0)
        return max(root * root - 0.375, 0.0)
    if kind == "share":
        angle = _angle(expected * volume, volume) + deviations * dispersion / (2 * math.sqrt(volume + 0.5))
        sine = math.sin(min(max(angle, 0.0), math.pi / 2))
        return min(max((sine * sine * (volume + 0.75) - 0.375) / volume, 0.0), 1.0)
    return unscaled("length", math.log1p(expected) + deviations * _deviation_of_length(volume, dispersion))


def _deviation_of_length(volume: int, dispersion: float) -> float:
    return min(dispersion / math.sqrt(volume), MOST_BY_CHANCE)


def _angle(amount: float, volume: int) -> float:
    return math.asin(math.sqrt((amount + 0.375) / (volume + 0.75)))


@dataclass(frozen=True)
class Taken:
    """A point of a baseline: its place on the scale, its amount and volume."""

    value: float
    amount: float
    volume: int


@dataclass(frozen=True)
class Expectation:
    """What is expected of a point, on the scale of its kind: centre of its baseline, drift since then, spread.

    dispersion: how many times as far as pure chance would points usually lie; 1 or more.
    """

    centre: float
    drift: float
    spread: float
    dispersion: float

    @property
    def value(self) -> float:
        """The expected value, on the scale."""
        return self.centre + self.drift


@dataclass(frozen=True)
class Spread:
    """How far points usually lie from where they are expected: on the scale of their kind, and against chance."""

    spread: float
    dispersion: float


NO_SPREAD = Spread(0.0, 0.0)


@dataclass
class Weekday:
    """The latest 8 unflagged points of a weekday, and the steps between them: on the scale, and against chance."""

    points: deque[Taken] = field(default_factory=lambda: deque(maxlen=BASELINE))
    steps: deque[float] = field(default_factory=lambda: deque(maxlen=BASELINE - 1))
    chance_steps: deque[float] = field(default_factory=lambda: deque(maxlen=BASELINE - 1))

    def add(self, kind: Kind, point: Taken) -> None:
        """Take a point, later than all others."""
        if self.points:
            before = self.points[-1]
            self.steps.append(point.value - before.value)
            self.chance_steps.append(chance_step(kind, before, point))
        self.points.append(point)


@dataclass
class Baselines:
    """The unflagged points of a daily series, or of one hour of an hourly one, by weekday.

    leads: by how much the latest 28 of them lay above the centre of their baseline, whose points are weeks older:
    their median is the drift, so that steady growth is expected.
    """

    kind: Kind
    weekdays: dict[int, Weekday] = field(default_factory=dict)
    leads: deque[float] = field(default_factory=lambda: deque(maxlen=LEADS))

    def expectation(self, weekday: int, least: Spread = NO_SPREAD) -> Expectation | None:
        """None with fewer than 4 points of the weekday.

        Spread and dispersion are those of the steps from week to week, over all weekdays, by their MAD, but not less
        than least: few steps are alike by chance.
        """
        own = self.weekdays.get(weekday)
        if own is None or len(own.points) < LEAST:
            return None
        # A point differs from the median of n others by more than from where they lie: by its variance, and theirs.
        wider = math.sqrt(1 + math.pi / 2 / len(own.points))
        usual = spread([self])
        return Expectation(
            centre=median([point.value for point in own.points]),
            drift=median(list(self.leads)) if len(self.leads) >= LEAST_LEADS else 0.0,
            spread=max(wider * max(usual.spread, least.spread), FLOOR[self.kind]),
            dispersion=max(wider * max(usual.dispersion, least.dispersion), 1.0),
        )

    def add(self, weekday: int, point: Taken, expectation: Expectation | None) -> None:
        """Take a point into the baseline of its weekday."""
        self.weekdays.setdefault(weekday, Weekday()).add(self.kind, point)
        if expectation is not None:
            self.leads.append(point.value - expectation.centre)

    def begin_again(self, weekday: int, points: Sequence[Taken]) -> None:
        """Let a weekday's baseline begin with these points."""
        self.weekdays[weekday] = Weekday()
        for point in points:
            self.add(weekday, point, None)


def spread(found: Iterable[Baselines]) -> Spread:
    """That of the steps from week to week, over all weekdays, by their MAD; 0 where there are none.

    A step is the difference of two points, so it is wider by the square root of 2, and a trend moves all steps alike.
    """
    weekdays = [weekday for one in found for weekday in one.weekdays.values()]
    steps = [step for weekday in weekdays for step in weekday.steps]
    if not steps:
        return NO_SPREAD
    chance_steps = [step for weekday in weekdays for step in weekday.chance_steps]
    return Spread(MAD_TO_SD * mad(steps) / math.sqrt(2), MAD_TO_SD * mad(chance_steps))


def median(values: list[float]) -> float:
    """The middle value; between the two in the middle where their number is even."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def mad(values: list[float]) -> float:
    """The median of the absolute differences from the median."""
    usual = median(values)
    return median([abs(value - usual) for value in values])
