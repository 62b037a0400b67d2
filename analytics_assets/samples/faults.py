"""What goes wrong on the way: rows that come late, twice, or broken.

Belongs here: which rows, and when they land. Does not: the text of a broken row (broken_lines.py).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics_assets.samples.events import DAY_S, Events, Ints, row_type
from analytics_assets.samples.limits import FaultyOptions

HOUR_S = 3_600
LONGEST_RETRY_S = 7 * DAY_S


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """How late rows come: an hour to `usual_s` on, and the share `rare_share` of them up to `rare_s`."""

    usual_s: int = 30 * DAY_S
    rare_share: float = 0.0
    rare_s: int = 0


def landed_on_time(events: Events) -> Events:
    """Rows (events.row_type) that land at the second of their event."""
    rows = np.zeros(len(events), row_type(events.dtype))
    for name in events.dtype.names or ():
        rows[name] = events[name]
    rows["landed"] = events["second"]
    return rows


class Faults:
    """Makes rows of events, block after block. The last arrival (day options.days) takes what comes later."""

    def __init__(
        self,
        options: FaultyOptions,
        rng: np.random.Generator,
        lateness: Lateness | None = None,
        change: Callable[[Events], None] | None = None,
        file_kinds: tuple[str, ...] = (),
    ) -> None:
        """change: gives other content, in place, to copies that keep their key and land in a later arrival.

        file_kinds: kinds of broken files, which are made elsewhere: their part of the broken rows is left out.
        """
        self._options, self._rng, self._change = options, rng, change
        self._lateness = lateness or Lateness()
        row_kinds = [kind for kind in options.broken_kinds if kind not in file_kinds]
        self._kinds = np.array([1 + options.KINDS.index(kind) for kind in row_kinds], np.int8)
        self._broken_share = options.broken_share * len(row_kinds) / len(options.broken_kinds)
        self._events = 0

    def rows(self, events: Events) -> Events:
        """Each event once, some late; then copies; then broken rows, of each kind in turn."""
        before, self._events = self._events, self._events + len(events)
        rows = landed_on_time(events)
        if not len(events):
            return rows
        late = self._rng.random(len(rows)) < self._options.late_share
        rows["landed"][late] = self._later(rows["landed"][late], self._lateness.usual_s)
        if self._lateness.rare_share:
            late &= self._rng.random(len(rows)) < self._lateness.rare_share
            rows["landed"][late] = self._later(rows["second"][late], self._lateness.rare_s)
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
        if self._change:
            # In one arrival the content would decide which of them is kept: only a later one surely loses.
            is_later = copies["landed"] // DAY_S > landed // DAY_S
            is_changed = is_later & (self._rng.random(len(copies)) < 0.5)
            changed = copies[is_changed]
            self._change(changed)
            copies[is_changed] = changed
        return copies

    def _broken(self, rows: Events, before: int) -> Events:
        """Rows beside the good ones; each lands on the date it names, so that only its fault is wrong."""
        share = self._broken_share
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
