"""Settled cells: the figures of retention that the ledger of published figures holds.

Belongs here: which cells are published, those of cohorts by first activity, and under which name. Does not: the ledger
(restatements.py), cells (retention.py). Needs no JVM.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers import retention
from analytics_assets.layers.world import World
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.restatements import Figure
from analytics_assets.transforms.retention import FIRST_ACTIVITY

SETTLED = "settled"
KINDS = {"": "", "unbounded_": "_unbounded"}
"""Prefix of the columns of a cell's figure -> what its name ends with."""
COLUMNS = ["period", "cohort_start", "periods_after", "retained", "state", "unbounded_retained", "unbounded_state"]


def settled_cells(world: World, published: Collection[Figure]) -> dict[Figure, int | None]:
    """Retained users of each cell, in all, that is settled or was published before; null of one that is gone.

    A figure is the cell's name, as retention_week_3 or retention_day_7_unbounded, and the first date of its cohort.
    A cell stays published, also where later arrivals make the feed's usual lateness longer and so open it again.
    Nothing while the table is behind: its cells would be told of files that they are not made of.
    """
    if retention.behind(world):
        return {}
    found: dict[Figure, int | None] = {figure: None for figure in published if figure[0].startswith(retention.TABLE)}
    for row in _cells(world).to_pylist():
        for prefix, ending in KINDS.items():
            figure = f"{retention.TABLE}_{row['period']}_{row['periods_after']}{ending}", row["cohort_start"]
            if row[f"{prefix}state"] == SETTLED or figure in found:
                found[figure] = row[f"{prefix}retained"]
    return found


def _cells(world: World) -> pa.Table:
    table = world.tables[retention.TABLE]
    if not world.lakehouse.exists(table):
        return pa.table({name: [] for name in COLUMNS})
    return world.lakehouse.arrow(
        table, COLUMNS, (pc.field("dimension") == TOTAL) & (pc.field("cohort_by") == FIRST_ACTIVITY)
    )
