"""Concentration: how many users are the top X % of a period, and which share of the engaged time they have.

Belongs here: the curve, METRICS "Power users", from users counted by bucket. Does not: users (power_users.py).

Counts are of one period, in memory: some 1,000 buckets at most, however many users there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

PERCENTS = range(1, 101)


@dataclass(frozen=True, kw_only=True)
class Step:
    """The users of a bucket of totals, and of all buckets above it: how many, and their time."""

    bucket: int
    users: int
    total_ms: int
    users_above: int
    ms_above: int


@dataclass(frozen=True, kw_only=True)
class Point:
    """The top percent of the users: how many, and their time; None while it takes a look into their last bucket."""

    percent: int
    top_users: int
    top_ms: int | None


@dataclass(frozen=True)
class Steps:
    """The buckets of a period, the highest first."""

    steps: Sequence[Step]

    @staticmethod
    def of(counted: Iterable[tuple[int, int, int]]) -> Steps:
        """counted: bucket, users, their time, in any order."""
        steps, users_above, ms_above = [], 0, 0
        for bucket, users, total_ms in sorted(counted, reverse=True):
            steps.append(
                Step(bucket=bucket, users=users, total_ms=total_ms, users_above=users_above, ms_above=ms_above)
            )
            users_above += users
            ms_above += total_ms
        return Steps(steps)

    @property
    def users(self) -> int:
        """Of the period."""
        return sum(step.users for step in self.steps)

    @property
    def total_ms(self) -> int:
        """Of all users of the period."""
        return sum(step.total_ms for step in self.steps)

    def top(self, percent: int) -> list[Step]:
        """The buckets that hold the users of the top percent, and those who tie with the last of them."""
        return [step for step in self.steps if step.users_above < top_users(self.users, percent)]

    def points(self) -> list[Point]:
        """The curve at 1, 2, … 100 %."""
        found = []
        for percent in PERCENTS:
            number = top_users(self.users, percent)
            last = self._holding(number)
            found.append(Point(percent=percent, top_users=number, top_ms=_known(number, last) if last else 0))
        return found

    def to_look_into(self) -> list[Step]:
        """The buckets in which a point of the curve lies, whose time only their users tell."""
        numbers = {point.top_users for point in self.points() if point.top_ms is None}
        found = (self._holding(number) for number in sorted(numbers))
        return list(dict.fromkeys(step for step in found if step is not None))

    def _holding(self, place: int) -> Step | None:
        return next((s for s in self.steps if s.users_above < place <= s.users_above + s.users), None)


def top_users(users: int, percent: int) -> int:
    """ceil(percent * users / 100)."""
    return -(-users * percent // 100)


def curve(steps: Steps, sums: Mapping[int, int]) -> list[dict[str, int | float | None]]:
    """A row for each per cent: top_percent, users, top_users, capped_ms, top_ms, share (null without any time).

    sums: by number of users the time of so many with the most, for the points that `steps` does not tell.
    """
    rows: list[dict[str, int | float | None]] = []
    for point in steps.points():
        top_ms = sums[point.top_users] if point.top_ms is None else point.top_ms
        rows.append(
            {
                "top_percent": point.percent,
                "users": steps.users,
                "top_users": point.top_users,
                "capped_ms": steps.total_ms,
                "top_ms": top_ms,
                "share": top_ms / steps.total_ms if steps.total_ms else None,
            }
        )
    return rows


def _known(place: int, step: Step) -> int | None:
    """The time of the users up to a place in a bucket, where the bucket's own sum tells it."""
    if place == step.users_above + step.users:
        return step.ms_above + step.total_ms
    return step.ms_above if step.total_ms == 0 else None
