"""A crowd: who comes by on which date, for how long, with which pauses; the same for feeds without known people.

Belongs here: users and times of visits. Does not: what is done in them (ide.py, aqua.py, shop.py), people with
attributes (people.py).
"""

from dataclasses import dataclass

import numpy as np

from analytics_assets.samples.events import DAY_S, SECOND_US, Ints
from analytics_assets.samples.limits import FaultyOptions
from analytics_assets.samples.rhythm import WEEKDAYS, seconds_of_day, shared_out, visit_lengths, visit_moments

FAVOUR = 2.5  # how unequal users are: the first tenth does two fifths of all
FIRST_DAY_SHARE = 0.4  # of all users that may come on the first date; all may on the last


@dataclass(frozen=True, kw_only=True)
class Habits:
    """mean_events: of a visit. median_gap_s, gap_spread: pauses, lognormal. longest_gap_s: longer pauses become
    exactly that. tie_share: events at the very time of the one before. step_us: how fine times are."""

    mean_events: int
    median_gap_s: float
    longest_gap_s: int
    gap_spread: float = 1.1
    tie_share: float = 0.02
    step_us: int = SECOND_US


@dataclass(frozen=True)
class Visits:
    """Of each visit the user, and the place of its first event; of each event its visit and time in microseconds."""

    user: Ints
    first: Ints
    visit: Ints
    moment: Ints


class Crowd:
    """Visits of dates, one block of dates after the other. by_day: events planned for each date."""

    def __init__(self, options: FaultyOptions, events: int, habits: Habits, rng: np.random.Generator) -> None:
        self._options, self._habits, self._rng = options, habits, rng
        weekday = options.start.weekday()
        weight = np.array([WEEKDAYS[(weekday + day) % 7] for day in range(options.days)])
        self.by_day = shared_out(events, weight * np.exp(0.05 * rng.standard_normal(options.days)))

    def visits(self, first_day: int, end_day: int) -> Visits:
        """The visits that begin on the dates; some run over midnight, none past the last date."""
        lengths = [
            visit_lengths(self._rng, int(self.by_day[day]), self._habits.mean_events)
            for day in range(first_day, end_day)
        ]
        day = np.repeat(np.arange(first_day, end_day), [len(visits) for visits in lengths])
        length = np.concatenate(lengths)
        user = self._users(day)
        begins = (day * DAY_S + seconds_of_day(self._rng.random(len(day)))) * SECOND_US
        begins += self._rng.integers(0, SECOND_US, len(day))
        step = self._habits.step_us
        moment = visit_moments(
            begins // step * step, length, self._gaps(int(length.sum())), self._options.days * DAY_S * SECOND_US
        )
        visit = np.repeat(np.arange(len(length)), length)
        return Visits(user, np.cumsum(length) - length, visit, moment // step * step)

    def _users(self, day: Ints) -> Ints:
        share = FIRST_DAY_SHARE + (1 - FIRST_DAY_SHARE) * (day + 1) / self._options.days
        users: Ints = 1 + (self._options.users * share * self._rng.random(len(day)) ** FAVOUR).astype(np.int64)
        return np.minimum(users, self._options.users)

    def _gaps(self, count: int) -> Ints:
        habits, rng = self._habits, self._rng
        gaps = np.exp(rng.standard_normal(count) * habits.gap_spread) * habits.median_gap_s
        gaps[rng.random(count) < habits.tie_share] = 0.0
        steps: Ints = (np.minimum(gaps, habits.longest_gap_s) * SECOND_US).astype(np.int64) // habits.step_us
        return steps * habits.step_us
