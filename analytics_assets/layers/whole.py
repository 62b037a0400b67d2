"""Tables that are computed as a whole, not by partition: which version of what they follow from they hold.

Belongs here: the table table_versions, written when such a table stands. Does not: any such table.
"""

from __future__ import annotations

from typing import Any

from analytics_assets.layers.unfinished import UNFINISHED
from analytics_assets.layers.world import World

TABLE = "table_versions"


def recorded(world: World) -> dict[str, str]:
    """Table -> the version of its inputs that it was computed from."""
    table = world.tables[TABLE]
    if not world.lakehouse.exists(table):
        return {}
    return {row["table_name"]: row["input_version"] for row in world.lakehouse.arrow(table).to_pylist()}


def behind(world: World, name: str, version: str) -> dict[str, str]:
    """The table's one key "" with the version that it should have, where it was computed from another one."""
    return {} if recorded(world).get(name, "") == version else {"": version}


def begin(world: World, name: str) -> None:
    """Say that a table is being written, in more commits than one (unfinished.py)."""
    record(world, name, UNFINISHED)


def record(world: World, name: str, version: str) -> None:
    """Say that a table stands as it follows from a version of its inputs."""
    versions = {**recorded(world), name: version}
    names = sorted(versions)
    columns: dict[str, list[Any]] = {"table_name": names, "input_version": [versions[known] for known in names]}
    world.lakehouse.put(world.tables[TABLE], columns, world.run_id, [name])
