"""Live against batch: load times that a live run counted are those of the date's own events.

Belongs here: comparing both where they cover the same files and minutes. Does not: what a live run counts
(layers/live.py), the buckets of dates (latency_checks.py).

A copy of an event in another file is a load to a live run, and a duplicate to silver: so both are near each other, and
not always equal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.feeds.live_tables import LIVE
from analytics_assets.layers.latency import BUCKETS
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import LANDED, local_date
from analytics_assets.transforms.buckets import PER_MILLE, bucket, quantile
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.law import Check, Law, Verdict
from resources.conditions import one_of_dates
from resources.local_frames import frame_of

LIVE_AGREES = Check(
    table=BUCKETS,
    name="live_load_times_agree",
    sentence="Loads that a live run counted, and their p95, are near those of silver in the same files and minutes.",
    blocking=False,
)


def judge(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates. A date of which no live run has minutes passes."""
    minutes = [minute for _, minute in world.lakehouse.logged(world.tables[LIVE], "min.minute")]
    files = _read_by_both(world) if minutes else []
    live, batch = _counted(world, days, files, min(minutes)) if files else ({}, {})
    verdict = partial(_verdict, world.feed.quality.most_live_difference, world.feed.quality.least_rows)
    return {LIVE_AGREES.name: {day: verdict(live.get(day, {}), batch.get(day, {})) for day in days}}


def _read_by_both(world: World) -> list[str]:
    """Files that stand in the live table as bronze read them: with the same fingerprint."""
    where = (pc.field("source") == EVENTS_SOURCE) & (pc.field("standing") == LANDED)
    by_bronze = world.counts(["source", "standing", "file", "fingerprint"], where)
    marks = {mark for _, mark in world.lakehouse.logged(world.tables[LIVE], "min.fingerprint")}
    both = by_bronze.filter(pc.is_in(by_bronze["fingerprint"], pa.array(sorted(marks), pa.string())))
    return sorted(set(both["file"].to_pylist()))


def _counted(
    world: World, days: Sequence[str], files: Collection[str], first: datetime
) -> tuple[dict[str, dict[int, int]], dict[str, dict[int, int]]]:
    """Loads by date and bucket in the live table and in silver. first: minute from which the live table has loads."""
    feed, lakehouse = world.feed, world.lakehouse
    known = F.broadcast(frame_of(lakehouse.spark.session, [(file,) for file in files], "file string"))
    minutes = lakehouse.read(world.tables[LIVE]).join(known, "file")
    wanted = [date.fromisoformat(day) for day in days]
    live = minutes.withColumn("day", local_date(F.col("minute"), feed.time_zone)).where(F.col("day").isin(*wanted))
    is_load = F.col("action").isin(*feed.page_views) & F.col("duration_ms").isNotNull()
    silver = lakehouse.read(world.tables["silver"], one_of_dates("event_date", days)).join(known, "file")
    batch = silver.where(is_load & (F.col("event_time") >= F.lit(first))).select(
        F.col("event_date").alias("day"), bucket(F.col("duration_ms")).alias("bucket")
    )
    return _by_day(live, F.sum("loads")), _by_day(batch, F.count(F.lit(1)))


def _by_day(rows: DataFrame, loads: Column) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for row in rows.groupBy("day", "bucket").agg(loads.alias("loads")).collect():  # a row a date and bucket
        found.setdefault(row.day.isoformat(), {})[row.bucket] = row.loads
    return found


def _verdict(most: float, least_rows: int, live: dict[int, int], batch: dict[int, int]) -> Verdict:
    seen, expected = sum(live.values()), sum(batch.values())
    figures: dict[str, int | float | str] = {"live_loads": seen, "loads": expected}
    if not seen or not expected:
        return Verdict(max(seen, expected) < least_rows, figures)
    p95, expected_p95 = quantile(live, PER_MILLE["p95"]), quantile(batch, PER_MILLE["p95"])
    figures |= {"live_p95_ms": round(p95, 1), "p95_ms": round(expected_p95, 1)}
    is_near = abs(seen - expected) <= most * expected and abs(p95 - expected_p95) <= most * max(expected_p95, 1.0)
    return Verdict(expected < least_rows or is_near, figures)


LIVE_LAW = Law(checks=(LIVE_AGREES,), judge=judge)
