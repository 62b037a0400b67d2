"""Verification: all tables of a feed rebuilt from landing in a lakehouse aside, and compared with the live ones.

Belongs here: the rebuild, what is compared and what cannot be. Does not: the comparison of two tables
(transforms/comparison.py), words and exit codes (commands/verify.py). The live tables are only read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.feeds.live_tables import LIVE_TABLES
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from analytics_assets.seed import Archive, archive_of, seed
from analytics_assets.transforms.comparison import LIVE, REBUILT, first_differences, sums, tallied
from resources.errors import UserError
from resources.lakehouse import Lakehouse

NOT_COMPARED = ("restatements", "touched", "purged", "purged_arrivals", "table_versions", "forgotten", *LIVE_TABLES)
"""They tell when figures changed, what is still to do, what was purged, who was forgotten, how a table came about, what
was counted before a date was closed: none of that follows from landing alone."""

BEFORE_DASH = (
    *("silver", "sessions", "user_days", "activity_mix", "object_days", "interaction_counts", "latency_buckets"),
    *("duration_buckets", "session_hours"),
    *("edges", "published_versions", "user_history_versions", "retention_versions"),
)
WITHOUT_VERSION = (
    *("active_users", "active_users_week", "active_users_month", "session_days", "latency", "likely_days"),
    *("device_effect", "device_loads", "duration_cuts", "engagement_concentration"),
    *("session_frequency", "entry_exit_actions"),
)
"""Where input_version depends on which snapshots were known when a date was built (docs/decisions.md 1)."""

DATES = ("event_date", "session_date", "week_start", "month_start", "cohort_start", "first_date", "period_start")
KEYS = {
    "bronze": ("arrival", "file", "line_number"),
    "counts": ("source", "arrival", "file", "event_date", "hour", "standing", "rule"),
    "tide": ("event_date",),
    "profiles": ("arrival", "column_name"),
    "sessions": ("session_id",),
    "user_days": ("event_date", "user_id"),
    "activity_mix": ("event_date", "dimension", "value"),
    "object_days": ("event_date", "object_id"),
    "active_users": ("event_date", "dimension", "value"),
    "active_users_week": ("week_start", "dimension", "value"),
    "active_users_month": ("month_start", "dimension", "value"),
    "session_days": ("session_date", "dimension", "value"),
    "session_frequency": ("session_date", "dimension", "value", "days_since"),
    "entry_exit_actions": ("session_date", "dimension", "value", "edge", "action"),
    "session_hours": ("session_date", "hour"),
    "user_history": ("user_id",),
    "latency_buckets": ("event_date", "app_version", "device_type", "action", "bucket"),
    "series_points": ("metric", "granularity", "dimension", "value", "event_date", "hour"),
    "anomalies": ("metric", "granularity", "dimension", "value", "start_date", "start_hour"),
    "unlikely_users": ("event_date", "user_id"),
    "likely_days": ("event_date",),
    "latency": ("period", "period_start", "dimension", "value"),
    "device_effect": ("period", "period_start", "app_version"),
    "device_differences": ("period", "period_start", "app_version", "device_type"),
    "device_pairs": ("period", "period_start", "app_version", "device_type", "other_device_type"),
    "device_loads": ("event_month", "app_version", "device_type", "bucket"),
    "duration_buckets": ("event_date", "action", "bucket"),
    "duration_cuts": ("period_month", "action"),
    "power_users": ("period_month", "user_id"),
    "engagement_concentration": ("period_month", "top_percent"),
    "retention": ("period", "cohort_by", "dimension", "value", "cohort_start", "periods_after"),
}
FIRST = 10


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What the comparison of a table found. first: rows as dictionaries, with LIVE and REBUILT."""

    table: str
    key: tuple[str, ...]
    live: int
    rebuilt: int
    live_alone: int
    rebuilt_alone: int
    first: list[dict[str, Any]]

    @property
    def is_equal(self) -> bool:
        """Whether both tables have the same rows."""
        return not (self.live_alone or self.rebuilt_alone)


