"""Keys over all dates: which of the rows with one key is kept, where they stand on several dates.

Belongs here: comparing candidates of different dates. Does not: candidates of one date (silver.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, Window


def keys_on_several_dates(
    accepted: DataFrame, event_key: Sequence[str], content: Sequence[str], winner: Literal["first", "last"]
) -> DataFrame:
    """A row for each key that stands on several dates and each of these dates.

    In: accepted rows with event_date, arrival, file, the key and the content columns. Out: event_key string (the
    key's values as JSON), event_date, winner_date (on which the key is kept: of the first or last arrival, ties by
    file name and then by content), rows bigint. Source: METRICS "Event key".
    """
    key = list(event_key)
    arrival = F.col("arrival").asc() if winner == "first" else F.col("arrival").desc()
    candidates = Window.partitionBy(*key)
    in_order = candidates.orderBy(arrival, "file", *[name for name in content if name not in key])
    placed = accepted.select(
        F.to_json(F.struct(*key)).alias("event_key"),
        "event_date",
        F.first("event_date").over(in_order).alias("winner_date"),
        F.min("event_date").over(candidates).alias("_first"),
        F.max("event_date").over(candidates).alias("_last"),
    )
    several = placed.where("_first <> _last")
    return several.groupBy("event_key", "event_date", "winner_date").agg(F.count(F.lit(1)).alias("rows"))


def without_losers(rows: DataFrame, keys: DataFrame, key: Sequence[str]) -> DataFrame:
    """Rows whose key is not kept on another date. keys: as `keys_on_several_dates` gives them."""
    losers = keys.where("event_date <> winner_date").select(
        F.col("event_key").alias("_key"), F.col("event_date").alias("_date")
    )
    is_loser = (F.to_json(F.struct(*key)) == F.col("_key")) & (F.col("event_date") == F.col("_date"))
    return rows.join(losers, is_loser, "left_anti")
