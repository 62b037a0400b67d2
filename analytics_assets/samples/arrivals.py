"""Arrivals: rows wait here until the file of the arrival in which they land is written.

Belongs here: the order of rows in a file, counts of what was written. Does not: when a row lands (faults.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from analytics_assets.samples.events import DAY_S, Events
from analytics_assets.samples.files import write_whole


class Waiting:
    """Rows that have not landed yet."""

    def __init__(self) -> None:
        self._rows: Events | None = None

    def due(self, rows: Events, end_s: int | None) -> Events:
        """Take rows; give those that land before `end_s` (None: all), in the order in which they land."""
        if self._rows is not None:
            rows = np.concatenate([self._rows, rows])
        is_due = rows["landed"] < end_s if end_s is not None else np.ones(len(rows), np.bool_)
        self._rows, rows = rows[~is_due], rows[is_due]
        return rows[np.argsort(rows["landed"], kind="stable")]


@dataclass
class Landed:
    """Counts of the rows that were written, by arrival and verdict. kinds: of broken rows, as in kinds.py."""

    kinds: tuple[str, ...] = ()
    by_arrival: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(init=False)
    accepted: int = 0
    late: int = 0

    def __post_init__(self) -> None:
        self.rejected = dict.fromkeys(self.kinds, 0)

    @property
    def rows(self) -> int:
        """Rows in all."""
        return sum(self.by_arrival.values())

    def add(self, arrival: str, day: int, rows: Events) -> None:
        """The rows (events.row_type) of one file. day: date of its arrival, counted from the sample's first."""
        self.by_arrival[arrival] = self.by_arrival.get(arrival, 0) + len(rows)
        is_whole = rows["broken"] == 0
        if self.kinds:
            counts = np.bincount(rows["broken"][~is_whole], minlength=1 + len(self.kinds))
            for kind, count in zip(self.kinds, counts[1:].tolist(), strict=True):
                self.rejected[kind] += count
        self.accepted += int(is_whole.sum())
        self.late += int(np.count_nonzero(is_whole & (rows["second"] // DAY_S < day)))


class DailyFiles:
    """CSV files, one an arrival, in the order of arrivals. Holds the rows of later arrivals in memory."""

    def __init__(
        self,
        start: date,
        path: Callable[[date], Path],
        header: bytes,
        pieces: Callable[[Events], Iterable[pa.Buffer | bytes]],
        kinds: tuple[str, ...] = (),
    ) -> None:
        """path: the file of an arrival; pieces: rows as text."""
        self._start, self._path, self._header, self._pieces = start, path, header, pieces
        self._waiting = Waiting()
        self._next_day = 0
        self.counts = Landed(kinds)

    def write(self, rows: Events, end_day: int) -> None:
        """Take rows, and write the arrivals from the last one written to before `end_day`."""
        rows = self._waiting.due(rows, end_day * DAY_S)
        edges = np.searchsorted(rows["landed"], np.arange(self._next_day, end_day + 1) * DAY_S)
        for at, day in enumerate(range(self._next_day, end_day)):
            arrival = self._start + timedelta(days=day)
            part = rows[edges[at] : edges[at + 1]]
            write_whole(self._path(arrival), [self._header, *self._pieces(part)])
            self.counts.add(arrival.isoformat(), day, part)
        self._next_day = end_day


def arrival_dates(start: date, days: int) -> list[date]:
    """Dates of arrivals: those of the sample, and the day after, which closes the last."""
    return [start + timedelta(days=day) for day in range(days + 1)]
