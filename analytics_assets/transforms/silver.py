"""Silver: of accepted rows one for each event key, cut into sessions.

Belongs here: which rows are one event, where a session begins and ends. Does not: rows a session
(sessions.py), which rows of bronze a date needs (layers/silver.py), users' attributes (dimension.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from typing import Literal

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import DataFrame, Window

from analytics_assets.transforms.bronze import local_date

TIES = ("action", "object_id")
USER_DAY = ("user_id", "event_date")
LEAD = (*USER_DAY, "event_time", *TIES)
WHOLE = (Window.unboundedPreceding, Window.unboundedFollowing)
WHOLE_ROW = ("raw",)


def unique_events(
    rows: DataFrame, event_key: Sequence[str], content: Sequence[str], winner: Literal["first", "last"]
) -> DataFrame:
    """One row for each event key, with copies bigint: how many accepted rows have the key.

    In: accepted rows with event_date, user_id, event_time, the key, the content columns, arrival and file.
    The first (or last) arrival wins, ties go by file name and then by content, so that the choice never
    depends on the order of processing. Source: METRICS "Event key".
    """
    partition, rest_of_key = _split_key(event_key)
    arrival = F.col("arrival").asc() if winner == "first" else F.col("arrival").desc()
    rest = [name for name in content if name not in (*partition, *rest_of_key)]
    group = Window.partitionBy(*partition)
    in_order = group.orderBy(*rest_of_key, arrival, "file", *rest)
    place = F.row_number().over(in_order)
    # Rows of one key stand together; null-safe, since a part of a key may be missing.
    is_first_of_key = [~F.lag(name).over(in_order).eqNullSafe(F.col(name)) for name in rest_of_key]
    ranked = rows.select(
        "*",
        place.alias("_place"),
        reduce(lambda left, right: left | right, is_first_of_key, place == 1).alias("_wins"),
        F.count(F.lit(1)).over(in_order.rowsBetween(*WHOLE)).alias("_rows"),
    )
    winners = ranked.where("_wins")
    next_place = F.lead("_place").over(group.orderBy(*rest_of_key) if rest_of_key else group.orderBy("_place"))
    copies = F.coalesce(next_place, F.col("_rows") + 1) - F.col("_place")
    return winners.withColumn("copies", copies.cast(T.LongType())).drop("_place", "_wins", "_rows")


def sessionize(events: DataFrame, event_key: Sequence[str], timeout: timedelta, zone: str) -> DataFrame:
    """Events with the session that each belongs to.

    Out: the input's columns, session_start timestamp, session_date date, is_session_entry and is_session_exit
    boolean. A gap of the timeout or more starts a session; so does midnight in the feed's zone.
    Source: METRICS "Sessions".

    The order is the one in which `unique_events` leaves its rows: no second sort.
    """
    order = ["event_time", *TIES, *[name for name in event_key if name not in LEAD]]
    in_order = Window.partitionBy(*USER_DAY).orderBy(*order)
    micros = F.unix_micros("event_time")
    limit = timeout // timedelta(microseconds=1)
    # Of the column itself: then Spark counts copies (`unique_events`) and finds neighbours in one pass.
    before = F.unix_micros(F.lag("event_time").over(in_order))
    after = F.unix_micros(F.lead("event_time").over(in_order))
    cut = events.select(
        "*",
        (before.isNull() | (micros - before >= limit)).alias("is_session_entry"),
        (after.isNull() | (after - micros >= limit)).alias("is_session_exit"),
    )
    start = F.max(F.when(F.col("is_session_entry"), F.col("event_time"))).over(
        in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    return cut.withColumn("session_start", start).withColumn("session_date", local_date(F.col("session_start"), zone))


def _split_key(event_key: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The columns within which duplicates are looked for, and those of the key that are left to compare.

    The event date follows from the time, which each key fixes; a whole row fixes all. A key with the user is
    looked for within the user's day, in the order of sessions: one shuffle and one sort serve both.
    """
    known = [*LEAD, *event_key] if tuple(event_key) == WHOLE_ROW else ["event_date", *event_key]
    if "user_id" not in known:
        return tuple(dict.fromkeys(known)), []
    left = [name for name in ("event_time", *TIES) if name in known]
    return USER_DAY, [*left, *[name for name in event_key if name not in LEAD]]
