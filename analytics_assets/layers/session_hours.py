"""Session hours: which dates do not stand as sessions have them, and writing them.

Belongs here: what a date depends on. Does not: counting (transforms/session_hours.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from analytics_assets.layers import session_dates
from analytics_assets.layers.world import Built, World
from analytics_assets.transforms.session_hours import session_hours
from resources.conditions import one_of_dates

TABLE = "session_hours"


def wanted_versions(world: World) -> dict[str, str]:
    """The version of each closed date on which sessions began: that of its sessions."""
    sessions = world.lakehouse.versions(world.tables["sessions"])
    return {day: sessions[day] for day in session_dates.closed_session_dates(world)}


def dates_behind(world: World) -> dict[str, str]:
    """Dates that the table does not hold as sessions have them: ISO form -> version, "" for none."""
    return session_dates.dates_behind(world, TABLE, wanted_versions(world))


def build_session_hours(world: World, days: Sequence[str]) -> Built:
    """Compute dates; those that are not closed are emptied."""

    def compute(known: Sequence[str]) -> DataFrame:
        sessions = world.lakehouse.read(world.tables["sessions"], one_of_dates("session_date", known))
        return session_hours(sessions, world.feed.time_zone)

    return session_dates.write_dates(world, TABLE, days, wanted_versions(world), compute)
