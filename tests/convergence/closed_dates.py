"""The oracle's closed dates: METRICS "As of", in plain Python. Nothing of Tidebook is imported.

Belongs here: which dates and periods are complete. Does not: figures of them (figures.py, cohorts.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from described import Described
from events import DAY, Row

TOTAL = ("all", "all")


@dataclass(frozen=True)
class History:
    """Closed dates, and those of them that have an arrival or were said to be closed."""

    start: date
    as_of: date
    present: frozenset[date]

    @staticmethod
    def of(feed: Described, rows: Iterable[Row], arrivals: set[date]) -> History | None:
        """None while no date is closed."""
        on_time = [row["event_date"] for row in rows if row["standing"] == "on_time"]
        start = feed.start or min(on_time, default=None)
        if start is None or not arrivals:
            return None
        as_of = max([max(arrivals) - DAY, *([feed.through] if feed.through else [])])
        as_of = min(as_of, feed.last) if feed.last else as_of
        said = {feed.through - DAY * n for n in range((feed.through - start).days + 1)} if feed.through else set()
        return History(start, as_of, frozenset(arrivals | said)) if start <= as_of else None

    @cached_property
    def dates(self) -> list[date]:
        """From start to as_of."""
        return [self.start + DAY * n for n in range((self.as_of - self.start).days + 1)]

    def has(self, first: date, last: date) -> bool:
        """Whether all dates from first to last are in the history, and none is missing."""
        every = [first + DAY * n for n in range((last - first).days + 1)]
        return all(self.start <= day <= self.as_of and day in self.present for day in every)
