"""Silver: the accepted rows of event dates, one for each event, with sessions and users' attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.feeds.fields import content_columns
from analytics_assets.layers.bronze import accepted_rows_of
from analytics_assets.layers.counting import arrivals_being_read
from analytics_assets.layers.dimension import clear_touched, touched_dates
from analytics_assets.layers.edges import blocks, crossed_into, dates_with_other_edges, open_before, record_edges
from analytics_assets.layers.keys import lost_rows, winners
from analytics_assets.layers.purge import candidates, keep_contested
from analytics_assets.layers.rules import event_version
from analytics_assets.layers.unfinished import begin
from analytics_assets.layers.world import Built, World, built, differing, digest
from analytics_assets.transforms.counts import EVENTS_SOURCE
from analytics_assets.transforms.dates import by_date
from analytics_assets.transforms.dimension import attributes_by_date, with_attributes
from analytics_assets.transforms.silver import events_in_sessions
from analytics_assets.transforms.unsplit_sessions import BLOCK, events_in_unsplit_sessions
from resources.spark import kept


def dates_behind(world: World) -> list[str]:
    """Event dates that silver does not hold as the tide has them, or whose users' attributes changed.

    Where sessions may last past midnight, also those that begin with other open sessions than they were computed with.
    """
    recorded = world.lakehouse.versions(world.tables["silver"])
    wanted = wanted_versions(world)
    now, left = _as_bronze_stands(world, wanted), {day: version.split("-")[0] for day, version in recorded.items()}
    differ = {*differing(left, wanted)} & {*differing(left, now)}
    if not world.feed.sessions.splits_at_midnight:
        differ |= dates_with_other_edges(world)
    return sorted(differ | set(touched_dates(world)))


def wanted_versions(world: World) -> dict[str, str]:
    """The version that each date with events should be computed from.

    A date whose accepted rows all have keys that are kept on other dates has none.
    """
    rules, lost = event_version(world.feed), lost_rows(world)
    return {day: digest(version, rules) for day, (version, rows) in world.tide().items() if rows > lost.get(day, 0)}


def build_silver(world: World, days: Sequence[str]) -> Built:
    """Compute event dates and replace them in silver, in one commit.

    Where sessions may last past midnight, also the dates after them that sessions now cross into otherwise.
    """
    keys = sorted(days)
    _keep_contested(world, keys)
    if world.feed.sessions.splits_at_midnight:
        return _replace(world, keys, silver_rows(world, keys))
    while True:
        with kept(silver_rows(world, keys)) as rows:
            crossed = sorted({*crossed_into(world, rows, keys)} - {*keys})
            if not crossed:
                return _replace(world, keys, rows)
        _keep_contested(world, crossed)
        keys = sorted([*keys, *crossed])


def _keep_contested(world: World, keys: Sequence[str]) -> None:
    if world.feed.retention_days is not None:
        keep_contested(world, candidates_of(world, keys), keys, ["event_date", *world.feed.event_key])


def _replace(world: World, keys: Sequence[str], rows: DataFrame) -> Built:
    table = world.tables["silver"]
    if not world.feed.sessions.splits_at_midnight:
        begin(world, "edges", "event_date", keys)
    written = world.lakehouse.replace(
        table,
        rows.select(table.schema.fieldNames()),
        keys,
        run_id=world.run_id,
    )
    if not world.feed.sessions.splits_at_midnight:
        record_edges(world, keys)
    if world.feed.dimension:
        clear_touched(world, keys)
    return built(world, table, written, keys)


def silver_rows(world: World, days: Sequence[str]) -> DataFrame:
    """The rows of silver for event dates, from bronze and the dimension."""
    feed, lakehouse = world.feed, world.lakehouse
    content = content_columns(feed)
    accepted = winners(world, candidates_of(world, days), days)
    rule = feed.sessions
    if rule.splits_at_midnight:
        in_sessions = events_in_sessions(
            _spread(accepted, len(days)),
            event_key=feed.event_key,
            content=content,
            winner=feed.winner,
            timeout=rule.timeout,
            zone=feed.time_zone,
        )
    else:
        first = blocks(days)
        in_sessions = events_in_unsplit_sessions(
            accepted.withColumn(BLOCK, by_date(F.col("event_date"), days, first)),
            open_before(world, days),
            event_key=feed.event_key,
            content=content,
            winner=feed.winner,
            session_key=rule.key,
            actions=rule.actions,
            timeout=rule.timeout,
            zone=feed.time_zone,
        ).repartition("event_date")
    if feed.dimension:
        users = lakehouse.read_or_empty(world.tables[feed.dimension.name])
        periods = attributes_by_date(users, feed.dimension.key, feed.attributes)
        in_sessions = with_attributes(in_sessions, periods, feed.dimension.key, feed.attributes)
    return in_sessions.withColumn("input_version", _input_version(world, days))


def candidates_of(world: World, days: Sequence[str]) -> DataFrame:
    """Accepted rows of event dates, those of purged arrivals included."""
    feed = world.feed
    columns = list(dict.fromkeys(["event_date", *content_columns(feed), *feed.event_key, "arrival", "file"]))
    accepted = world.lakehouse.read(world.tables["bronze"], accepted_rows_of(days, feed.lag_days)).select(*columns)
    return candidates(world, accepted, days, columns)


def _spread(rows: DataFrame, days: int) -> DataFrame:
    """One shuffle, by date; by user too where there are fewer dates than tasks that could run."""
    session = rows.sparkSession
    tasks = int(str(session.conf.get("spark.sql.shuffle.partitions")))
    if days >= tasks // 4:
        return rows.repartition("event_date")
    return rows.repartition(tasks // 8 or 1, "event_date", "user_id")


def _as_bronze_stands(world: World, wanted: Mapping[str, str]) -> dict[str, str]:
    """Versions of dates computed now: others than the wanted ones as long as bronze holds what a run that ended left.

    Its rows are neither what the tide says nor what they will be. When they are read again, such dates are behind.
    """
    left = sorted(arrivals_being_read(world, EVENTS_SOURCE))
    return {day: digest(version, *left) for day, version in wanted.items()} if left else dict(wanted)


def _input_version(world: World, days: Sequence[str]) -> Column:
    wanted = _as_bronze_stands(world, wanted_versions(world))
    # The second part tells those that read silver that attributes changed; it does not make silver behind.
    of_snapshots = world.counts(["content"], (pc.field("source") != EVENTS_SOURCE) & pc.field("content").is_valid())
    snapshots = sorted(content for content in of_snapshots["content"].to_pylist() if content)
    of_users = world.feed.dimension.name if world.feed.dimension else ""
    attributes = digest(*snapshots, *sorted(arrivals_being_read(world, of_users)))[:8]
    versions = {day: f"{wanted[day]}-{attributes}" for day in days if day in wanted}
    return by_date(F.col("event_date"), days, versions)
