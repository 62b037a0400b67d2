"""The tide: a version for each event date, of all that silver computes it from.

Belongs here: which dates an arrival touches. Does not: what a version is made of (transforms/counts.py).

It is written before counts: after a run that is killed in between the arrival is still being read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.counting import OF_DATES, counts_of, with_counts
from analytics_assets.layers.rules import reading_version
from analytics_assets.layers.world import World
from analytics_assets.transforms.counts import EVENTS_SOURCE, tide

NOTHING_BEFORE = ("", 0)


def record_tide(
    world: World,
    fresh: pa.Table,
    arrivals: Sequence[str],
    keys: Mapping[date, str] | None = None,
    *,
    every_date: bool = False,
) -> dict[str, str]:
    """Write the version of each event date that follows from counts, and give those that changed.

    fresh: the rows of counts that will replace those of the arrivals. Only dates with rows in either are looked at;
    with keys (see `tide`) or every_date, all. A date without accepted rows has an empty version.
    """
    before, ours = world.tide(), fresh.select(OF_DATES)
    if keys is None and not every_date:
        replaced = counts_of(world, arrivals, OF_DATES)
        dates = pc.unique(pa.concat_tables([replaced, ours])["event_date"]).drop_null()
        counts = with_counts(world.counts(OF_DATES, pc.field("event_date").isin(dates)), EVENTS_SOURCE, arrivals, ours)
        found = tide(counts.filter(pc.is_in(counts["event_date"], dates)), reading_version(world.feed))
        looked_at = {day.isoformat() for day in dates.to_pylist()}
        after = {day: version for day, version in before.items() if day not in looked_at}
    else:
        counts = with_counts(world.counts(OF_DATES), EVENTS_SOURCE, arrivals, ours)
        found, after = tide(counts, reading_version(world.feed), keys), {}
    after = dict(sorted({**after, **{day.isoformat(): version for day, version in found.items()}}.items()))
    if before == after and world.lakehouse.exists(world.tables["tide"]):
        return {}
    columns: dict[str, list[Any]] = {
        "event_date": [date.fromisoformat(day) for day in after],
        "input_version": [version for version, _ in after.values()],
        "rows": [rows for _, rows in after.values()],
    }
    world.lakehouse.put(world.tables["tide"], columns, world.run_id, arrivals)
    return {
        day: after.get(day, NOTHING_BEFORE)[0]
        for day in sorted({*before, *after})
        if before.get(day, NOTHING_BEFORE)[0] != after.get(day, NOTHING_BEFORE)[0]
    }
