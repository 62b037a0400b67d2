"""Silver for feeds whose sessions may last past midnight, and that may name the actions that make sessions.

Belongs here: which session an event belongs to, what a date hands on to the next. Does not: sessions that end at
midnight (silver.py), which dates are computed (layers/silver.py).

A session's start depends on what stands before it alone. So a date is computed from its own rows and from the
sessions that were open when it began: a row for each key, with its last user action and its session's start.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, Window

from analytics_assets.transforms.bronze import local_date
from analytics_assets.transforms.sessions import session_id
from analytics_assets.transforms.silver import WHOLE_ROW, unique_events

MICROSECOND = timedelta(microseconds=1)
BLOCK = "_block"


def events_in_unsplit_sessions(
    rows: DataFrame,
    open_before: DataFrame,
    *,
    event_key: Sequence[str],
    content: Sequence[str],
    winner: Literal["first", "last"],
    session_key: Sequence[str],
    actions: Sequence[str],
    timeout: timedelta,
    zone: str,
) -> DataFrame:
    """One row for each event key, with the session that it belongs to, if any.

    In: accepted rows as `events_in_sessions` takes them, and _block int: dates without a gap between them share one.
    open_before: `open_sessions` of the date before each block, with that block. Out: the input's columns without
    _block; copies bigint, session_start timestamp, session_date date, session_id string (null without a session),
    is_user_action boolean. Source: METRICS "Sessions".
    """
    key = ["event_date", *(content if tuple(event_key) == WHOLE_ROW else ()), *event_key]
    handed_on = open_before.select(
        BLOCK,
        "event_date",
        *session_key,
        F.col("last_action_time").alias("event_time"),
        F.unix_micros("session_start").alias("_began"),
        F.lit(True).alias("_is_handed_on"),
    )
    # By the session's key: rows of one event key then stand in one task, where they name the same.
    together = rows.unionByName(handed_on, allowMissingColumns=True).repartition(*session_key)
    is_own = F.col("_is_handed_on") | (F.col("action").isin(*actions) if actions else F.lit(True))
    timed = unique_events(together, key, content, winner).withColumns(
        {"is_user_action": F.coalesce(is_own, F.lit(False)), "_time": F.unix_micros("event_time")}
    )
    limit = timeout // MICROSECOND
    in_order = Window.partitionBy(BLOCK, *session_key).orderBy("_time")
    # A range, not rows: all that happens at one instant is in one session.
    earlier = in_order.rangeBetween(Window.unboundedPreceding, -1)
    until_now = in_order.rangeBetween(Window.unboundedPreceding, Window.currentRow)
    action_time = F.when(F.col("is_user_action"), F.col("_time"))
    gaps = timed.withColumns(
        {"_action_before": F.max(action_time).over(earlier), "_last_action": F.max(action_time).over(until_now)}
    )
    # >=, not >: a gap of exactly the timeout starts a session.
    starts = F.col("is_user_action") & (
        F.col("_action_before").isNull() | (F.col("_time") - F.col("_action_before") >= limit)
    )
    begun = gaps.withColumn("_began", F.coalesce("_began", F.when(starts, F.col("_time"))))
    started = begun.withColumn("_start", F.max("_began").over(until_now))
    # <=, not <: what comes one timeout after the last user action still belongs to its session.
    belongs = F.col("is_user_action") | (F.col("_time") - F.col("_last_action") <= limit)
    start = F.when(belongs, F.timestamp_micros("_start"))
    placed = started.where("_is_handed_on IS NULL").withColumn("session_start", start)
    named = placed.withColumns(
        {
            "session_date": local_date(F.col("session_start"), zone),
            "session_id": session_id([F.col(name) for name in session_key], F.col("session_start")),
        }
    )
    return named.drop(*[name for name in named.columns if name.startswith("_")])


def open_sessions(silver: DataFrame, session_key: Sequence[str], timeout: timedelta, zone: str) -> DataFrame:
    """Sessions that may go on after the end of the event date.

    In: silver. Out: event_date; the session's key; last_action_time timestamp, session_start timestamp.
    """
    end = F.unix_micros(_midnight_after(F.col("event_date"), zone))
    may_go_on = F.col("is_user_action") & (end - F.unix_micros("event_time") <= timeout // MICROSECOND)
    return (
        silver.where(may_go_on)
        .groupBy("event_date", *session_key)
        .agg(F.max("event_time").alias("last_action_time"), F.max("session_start").alias("session_start"))
    )


def open_digests(open_sessions: DataFrame) -> DataFrame:
    """A digest of each date's open sessions: event_date, sessions bigint, sum string. No order plays a part."""
    each = F.xxhash64(*[name for name in open_sessions.columns if name != "event_date"]).cast("decimal(38,0)")
    # A sum, not XOR: two equal rows would cancel each other.
    return open_sessions.groupBy("event_date").agg(
        F.count(F.lit(1)).alias("sessions"), F.sum(each).cast("string").alias("sum")
    )


def _midnight_after(day: Column, zone: str) -> Column:
    midnight = F.date_add(day, 1).cast("timestamp")
    return midnight if zone == "UTC" else F.to_utc_timestamp(midnight, zone)
