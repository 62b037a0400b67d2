"""Behind: what the tables themselves say must be computed, whatever run began it. Needs no JVM.

Belongs here: all tables after bronze, with the versions that they should have. Does not: landing (landed.py).
"""

from __future__ import annotations

from analytics_assets.feeds.live_tables import LIVE_TABLES
from analytics_assets.feeds.spec import Published
from analytics_assets.layers import from_silver, published, reach, restatements, silver
from analytics_assets.layers.metrics import metrics_of
from analytics_assets.layers.rules import event_version, reading_version
from analytics_assets.layers.world import World, digest


def behind(world: World) -> dict[str, dict[str, str]]:
    """Table -> its partitions that are behind, each with the version that it should have ("" for none)."""
    wanted, stands = silver.wanted_versions(world), world.lakehouse.versions(world.tables["silver"])
    found = {
        "silver": {day: wanted.get(day, "") for day in silver.dates_behind(world)},
        **{
            table: {day: stands.get(day, "") for day in from_silver.dates_behind(world, table)}
            for table in ("sessions", "user_days", *from_silver.FURTHER)
            if table in world.tables
        },
        **reach.keys_reached(world),
        **{one.name: _to_publish(world, one, stands) for one in world.feed.published},
        **{metric.table: metric.behind(world) for metric in metrics_of(world)},
        restatements.TABLE: {
            f"{one.metric} {one.event_date}": str(one.new) for one in restatements.differing(world, world.history())
        },
    }
    return {table: keys for table, keys in found.items() if keys}


def _to_publish(world: World, one: Published, of_silver: dict[str, str]) -> dict[str, str]:
    if one.source == "silver":
        return {day: of_silver.get(day, "") for day in published.events_to_publish(world)}
    return {day.isoformat(): str(total) for day, total in published.totals_to_publish(world, one).items()}


def state(world: World) -> str:
    """A digest of what `behind` looks at: as long as it stays, so does the answer."""
    tables = [(name, table) for name, table in sorted(world.tables.items()) if name not in LIVE_TABLES]
    versions = [f"{name} {world.lakehouse.version(table)}" for name, table in tables]
    return digest(*versions, reading_version(world.feed), event_version(world.feed), world.feed)
