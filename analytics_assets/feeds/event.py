"""An event of a feed: how a row becomes one.

Belongs here: the declaration. Does not: judging rows (transforms/bronze.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """How a row becomes an event: SQL expressions over the contract's columns.

    event_time gives a timestamp in UTC, or a time without a zone that is in the feed's `source_zone`.
    A feed that leaves out duration_ms, app_version or country has no table that needs them.
    """

    event_time: str
    user_id: str
    action: str
    object_id: str
    duration_ms: str | None = None
    app_version: str | None = None
    country: str | None = None

    def expressions(self) -> dict[str, str]:
        """Event column -> SQL expression, in the order of the tables."""
        named = {
            "event_time": self.event_time,
            "user_id": self.user_id,
            "action": self.action,
            "object_id": self.object_id,
            "duration_ms": self.duration_ms,
            "app_version": self.app_version,
            "country": self.country,
        }
        return {name: sql for name, sql in named.items() if sql is not None}
