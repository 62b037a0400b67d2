"""Tables under names of a feed's own: published ones, and views.

Belongs here: how they are declared. Does not: how they are made (layers/published.py) or read (commands/tables.py).
"""

from __future__ import annotations

from dataclasses import dataclass

PUBLISHED_SOURCES = ("silver", "active_users", "active_users_month")


@dataclass(frozen=True, kw_only=True)
class View:
    """A table under the feed's own names, computed when it is read. sql: a SELECT from the feed's tables."""

    name: str
    description: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class Published:
    """A table under a name of the feed's own, with dl_updated_at: when another column of the row last changed.

    source: silver, active_users or active_users_month; of the latter two the total.
    """

    name: str
    source: str

    def __post_init__(self) -> None:
        if self.source not in PUBLISHED_SOURCES:
            raise ValueError(f"{self.name}: saw the source {self.source!r}, expected one of {PUBLISHED_SOURCES}")