@dataclass
class Verified:
    """What a verification found. notes: what could not be compared, and what may explain a difference."""

    tables: list[Compared] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether all tables that were compared have the same rows."""
        return all(table.is_equal for table in self.tables)


def verify(
    live: World, scratch: Path, observer: Observer, first: date | None = None, last: date | None = None
) -> Verified:
    """Rebuild a feed in the folder scratch, and compare every table, row by row, over the dates from first to last.

    What has gone from landing is taken from the live bronze. Takes no lease of the live feed.
    Raises UserError where there is nothing to compare, LandingError, WriteError where the disk is full.
    """
    if not live.lakehouse.exists(live.tables["counts"]):
        raise UserError(
            f"{live.feed.name}: nothing has been read yet, so there is nothing to verify. "
            f"Run: tidebook run {live.feed.name}"
        )
    if first and last and last < first:
        raise UserError(f"saw --from {first} after --to {last}, expected a first date at or before the last")
    before = _versions(live)
    archive = archive_of(live)
    aside = Lakehouse(root=str(scratch), spark=live.lakehouse.spark)
    rebuilt = World(live.feed, live.landing, aside, run_id="verify")
    found = Verified(notes=archive.notes(live.feed))
    try:
        seed(live, rebuilt, archive)
        outcome = run_pass(rebuilt, observer, None if archive.has_landing else [])
        for table, keys in outcome.failed.items():
            found.notes.append(f"checks of {table} failed in the rebuild too, and these went no further: {_few(keys)}")
        for name in live.tables:
            if name not in NOT_COMPARED:
                observer.stage(f"comparing {name}", 1)
                found.tables.append(_compared(live, rebuilt, name, archive, first, last))
    finally:
        aside.let_go()
    moved = [name for name, version in _versions(live).items() if before.get(name) != version]
    if moved:
        found.notes.append(
            f"the live tables were written meanwhile ({', '.join(moved)}): differences may come from that; verify again"
        )
    return found


def _versions(world: World) -> dict[str, int]:
    lakehouse = world.lakehouse
    return {
        name: lakehouse.table_reader(table).version()
        for name, table in world.tables.items()
        if name not in NOT_COMPARED and lakehouse.exists(table)
    }


def _compared(
    live: World, rebuilt: World, name: str, archive: Archive, first: date | None, last: date | None
) -> Compared:
    table = live.tables[name]
    both = [_comparable(world.lakehouse.read_or_empty(table), table, archive, first, last) for world in (live, rebuilt)]
    key = tuple(column for column in _key(live.feed, name) if column in both[0].columns)
    tally = tallied(*both)
    (found,) = sums(tally).collect()
    rows: list[dict[str, Any]] = []
    if found.live_alone or found.rebuilt_alone:
        rows = [row.asDict() for row in first_differences(tally, key or both[0].columns, FIRST).collect()]
    return Compared(table=name, key=key, first=rows, **found.asDict())


def _key(feed: Feed, name: str) -> tuple[str, ...]:
    if name == "silver":
        return ("event_date", *feed.event_key)
    if name == "bronze":
        return tuple(dict.fromkeys((*KEYS["bronze"], *feed.event_key)))
    if feed.dimension and name == feed.dimension.name:
        return ("arrival", feed.dimension.key)
    if feed.dimension and name == f"{feed.dimension.name}_rejected":
        return KEYS["bronze"]
    return KEYS.get(name, ())


def _comparable(rows: DataFrame, table: Table, archive: Archive, first: date | None, last: date | None) -> DataFrame:
    if table.name in BEFORE_DASH:
        rows = rows.withColumn("input_version", F.substring_index("input_version", "-", 1))
    elif table.name in WITHOUT_VERSION:
        rows = rows.drop("input_version")
    rows = rows.drop("dl_updated_at")  # when, not what
    day = _date_of(table)
    if archive.purged and table.name in ("bronze", "profiles"):
        rows = rows.where(~F.col("arrival").isin(archive.purged))
    if day is not None and first is not None:
        rows = rows.where(day >= F.lit(first))
    if day is not None and last is not None:
        rows = rows.where(day <= F.lit(last))
    return rows


def _date_of(table: Table) -> Column | None:
    """A row's date; of a row without one (rejected, or of a snapshot) that of its arrival."""
    names = table.schema.fieldNames()
    dates = [F.col(name) for name in DATES if name in names][:1]
    if "arrival" in names:
        dates.append(F.to_date(F.substring("arrival", 1, 10)))
    return F.coalesce(*dates) if dates else None


def _few(keys: Collection[str]) -> str:
    ordered = sorted(keys)
    return ", ".join(ordered[:5]) + (f" and {len(ordered) - 5:,} more" if len(ordered) > 5 else "")


def paired(found: Compared) -> list[tuple[Mapping[str, Any], Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """The first differences by key: (key, row of the live table or None, row of the rebuilt one or None).

    Where the key does not tell rows apart, each row stands alone.
    """
    sides: dict[str, tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]] = {}
    for row in found.first:
        key = {name: row[name] for name in found.key}
        content = {name: value for name, value in row.items() if name not in (LIVE, REBUILT)}
        _, live, rebuilt = sides.setdefault(repr(key), (key, [], []))
        (live if row[LIVE] > row[REBUILT] else rebuilt).append(content)
    pairs: list[tuple[Mapping[str, Any], Mapping[str, Any] | None, Mapping[str, Any] | None]] = []
    for key, live, rebuilt in sides.values():
        if len(live) == 1 == len(rebuilt):
            pairs.append((key, live[0], rebuilt[0]))
        else:
            pairs += [(key, row, None) for row in live] + [(key, None, row) for row in rebuilt]
    return pairs
