"""Live figures: load times by app version, of the last minutes from the live table, of closed dates from theirs.

Belongs here: reading both, quantiles of what is read. Does not: counting (live.py, latency.py). Needs no JVM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from deltalake import QueryBuilder

from analytics_assets.feeds.live_tables import LIVE
from analytics_assets.layers.world import World
from analytics_assets.transforms.buckets import PER_MILLE, quantile

BUCKETS_OF_DATES = "latency_buckets"


@dataclass(frozen=True, kw_only=True)
class LoadTimes:
    """Load times of an app version. quantiles: by their names, in milliseconds, within 1 %."""

    app_version: str
    loads: int
    quantiles: Mapping[str, float]


def live_load_times(world: World, since: datetime) -> list[LoadTimes]:
    """Load times in the live table from a minute on, by app version, those with most loads first."""
    return _load_times(world, LIVE, f"minute >= TIMESTAMP '{since:%Y-%m-%dT%H:%M:%SZ}'")


def load_times_of(world: World, day: date) -> list[LoadTimes]:
    """Load times of a date as its own table has them, likewise."""
    return _load_times(world, BUCKETS_OF_DATES, f"event_date = DATE '{day}' AND bucket IS NOT NULL")


def _load_times(world: World, name: str, where: str) -> list[LoadTimes]:
    table = world.tables[name]
    if not world.lakehouse.exists(table):
        return []
    query = QueryBuilder().register(name, world.lakehouse.table_reader(table))
    sql = f"SELECT app_version, bucket, sum(loads) AS loads FROM {name} WHERE {where} GROUP BY app_version, bucket"
    by_version: dict[str, dict[int, int]] = {}
    for batch in query.execute(sql):
        for row in pa.record_batch(batch).to_pylist():
            by_version.setdefault(row["app_version"], {})[row["bucket"]] = row["loads"]
    made = [
        LoadTimes(
            app_version=version,
            loads=sum(counts.values()),
            quantiles={name: quantile(counts, per_mille) for name, per_mille in PER_MILLE.items()},
        )
        for version, counts in by_version.items()
    ]
    return sorted(made, key=lambda found: (-found.loads, found.app_version))
