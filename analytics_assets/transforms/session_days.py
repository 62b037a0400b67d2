"""Session days: how many sessions began on a date, how long they were, what was done in them.

Belongs here: METRICS "Sessions", by day, in all and by attribute. Does not: sessions (sessions.py), which dates and
values have a row (layers/session_days.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, Window

from analytics_assets.transforms.active_users import SERIES, by_dimension
from analytics_assets.transforms.columns import UNKNOWN

QUANTILES = {"p50_duration_s": 500, "p95_duration_s": 950}
"""In thousandths."""
WHOLE = (Window.unboundedPreceding, Window.unboundedFollowing)


def session_days(sessions: DataFrame, user_days: DataFrame, attributes: Sequence[str]) -> DataFrame:
    """Sums and quantiles over the sessions that began on each date, in all and by attribute of their users.

    In: sessions with user_id, session_date, duration_s, actions, is_bounce; user_days of the same dates with user_id,
    event_date and the attributes. Out: session_date, dimension, value; sessions, actions, bounces bigint;
    total_duration_s decimal(24,3), p50_duration_s and p95_duration_s decimal(14,3). Quantile q of n is the value at
    rank ceil(q n). A session has the attributes that its user has on the date of its start.
    """
    measures = ("duration_s", "actions", "is_bounce")
    rows = with_users_attributes(sessions, user_days, attributes, *measures)
    key = ("session_date", *SERIES)
    # By their ranks, which spill to disk where they must: percentile_disc keeps all values of a group on the heap, and
    # takes three times as long.
    of_series = Window.partitionBy(*key)
    rank = F.row_number().over(of_series.orderBy("duration_s"))
    number = F.count(F.lit(1)).over(of_series.orderBy("duration_s").rowsBetween(*WHOLE))
    ranked = by_dimension(rows, attributes, "session_date", *measures).withColumns({"_rank": rank, "_number": number})
    return ranked.groupBy(*key).agg(
        F.count(F.lit(1)).alias("sessions"),
        F.sum("duration_s").alias("total_duration_s"),
        *[_at_rank(per_mille).cast("decimal(14,3)").alias(name) for name, per_mille in QUANTILES.items()],
        F.sum("actions").alias("actions"),
        F.sum(F.col("is_bounce").cast("bigint")).alias("bounces"),
    )


def with_users_attributes(
    sessions: DataFrame, user_days: DataFrame, attributes: Sequence[str], *measures: str
) -> DataFrame:
    """Sessions with the attributes that their users have on the date of the start: user_id, session_date, measures,
    attributes. In: as `session_days`."""
    rows = sessions.select("user_id", "session_date", *measures)
    if not attributes:
        return rows
    of_users = user_days.select("user_id", F.col("event_date").alias("session_date"), *attributes)
    known = {name: F.coalesce(name, F.lit(UNKNOWN)) for name in attributes}
    return rows.join(of_users, ["user_id", "session_date"], "left").withColumns(known)


def _at_rank(per_mille: int) -> Column:
    return F.max(F.expr(f"CASE WHEN _rank = (_number * {per_mille} + 999) DIV 1000 THEN duration_s END"))
