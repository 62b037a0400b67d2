"""Behind: what the tables themselves say must be computed, whatever run began it. Needs no JVM.

Belongs here: all tables after bronze, with the versions that they should have. Does not: landing (landed.py).
"""

from __future__ import annotations

from analytics_assets.layers import from_silver, reach, silver
from analytics_assets.layers.world import World, digest, event_version, reading_version


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
    }
    return {table: keys for table, keys in found.items() if keys}


def state(world: World) -> str:
    """A digest of what `behind` looks at: as long as it stays, so does the answer."""
    versions = [f"{name} {world.lakehouse.version(table)}" for name, table in sorted(world.tables.items())]
    return digest(*versions, reading_version(world.feed), event_version(world.feed), world.feed)
