"""Published tables: what stands in others, under the feed's own names, with the time of the last change of a row.

Belongs here: which dates are published again. Does not: the time that a row keeps (transforms/published.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone
from typing import Any

import pyarrow.compute as pc

from analytics_assets.feeds.spec import Published
from analytics_assets.layers import date_versions
from analytics_assets.layers.unfinished import begin, with_others
from analytics_assets.layers.world import Built, World, built, differing
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.published import with_update_time
from resources.conditions import one_of_dates

STAMP = "dl_updated_at"
VERSIONS = "published_versions"
KEYS = {"active_users": ("event_date", "dau"), "active_users_month": ("month_start", "mau")}


def events_to_publish(world: World) -> list[str]:
    """Dates whose published events are not those of silver."""
    tables = [world.tables[found.name] for found in world.feed.published if found.source == "silver"]
    standing = {day for table in tables for day in world.lakehouse.rows(table)}
    recorded = with_others(date_versions.recorded(world, VERSIONS), standing)
    return sorted(differing(recorded, world.lakehouse.versions(world.tables["silver"])))


def publish_events(world: World, published: Published, days: Sequence[str]) -> Built:
    """Write the events of dates again; last, which version they are of (unfinished.py)."""
    lakehouse, table, keys = world.lakehouse, world.tables[published.name], sorted(days)
    where = one_of_dates("event_date", keys)
    names = [name for name in table.schema.fieldNames() if name != STAMP]
    silver = lakehouse.read(world.tables["silver"], where).select(*names)
    before = lakehouse.read_or_empty(table, where)
    key = ["event_date", *[name for name in world.feed.event_key if name in names]]
    rows = with_update_time(silver, before, key, datetime.now(timezone.utc))
    begin(world, VERSIONS, "event_date", keys)
    written = lakehouse.replace(table, rows.repartition("event_date"), keys, run_id=world.run_id)
    versions = lakehouse.versions(world.tables["silver"])
    recorded = {day: version for day, version in date_versions.recorded(world, VERSIONS).items() if day not in keys}
    recorded |= {day: versions[day] for day in keys if day in versions}
    date_versions.record(world, VERSIONS, recorded, keys)
    return built(world, table, written, keys)


def publisher(published: Published) -> Callable[[World, Sequence[str]], Built]:
    """`publish_events` of one table, as the other layers build theirs."""
    return lambda world, days: publish_events(world, published, days)


def totals_to_publish(world: World, published: Published) -> dict[date, int | None]:
    """Dates or months whose published total is not the one that stands, with the latter; None where there is none."""
    now, before = _totals(world, published)
    return {day: now.get(day) for day in _differing(now, before)}


def publish_totals(world: World, published: Published) -> int:
    """Write the totals of dates or months again where one of them changed; how many rows changed."""
    now, before = _totals(world, published)
    changed = _differing(now, before)
    if changed:
        time = datetime.now(timezone.utc)
        days = sorted(now)
        stamps = [time if day in changed else before[day][1] for day in days]
        key, figure = KEYS[published.source]
        columns: dict[str, list[Any]] = {key: days, figure: [now[day] for day in days], STAMP: stamps}
        table = world.tables[published.name]
        world.lakehouse.put(table, columns, world.run_id, [day.isoformat() for day in changed])
    return len(changed)


def _differing(now: dict[date, int], before: dict[date, tuple[int, datetime]]) -> list[date]:
    return sorted(day for day in {*now, *before} if now.get(day) != before.get(day, (None, None))[0])


def _totals(world: World, published: Published) -> tuple[dict[date, int], dict[date, tuple[int, datetime]]]:
    """The total of each date or month as it is, and as it was published and when."""
    lakehouse, source, table = world.lakehouse, world.tables[published.source], world.tables[published.name]
    key, figure = KEYS[published.source]
    now, before = {}, {}
    if lakehouse.exists(source):
        rows = lakehouse.arrow(source, [key, figure], pc.field("dimension") == TOTAL).to_pylist()
        now = {row[key]: row[figure] for row in rows if row[figure] is not None}
    if lakehouse.exists(table):
        before = {row[key]: (row[figure], row[STAMP]) for row in lakehouse.arrow(table).to_pylist()}
    return now, before
