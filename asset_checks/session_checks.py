"""Sessions: each has an id of its own, and together they hold every event of silver."""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F

from analytics_assets.layers.world import World
from asset_checks.law import Check, Law, Verdict
from resources.conditions import one_of_dates

UNIQUE = Check(table="sessions", name="session_id_is_unique", sentence="No session id stands twice.", blocking=True)
COMPLETE = Check(
    table="sessions",
    name="events_in_sessions_are_silver",
    sentence="Events in the sessions that begin on the date = events of these sessions in silver.",
    blocking=True,
)


def judge(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates: sums over the sessions that begin on them against the events of these sessions in silver."""
    sessions = world.lakehouse.read(world.tables["sessions"], one_of_dates("session_date", days))
    events = "events" if "events" in sessions.columns else "actions"
    by_id = sessions.groupBy("session_date", "session_id").agg(
        F.count(F.lit(1)).alias("rows"), F.sum(events).alias("events")
    )
    rows = (
        by_id.groupBy("session_date")
        .agg(F.sum("rows").alias("rows"), F.sum("events").alias("events"), F.sum(F.col("rows") - 1).alias("surplus"))
        .collect()  # a row a date
    )
    found = {row.session_date.isoformat(): row for row in rows}
    silver = _events_in_silver(world, days)
    unique, complete = {}, {}
    for day in days:
        sums = (found[day].rows, found[day].events, found[day].surplus) if day in found else (0, 0, 0)
        unique[day] = Verdict(sums[2] == 0, {"sessions": sums[0], "ids_standing_twice": sums[2]})
        expected = silver.get(day, 0)
        complete[day] = Verdict(sums[1] == expected, {"events_in_sessions": sums[1], "events": expected})
    return {UNIQUE.name: unique, COMPLETE.name: complete}


def _events_in_silver(world: World, days: Sequence[str]) -> dict[str, int]:
    table = world.tables["silver"]
    if world.feed.sessions.splits_at_midnight:
        return world.lakehouse.rows(table)  # each event is in a session of its date
    silver = world.lakehouse.read(table, one_of_dates("session_date", days))
    rows = silver.groupBy("session_date").agg(F.count(F.lit(1)).alias("events")).collect()  # a row a date
    return {row.session_date.isoformat(): row.events for row in rows}


SESSIONS_LAW = Law(checks=(UNIQUE, COMPLETE), judge=judge)
