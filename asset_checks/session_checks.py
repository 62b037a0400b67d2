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
    sentence="Events in the date's sessions = events of the date in silver.",
    blocking=True,
)


def judge(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates: sums over sessions against the rows of silver in Delta's log."""
    sessions = world.lakehouse.read(world.tables["sessions"], one_of_dates("session_date", days))
    by_id = sessions.groupBy("session_date", "session_id").agg(
        F.count(F.lit(1)).alias("rows"), F.sum("actions").alias("actions")
    )
    rows = (
        by_id.groupBy("session_date")
        .agg(F.sum("rows").alias("rows"), F.sum("actions").alias("actions"), F.sum(F.col("rows") - 1).alias("surplus"))
        .collect()  # a row a date
    )
    found = {row.session_date.isoformat(): row for row in rows}
    silver = world.lakehouse.rows(world.tables["silver"])
    unique, complete = {}, {}
    for day in days:
        sums = (found[day].rows, found[day].actions, found[day].surplus) if day in found else (0, 0, 0)
        unique[day] = Verdict(sums[2] == 0, {"sessions": sums[0], "ids_standing_twice": sums[2]})
        events = silver.get(day, 0)
        complete[day] = Verdict(sums[1] == events, {"events_in_sessions": sums[1], "events": events})
    return {UNIQUE.name: unique, COMPLETE.name: complete}


SESSIONS_LAW = Law(checks=(UNIQUE, COMPLETE), judge=judge)
