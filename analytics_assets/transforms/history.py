"""History: from which date to which a feed's figures are final, and which periods are complete.

Belongs here: as_of, missing dates, ISO weeks, calendar months; plain dates, no Spark. Does not: reading what
has landed (layers/state.py). No figure reads the clock. Source: METRICS "As of".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class History:
    """The closed dates of a feed. missing: dates among them for which no arrival landed, or that are held back."""

    start: date
    as_of: date
    missing: frozenset[date]

    def dates(self) -> list[date]:
        """Each date from start to as_of."""
        return [self.start + DAY * n for n in range((self.as_of - self.start).days + 1)]

    def complete_days(self) -> dict[date, int]:
        """For each date, how many days up to it are in the history and not missing, without a break."""
        run, days = 0, {}
        for day in self.dates():
            run = 0 if day in self.missing else run + 1
            days[day] = run
        return days

    def days(self) -> list[Period]:
        """Each closed date as a period of its own."""
        return [Period(start=day, end=day, is_complete=day not in self.missing) for day in self.dates()]

    def weeks(self) -> list[Period]:
        """ISO weeks with a closed date."""
        starts = sorted({day - DAY * day.weekday() for day in self.dates()})
        return [self._period(start, start + DAY * 6) for start in starts]

    def months(self) -> list[Period]:
        """Calendar months with a closed date."""
        starts = sorted({day.replace(day=1) for day in self.dates()})
        return [self._period(start, (start + DAY * 31).replace(day=1) - DAY) for start in starts]

    def rolling(self, days: int) -> Period:
        """So many days, of which as_of is the last."""
        return self._period(self.as_of - DAY * (days - 1), self.as_of)

    def _period(self, start: date, end: date) -> Period:
        inside = self.start <= start and end <= self.as_of
        return Period(
            start=start,
            end=end,
            is_complete=inside and not any(start <= day <= end for day in self.missing),
        )


@dataclass(frozen=True, kw_only=True)
class Period:
    """A week, a month or another row of days, both ends inclusive."""

    start: date
    end: date
    is_complete: bool

    def dates(self) -> list[date]:
        """Each date of the period."""
        return [self.start + DAY * n for n in range((self.end - self.start).days + 1)]


def history(
    arrivals: Collection[date],
    first_on_time: date | None,
    *,
    declared_start: date | None,
    closed_through: date | None,
    last_date: date | None,
    lag_days: int,
    held: Collection[date] = (),
) -> History | None:
    """The closed dates of a feed, or None while there is none.

    arrivals: dates of the arrivals that landed. A date is closed when the arrival of the next date has
    landed, or the feed says so. first_on_time: first date with on-time rows. held: dates that are held back, whose
    figures nobody knows.
    """
    start = declared_start or first_on_time
    own_dates = {arrival - DAY * lag_days for arrival in arrivals}
    closed = [max(own_dates) - DAY] if own_dates else []
    if closed_through is not None and own_dates:
        closed.append(closed_through)
    if start is None or not closed:
        return None
    as_of = max(closed)
    if last_date is not None:
        as_of = min(as_of, last_date)
    if as_of < start:
        return None
    is_said_closed = closed_through or date.min
    every = [start + DAY * n for n in range((as_of - start).days + 1)]
    return History(
        start=start,
        as_of=as_of,
        missing=frozenset(day for day in every if day in held or (day > is_said_closed and day not in own_dates)),
    )
