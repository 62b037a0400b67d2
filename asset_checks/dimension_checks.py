"""The dimension: a user stands in a snapshot once, and the users of events are known.

Belongs here: verdicts on snapshots and on dates of user days, of feeds that have a dimension. Does not: making
snapshots unique (transforms/dimension.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce

import pyspark.sql.functions as F

from analytics_assets.feeds.spec import Dimension, Feed
from analytics_assets.layers.world import World
from analytics_assets.transforms.columns import UNKNOWN
from asset_checks.law import Check, Law, Verdict, joined
from asset_checks.schema_checks import schema_law
from resources.conditions import one_of, one_of_dates

KNOWN = Check(
    table="user_days",
    name="users_are_known",
    sentence="No more of a date's events are of users without any attribute than is usual for the feed.",
    blocking=False,
)


def dimension_laws(feed: Feed) -> tuple[Law, ...]:
    """The laws of a feed's dimension; none where it has none."""
    dimension = feed.dimension
    if dimension is None:
        return ()
    unique = Check(
        table=dimension.name,
        name="user_is_unique_in_snapshot",
        sentence="No user stands in a snapshot twice, so that joining events with it multiplies none.",
        blocking=True,
    )
    return (
        joined(
            Law(checks=(unique,), judge=partial(_judge_snapshots, unique, dimension)),
            schema_law(dimension.name, dimension.name, "snapshot"),
        ),
        Law(checks=(KNOWN,), judge=_judge_user_days),
    )


def _judge_snapshots(
    check: Check, dimension: Dimension, world: World, arrivals: Sequence[str]
) -> dict[str, dict[str, Verdict]]:
    rows = world.lakehouse.read(world.tables[check.table], one_of("arrival", arrivals))
    by_user = rows.groupBy("arrival", dimension.key).agg(F.count(F.lit(1)).alias("rows"))
    sums = by_user.groupBy("arrival").agg(F.count(F.lit(1)).alias("users"), F.sum(F.col("rows") - 1).alias("surplus"))
    found = {row.arrival: (row.users, row.surplus) for row in sums.collect()}  # a row a snapshot
    verdicts = {}
    for arrival in arrivals:
        users, surplus = found.get(arrival, (0, 0))
        verdicts[arrival] = Verdict(surplus == 0, {"users": users, "standing_twice": surplus})
    return {check.name: verdicts}


def _judge_user_days(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    feed = world.feed
    rows = world.lakehouse.read(world.tables[KNOWN.table], one_of_dates("event_date", days))
    is_unknown = reduce(lambda left, right: left & right, [F.col(name) == UNKNOWN for name in feed.attributes])
    sums = rows.groupBy("event_date").agg(
        F.sum("events").alias("events"), F.sum(F.when(is_unknown, F.col("events")).otherwise(0)).alias("unknown")
    )
    found = {row.event_date.isoformat(): (row.events, row.unknown) for row in sums.collect()}  # a row a date
    rule, verdicts = feed.quality, {}
    for day in days:
        events, unknown = found.get(day, (0, 0))
        share = unknown / events if events else 0.0
        figures = {"events": events, "of_unknown_users": unknown, "share": round(share, 6)}
        verdicts[day] = Verdict(events < rule.least_rows or share <= rule.most_unknown, figures)
    return {KNOWN.name: verdicts}
