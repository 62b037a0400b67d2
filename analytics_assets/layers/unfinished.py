"""Unfinished: partitions that are written in more commits than one, told apart until the last of these stands.

Belongs here: taking versions back before the first commit. Does not: which tables are written so (their modules),
arrivals that are being read (counting.py).

The version of such partitions is recorded with their last commit. If the one of before stood there all the while, a run
that ends in between would leave it beside other rows, and if then the inputs become again what they were, nothing
would seem behind. So the first commit says that they are unfinished, which is no version that anything should have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.world import World
from resources.conditions import one_of
from resources.delta_tables import INPUT_VERSION, arrow_schema

UNFINISHED = "unfinished"
"""Recorded in place of a version."""


def begin(world: World, name: str, column: str, keys: Collection[str]) -> None:
    """Take back the versions of partitions in the table that records them; its rows stay as they are else.

    column: holds the partitions' names or dates. Keys without a row get none: see `with_others`.
    """
    lakehouse, table = world.lakehouse, world.tables[name]
    if not keys or not lakehouse.exists(table):
        return
    is_partition = column in table.partition_by
    ours = pc.field(column).isin(pa.array(sorted(keys))) if is_partition else None
    rows = lakehouse.arrow(table, where=ours).cast(arrow_schema(table))
    versions = rows[INPUT_VERSION]
    is_key = pc.is_in(pc.cast(rows[column], pa.string()), pa.array(sorted(keys)))
    if pc.any(pc.and_(is_key, pc.not_equal(versions, UNFINISHED))).as_py():
        place = rows.schema.get_field_index(INPUT_VERSION)
        begun = rows.set_column(place, rows.schema.field(place), pc.if_else(is_key, UNFINISHED, versions))
        lakehouse.put(table, begun, world.run_id, sorted(keys), one_of(column, keys) if is_partition else None)


def with_others(recorded: Mapping[str, str], standing: Collection[str]) -> dict[str, str]:
    """Recorded versions, and partitions that stand in a table that is written before them as unfinished ones."""
    return {**dict.fromkeys(standing, UNFINISHED), **recorded}
