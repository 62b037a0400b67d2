"""Live loads: the page views of files that have just landed, counted by minute and by how long they took.

Belongs here: which rows of a file count, in which minute. Does not: verdicts (bronze.py), buckets (buckets.py), which
minutes are kept (layers/live.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.bronze import REJECTED
from analytics_assets.transforms.buckets import bucket
from analytics_assets.transforms.columns import UNKNOWN
from analytics_assets.transforms.silver import LEAD, WHOLE_ROW, unique_events

AHEAD_MINUTES = 5
"""How far a clock may be ahead of the one of landing."""


def live_loads(
    rows: DataFrame,
    written: DataFrame,
    users: DataFrame | None,
    *,
    event_key: Sequence[str],
    content: Sequence[str],
    winner: Literal["first", "last"],
    page_views: Sequence[str],
    dimensions: Sequence[str],
) -> DataFrame:
    """How many page views of each file and minute are in which bucket of durations.

    In: rows as `bronze` gives them; written, a row a file: file string, written_time timestamp, when it was last
    written; users, a row each: user_id and those of the dimensions that events do not carry, None where there is none.
    page_views: the actions that are loads. Out: file, minute timestamp, the dimensions (`unknown` where there is none),
    bucket int, loads bigint, and rows bigint, the accepted rows of the file that are counted there. Rows that are no
    load are in one row a file, with no bucket. A load that happened after its file was written, by more than
    AHEAD_MINUTES, has no minute: one wrong clock must not push out the hours that are shown.

    Of the accepted rows of one key in a file one counts, as in silver; copies in other files are not seen.
    Source: METRICS "Latency", "Event key".
    """
    key = [*LEAD, *event_key] if tuple(event_key) == WHOLE_ROW else [*event_key]
    accepted = rows.where(F.col("standing") != REJECTED)
    events = unique_events(accepted, ["file", "event_date", *key], content, winner)
    if users is not None:
        held = users.withColumnRenamed("user_id", "_user")
        events = events.join(held, F.col("user_id") == F.col("_user"), "left").drop("_user")
    timed = events.join(F.broadcast(written), "file")
    is_load = F.col("action").isin(*page_views) & F.col("duration_ms").isNotNull()
    latest = F.col("written_time") + F.expr(f"INTERVAL {AHEAD_MINUTES} MINUTES")
    keys = {
        "minute": F.when(F.col("event_time") <= latest, F.date_trunc("minute", "event_time")),
        **{name: F.coalesce(F.col(name), F.lit(UNKNOWN)) for name in dimensions},
        "bucket": bucket(F.col("duration_ms")),
    }
    marked = timed.select(
        "file",
        *[F.when(is_load, key).alias(name) for name, key in keys.items()],
        F.when(is_load, F.expr("1L")).otherwise(F.expr("0L")).alias("loads"),
        "copies",
    )
    return marked.groupBy("file", *keys).agg(F.sum("loads").alias("loads"), F.sum("copies").alias("rows"))
