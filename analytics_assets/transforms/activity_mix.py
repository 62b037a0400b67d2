"""The mix of activity: what was done, and where.

Belongs here: events and users by action and country. Does not: active users (active_users.py).
"""

from __future__ import annotations

import pyspark.sql.functions as F
from pyspark.sql import DataFrame


def activity_mix(silver: DataFrame) -> DataFrame:
    """Events and distinct users of each date by action and country.

    In: silver with country. Out: event_date, action, country, events bigint, users bigint, input_version.
    """
    by = ("event_date", "action", "country", "input_version")
    # By user first: a distinct count beside another aggregate would copy each row.
    each = silver.groupBy(*by, "user_id").agg(F.count(F.lit(1)).alias("_events"))
    return each.groupBy(*by).agg(F.sum("_events").alias("events"), F.count(F.lit(1)).alias("users"))
