"""The tally: what must come out, counted in numpy from the events as they are made.

Belongs here: distinct users by date, week and month, sessions that end at midnight, retention. Does not: sessions
across midnights (ide_sessions.py), counting landed rows (arrivals.py), anything of Spark or of the feed: this count is
there to disagree with them.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np

from analytics_assets.samples.arrivals import Landed
from analytics_assets.samples.events import DAY_S, SECOND_US, Events, Ints, moments_us
from analytics_assets.samples.truth import Cohort

SESSION_GAP_US = 1_800 * SECOND_US


class Tally:
    """Adds up blocks of whole dates. Memory: a byte for each user and week, and user and month."""

    def __init__(self, start: date, days: int, users: int) -> None:
        self.dates = [start + timedelta(days=day) for day in range(days)]
        monday = start - timedelta(days=start.weekday())
        self._week = np.array([(day - monday).days // 7 for day in self.dates])
        self._month = np.array([(d.year - start.year) * 12 + d.month - start.month for d in self.dates])
        self.weeks = [monday + timedelta(weeks=week) for week in range(int(self._week[-1]) + 1)]
        self.months = sorted({day.replace(day=1) for day in self.dates})
        self._in_week = np.zeros((len(self.weeks), users + 1), np.bool_)
        self._in_month = np.zeros((len(self.months), users + 1), np.bool_)
        self._dau = np.zeros(days, np.int64)
        self.events = 0
        self.sessions = 0
        self.engaged_ms = 0

    def add(self, events: Events) -> None:
        """Events of whole dates, sorted by (user, time), each key once."""
        if not len(events):
            return
        user, day = events["user"], events["second"] // DAY_S
        is_new = np.ones(len(events), np.bool_)
        is_new[1:] = (user[1:] != user[:-1]) | (day[1:] != day[:-1])
        self._dau += np.bincount(day[is_new], minlength=len(self._dau))
        self._in_week[self._week[day[is_new]], user[is_new]] = True
        self._in_month[self._month[day[is_new]], user[is_new]] = True
        # >=: a gap of exactly half an hour starts a session, and so does midnight.
        is_new[1:] |= np.diff(moments_us(events)) >= SESSION_GAP_US
        self.events += len(events)
        self.sessions += int(is_new.sum())
        if "duration_ms" in (events.dtype.names or ()):
            self.engaged_ms += int(events["duration_ms"].sum(dtype=np.int64))

    def counted(self, landed: Landed) -> dict[str, Any]:
        """What every truth says of all that was added and landed, by the names of its fields."""
        return {
            "landed": landed.rows,
            "landed_by_arrival": dict(sorted(landed.by_arrival.items())),
            "accepted": landed.accepted,
            "rejected": landed.rejected,
            "duplicates": landed.accepted - self.events,
            "late": landed.late,
            "silver": self.events,
            "sessions": self.sessions,
            "dau": self.dau(),
            "wau": self.wau(),
            "mau": self.mau(),
        }

    def dau(self) -> dict[str, int]:
        """Distinct users by date, 0 where there are none."""
        return dict(zip((day.isoformat() for day in self.dates), self._dau.tolist(), strict=True))

    def wau(self) -> dict[str, int]:
        """Distinct users by week (its Monday)."""
        return {week.isoformat(): int(row.sum()) for week, row in zip(self.weeks, self._in_week, strict=True)}

    def mau(self) -> dict[str, int]:
        """Distinct users by month (its first date)."""
        return {month.isoformat(): int(row.sum()) for month, row in zip(self.months, self._in_month, strict=True)}

    def active_users(self) -> Ints:
        """Numbers of all users with an event, ascending."""
        return np.flatnonzero(self._in_week.any(axis=0))

    def retention(self) -> list[Cohort]:
        """Cohorts by first active week, for each week of the range."""
        users = self.active_users()
        active = self._in_week[:, users]
        first = active.argmax(axis=0)
        size = len(self.weeks)
        by_week = [np.bincount(first[row], minlength=size) for row in active]
        return [
            Cohort(week=week.isoformat(), active=[int(by_week[later][at]) for later in range(at, size)])
            for at, week in enumerate(self.weeks)
        ]
