"""Session frequency: how many days after the one before a user's session comes.

Belongs here: the days between sessions of a user, in all and by attribute. Does not: which dates are closed
(history.py), which dates are computed again (layers/session_frequency.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, Window

from analytics_assets.transforms.active_users import LIFECYCLE_DAYS, SERIES, by_dimension
from analytics_assets.transforms.columns import UNKNOWN
from analytics_assets.transforms.dates import by_date

LOOK_BACK_DAYS = LIFECYCLE_DAYS
"""How many dates before a date its rows depend on: those who come back after more are resurrected, not frequent."""
LONGER = LOOK_BACK_DAYS + 1
"""Stands for more days than that, and for users without any session before."""


def session_frequency(
    sessions: DataFrame, user_days: DataFrame, attributes: Sequence[str], complete_days: Mapping[str, int]
) -> DataFrame:
    """Sessions of each date by the days since the user's session before.

    In: sessions of the dates and of LOOK_BACK_DAYS before them with user_id, session_date; user_days of the dates with
    user_id, event_date and the attributes. complete_days: the dates that are computed, in ISO form, each with how many
    days up to it are closed and not missing, without a break. Out: session_date, dimension, value, days_since int,
    sessions bigint. days_since is 0 for all but the first of a user's sessions on the date, LONGER where there was none
    in the LOOK_BACK_DAYS before, null where a date without figures lies between. Source: METRICS "Sessions".
    """
    none, one = F.lit(0).cast("bigint"), F.lit(1).cast("bigint")
    nothing = [F.lit(None).cast("string").alias(name) for name in attributes]
    rows = sessions.select("user_id", "session_date", one.alias("_sessions"), *nothing)
    if attributes:
        of_users = F.col("event_date").alias("session_date")
        rows = rows.unionByName(user_days.select("user_id", of_users, none.alias("_sessions"), *attributes))
    # Attributes come as rows, not by a join, and all by user: sessions are shuffled and sorted once.
    known = [F.coalesce(F.max(name), F.lit(UNKNOWN)).alias(name) for name in attributes]
    by_user = rows.repartition("user_id").groupBy("user_id", "session_date")
    days = by_user.agg(F.sum("_sessions").alias("_sessions"), *known)
    before = F.lag("session_date").over(Window.partitionBy("user_id").orderBy("session_date"))
    since = days.where("_sessions > 0").withColumn("_since", F.datediff("session_date", before))
    asked = sorted(complete_days)
    wanted = since.where(F.col("session_date").isin(*[F.lit(day).cast("date") for day in asked]))
    complete = by_date(F.col("session_date"), asked, {day: str(complete_days[day]) for day in asked}).cast("int")
    shown = F.when(F.col("_since") <= LOOK_BACK_DAYS, F.col("_since")).otherwise(F.lit(LONGER))
    # A gap of k days is known if the k days before the date, and the date, all have figures.
    first = F.when(F.least(shown, F.lit(LOOK_BACK_DAYS)) < complete, shown)
    parts = [
        F.struct(first.alias("days_since"), one.alias("sessions")),
        F.struct(F.lit(0).alias("days_since"), (F.col("_sessions") - 1).alias("sessions")),
    ]
    split = wanted.select("session_date", *attributes, F.explode(F.array(*parts)).alias("_part"))
    counted = split.select("session_date", *attributes, "_part.*").where("sessions > 0")
    series = by_dimension(counted, attributes, "session_date", "days_since", "sessions")
    return series.groupBy("session_date", *SERIES, "days_since").agg(F.sum("sessions").alias("sessions"))
