"""Interaction counts: events of each user with each object, by date, so that they add up.

Belongs here: counting pairs. Does not: sums over all dates, which are made when they are read (feeds/shop.py).
"""

from __future__ import annotations

import pyspark.sql.functions as F
from pyspark.sql import DataFrame


def interaction_counts(silver: DataFrame) -> DataFrame:
    """Events of each date, user and object.

    In: silver. Out: event_date, user_id, object_id, events bigint, input_version. Source: METRICS "Shop".
    """
    return silver.groupBy("event_date", "user_id", "object_id", "input_version").agg(F.count(F.lit(1)).alias("events"))
