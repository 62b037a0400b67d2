"""Silver: of accepted rows one for each event key, cut into sessions.

Belongs here: which rows are one event, where a session begins and ends. Does not: rows a session
(sessions.py), which rows of bronze a date needs (layers/silver.py), users' attributes (dimension.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import reduce
from typing import Literal

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column, DataFrame, Window, WindowSpec

from analytics_assets.transforms.bronze import local_date

TIES = ("action", "object_id")
USER_DAY = ("user_id", "event_date")
LEAD = (*USER_DAY, "event_time", *TIES)
WHOLE_ROW = ("raw",)


def events_in_sessions(
    rows: DataFrame,
    *,
    event_key: Sequence[str],
    content: Sequence[str],
    winner: Literal["first", "last"],
    timeout: timedelta,
    zone: str,
) -> DataFrame:
    """One row for each event key, with the session that it belongs to.

    In: accepted rows with event_date, user_id, event_time, action, object_id, the key, the content columns, arrival
    and file. Out: the input's columns; copies bigint, how many accepted rows have the key; session_start timestamp,
    session_date date, is_session_entry and is_session_exit boolean.

    Of rows with one key the first (or last) arrival wins, ties go by file name and then by content, so that the
    choice never depends on the order of processing. A gap of the timeout or more starts a session; so does midnight
    in the feed's zone. Source: METRICS "Event key", "Sessions".
    """
    key = [*LEAD, *event_key] if tuple(event_key) == WHOLE_ROW else ["event_date", *event_key]
    if not set(LEAD) <= set(key) or "rows" in rows.columns:
        # Rows of one key do not stand together in the order of sessions: an order of their own, and maybe a shuffle.
        rows = unique_events(rows, key, content, winner)
    order = ["event_time", *TIES, *[name for name in dict.fromkeys(key) if name not in LEAD]]
    in_order = Window.partitionBy(*USER_DAY).orderBy(*order, *_winner_last(content, winner, {*USER_DAY, *order}))
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    before, time, after = (
        F.unix_micros(column)
        for column in (F.lag("event_time").over(in_order), F.col("event_time"), F.lead("event_time").over(in_order))
    )
    limit = timeout // timedelta(microseconds=1)
    # One pass finds neighbours, the next sums up what stands before. Copies are left in until then: they share
    # their time, so no gap is seen or missed for them.
    marked = rows.select(
        "*",
        F.row_number().over(in_order).alias("_place"),
        (before.isNull() | (time - before >= limit)).alias("_starts_session"),
        (after.isNull() | (after - time >= limit)).alias("is_session_exit"),
        _differs(F.lag, order, in_order).alias("_is_first_of_key"),
        _differs(F.lead, order, in_order).alias("_is_last_of_key"),
    )
    summed = marked.select(
        "*",
        F.max(F.when(F.col("_starts_session"), F.col("event_time"))).over(so_far).alias("session_start"),
        F.max(F.when(F.col("_starts_session"), F.col("_place"))).over(so_far).alias("_place_of_start"),
        F.max(F.when(F.col("_is_first_of_key"), F.col("_place"))).over(so_far).alias("_place_of_key"),
    )
    copies = (F.col("_place") - F.col("_place_of_key") + 1).cast(T.LongType())
    events = summed.where("_is_last_of_key").withColumns(
        {
            "copies": F.col("copies") if "copies" in rows.columns else copies,
            "session_date": local_date(F.col("session_start"), zone),
            "is_session_entry": F.col("_place_of_start") == F.col("_place_of_key"),
        }
    )
    return events.drop(*[name for name in events.columns if name.startswith("_")])


def unique_events(rows: DataFrame, key: Sequence[str], content: Sequence[str], winner: str) -> DataFrame:
    """Of rows with one key the one that wins, with copies bigint: how many there were.

    A row may say in `rows` how often it stood in its file.
    """
    group = Window.partitionBy(*dict.fromkeys(key))
    in_order = group.orderBy(*_winner_last(content, winner, set(key)))
    number = F.sum("rows") if "rows" in rows.columns else F.count(F.lit(1))
    # In the same order, though a number has none: rows are sorted once.
    all_of_key = in_order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    ranked = rows.select(
        "*", number.over(all_of_key).alias("copies"), F.lead("event_time").over(in_order).alias("_next")
    )
    return ranked.where("_next IS NULL").drop("_next", "rows")


def _winner_last(content: Sequence[str], winner: str, decided: set[str]) -> list[Column]:
    """The order in which of rows with one key the last one wins."""
    arrival = F.col("arrival").desc() if winner == "first" else F.col("arrival").asc()
    return [arrival, F.col("file").desc(), *[F.col(name).desc() for name in content if name not in decided]]


def _differs(neighbour: Callable[[str], Column], names: Sequence[str], window: WindowSpec) -> Column:
    """Whether the neighbour has another value of one of the names. Null-safe, since a part of a key may be missing;
    where there is no neighbour the time, which never is, differs."""
    different = [~neighbour(name).over(window).eqNullSafe(F.col(name)) for name in names]
    return reduce(lambda left, right: left | right, different)
