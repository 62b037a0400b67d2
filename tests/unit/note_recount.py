"""Notes counted again from the bytes of their files, in plain Python.

Belongs here: the verdict on a line, and what the lines add up to. Does not: what the truth file says.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from recount import fields_of, recounted

from analytics_assets.samples import kinds

COLUMNS = ("user_id", "timestamp", "action_type", "page_id", "duration_ms", "app_version")


class Event(NamedTuple):
    """An accepted row; key is all but the last two."""

    user: str
    time: datetime
    action: str
    page: str
    duration_ms: int
    version: str


def verdict(raw: bytes, arrival: date) -> str | Event:
    """The kind of fault of a line, or its event."""
    fields = fields_of(raw, 6)
    if isinstance(fields, str):
        return fields
    user, timestamp, action, page, duration, version = fields
    if not user:
        return "empty_user_id"
    try:
        time = datetime.strptime(timestamp, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return "impossible_date"
    try:
        duration_ms = int(duration)
    except ValueError:
        return "text_in_duration"
    if duration_ms < 0:
        return "negative_duration"
    if duration_ms > 7_200_000:
        return "duration_above_2h"
    if time.date() > arrival + timedelta(days=1):
        return "in_the_future"
    return Event(user, time, action, page, duration_ms, version)


class Recount:
    """Everything in the event files of a landing folder, line by line."""

    def __init__(self, landing: Path) -> None:
        lines = recounted([*(landing / "notes" / "events").glob("*/events.csv")], COLUMNS, kinds.NOTES, verdict)
        self.landed, self.rejected, self.accepted = lines.landed, lines.rejected, lines.accepted
        self.events = {event[:4]: event for _, event in self.accepted}
        self.late = sum(event.time.date() < arrival for arrival, event in self.accepted)

    def users_by(self, period: Any) -> dict[str, set[str]]:
        """Distinct users by what `period` makes of an event's date."""
        users: dict[str, set[str]] = defaultdict(set)
        for event in self.events.values():
            users[period(event.time.date()).isoformat()].add(event.user)
        return users

    def sessions(self) -> int:
        """Visits of a user on a date, with less than half an hour between events."""
        times = defaultdict(list)
        for event in self.events.values():
            times[event.user, event.time.date()].append(event.time)
        gap = timedelta(minutes=30)
        return sum(1 + sum(b - a >= gap for a, b in pairwise(sorted(day))) for day in times.values())


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def counts(users: dict[str, set[str]], like: dict[str, int]) -> dict[str, int]:
    assert set(users) <= set(like)
    return {period: len(users.get(period, ())) for period in like}
