"""Session frequency: which dates it does not hold as sessions have them, and writing them.

Belongs here: what a date depends on. Does not: the days between sessions (transforms/session_frequency.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame

from analytics_assets.layers import session_dates
from analytics_assets.layers.world import Built, World, digest
from analytics_assets.transforms.session_frequency import LONGER, LOOK_BACK_DAYS, session_frequency
from resources.conditions import one_of_dates

TABLE = "session_frequency"
DAY = timedelta(days=1)


def wanted_versions(world: World) -> dict[str, str]:
    """The version of each date: of its sessions and of those of the dates before that it looks back on."""
    sessions = world.lakehouse.versions(world.tables["sessions"])
    users = world.lakehouse.versions(world.tables["user_days"])
    # Behind the dash stands which attributes silver has: of earlier dates only the sessions count.
    events = {day: version.split("-")[0] for day, version in sessions.items()}
    return {
        day: digest(sessions[day], users.get(day), min(complete, LONGER), *[events.get(one) for one in _before(day)])
        for day, complete in session_dates.closed_session_dates(world).items()
    }


def dates_behind(world: World) -> dict[str, str]:
    """Dates that the table does not hold as sessions have them: ISO form -> version, "" for none."""
    return session_dates.dates_behind(world, TABLE, wanted_versions(world))


def build_session_frequency(world: World, days: Sequence[str]) -> Built:
    """Compute dates, from their sessions and those of the dates before them; those that are not closed are emptied."""
    lakehouse, complete = world.lakehouse, session_dates.closed_session_dates(world)

    def compute(known: Sequence[str]) -> DataFrame:
        reach = {*known, *[day for one in known for day in _before(one)]}
        return session_frequency(
            lakehouse.read(world.tables["sessions"], one_of_dates("session_date", reach)),
            lakehouse.read(world.tables["user_days"], one_of_dates("event_date", known)),
            world.feed.attributes,
            {day: complete[day] for day in known},
        )

    return session_dates.write_dates(world, TABLE, days, wanted_versions(world), compute)


def _before(day: str) -> list[str]:
    """The dates before a date that it looks back on, the latest first."""
    return [(date.fromisoformat(day) - DAY * back).isoformat() for back in range(1, LOOK_BACK_DAYS + 1)]
