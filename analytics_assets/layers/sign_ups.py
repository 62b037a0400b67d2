"""Cohorts by sign-up: the cells of retention of feeds whose dimension says when users signed up.

Belongs here: what is read for them, and of which version of the dimension they are. Does not: dates and bits
(transforms/sign_ups.py), cells (transforms/retention.py), writing them (retention.py).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers import user_history
from analytics_assets.layers.world import World, digest
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.history import History
from analytics_assets.transforms.retention import CELLS, COHORTS, SIGN_UP, Closed, cells, cohort_counts, counted_apart
from analytics_assets.transforms.sign_ups import (
    BITS,
    DAYS,
    TOLD_BY,
    sign_up_dates,
    since_sign_up,
    since_sign_up_by_days,
)
from resources.conditions import one_of_dates
from resources.spark import gathered


def version(world: World) -> list[str]:
    """What the cells follow from beside the user history: a digest of the snapshots as read; nothing without them."""
    dimension = world.feed.dimension
    if dimension is None or dimension.sign_up_date is None:
        return []
    landed = (pc.field("source") == dimension.name) & (pc.field("standing") == LANDED)
    # By their bytes: a snapshot that comes again as it was changes nothing.
    files = world.counts(["arrival", "file", "content", "source", "standing"], landed).to_pylist()
    return [digest(dimension.sign_up_date, *sorted((row["arrival"], row["file"], row["content"]) for row in files))]


def sign_up_cells(world: World, history: History, closed: Closed, last: int) -> pa.Table:
    """The cells by the week of sign-up, and a row without a cohort: the active users of whom no date is known.

    Empty for a feed that does not say when users signed up. Needs the user history up to date.
    """
    dimension, lakehouse = world.feed.dimension, world.lakehouse
    if dimension is None or dimension.sign_up_date is None:
        return CELLS.empty_table()
    users = lakehouse.read_or_empty(world.tables[dimension.name])
    signed = sign_up_dates(users, dimension.key, dimension.sign_up_date, history.as_of)
    histories = lakehouse.read_or_empty(world.tables[user_history.TABLE])
    placed = since_sign_up(histories, signed, history.as_of, last)
    found = gathered(cohort_counts(placed, [TOLD_BY], {"week": last}), COHORTS)
    # By the counting itself: to ask first whether there is such a user would cost a join of all users.
    if DAYS in found["value"].to_pylist():
        dates = sorted(user_history.wanted_versions(world, history))
        days = lakehouse.read(world.tables["user_days"], one_of_dates("event_date", dates)).select(
            "user_id", "event_date"
        )
        far = since_sign_up_by_days(placed.where(f"{TOLD_BY} = '{DAYS}'"), days, last)
        told = placed.where(f"{TOLD_BY} = '{BITS}'").unionByName(far)
        found = gathered(cohort_counts(told, [TOLD_BY], {"week": last}), COHORTS)
    found = found.filter(pc.equal(found["dimension"], TOTAL))
    has_date = pc.is_valid(found["cohort_start"])
    in_history = pc.is_in(found["cohort_start"], pa.array([week.start for week in closed.periods], pa.date32()))
    without = pc.sum(found.filter(pc.invert(has_date))["size"]).as_py() or 0
    return pa.concat_tables([cells(found.filter(in_history), closed, last, SIGN_UP), counted_apart(without, SIGN_UP)])
