"""Arrivals: rows wait here until the file of the arrival in which they land is written.

Belongs here: the order of rows in a file, counts of what was written. Does not: when a row lands.
"""

from datetime import timedelta
from pathlib import Path

import numpy as np

from analytics_assets.samples.events import DAY_S, ROW, Events
from analytics_assets.samples.lines import EVENTS_HEADER, EventLines, events_file, write_whole
from analytics_assets.samples.options import NotesOptions, UniformOptions
from analytics_assets.samples.tally import Landed


class Arrivals:
    """Event files, one an arrival, in the order of arrivals. Holds the rows of later arrivals in memory."""

    def __init__(self, landing: Path, options: NotesOptions | UniformOptions, lines: EventLines) -> None:
        self._landing, self._start, self._lines = landing, options.start, lines
        self._waiting = np.zeros(0, ROW)
        self._next_day = 0
        self.counts = Landed()

    def write(self, rows: Events, end_day: int) -> None:
        """Take rows, and write the arrivals from the last one written to before `end_day`."""
        rows = np.concatenate([self._waiting, rows])
        is_due = rows["landed"] < end_day * DAY_S
        self._waiting, rows = rows[~is_due], rows[is_due]
        rows = rows[np.argsort(rows["landed"], kind="stable")]
        edges = np.searchsorted(rows["landed"], np.arange(self._next_day, end_day + 1) * DAY_S)
        for at, day in enumerate(range(self._next_day, end_day)):
            arrival = self._start + timedelta(days=day)
            part = rows[edges[at] : edges[at + 1]]
            write_whole(events_file(self._landing, arrival), [EVENTS_HEADER, *self._lines.pieces(part)])
            self.counts.add(arrival, part)
        self._next_day = end_day
