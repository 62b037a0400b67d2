"""The feeds in the words of their documentation: where files land, what makes an event, which events make a session.

Belongs here: what the oracle and the pens must know of each feed, written by hand. Does not: anything imported from
Tidebook (an error there must not be the oracle's too), how files are read (landed.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import landed
from alarms import Rule

HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Rates:
    """What no person does on a date: more user actions in a minute or an hour, or some in so many hours."""

    minute: int = 90
    hour: int = 1_500
    hours: int = 22


@dataclass(frozen=True, kw_only=True)
class Described:
    """A feed. read: rows of a file's bytes. content: what decides between rows of one key, after arrival and file.

    ties: by what events of one time, action and object are ordered. kept: columns of silver beside the event's.
    start, through, last: history_start, closed_through and last_date where they are declared. watched, unlikely: the
    thresholds of anomalies and of unlikely users.
    """

    name: str
    folder: str
    suffix: str
    read: Callable[[bytes], list[landed.Landed]]
    key: tuple[str, ...]
    content: tuple[str, ...] = ()
    ties: tuple[str, ...] = ()
    timeout: timedelta = HALF_HOUR
    session_key: tuple[str, ...] = ("user_id",)
    actions: tuple[str, ...] = ()
    splits_at_midnight: bool = True
    has_one_key_over_all_dates: bool = False
    arrives_by_the_hour: bool = False
    has_duration: bool = False
    has_version: bool = False
    has_country: bool = False
    page_views: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    sign_up_date: str = ""
    first_date: date = date(2023, 1, 1)
    start: date | None = None
    through: date | None = None
    last: date | None = None
    watched: Rule = field(default_factory=Rule)
    unlikely: Rates = field(default_factory=Rates)

    def arrival(self, path: str) -> str:
        """The arrival of a file: its folder's date, with the hour of its name where hours arrive."""
        folder, name = path.split("/")[-2:]
        return f"{folder}T{name[9:11]}" if self.arrives_by_the_hour else folder

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of an event."""
        more = {"duration_ms": self.has_duration, "app_version": self.has_version, "country": self.has_country}
        return ("event_time", "event_date", "user_id", "action", "object_id", *(n for n, has in more.items() if has))

    def is_user_action(self, event: dict[str, Any]) -> bool:
        """Whether the event is one that starts or extends sessions."""
        return not self.actions or event["action"] in self.actions


NOTES = Described(
    name="notes",
    folder="notes/events",
    suffix="csv",
    read=landed.notes,
    key=("user_id", "event_time", "action", "object_id"),
    content=("duration_ms", "app_version"),
    has_duration=True,
    has_version=True,
    page_views=("page_view",),
    attributes=("country", "device_type", "subscription_type"),
    sign_up_date="join_date",
)
ACCESS_LOG = Described(
    name="access_log",
    folder="access_log",
    suffix="log",
    read=landed.access_log,
    key=("raw",),
    ties=("raw",),
    first_date=date(2015, 5, 17),
)
IDE = Described(
    name="ide",
    folder="ide",
    suffix="csv",
    read=landed.ide,
    key=("user_id", "action", "object_id", "event_time"),
    timeout=timedelta(minutes=5),
    session_key=("user_id", "object_id"),
    actions=("a", "b", "c"),
    splits_at_midnight=False,
)
AQUA = Described(
    name="aqua",
    folder="aqua",
    suffix="json",
    read=landed.aqua,
    key=("uuid", "event_time"),
    content=("user_id", "action", "object_id", "country", "elements", "geoip_country_code", "more"),
    ties=("uuid",),
    arrives_by_the_hour=True,
    has_country=True,
    kept=("uuid", "elements", "geoip_country_code", "more"),
)
SHOP = Described(
    name="shop",
    folder="shop",
    suffix="csv",
    read=landed.shop,
    key=("interaction_id",),
    content=("event_time", "user_id", "action", "object_id"),
    ties=("interaction_id",),
    has_one_key_over_all_dates=True,
    kept=("interaction_id",),
)
FEEDS = {feed.name: feed for feed in (NOTES, ACCESS_LOG, IDE, AQUA, SHOP)}


def lasting(feed: Described, first: date, last: date) -> Described:
    """A feed of finite files, from the first to the last of these dates, all of which are closed."""
    return replace(feed, first_date=first, start=first, through=last, last=last)
