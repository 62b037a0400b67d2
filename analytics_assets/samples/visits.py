"""What people and bots do: visits of a date, and the events of a visit.

Belongs here: actions, pages, durations, bots. Does not: how many events a date has (days.py), the hours of a
day and pauses (rhythm.py), what goes wrong on their way (faults.py).
"""

import numpy as np

from analytics_assets.samples.days import Burst, Outage, Plan
from analytics_assets.samples.events import ACTIONS, DAY_S, EVENT, PAGE_VIEW, Events, Floats, Ints
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.people import COUNTRIES, DEVICES, People
from analytics_assets.samples.releases import Releases
from analytics_assets.samples.rhythm import seconds_of_day, visit_lengths, visit_moments

ACTION_SHARES = {"page_view": 0.68, "edit": 0.14, "search": 0.08, "create": 0.06, "share": 0.04}
# Median and spread (of the logarithm) of durations. A page view's is its load time.
MEDIAN_MS = {"page_view": 900, "edit": 25_000, "create": 15_000, "share": 3_000, "search": 1_200}
SPREAD = {"page_view": 0.55, "edit": 1.1, "create": 0.9, "share": 0.7, "search": 0.6}
MEAN_EVENTS = 5
MEDIAN_GAP_S, GAP_SPREAD = 35, 1.1
# Longer pauses become exactly half an hour, which ends a session: the edge that programs get wrong.
LONGEST_GAP_S = 1_800
LONGEST_MS = 7_200_000

# log_load: the logarithm of what its device and version make of its load times.
VISIT = np.dtype(
    [
        ("user", np.int64),
        ("second", np.int64),
        ("events", np.int64),
        ("version", np.int64),
        ("log_load", np.float64),
    ]
)


