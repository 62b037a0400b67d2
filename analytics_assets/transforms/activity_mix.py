"""The mix of activity: events and users by what was done, where, at which hour, and to what.

Belongs here: counting events and distinct users of a date by one value at a time. Does not: active users over longer
periods (active_users.py).

Events add up over dates; users do not: one who comes on two dates is one user of both together.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.bronze import local_hour

HOUR = "hour"


def activity_mix(silver: DataFrame, series: Sequence[str], zone: str) -> DataFrame:
    """Events and distinct users of each date by the values of each series, one series at a time, and by hour.

    In: silver with the columns named by series. zone: of the hours. Out: event_date, dimension (a series, or HOUR),
    value (of HOUR: 00 to 23), events bigint, users bigint. A value without events has no row.
    """
    hour = F.format_string("%02d", local_hour(F.col("event_time"), zone))
    values = [(name, F.col(name)) for name in series] + [(HOUR, hour)]
    pairs = [F.struct(F.lit(name).alias("dimension"), value.alias("value")) for name, value in values]
    # Events are copied once for each series, and counted before they are shuffled: to count by all of them at once
    # first, or to shuffle by user, costs more (docs/decisions.md).
    split = silver.select("event_date", "user_id", F.explode(F.array(*pairs)).alias("_pair"))
    return _counted(split.select("event_date", "user_id", "_pair.*"), "dimension", "value")


def object_days(silver: DataFrame) -> DataFrame:
    """Events and distinct users of each date and object.

    In: silver. Out: event_date, object_id (null for events without one), events bigint, users bigint.
    """
    return _counted(silver, "object_id")


def _counted(rows: DataFrame, *by: str) -> DataFrame:
    # By user first: a distinct count beside another aggregate would copy each row.
    of_user = rows.groupBy("event_date", *by, "user_id").agg(F.count(F.lit(1)).alias("_events"))
    return of_user.groupBy("event_date", *by).agg(F.sum("_events").alias("events"), F.count(F.lit(1)).alias("users"))
