"""Entry and exit actions: which dates do not stand as sessions have them, and writing them.

Belongs here: what a date depends on. Does not: counting (transforms/entry_exit_actions.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from analytics_assets.layers import session_dates
from analytics_assets.layers.world import Built, World, digest
from analytics_assets.transforms.entry_exit_actions import entry_exit_actions
from resources.conditions import one_of_dates

TABLE = "entry_exit_actions"


def wanted_versions(world: World) -> dict[str, str]:
    """The version of each closed date on which sessions began."""
    sessions, users = (world.lakehouse.versions(world.tables[name]) for name in ("sessions", "user_days"))
    return {day: digest(sessions[day], users.get(day)) for day in session_dates.closed_session_dates(world)}


def dates_behind(world: World) -> dict[str, str]:
    """Dates that the table does not hold as sessions have them: ISO form -> version, "" for none."""
    return session_dates.dates_behind(world, TABLE, wanted_versions(world))


def build_entry_exit_actions(world: World, days: Sequence[str]) -> Built:
    """Compute dates; those that are not closed are emptied."""
    lakehouse = world.lakehouse

    def compute(known: Sequence[str]) -> DataFrame:
        return entry_exit_actions(
            lakehouse.read(world.tables["sessions"], one_of_dates("session_date", known)),
            lakehouse.read(world.tables["user_days"], one_of_dates("event_date", known)),
            world.feed.attributes,
        )

    return session_dates.write_dates(world, TABLE, days, wanted_versions(world), compute)