class Visits:
    """Makes the events of dates, one block of dates after the other."""

    def __init__(
        self,
        options: NotesOptions,
        people: People,
        plan: Plan,
        releases: Releases,
        snapshot_days: list[int],
        devices: np.ndarray[tuple[int, int], np.dtype[np.int8]],
        rng: np.random.Generator,
    ) -> None:
        """devices: each user's device from each snapshot day on."""
        self._options, self._people, self._plan, self._releases = options, people, plan, releases
        self._snapshot_days, self._devices, self._rng = np.array(snapshot_days), devices, rng
        self._offset_s = np.array([hours * 3600 for _, hours in COUNTRIES.values()])
        self._device_load = np.array([load for _, load in DEVICES.values()])
        shares = np.array([ACTION_SHARES[action] for action in ACTIONS])
        self._action_of_byte = np.repeat(
            np.arange(len(ACTIONS), dtype=np.int8),
            np.diff(np.rint(256 * np.cumsum(shares)).astype(int), prepend=0),
        )

    def events(self, first_day: int, end_day: int) -> Events:
        """Events of the visits that begin on the dates; some run over midnight, never past the last date."""
        visits = [self._visits(day) for day in range(first_day, end_day) if self._plan.people_events[day]]
        bursts = [self._burst(burst) for burst in self._plan.bursts if first_day <= burst.day < end_day]
        return np.concatenate([self._expand(np.concatenate([np.zeros(0, VISIT), *visits])), *bursts])

    def _visits(self, day: int) -> Events:
        """The visits of a date, in no order."""
        lengths = visit_lengths(self._rng, int(self._plan.people_events[day]), MEAN_EVENTS)
        count = len(lengths)
        # Who joins comes by on that day: that is what makes cohorts. Half of the visits at most.
        users = self._rng.permutation(self._people.joined_on(day))[: count // 2]
        if day in self._plan.spikes:
            extra = (count - len(users)) * 3 // 5  # 2.5 times the usual: three of five are extra
            users = np.append(users, self._people.pick_from(self._rng, day, extra, self._plan.spikes[day]))
        users = np.append(users, self._people.pick(self._rng, day, count - len(users)))
        snapshot = np.searchsorted(self._snapshot_days, day, side="right") - 1
        device = self._devices[snapshot, users]
        visits = np.zeros(count, VISIT)
        visits["user"] = users
        visits["second"] = day * DAY_S + self._seconds(users, self._plan.outages.get(day))
        visits["events"] = lengths
        visits["version"] = self._releases.of(day, self._people.update_delay[users])
        visits["log_load"] = np.log(self._device_load[device] * self._releases.load[visits["version"]])
        return visits

    def _seconds(self, users: Ints, outage: Outage | None) -> Ints:
        """Second of the UTC date at which each visit begins, by the rhythm of its user's country."""
        offset = self._offset_s[self._people.country[users]]
        second: Ints = (seconds_of_day(self._rng.random(len(users))) - offset) % DAY_S
        if outage:
            # What begins shortly before would reach into it. One in fifty gets through.
            during = (second >= outage.first - 1_800) & (second < outage.last)
            during &= self._rng.random(len(users)) < 0.98
            free = DAY_S - (outage.last - outage.first + 1_800)
            moved = self._rng.integers(outage.last, outage.last + free, int(during.sum())) % DAY_S
            second[during] = moved
        return second

    def _expand(self, visits: Events) -> Events:
        """The events of visits."""
        rng, pages = self._rng, self._options.pages
        lengths = visits["events"]
        count = int(lengths.sum())
        events = np.zeros(count, EVENT)
        visit = np.repeat(np.arange(len(visits)), lengths)
        first = np.cumsum(lengths) - lengths
        gaps = np.exp(rng.standard_normal(count, np.float32) * GAP_SPREAD) * MEDIAN_GAP_S
        gaps = np.minimum(gaps, LONGEST_GAP_S).astype(np.int64)
        user = visits["user"][visit]
        events["user"] = user
        events["second"] = visit_moments(visits["second"], lengths, gaps, self._options.days * DAY_S)
        action = self._action_of_byte[rng.integers(0, 256, count, np.uint8)]
        action[first] = PAGE_VIEW
        events["action"] = action
        # Half of the pages are the well-known ones, half the user's own few.
        chance = rng.random(count, np.float32)
        known = (pages * chance**3).astype(np.int64)
        own = user * 7_919 + (chance * 8).astype(np.int64)
        events["page"] = np.where(rng.integers(0, 2, count, np.int8), known, own) % pages
        events["duration_ms"] = self._durations(action, visits["log_load"][visit])
        events["version"] = visits["version"][visit]
        return events

    def _durations(self, action: np.ndarray[tuple[int], np.dtype[np.int8]], log_load: Floats) -> Ints:
        """Milliseconds: lognormal, one in a hundred with a far heavier tail, 0 to 2 h."""
        rng = self._rng
        median = np.log(np.array([MEDIAN_MS[name] for name in ACTIONS]), dtype=np.float32)
        spread = np.array([SPREAD[name] for name in ACTIONS], np.float32)
        log_ms = median[action] + spread[action] * rng.standard_normal(len(action), np.float32)
        log_ms += np.where(action == PAGE_VIEW, log_load, 0.0)
        slow = np.flatnonzero(rng.random(len(action), np.float32) < 0.01)
        log_ms[slow] += rng.exponential(1 / 1.3, len(slow))  # times a Pareto of index 1.3
        durations: Ints = np.minimum(np.exp(log_ms), LONGEST_MS).astype(np.int64)
        return durations

    def _burst(self, burst: Burst) -> Events:
        """A bot's events: page after page, two a second, hardly any time on each."""
        events = np.zeros(burst.events, EVENT)
        step = np.arange(burst.events)
        events["user"] = burst.bot
        events["second"] = burst.day * DAY_S + burst.second + step // 2
        events["action"] = PAGE_VIEW
        events["page"] = (burst.second + step) % self._options.pages
        events["duration_ms"] = 40 + self._rng.integers(0, 20, burst.events)
        events["version"] = self._releases.of(burst.day, np.zeros(1, np.int64))[0]
        return events
