"""Date versions: of which version of each date a table was made that does not say it in its own rows.

Belongs here: reading and writing these versions, each table's in a table beside it. Does not: what they are used for
(published.py, user_history.py, retention.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from analytics_assets.layers.world import World


def recorded(world: World, name: str) -> dict[str, str]:
    """ISO date -> the version with which a table was made. name: of the table that tells it."""
    if not world.lakehouse.exists(world.tables[name]):
        return {}
    rows = world.lakehouse.arrow(world.tables[name]).to_pylist()
    return {row["event_date"].isoformat(): row["input_version"] for row in rows}


def record(world: World, name: str, versions: Mapping[str, str], partitions: Collection[str]) -> None:
    """Say with which versions a table was made. partitions: the dates that a commit names as changed."""
    columns: dict[str, list[Any]] = {
        "event_date": [date.fromisoformat(day) for day in versions],
        "input_version": list(versions.values()),
    }
    world.lakehouse.put(world.tables[name], columns, world.run_id, sorted(partitions))
