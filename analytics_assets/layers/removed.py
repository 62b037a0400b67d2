"""Arrivals that a person says were removed: what is left of them is read, one without any file is emptied."""

from __future__ import annotations

from collections.abc import Sequence

from analytics_assets.layers.arrivals import event_files
from analytics_assets.layers.bronze import BuiltBronze, build_bronze, settle
from analytics_assets.layers.counting import begin_reading
from analytics_assets.layers.world import World, empty_counts
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.conditions import one_of
from resources.errors import UserError


def accept_removed(world: World, arrivals: Sequence[str]) -> BuiltBronze:
    """Read arrivals as they are in landing now, whatever is missing of them; empty those that hold no file.

    Raises UserError if an arrival is neither in landing nor in bronze, LandingError if landing cannot be listed.
    """
    here = {file.arrival for file in event_files(world, set(arrivals))}
    gone, known = sorted(set(arrivals) - here), set(world.counts(["arrival"])["arrival"].to_pylist())
    if unknown := [arrival for arrival in gone if arrival not in known]:
        raise UserError(
            f"{world.feed.name}: saw arrival {unknown[0]} neither in landing nor in what was read, expected one of "
            f"these. See them: tidebook status {world.feed.name}"
        )
    emptied = _empty(world, gone) if gone else None
    if not here:
        assert emptied is not None
        return emptied
    done = build_bronze(world, sorted(here), accepted=here)
    if emptied is None:
        return done
    return BuiltBronze(
        table=done.table,
        written=done.written,
        rows={**emptied.rows, **done.rows},
        quarantined=done.quarantined,
        told=done.told,
        touched={**emptied.touched, **done.touched},
    )


def _empty(world: World, arrivals: Sequence[str]) -> BuiltBronze:
    lakehouse, table = world.lakehouse, world.tables["bronze"]
    left = begin_reading(world, EVENTS_SOURCE, arrivals)
    written = lakehouse.delete(table, one_of("arrival", arrivals), world.run_id, arrivals)
    touched = settle(world, arrivals, empty_counts(), left)
    return BuiltBronze(table=table, written=written, rows=dict.fromkeys(arrivals, 0), touched=touched)
