"""Silver: of accepted rows one for each event key, cut into sessions.

Belongs here: which rows are one event, where a session begins and ends. Does not: rows a session
(sessions.py), which rows of bronze a date needs (layers/silver.py), users' attributes (dimension.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, Window

from analytics_assets.transforms.bronze import local_date

TIES = ("action", "object_id")
LEAD = ("user_id", "event_date", "event_time", *TIES)
WHOLE_ROW = ("raw",)


def unique_events(
    rows: DataFrame, event_key: Sequence[str], content: Sequence[str], winner: Literal["first", "last"]
) -> DataFrame:
    """One row for each event key, with copies bigint: how many accepted rows have the key.

    In: accepted rows with event_date, user_id, event_time, the key, the content columns, arrival and file.
    The first (or last) arrival wins, ties go by file name and then by content, so that the choice never
    depends on the order of processing. Source: METRICS "Event key".
    """
    key = _sorted_key(event_key)
    by_key = Window.partitionBy(*key)
    arrival = F.col("arrival").asc() if winner == "first" else F.col("arrival").desc()
    rest = [name for name in content if name not in key]
    in_order = by_key.orderBy(arrival, "file", *rest)
    ranked = rows.select(
        "*",
        F.row_number().over(in_order).alias("_rank"),
        F.count(F.lit(1))
        .over(in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing))
        .alias("copies"),
    )
    return ranked.where(F.col("_rank") == 1).drop("_rank")


def sessionize(events: DataFrame, event_key: Sequence[str], timeout: timedelta, zone: str) -> DataFrame:
    """Events with the session that each belongs to.

    Out: the input's columns, session_start timestamp, session_date date, is_session_entry and is_session_exit
    boolean. A gap of the timeout or more starts a session; so does midnight in the feed's zone.
    Source: METRICS "Sessions".

    The order is the one in which `unique_events` leaves its rows: no second sort.
    """
    order = ["event_time", *TIES, *[name for name in event_key if name not in LEAD]]
    in_order = Window.partitionBy("user_id", "event_date").orderBy(*order)
    micros = F.unix_micros("event_time")
    limit = timeout // timedelta(microseconds=1)
    before, after = F.lag(micros).over(in_order), F.lead(micros).over(in_order)
    cut = events.select(
        "*",
        (before.isNull() | (micros - before >= limit)).alias("is_session_entry"),
        (after.isNull() | (after - micros >= limit)).alias("is_session_exit"),
    )
    start = F.max(F.when(F.col("is_session_entry"), F.col("event_time"))).over(
        in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    return cut.withColumn("session_start", start).withColumn("session_date", local_date(F.col("session_start"), zone))


def _sorted_key(event_key: Sequence[str]) -> list[str]:
    # What leads the order of sessions leads here too, where it is part of the key or follows from it: then one
    # sort serves both. The event date follows from the time, which each key fixes; a whole row fixes all.
    follows = LEAD if tuple(event_key) == WHOLE_ROW else ("event_date", *event_key)
    return [*[name for name in LEAD if name in follows], *[name for name in event_key if name not in LEAD]]
