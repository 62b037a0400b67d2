"""Silver: the accepted rows of event dates, one for each event, with sessions and users' attributes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.feeds.tables import event_fields, other_contract_fields
from analytics_assets.layers.bronze import accepted_rows_of
from analytics_assets.layers.dimension import clear_touched, touched_dates
from analytics_assets.layers.world import Built, World, built, digest, event_version
from analytics_assets.transforms.counts import EVENTS_SOURCE
from analytics_assets.transforms.dimension import attributes_by_date, with_attributes
from analytics_assets.transforms.silver import events_in_sessions
from resources.conditions import one_of_dates


def dates_behind(world: World) -> list[str]:
    """Event dates that silver does not hold as the tide has them, or whose users' attributes changed."""
    recorded = world.lakehouse.versions(world.tables["silver"])
    wanted = wanted_versions(world)
    differ = {
        day
        for day in {*recorded, *wanted}
        if wanted.get(day) != (recorded[day].split("-")[0] if day in recorded else None)
    }
    return sorted(differ | set(touched_dates(world)))


def wanted_versions(world: World) -> dict[str, str]:
    """The version that each date with accepted rows should be computed from."""
    rules = event_version(world.feed)
    return {day: digest(version, rules) for day, (version, _) in world.tide().items()}


def build_silver(world: World, days: Sequence[str]) -> Built:
    """Compute event dates and replace them in silver, in one commit."""
    table, lakehouse = world.tables["silver"], world.lakehouse
    keys = sorted(days)
    rows = silver_rows(world, keys)
    written = lakehouse.replace(
        table,
        rows.select(table.schema.fieldNames()),
        one_of_dates("event_date", keys),
        run_id=world.run_id,
        partitions=keys,
    )
    if world.feed.dimension:
        clear_touched(world, keys)
    return built(world, table, written, keys)


def silver_rows(world: World, days: Sequence[str]) -> DataFrame:
    """The rows of silver for event dates, from bronze and the dimension."""
    feed, lakehouse = world.feed, world.lakehouse
    content = [
        field.name for field in (*event_fields(feed), *other_contract_fields(feed)) if field.name not in ("event_date",)
    ]
    kept = dict.fromkeys(["event_date", *content, *feed.event_key, "arrival", "file"])
    accepted = lakehouse.read(world.tables["bronze"], accepted_rows_of(days, feed.lag_days)).select(*kept)
    in_sessions = events_in_sessions(
        _spread(accepted, len(days)),
        event_key=feed.event_key,
        content=content,
        winner=feed.winner,
        timeout=feed.sessions.timeout,
        zone=feed.time_zone,
    )
    if feed.dimension:
        users = lakehouse.read_or_empty(world.tables[feed.dimension.name])
        periods = attributes_by_date(users, feed.dimension.key, feed.attributes)
        in_sessions = with_attributes(in_sessions, periods, feed.dimension.key, feed.attributes)
    return in_sessions.withColumn("input_version", _input_version(world, days))


def _spread(rows: DataFrame, days: int) -> DataFrame:
    """One shuffle, by date; by user too where there are fewer dates than tasks that could run."""
    session = rows.sparkSession
    tasks = int(str(session.conf.get("spark.sql.shuffle.partitions")))
    if days >= tasks // 4:
        return rows.repartition("event_date")
    return rows.repartition(tasks // 8 or 1, "event_date", "user_id")


def _input_version(world: World, days: Sequence[str]) -> Column:
    wanted = wanted_versions(world)
    # The second part tells those that read silver that attributes changed; it does not make silver behind.
    snapshots = sorted(
        row["fingerprint"]
        for row in world.counts().select(["source", "fingerprint"]).to_pylist()
        if row["source"] != EVENTS_SOURCE and row["fingerprint"]
    )
    attributes = digest(*snapshots)[:8]
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    every = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    # By place: a map of a year's dates would be searched for each row.
    versions = F.array(*[F.lit(f"{wanted[day]}-{attributes}" if day in wanted else None) for day in every])
    return F.get(versions, F.datediff("event_date", F.lit(first))).cast("string")
