"""User days: what each user did on each date.

Belongs here: sums by user and date. Does not: windows over dates (active_users.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import DataFrame


def user_days(silver: DataFrame, attributes: Sequence[str], has_duration: bool) -> DataFrame:
    """One row for each user and event date.

    In: silver. Out: user_id, event_date, events, engaged_ms (with has_duration), first_event_time,
    last_event_time, the attributes as of the date, input_version.
    """
    engaged = [F.coalesce(F.sum("duration_ms"), F.lit(0)).cast(T.LongType()).alias("engaged_ms")]
    # A user has one value of each attribute on a date, so they may stand in the key: no text is aggregated.
    return silver.groupBy("user_id", "event_date", *attributes, "input_version").agg(
        F.count(F.lit(1)).alias("events"),
        *(engaged if has_duration else []),
        F.min("event_time").alias("first_event_time"),
        F.max("event_time").alias("last_event_time"),
    )
