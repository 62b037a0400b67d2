"""The tide: a version for each event date, of all that silver computes it from.

Belongs here: which dates an arrival touches. Does not: what a version is made of (transforms/counts.py).

It is written before counts: a run that is killed in between finds the arrival still to be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from analytics_assets.layers.world import World, reading_version
from analytics_assets.transforms.counts import tide

NOTHING_BEFORE = ("", 0)


def record_tide(
    world: World, counts: pa.Table, arrivals: Sequence[str], keys: Mapping[date, str] | None = None
) -> dict[str, str]:
    """Write the version of each event date that follows from counts, and give those that changed.

    keys: see `tide`. A date without accepted rows has an empty version.
    """
    before = world.tide()
    dates = tide(counts, reading_version(world.feed), keys)
    after = {day.isoformat(): found for day, found in dates.items()}
    changed = {
        day: after.get(day, NOTHING_BEFORE)[0]
        for day in sorted({*before, *after})
        if before.get(day, NOTHING_BEFORE)[0] != after.get(day, NOTHING_BEFORE)[0]
    }
    if before == after and world.lakehouse.exists(world.tables["tide"]):
        return {}
    columns: dict[str, list[Any]] = {
        "event_date": list(dates),
        "input_version": [version for version, _ in dates.values()],
        "rows": [rows for _, rows in dates.values()],
    }
    world.lakehouse.put(world.tables["tide"], columns, world.run_id, arrivals)
    return changed
