"""Pulls: JSON files named by the time at which they were pulled, thousands a day.

Belongs here: when a pull is made and which fail, what each file holds. Does not: the text of a record
(aqua_records.py), when a record lands (faults.py).
"""

from datetime import datetime, time, timedelta, timezone
from pathlib import Path

import numpy as np

from analytics_assets.samples.aqua_records import broken_file
from analytics_assets.samples.arrivals import Landed, Waiting
from analytics_assets.samples.events import DAY_S, Events
from analytics_assets.samples.files import write_whole
from analytics_assets.samples.kinds import AQUA_FILES
from analytics_assets.samples.lines import PIECE_ROWS, Texts, joined
from analytics_assets.samples.options import AquaOptions

MOST_FAILED = 10  # of each kind of broken file at most one pull in so many


class Pulls:
    """The files, in the order of pulls. Each holds what landed since the good pull before; the last one all else."""

    def __init__(self, landing: Path, options: AquaOptions, texts: Texts, rng: np.random.Generator) -> None:
        self._landing, self._options, self._texts = landing, options, texts
        count = options.days * DAY_S // options.pull_s
        # A pull comes at no round second, but before the next; so the last is in the day after the last date.
        delay = rng.integers(0, max(1, options.pull_s // 3), count)
        self.second = (np.arange(count) + 1) * options.pull_s + delay
        self._fault = np.zeros(count, np.int8)  # 0, or 1 + the place of its kind
        kinds = [1 + options.KINDS.index(kind) for kind in AQUA_FILES if kind in options.broken_kinds]
        share = int(options.broken_share * options.events / len(options.broken_kinds))
        failed = min(share, (count - 1) // MOST_FAILED)
        if kinds and failed:
            places = rng.choice(count - 1, failed * len(kinds), replace=False)
            self._fault[places] = np.repeat(kinds, failed)
        self._waiting = Waiting()
        self._next = 0
        self.counts = Landed(options.KINDS)

    @property
    def broken_files(self) -> int:
        """Pulls that failed."""
        return int(np.count_nonzero(self._fault))

    def path(self, place: int) -> Path:
        """The file of a pull."""
        moment = self._moment(place)
        return self._landing / "aqua" / f"{moment:%Y-%m-%d}" / f"{moment:%Y%m%d-%H%M%S}.json"

    def write(self, rows: Events, end_day: int) -> None:
        """Take rows, and make the pulls from the last one made to before `end_day`."""
        end = int(np.searchsorted(self.second, end_day * DAY_S))
        places = np.arange(self._next, end)
        good = places[self._fault[places] == 0]
        is_all = end == len(self.second)
        rows = self._waiting.due(rows, None if is_all else int(self.second[good[-1]]) if len(good) else 0)
        edges = np.searchsorted(rows["landed"], self.second[good])
        if is_all:
            edges[-1] = len(rows)
        self._write_good(good.tolist(), rows, [0, *edges.tolist()])
        for place in places[self._fault[places] != 0].tolist():
            self._write_failed(place)
        self._next = end

    def _write_good(self, places: list[int], rows: Events, edges: list[int]) -> None:
        text_from = text_end = 0
        for number, place in enumerate(places):
            first, end = edges[number], edges[number + 1]
            if end > text_end:
                # Texts are made for many files at once, but for no more rows than an array holds.
                text_from, text_end = first, max(end, min(first + PIECE_ROWS // 4, len(rows)))
                texts = self._texts.of(rows[text_from:text_end])
            pieces = [bytes(joined(texts, at - text_from, at + 1 - text_from)) for at in range(first, end)]
            write_whole(self.path(place), [b"[", b",\n".join(pieces), b"]\n"])
            self._count(place, rows[first:end])

    def _write_failed(self, place: int) -> None:
        kind = self._options.KINDS[self._fault[place] - 1]
        write_whole(self.path(place), [broken_file(kind, place)])
        arrival = self._arrival(place)
        self.counts.by_arrival[arrival] = self.counts.by_arrival.get(arrival, 0) + 1
        self.counts.rejected[kind] += 1

    def _count(self, place: int, rows: Events) -> None:
        self.counts.add(self._arrival(place), int(self.second[place]) // DAY_S, rows)

    def _arrival(self, place: int) -> str:
        return f"{self._moment(place):%Y-%m-%dT%H}"

    def _moment(self, place: int) -> datetime:
        midnight = datetime.combine(self._options.start, time(), timezone.utc)
        return midnight + timedelta(seconds=int(self.second[place]))
