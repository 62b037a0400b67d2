"""Sessions as a feed declares them.

Belongs here: the rule by which events are cut into sessions. Does not: cutting them (transforms/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

SESSION_KEY_COLUMNS = ("user_id", "object_id")


@dataclass(frozen=True, kw_only=True)
class SessionRule:
    """A gap of `timeout` or more between two user actions of one key starts a new session.

    key: event columns whose events make sessions together. actions: the actions that are a user's; all, where none
    is named. splits_at_midnight: in the feed's zone.
    """

    timeout: timedelta
    key: tuple[str, ...] = ("user_id",)
    actions: tuple[str, ...] = ()
    splits_at_midnight: bool = True

    def __post_init__(self) -> None:
        if not timedelta(0) < self.timeout < timedelta(days=1):
            raise ValueError(f"timeout: saw {self.timeout}, expected more than 0 and less than a day")
        if not self.key or not set(self.key) <= set(SESSION_KEY_COLUMNS):
            raise ValueError(f"session key: saw {self.key}, expected names from {SESSION_KEY_COLUMNS}")
        if self.splits_at_midnight and (self.actions or self.key != ("user_id",)):
            raise ValueError("sessions that split at midnight: saw a key or actions, expected users and all actions")
