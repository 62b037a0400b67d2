"""The people of the notes sample: when each joined, how active, from where, on what.

Belongs here: what a user is and how likely a visit is theirs. Does not: what they do in a visit
(visits.py), the files that list them (snapshots.py).
"""

from dataclasses import dataclass

import numpy as np

from analytics_assets.samples.events import Floats, Ints
from analytics_assets.samples.options import NotesOptions

# Country: share of users, hours from UTC.
COUNTRIES = {
    "US": (0.28, -6),
    "JP": (0.14, 9),
    "DE": (0.10, 1),
    "GB": (0.09, 0),
    "KR": (0.08, 9),
    "FR": (0.07, 1),
    "TW": (0.06, 8),
    "IN": (0.05, 5),
    "BR": (0.05, -3),
    "CA": (0.04, -5),
    "AU": (0.03, 10),
    "ES": (0.01, 1),
}
# Device: share of users, factor on load time.
DEVICES = {
    "iPad": (0.34, 1.12),
    "iPhone": (0.26, 1.0),
    "Mac": (0.18, 0.8),
    "Android": (0.13, 1.25),
    "Windows": (0.09, 0.9),
}
SUBSCRIPTIONS = {"free": 0.74, "pro": 0.20, "business": 0.06}

HISTORY_DAYS = 730  # users joined up to two years before the sample begins
ZIPF_SHIFT = 10  # Zipf-Mandelbrot: the first are very active, not superhuman; that is what bots are for


def interest(age_days: Floats) -> Floats:
    """How much of the first day's activity is left: falls fast in the first weeks, then hardly."""
    return 0.05 + 0.95 * (1 + age_days / 4) ** -1.2


@dataclass(frozen=True)
class People:
    """Arrays by user number; slot 0 is nobody. Users are numbered in the order they joined.

    join_day: from the sample's first date, negative before it. update_delay: days until a release is
    installed. is_listed: stands in the dimension. bots: their numbers, ascending.
    """

    join_day: Ints
    country: Ints
    device: Ints
    subscription: Ints
    update_delay: Ints
    is_listed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    bots: Ints
    reach: Floats  # running sum of everyone's weight: user u holds reach[u - 1] to reach[u]
    joined: Ints  # the days on which somebody joined
    edge: Ints  # users edge[i] + 1 to edge[i + 1] joined on joined[i]

    def weight_on(self, day: int) -> Floats:
        """Running sum, over the join days up to `day`, of how much their users do on it."""
        until = int(np.searchsorted(self.joined, day, side="right"))
        whole = np.diff(self.reach[self.edge[: until + 1]])
        return np.cumsum(whole * interest((day - self.joined[:until]).astype(np.float64)))

    def pick(self, rng: np.random.Generator, day: int, count: int) -> Ints:
        """Users of so many visits on a date. First the join day is drawn, then the user within it."""
        running = self.weight_on(day)
        drawn = rng.random(count) * running[-1]
        group = np.minimum(np.searchsorted(running, drawn, side="right"), len(running) - 1)
        before = np.append(0.0, running)[group]
        share = (drawn - before) / (running[group] - before)
        low, high = self.edge[group], self.edge[group + 1]
        at = self.reach[low] + share * (self.reach[high] - self.reach[low])
        # Rounding must not hand a visit to somebody who has not joined.
        users: Ints = np.clip(np.searchsorted(self.reach, at, side="right"), low + 1, high)
        return users

    def pick_from(self, rng: np.random.Generator, day: int, count: int, country: int) -> Ints:
        """As `pick`, from one country and whatever the users' age; nobody when it has none."""
        joined_by_day = int(np.searchsorted(self.join_day, day, side="right"))
        numbers = np.flatnonzero(self.country[:joined_by_day] == country)
        running = np.cumsum(np.diff(self.reach, prepend=0.0)[numbers])
        if not len(running) or running[-1] <= 0:
            return np.zeros(0, np.int64)
        at = np.searchsorted(running, rng.random(count) * running[-1], side="right")
        users: Ints = numbers[np.minimum(at, len(numbers) - 1)]
        return users

    def joined_on(self, day: int) -> Ints:
        """Numbers of the users that joined on a date."""
        low, high = np.searchsorted(self.join_day, [day, day + 1])
        return np.arange(low, high)


def make_people(options: NotesOptions, rng: np.random.Generator) -> People:
    """The users of a sample, numbered 1 to options.users."""
    users, days = options.users, options.days
    before = max(round(users * (1 - days / (days + HISTORY_DAYS * 0.75))), users // 5, 1)
    join_day = np.empty(users + 1, np.int64)
    join_day[0] = -HISTORY_DAYS - 1
    join_day[1 : before + 1] = np.sort(-1 - (HISTORY_DAYS * rng.random(before) ** 1.2).astype(np.int64))
    join_day[before + 1 :] = np.sort((days * rng.random(users - before)).astype(np.int64))

    weight = np.zeros(users + 1)
    weight[1:] = rng.permutation((np.arange(1, users + 1) + ZIPF_SHIFT) ** -options.zipf_exponent)
    bots = np.sort(1 + rng.choice(before, options.bots, replace=False))
    weight[bots] = 0.0  # they come in bursts of their own

    late_updater = rng.random(users + 1) < 0.03
    joined, first = np.unique(join_day[1:], return_index=True)
    return People(
        join_day=join_day,
        country=_draw(rng, users, [share for share, _ in COUNTRIES.values()]),
        device=_draw(rng, users, [share for share, _ in DEVICES.values()]),
        subscription=_draw(rng, users, list(SUBSCRIPTIONS.values())),
        update_delay=rng.exponential(4.0, users + 1).astype(np.int64) + 90 * late_updater,
        is_listed=rng.random(users + 1) >= options.unlisted_share,
        bots=bots,
        reach=np.cumsum(weight),
        joined=joined,
        edge=np.append(first, users),
    )


def _draw(rng: np.random.Generator, users: int, shares: list[float]) -> Ints:
    edges = np.cumsum(shares) / sum(shares)
    return np.searchsorted(edges[:-1], rng.random(users + 1), side="right").astype(np.int64)
