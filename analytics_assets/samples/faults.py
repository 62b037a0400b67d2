"""What goes wrong on the way: rows that come late, twice, or broken.

Belongs here: which rows, and when they land. Does not: the text of a broken row (lines.py).
"""

import numpy as np

from analytics_assets.samples.events import DAY_S, ROW, Events, Ints
from analytics_assets.samples.options import BROKEN_KINDS, NotesOptions

HOUR_S = 3_600
LONGEST_LATE_S = 30 * DAY_S
LONGEST_RETRY_S = 7 * DAY_S


def landed_on_time(events: Events) -> Events:
    """Rows (events.ROW) that land at the second of their event."""
    rows = np.zeros(len(events), ROW)
    for name in events.dtype.names or ():
        rows[name] = events[name]
    rows["landed"] = events["second"]
    return rows


class Faults:
    """Makes rows of events, block after block. The last arrival (day options.days) takes what comes later."""

    def __init__(self, options: NotesOptions, rng: np.random.Generator) -> None:
        self._options, self._rng = options, rng
        self._kinds = np.array([1 + BROKEN_KINDS.index(kind) for kind in options.broken_kinds], np.int8)
        self._events = 0

    def rows(self, events: Events) -> Events:
        """Each event once, some late; then copies; then broken rows, of each kind in turn."""
        before, self._events = self._events, self._events + len(events)
        if not len(events):
            return np.zeros(0, ROW)
        rows = landed_on_time(events)
        late = self._rng.random(len(rows)) < self._options.late_share
        rows["landed"][late] = self._later(rows["landed"][late], LONGEST_LATE_S)
        broken = self._broken(rows, before)
        return np.concatenate([rows, self._copies(rows, before), broken])

    def _copies(self, rows: Events, before: int) -> Events:
        """Exact copies: three in five in the same file up to an hour on, the others in a later arrival."""
        copies: Events = rows[self._rng.integers(0, len(rows), self._due(self._options.duplicate_share, before))]
        landed = copies["landed"].copy()
        again = self._rng.random(len(copies)) < 0.4
        day_end = landed - landed % DAY_S + DAY_S - 1
        near = np.minimum(landed + self._rng.integers(0, HOUR_S, len(copies)), day_end)
        copies["landed"] = np.where(again, self._later(landed, LONGEST_RETRY_S), near)
        return copies

    def _broken(self, rows: Events, before: int) -> Events:
        """Rows beside the good ones; each lands on the date it names, so that only its fault is wrong."""
        share = self._options.broken_share
        broken: Events = rows[self._rng.integers(0, len(rows), self._due(share, before))]
        broken["landed"] = broken["second"]
        first = int(share * before)
        broken["broken"] = self._kinds[(first + np.arange(len(broken))) % len(self._kinds)]
        return broken

    def _due(self, share: float, before: int) -> int:
        # The floor of the running product: in all floor(share * events), however dates are cut in blocks.
        return int(share * self._events) - int(share * before)

    def _later(self, landed: Ints, longest: int) -> Ints:
        """Seconds in a later arrival: an hour to `longest` on, as often hours as weeks, past midnight."""
        delay = np.exp(self._rng.uniform(np.log(HOUR_S), np.log(longest), len(landed))).astype(np.int64)
        midnight = landed - landed % DAY_S + DAY_S
        later = np.maximum(landed + delay, midnight + self._rng.integers(0, 6 * HOUR_S, len(landed)))
        last = self._options.days * DAY_S
        return np.where(later >= last, last + later % DAY_S, later)
