"""Sessions, user days and the mix of activity: aggregates of silver, date by date."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.fields import activity_series, load_fields
from analytics_assets.layers.edges import session_versions
from analytics_assets.layers.world import Built, World, built
from analytics_assets.transforms.activity_mix import activity_mix, object_days
from analytics_assets.transforms.dates import by_date
from analytics_assets.transforms.duration_cuts import duration_buckets
from analytics_assets.transforms.interaction_counts import interaction_counts
from analytics_assets.transforms.load_buckets import load_buckets
from analytics_assets.transforms.sessions import sessions, unsplit_sessions
from analytics_assets.transforms.user_days import user_days
from resources.conditions import one_of_dates


def dates_behind(world: World, table: str) -> list[str]:
    """Dates that the table does not hold as silver has them."""
    recorded = world.lakehouse.versions(world.tables[table])
    wanted = wanted_versions(world, table)
    return sorted(day for day in {*recorded, *wanted} if recorded.get(day) != wanted.get(day))


def wanted_versions(world: World, table: str) -> dict[str, str]:
    """The version that each date of the table should have: silver's, or of all dates that hold its sessions' events."""
    if table == "sessions" and not world.feed.sessions.splits_at_midnight:
        return session_versions(world)
    return world.lakehouse.versions(world.tables["silver"])


def build_sessions(world: World, days: Sequence[str]) -> Built:
    """Compute the sessions that begin on the dates."""
    feed, keys = world.feed, sorted(days)
    silver = world.lakehouse.read(world.tables["silver"], one_of_dates("session_date", keys))
    if feed.sessions.splits_at_midnight:
        rows = sessions(silver, feed.has_duration)
    else:
        wanted = wanted_versions(world, "sessions")
        made = unsplit_sessions(silver, feed.sessions.key, feed.has_duration)
        rows = made.withColumn("input_version", by_date(F.col("session_date"), keys, wanted))
    return _replace(world, "sessions", "session_date", keys, rows)


def build_user_days(world: World, days: Sequence[str]) -> Built:
    """Compute what users did on the dates."""
    feed = world.feed
    return _of_events(world, "user_days", days, lambda silver: user_days(silver, feed.attributes, feed.has_duration))


def build_activity_mix(world: World, days: Sequence[str]) -> Built:
    """Compute what was done on the dates, where and when."""
    feed = world.feed
    return _of_events(
        world, "activity_mix", days, lambda silver: activity_mix(silver, activity_series(feed), feed.time_zone)
    )


def build_object_days(world: World, days: Sequence[str]) -> Built:
    """Compute what was done to each object on the dates."""
    return _of_events(world, "object_days", days, object_days)


def build_interaction_counts(world: World, days: Sequence[str]) -> Built:
    """Count the events of the dates by user and object."""
    return _of_events(world, "interaction_counts", days, interaction_counts)


def build_latency_buckets(world: World, days: Sequence[str]) -> Built:
    """Count the page loads of the dates by how long they took."""
    feed = world.feed
    dimensions = [field.name for field in load_fields(feed)]
    return _of_events(world, "latency_buckets", days, lambda silver: load_buckets(silver, feed.page_views, dimensions))


def build_duration_buckets(world: World, days: Sequence[str]) -> Built:
    """Count the events of the dates by action and bucket of their duration."""
    return _of_events(world, "duration_buckets", days, duration_buckets)


def _of_events(world: World, name: str, days: Sequence[str], compute: Callable[[DataFrame], DataFrame]) -> Built:
    """A table of dates that follows from the events of each date alone."""
    keys = sorted(days)
    rows = compute(world.lakehouse.read(world.tables["silver"], one_of_dates("event_date", keys)))
    if "input_version" not in rows.columns:
        # Where each event goes through a shuffle, its date's version would be a third of what is shuffled.
        rows = rows.withColumn("input_version", by_date(F.col("event_date"), keys, wanted_versions(world, name)))
    return _replace(world, name, "event_date", keys, rows)


def _replace(world: World, name: str, date_column: str, keys: Sequence[str], rows: DataFrame) -> Built:
    table = world.tables[name]
    written = world.lakehouse.replace(
        table,
        rows.repartition(date_column).select(table.schema.fieldNames()),
        keys,
        run_id=world.run_id,
    )
    return built(world, table, written, keys)


FURTHER: dict[str, Callable[[World, Sequence[str]], Built]] = {
    "activity_mix": build_activity_mix,
    "object_days": build_object_days,
    "interaction_counts": build_interaction_counts,
    "latency_buckets": build_latency_buckets,
    "duration_buckets": build_duration_buckets,
}
"""Further tables of dates, for each feed that declares them."""
