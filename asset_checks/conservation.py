"""Conservation: every landed row is accounted for, from the bytes of the files to silver, by one contract."""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F

from analytics_assets.layers.counting import OF_SUMS, counts_of
from analytics_assets.layers.keys import lost_rows
from analytics_assets.layers.rejudging import contracts_of
from analytics_assets.layers.world import Sums, World, sums_by_arrival
from analytics_assets.transforms.columns import EVENT_DATE
from asset_checks.law import Check, Law, Verdict
from resources.conditions import one_of_dates

LANDED = Check(
    table="bronze",
    name="landed_is_accepted_and_rejected",
    sentence="Rows counted from the files' bytes = accepted rows + rejected rows + rows of users who were forgotten.",
    blocking=True,
)
ONE_CONTRACT = Check(
    table="bronze",
    name="arrival_has_one_contract",
    sentence="All rows of the arrival were judged by one version of the contract.",
    blocking=True,
)
ACCEPTED = Check(
    table="silver",
    name="accepted_is_silver_and_duplicates",
    sentence="Accepted rows of the date = events in silver + their duplicates.",
    blocking=True,
)
UNIQUE = Check(
    table="silver",
    name="event_key_is_unique",
    sentence="No event key stands in silver twice.",
    blocking=True,
)


def judge_bronze(world: World, arrivals: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on arrivals, from counts and from Delta's log."""
    sums, contracts = sums_by_arrival(counts_of(world, arrivals, OF_SUMS)), contracts_of(world)
    verdicts, one = {}, {}
    for arrival in arrivals:
        found = sums.get(arrival, Sums(0, 0, 0, 0))
        verdicts[arrival] = Verdict(found.add_up, found._asdict())
        versions = sorted(contracts.get(arrival, ()))
        one[arrival] = Verdict(len(versions) <= 1, {"contracts": ", ".join(versions) or "none"})
    return {LANDED.name: verdicts, ONE_CONTRACT.name: one}


def judge_silver(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on event dates, from one narrow reading of silver.

    Keys are compared by a 64-bit hash within a date: a false alarm is possible (about one in 10^8 for a
    million events a date), a missed duplicate is not.
    """
    silver = world.lakehouse.read(world.tables["silver"], one_of_dates(EVENT_DATE.name, days))
    key = [name for name in world.feed.event_key if name in silver.columns]
    tide, lost = world.tide(), lost_rows(world)
    # A whole row is not kept in silver; equal rows have equal events, so copies tell.
    by_key = silver.groupBy("event_date", F.xxhash64(*(key or ["user_id", "event_time", "file"])).alias("key")).agg(
        F.count(F.lit(1)).alias("events"), F.sum("copies").alias("copies")
    )
    rows = (
        by_key.groupBy("event_date")
        .agg(
            F.sum("events").alias("events"),
            F.sum("copies").alias("copies"),
            F.sum(F.col("events") - 1).alias("surplus"),
        )
        .collect()  # a row a date
    )
    found = {row.event_date.isoformat(): row for row in rows}
    accepted, unique = {}, {}
    for day in days:
        events, copies, surplus = (
            (found[day].events, found[day].copies, found[day].surplus) if day in found else (0, 0, 0)
        )
        expected, elsewhere = tide.get(day, ("", 0))[1], lost.get(day, 0)
        figures = {"accepted": expected, "events": events, "duplicates": copies - events + elsewhere}
        accepted[day] = Verdict(copies + elsewhere == expected, figures)
        unique[day] = Verdict(not key or surplus == 0, {"events": events, "keys_standing_twice": surplus if key else 0})
    return {ACCEPTED.name: accepted, UNIQUE.name: unique}


BRONZE_LAW = Law(checks=(LANDED, ONE_CONTRACT), judge=judge_bronze)
SILVER_LAW = Law(checks=(ACCEPTED, UNIQUE), judge=judge_silver)
