"""Retention: a feed's old arrivals leave bronze, when all that follows from them stands.

Belongs here: what must hold before a purge. Does not: the purge itself (layers/purge.py).
"""

from __future__ import annotations

from analytics_assets.layers import bronze, silver
from analytics_assets.layers.purge import Purged, PurgeError, arrivals_to_purge, purge, purged_arrivals
from analytics_assets.layers.world import World


def run_purge(world: World) -> Purged:
    """Purge the arrivals that are older than the feed keeps.

    Raises PurgeError, and changes nothing, where the feed keeps all, or a table is behind: an event that no table
    holds yet would be lost.
    """
    world.lakehouse.hold(world.feed.name)
    old = arrivals_to_purge(world)
    fresh = [arrival for arrival in old if arrival not in purged_arrivals(world)]
    unread = sorted({*bronze.pending_arrivals(world)} & {*fresh})
    behind = silver.dates_behind(world)
    if unread or behind:
        seen = f"arrivals {unread[0]} and later not read" if unread else f"dates {behind[0]} and later behind"
        raise PurgeError(
            f"{world.feed.name}: saw {seen}, expected all tables as landing has it. Nothing was purged. "
            f"Run: tidebook run {world.feed.name}"
        )
    return Purged(fresh, purge(world, old) if old else 0)
