"""The mix of activity, objects by day, session frequency, entry and exit actions: sums against what they count.

Belongs here: verdicts on these tables. Does not: on sessions themselves (session_checks.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F

from analytics_assets.layers.world import World
from asset_checks.law import Check, Law, Verdict
from resources.conditions import one_of_dates

Sums = Mapping[str, Mapping[str, int]]
MIX_ADDS_UP = Check(
    table="activity_mix",
    name="activity_adds_up_to_silver",
    sentence="Over the values of each dimension the events of a date add up to those of silver.",
    blocking=False,
)
MIX_USERS = Check(
    table="activity_mix",
    name="users_of_values_agree",
    sentence="1 <= users <= events, and no value has more users than those of all values of another dimension.",
    blocking=False,
)
OBJECTS_ADD_UP = Check(
    table="object_days",
    name="objects_add_up_to_silver",
    sentence="The events of a date's objects add up to those of silver, and 1 <= users <= events.",
    blocking=False,
)
FREQUENCY_ADDS_UP = Check(
    table="session_frequency",
    name="frequencies_add_up_to_sessions",
    sentence="Over the days since, and over the values of each dimension, sessions add up to those of the date.",
    blocking=False,
)
EDGES_ADD_UP = Check(
    table="entry_exit_actions",
    name="edges_add_up_to_sessions",
    sentence="Under each edge and dimension sessions add up to those of the date; bounces are as many under both.",
    blocking=False,
)


def judge_activity_mix(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates, read without a JVM."""
    rows = _rows(world, "activity_mix", "event_date", days)
    sums = rows.group_by(["event_date", "dimension"]).aggregate(
        [("events", "sum"), ("users", "sum"), ("users", "max"), ("users", "min")]
    )
    more = pc.sum(pc.cast(pc.greater(rows["users"], rows["events"]), pa.int64())).as_py() or 0
    by_date: dict[str, list[dict[str, int]]] = {}
    for row in sums.to_pylist():
        by_date.setdefault(row["event_date"].isoformat(), []).append(row)
    users = {}
    for day in days:
        found = by_date.get(day, [])
        most, least = max((r["users_max"] for r in found), default=0), min((r["users_sum"] for r in found), default=0)
        smallest = min((row["users_min"] for row in found), default=1)
        users[day] = Verdict(
            most <= least and smallest >= 1 and not more,
            {"most_users_of_a_value": most, "fewest_of_a_dimension": least, "more_users_than_events": more},
        )
    return {
        MIX_ADDS_UP.name: _equal(
            {day: {row["dimension"]: row["events_sum"] for row in found} for day, found in by_date.items()},  # type: ignore[misc]
            world.lakehouse.rows(world.tables["silver"]),
            days,
        ),
        MIX_USERS.name: users,
    }


def judge_object_days(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates. Objects may be many: Spark adds them up."""
    rows = world.lakehouse.read(world.tables["object_days"], one_of_dates("event_date", days))
    is_wrong = (F.col("users") < 1) | (F.col("users") > F.col("events"))
    summed = rows.groupBy("event_date").agg(
        F.sum("events").alias("events"), F.count(F.when(is_wrong, 1)).alias("wrong")
    )
    found = {row.event_date.isoformat(): (row.events, row.wrong) for row in summed.collect()}  # a row a date
    silver = world.lakehouse.rows(world.tables["silver"])
    verdicts = {}
    for day in days:
        (events, number), expected = found.get(day, (0, 0)), silver.get(day, 0)
        figures = {"events_of_objects": events, "events": expected, "users_out_of_bounds": number}
        verdicts[day] = Verdict(events == expected and not number, figures)
    return {OBJECTS_ADD_UP.name: verdicts}


def judge_of_sessions(
    check: Check, by: Sequence[str], world: World, days: Sequence[str]
) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates, read without a JVM. by: columns under each of whose values all sessions stand."""
    rows = _rows(world, check.table, "session_date", days)
    bounces = "bounces" in rows.column_names
    wanted = [("sessions", "sum"), *([("bounces", "sum")] if bounces else [])]
    found: dict[str, dict[str, int]] = {}
    of_bounces: dict[str, set[int]] = {}
    for row in rows.group_by(["session_date", *by]).aggregate(wanted).to_pylist():
        day = row["session_date"].isoformat()
        found.setdefault(day, {})[" ".join(row[name] for name in by)] = row["sessions_sum"]
        of_bounces.setdefault(day, set()).add(row["bounces_sum"] if bounces else 0)
    sessions = world.lakehouse.rows(world.tables["sessions"])
    # A date that is not closed has no row, and one of which there is none says nothing.
    verdicts = _equal(found, {day: sessions.get(day, 0) for day in found}, days)
    return {
        check.name: {
            day: verdict if len(of_bounces.get(day, ())) <= 1 else Verdict(False, {"bounces": f"{of_bounces[day]}"})
            for day, verdict in verdicts.items()
        }
    }


def _rows(world: World, name: str, column: str, days: Sequence[str]) -> pa.Table:
    wanted = pa.array([date.fromisoformat(day) for day in days], pa.date32())
    return world.lakehouse.arrow(world.tables[name], where=pc.field(column).isin(wanted))


def _equal(sums: Sums, expected: Mapping[str, int], days: Sequence[str]) -> dict[str, Verdict]:
    """Whether each sum of a date is the number expected; a date without sums should have none."""
    verdicts = {}
    for day in days:
        number, found = expected.get(day, 0), sums.get(day, {})
        others = {name: value for name, value in found.items() if value != number}
        figures: dict[str, int | float | str] = {"expected": number, "sums": len(found)}
        if others:
            figures["first"] = "{} {}".format(*next(iter(sorted(others.items()))))
        verdicts[day] = Verdict(not others and bool(found) == bool(number), figures)
    return verdicts


ACTIVITY_LAWS = (
    Law(checks=(MIX_ADDS_UP, MIX_USERS), judge=judge_activity_mix),
    Law(checks=(OBJECTS_ADD_UP,), judge=judge_object_days),
    Law(checks=(FREQUENCY_ADDS_UP,), judge=partial(judge_of_sessions, FREQUENCY_ADDS_UP, ["dimension"])),
    Law(checks=(EDGES_ADD_UP,), judge=partial(judge_of_sessions, EDGES_ADD_UP, ["dimension", "edge"])),
)
