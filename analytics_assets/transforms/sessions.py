"""Sessions: one row a session, an aggregate of silver.

Belongs here: what is summed up over a session, and its id. Does not: where a session begins (silver.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column, DataFrame

MILLISECOND = 1000


def sessions(silver: DataFrame, has_duration: bool) -> DataFrame:
    """One row for each session.

    In: silver. Out: session_id, user_id, session_date, session_start, duration_s decimal(14,3), engaged_ms
    (with has_duration), actions, is_bounce, entry and exit action and object, input_version.
    Source: METRICS "Sessions".
    """
    micros = F.unix_micros("event_time")
    duration = F.coalesce(F.col("duration_ms"), F.lit(0)) if has_duration else F.lit(0)
    end = micros + duration * MILLISECOND
    entry, leave = F.col("is_session_entry"), F.col("is_session_exit")
    sums = [
        F.count(F.lit(1)).alias("actions"),
        F.max(end).alias("_end"),
        F.sum(duration).cast(T.LongType()).alias("engaged_ms"),
        F.max(F.when(entry, F.struct("action", "object_id"))).alias("_entry"),
        F.max(F.when(leave, F.struct("action", "object_id"))).alias("_exit"),
    ]
    # The start comes first: the sort that the texts of entry and exit need compares it before all else, as a number.
    made = silver.groupBy("session_start", "user_id", "session_date", "input_version").agg(*sums)
    named = _described(made).withColumn("session_id", session_id([F.col("user_id")], F.col("session_start")))
    return _in_order(named, ["session_id", "user_id"], has_duration, "input_version")


def unsplit_sessions(silver: DataFrame, session_key: Sequence[str], has_duration: bool) -> DataFrame:
    """One row for each session of a feed whose sessions may last past midnight; its events may have several dates.

    In: silver with session_start. Out: as `sessions`, with the session's key, and events bigint: the session's,
    user actions or not. actions are user actions.
    """
    duration = F.coalesce(F.col("duration_ms"), F.lit(0)) if has_duration else F.lit(0)
    end = F.unix_micros("event_time") + duration * MILLISECOND
    place = F.struct("event_time", "action", "object_id")
    made = silver.groupBy("session_id", *session_key, "session_start", "session_date").agg(
        F.count(F.lit(1)).alias("events"),
        F.count(F.when(F.col("is_user_action"), 1)).alias("actions"),
        F.max(end).alias("_end"),
        F.sum(duration).cast(T.LongType()).alias("engaged_ms"),
        F.min(place).alias("_entry"),
        F.max(place).alias("_exit"),
    )
    return _in_order(_described(made), ["session_id", *session_key], has_duration, "events")


def _described(made: DataFrame) -> DataFrame:
    length = (F.col("_end") - F.unix_micros("session_start")) / F.lit(1_000_000).cast(T.DecimalType(7, 0))
    described = made.withColumns(
        {
            "duration_s": length.cast(T.DecimalType(14, 3)),
            "is_bounce": F.col("actions") == 1,
            "entry_action": F.col("_entry.action"),
            "entry_object_id": F.col("_entry.object_id"),
            "exit_action": F.col("_exit.action"),
            "exit_object_id": F.col("_exit.object_id"),
        }
    )
    return described.drop("_end", "_entry", "_exit")


def _in_order(described: DataFrame, key: Sequence[str], has_duration: bool, last: str) -> DataFrame:
    engaged = ["engaged_ms"] if has_duration else []
    ends = [f"{end}_{what}" for end in ("entry", "exit") for what in ("action", "object_id")]
    sums = ["session_date", "session_start", "duration_s", *engaged, "actions", "is_bounce"]
    return described.select(*key, *sums, *ends, last)


def session_id(key: list[Column], start: Column) -> Column:
    """The key's parts, percent-encoded for %, | and #, joined by |, then # and the start in UTC.

    Source: METRICS "Session id".
    """
    parts = [
        F.replace(
            F.replace(F.replace(part, F.lit("%"), F.lit("%25")), F.lit("|"), F.lit("%7C")), F.lit("#"), F.lit("%23")
        )
        for part in key
    ]
    return F.concat(F.concat_ws("|", *parts), F.lit("#"), F.date_format(start, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"))
