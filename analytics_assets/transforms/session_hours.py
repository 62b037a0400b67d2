"""Session hours: how many sessions began in each hour of a date, and how long they were together.

Belongs here: counting by hour. Does not: sessions (sessions.py), what is asked by day (session_days.py).
"""

from __future__ import annotations

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.bronze import local_hour


def session_hours(sessions: DataFrame, zone: str) -> DataFrame:
    """Sessions and their length by date and hour of their start.

    In: sessions with session_date, session_start, duration_s. zone: of the hours. Out: session_date, hour int (0 to
    23), sessions bigint, total_duration_s decimal(24,3). An hour without sessions has no row.
    """
    hour = local_hour(F.col("session_start"), zone).alias("hour")
    return sessions.groupBy("session_date", hour).agg(
        F.count(F.lit(1)).alias("sessions"), F.sum("duration_s").alias("total_duration_s")
    )
