"""Sessions of feed ide, counted while its sample is made.

Belongs here: sessions of (user, product) across midnights, events without one. Does not: distinct users (tally.py).
"""

import numpy as np

from analytics_assets.samples.events import DAY_S, SECOND_US, Events, Ints, moments_us

TIMEOUT_US = 300 * SECOND_US
DAY_US = DAY_S * SECOND_US
NEVER = -(2**60)


class IdeSessions:
    """Adds up blocks of whole dates, in order; knows the last user action of each user and product."""

    def __init__(self, days: int, users: int, products: int, actions: int) -> None:
        """actions: the first so many event ids are a user's own."""
        self._products, self._actions = products, actions
        self._last = np.full((users + 1) * products, NEVER)
        self._start = np.full((users + 1) * products, NEVER)
        self.by_day = np.zeros(days, np.int64)
        self.events_without = 0
        self.over_midnights: dict[int, int] = {}

    def add(self, events: Events) -> None:
        """Events of whole dates, each key once, in any order."""
        moment = moments_us(events)
        group = events["user"].astype(np.int64) * self._products + events["product"]
        is_other = events["event"] >= self._actions
        # At one instant actions come first: another event then belongs to their session.
        order = np.lexsort((moment * 2 + is_other, group))
        moment, group, is_action = moment[order], group[order], ~is_other[order]
        place = np.arange(len(events))
        is_first = np.append(True, group[1:] != group[:-1]) if len(group) else np.zeros(0, np.bool_)
        group_begins = np.maximum.accumulate(np.where(is_first, place, 0))
        latest = np.maximum.accumulate(np.where(is_action, place, -1))
        is_known = latest >= group_begins
        last = np.where(is_known, moment[latest], self._last[group])
        # "No later than one timeout after": exactly 5 minutes still belong, whereas they start a new session.
        self.events_without += int(np.count_nonzero(~is_action & (moment - last > TIMEOUT_US)))
        self._add_actions(moment[is_action], group[is_action])

    def _add_actions(self, moment: Ints, group: Ints) -> None:
        """Actions in the order of (group, time)."""
        if not len(moment):
            return
        is_first = np.append(True, group[1:] != group[:-1])
        before = np.where(is_first, self._last[group], np.append(NEVER, moment[:-1]))
        is_start = moment - before >= TIMEOUT_US
        self.by_day += np.bincount(moment[is_start] // DAY_US, minlength=len(self.by_day))
        # A group's first action of the block may go on with a session that began in an earlier one.
        start = np.where(is_start, moment, self._start[group])
        anchor = np.maximum.accumulate(np.where(is_start | is_first, np.arange(len(moment)), 0))
        start = start[anchor]
        crosses = ~is_start & (moment // DAY_US > before // DAY_US)
        midnights = moment[crosses] // DAY_US - start[crosses] // DAY_US
        for count, sessions in zip(*np.unique(midnights, return_counts=True), strict=True):
            self.over_midnights[int(count)] = self.over_midnights.get(int(count), 0) + int(sessions)
        is_last = np.append(is_first[1:], True)
        self._last[group[is_last]] = moment[is_last]
        self._start[group[is_last]] = start[is_last]
