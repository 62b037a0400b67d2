"""Sessions and user days: aggregates of silver, date by date."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.sql import DataFrame

from analytics_assets.layers.world import Built, World, built
from analytics_assets.transforms.sessions import sessions
from analytics_assets.transforms.user_days import user_days
from resources.conditions import one_of_dates


def dates_behind(world: World, table: str) -> list[str]:
    """Dates that the table does not hold as silver has them."""
    recorded = world.lakehouse.versions(world.tables[table])
    wanted = world.lakehouse.versions(world.tables["silver"])
    return sorted(day for day in {*recorded, *wanted} if recorded.get(day) != wanted.get(day))


def build_sessions(world: World, days: Sequence[str]) -> Built:
    """Compute the sessions that begin on the dates."""
    return _build(world, "sessions", "session_date", days, lambda silver: sessions(silver, world.feed.has_duration))


def build_user_days(world: World, days: Sequence[str]) -> Built:
    """Compute what users did on the dates."""
    feed = world.feed
    return _build(
        world, "user_days", "event_date", days, lambda silver: user_days(silver, feed.attributes, feed.has_duration)
    )


def _build(
    world: World, name: str, date_column: str, days: Sequence[str], compute: Callable[[DataFrame], DataFrame]
) -> Built:
    table, keys = world.tables[name], sorted(days)
    silver = world.lakehouse.read(world.tables["silver"], one_of_dates(date_column, keys))
    rows = compute(silver).repartition(date_column)
    written = world.lakehouse.replace(
        table,
        rows.select(table.schema.fieldNames()),
        one_of_dates(date_column, keys),
        run_id=world.run_id,
        partitions=keys,
    )
    return built(world, table, written, keys)
