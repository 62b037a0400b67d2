"""Retention: bounds of each cell, sums over values, and cohorts against the new users of active_users."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.world import World
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.retention import FIRST_ACTIVITY
from asset_checks.law import Check, Law, Verdict, none_of

TABLE = "retention"
BOUNDS = Check(
    table=TABLE,
    name="retention_bounds",
    sentence="0 <= retained <= unbounded <= size, each rate in its interval, all active when their activity began.",
    blocking=False,
)
VALUES_ADD_UP = Check(
    table=TABLE,
    name="retention_values_add_up",
    sentence="Over the values of a dimension sizes and retained users add up to the total.",
    blocking=False,
)
COHORTS_ARE_NEW_USERS = Check(
    table=TABLE,
    name="daily_cohorts_are_new_users",
    sentence="A daily cohort has as many users as active_users counts new on its date.",
    blocking=False,
)
CELL = ["period", "cohort_by", "cohort_start", "periods_after"]
SUMS = ("size", "retained", "unbounded_retained")


def judge(world: World, keys: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on the table as a whole, read without a JVM. keys: the one key "" of a table without partitions."""
    cells = world.lakehouse.arrow(world.tables[TABLE])
    found = {
        BOUNDS.name: none_of(_out_of_bounds(cells)),
        VALUES_ADD_UP.name: none_of(_unequal_sums(cells)),
        COHORTS_ARE_NEW_USERS.name: none_of(_other_than_new(world, cells)),
    }
    return {name: dict.fromkeys(keys, verdict) for name, verdict in found.items()}


def _out_of_bounds(cells: pa.Table) -> pa.Table:
    retained, unbounded, size = (cells[name] for name in ("retained", "unbounded_retained", "size"))
    own = pc.and_(pc.equal(cells["periods_after"], 0), pc.equal(cells["cohort_by"], FIRST_ACTIVITY))
    rules = [
        pc.less(retained, 0),
        pc.greater(retained, unbounded),
        pc.greater(retained, size),
        pc.greater(unbounded, size),
        pc.and_kleene(own, pc.not_equal(retained, size)),
        *[
            pc.or_kleene(
                pc.less(cells[f"{kind}rate"], cells[f"{kind}rate_low"]),
                pc.greater(cells[f"{kind}rate"], cells[f"{kind}rate_high"]),
            )
            for kind in ("", "unbounded_")
        ],
    ]
    broken = pc.fill_null(rules[0], False)
    for rule in rules[1:]:
        broken = pc.or_(broken, pc.fill_null(rule, False))
    return cells.filter(broken)


def _unequal_sums(cells: pa.Table) -> pa.Table:
    wanted = [(name, "sum") for name in SUMS]
    by_dimension = cells.group_by([*CELL, "dimension"]).aggregate(wanted)
    is_total = pc.equal(by_dimension["dimension"], TOTAL)
    split, total = by_dimension.filter(pc.invert(is_total)), by_dimension.filter(is_total).drop(["dimension"])
    both = split.join(total, CELL, right_suffix="_total")
    differs = pa.array([False] * len(both), pa.bool_())
    for name in SUMS:
        unequal = pc.not_equal(both[f"{name}_sum"], both[f"{name}_sum_total"])
        differs = pc.or_(differs, pc.fill_null(unequal, False))
    return both.filter(differs)


def _other_than_new(world: World, cells: pa.Table) -> pa.Table:
    table = world.tables["active_users"]
    if not world.lakehouse.exists(table):
        return cells.slice(0, 0)
    wanted = (pc.field("period") == "day") & (pc.field("periods_after") == 0)
    cohorts = cells.filter(wanted & (pc.field("dimension") == TOTAL)).select(["cohort_start", "size"])
    new = world.lakehouse.arrow(table, ["event_date", "new"], pc.field("dimension") == TOTAL)
    both = cohorts.join(new, "cohort_start", "event_date")
    return both.filter(pc.fill_null(pc.not_equal(both["size"], both["new"]), False))


RETENTION_LAW = Law(checks=(BOUNDS, VALUES_ADD_UP, COHORTS_ARE_NEW_USERS), judge=judge)
