"""Alarms: flagged points that follow each other, as one report each, and what carries them.

Belongs here: METRICS "Anomalies", report. Does not: which points are flagged (anomalies.py), rows of tables
(layers/anomalies.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from analytics_assets.transforms.anomalies import Judged

SPIKE, DROP, LEVEL_SHIFT = "spike", "drop", "level_shift"
SEVERITY = ((10.0, "high"), (6.0, "medium"), (0.0, "low"))
"""Severity by the greatest score, at least."""
LEAST_EXCESS = 0.05
"""By how much a value's share of the change is greater than its usual share, where it is said to carry the change."""
MOST_CARRIERS = 5

Moment = tuple[date, int]
Value = tuple[str, str]


@dataclass(frozen=True)
class Alarm:
    """Flagged points with one sign, with nothing between them but points without a verdict.

    is_over: a point that was back followed, or it became a new level.
    """

    points: tuple[Judged, ...]
    is_over: bool

    @property
    def kind(self) -> str:
        """spike, drop or level_shift."""
        if self.points[-1].is_shift:
            return LEVEL_SHIFT
        return SPIKE if self.points[0].sign > 0 else DROP

    @property
    def peak(self) -> Judged:
        """The point with the greatest score; of several the first."""
        return max(self.points, key=lambda found: abs(found.score or 0.0))

    @property
    def severity(self) -> str:
        """low, medium or high."""
        greatest = abs(self.peak.score or 0.0)
        return next(name for least, name in SEVERITY if greatest >= least)


@dataclass(frozen=True)
class Carrier:
    """A value of a dimension that carries a change. share: of the change; usual_share: of what was expected."""

    dimension: str
    value: str
    share: float
    usual_share: float


def alarms(found: Iterable[Judged]) -> list[Alarm]:
    """The alarms of a series, in the order of time; the last one may not be over."""
    made: list[Alarm] = []
    points: list[Judged] = []
    for one in found:
        if one.score is None:
            continue
        if points and one.sign != points[0].sign:
            made.append(Alarm(tuple(points), is_over=True))
            points = []
        if one.sign:
            points.append(one)
        if one.is_shift:
            made.append(Alarm(tuple(points), is_over=True))
            points = []
    return [*made, Alarm(tuple(points), is_over=False)] if points else made


def carriers(alarm: Alarm, by_value: Mapping[Value, Mapping[Moment, Judged]]) -> list[Carrier]:
    """The values that carry more of an alarm's change than is usual for them, most first.

    by_value: of the same metric by dimension and value, where values add up to the total. A value that nothing is
    expected of yet counts where it appeared within the alarm: then all of it is new.
    """
    change = sum((one.point.amount or 0.0) - (one.expected or 0.0) for one in alarm.points)
    usual = sum(one.expected or 0.0 for one in alarm.points)
    moments = [(one.point.day, one.point.hour) for one in alarm.points]
    made = []
    for (dimension, value), points in by_value.items():
        sums = _sums(points, moments)
        if sums is None or not change:
            continue
        actual, expected = sums
        share, usual_share = (actual - expected) / change, expected / usual if usual else 0.0
        if share - usual_share >= LEAST_EXCESS:
            made.append(Carrier(dimension, value, share, usual_share))
    made.sort(key=lambda one: (one.usual_share - one.share, one.dimension, one.value))
    return made[:MOST_CARRIERS]


def _sums(points: Mapping[Moment, Judged], moments: Sequence[Moment]) -> tuple[float, float] | None:
    """What a value was, and what was expected of it, together; None where that is not known."""
    is_new = min(points) >= moments[0]
    actual = expected = 0.0
    for moment in moments:
        one = points.get(moment)
        if one is None or one.point.amount is None:
            continue
        if one.expected is None and not is_new:
            return None
        actual += one.point.amount
        expected += one.expected or 0.0
    return actual, expected
