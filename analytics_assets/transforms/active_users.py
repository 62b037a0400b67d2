"""Active users: distinct users by day, window, week and month, and their lifecycle.

Belongs here: what is counted over user days, in all and by attribute. Does not: which dates are closed
(history.py), which dates are computed again (layers/).

Rolling counts join no day with a window: a user's active day counts from that day until the user's next one
or the window's end, whichever comes first: +1 where it begins, -1 where it ends, and a running sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column, DataFrame, Window

from analytics_assets.transforms.columns import TOTAL

WINDOWS = (7, 28, 30)
LIFECYCLE_DAYS = 28
LOOK_BACK_DAYS = max(WINDOWS) - 1
"""How many dates before a date its row depends on."""

SERIES = ("dimension", "value")


def by_dimension(rows: DataFrame, attributes: Sequence[str], *kept: str) -> DataFrame:
    """A row for each row in all and for each attribute: the pair (user, value) takes the user's place.

    Out: dimension string, value string, and the kept columns.
    """
    series = [
        F.struct(F.lit(dimension).alias("dimension"), value.alias("value"))
        for dimension, value in [(TOTAL, F.lit(TOTAL)), *[(name, F.col(name)) for name in attributes]]
    ]
    return rows.select(F.explode(F.array(*series)).alias("_series"), *kept).select("_series.*", *kept)


def activity(user_days: DataFrame, attributes: Sequence[str]) -> DataFrame:
    """How many users were active on a date, by the days since they were and until they are again.

    Out: dimension, value, event_date, before int (days since the user's active day before; null if none in the
    input), after int (days until the next; null if none), users bigint. Small: it does not grow with users.
    """
    days = by_dimension(user_days, attributes, "user_id", "event_date")
    order = Window.partitionBy("user_id", *SERIES).orderBy("event_date")
    gaps = days.select(
        *SERIES,
        "event_date",
        F.datediff("event_date", F.lag("event_date").over(order)).alias("before"),
        F.datediff(F.lead("event_date").over(order), "event_date").alias("after"),
    )
    return gaps.groupBy(*SERIES, "event_date", "before", "after").agg(F.count(F.lit(1)).alias("users"))


def first_days(user_days: DataFrame, attributes: Sequence[str]) -> DataFrame:
    """How many users, or pairs of user and value, were first active on a date.

    In: user days from the first date of the feed's history on. Out: dimension, value, event_date, new bigint.
    """
    # First by (user, all attributes): nearly a row a user, before it is split by attribute.
    firsts = user_days.groupBy("user_id", *attributes).agg(F.min("event_date").alias("event_date"))
    by_series = by_dimension(firsts, attributes, "user_id", "event_date").groupBy("user_id", *SERIES)
    first = by_series.agg(F.min("event_date").alias("event_date"))
    return first.groupBy(*SERIES, "event_date").agg(F.count(F.lit(1)).alias("new"))


def active_users(activity: DataFrame, first_days: DataFrame, days: DataFrame) -> DataFrame:
    """Daily and rolling active users, stickiness and lifecycle.

    In: `activity` of at least LOOK_BACK_DAYS before the first of the days; `first_days` of the whole history;
    days (event_date, is_missing boolean, complete_days int: how many days up to the date are in the history
    and not missing, without a break; input_version). Out: the columns of the table active_users but
    event_month. The total has a row for each day, a value from its first active date on.
    Source: METRICS "Active users".
    """
    begins = first_days.groupBy(*SERIES).agg(F.min("event_date").alias("_begin")).where(F.col("dimension") != TOTAL)
    by_value = days.crossJoin(F.broadcast(begins)).where(F.col("event_date") >= F.col("_begin")).drop("_begin")
    in_all = days.select("*", *[F.lit(TOTAL).alias(name) for name in SERIES])
    grid = in_all.unionByName(by_value)
    measured = _running(activity, grid.select(*SERIES, "event_date"))
    joined = grid.join(measured, [*SERIES, "event_date"], "left").join(first_days, [*SERIES, "event_date"], "left")

    def known(value: Column, days_needed: int) -> Column:
        return F.when(F.col("complete_days") >= days_needed, value)

    dau, new, returning = (_zero(name) for name in ("dau", "new", "returning"))
    counted = joined.select(
        "event_date",
        *SERIES,
        known(dau, 1).alias("dau"),
        *[known(_zero(f"rolling_{days}"), days).alias(f"rolling_{days}") for days in WINDOWS],
        known(new, 1).alias("new"),
        known(returning, LIFECYCLE_DAYS + 1).alias("returning"),
        known(dau - new - returning, LIFECYCLE_DAYS + 1).alias("resurrected"),
        known(_zero("dormant"), LIFECYCLE_DAYS + 1).alias("dormant"),
        "is_missing",
        "input_version",
    )
    return counted.withColumns(
        {
            "stickiness_7": _rate(F.col("dau"), F.col("rolling_7")),
            "stickiness_28": _rate(F.col("dau"), F.col("rolling_28")),
        }
    )


def active_in_period(
    user_days: DataFrame, attributes: Sequence[str], first_days: DataFrame, periods: DataFrame, start: str, users: str
) -> DataFrame:
    """Distinct users in each period.

    In: user days of the periods; periods (`start` date, end date, is_complete boolean, input_version), which do
    not overlap. Out: `start`, dimension, value, `users` bigint (null where the period is not complete),
    is_complete, input_version. The total has a row for each period, a value from its first active date on.
    """
    begins = first_days.groupBy(*SERIES).agg(F.min("event_date").alias("_begin")).where(F.col("dimension") != TOTAL)
    by_value = periods.crossJoin(F.broadcast(begins)).where(F.col("_begin") <= F.col("end")).drop("_begin")
    in_all = periods.select("*", *[F.lit(TOTAL).alias(name) for name in SERIES])
    grid = in_all.unionByName(by_value)
    in_period = (F.col("event_date") >= F.col(start)) & (F.col("event_date") <= F.col("end"))
    # A row a user and period first: what is then split by attribute is a fraction of the user days.
    in_periods = user_days.join(F.broadcast(periods.select(start, "end")), in_period)
    active = in_periods.select("user_id", *attributes, start).distinct()
    distinct = by_dimension(active, attributes, "user_id", start).distinct()
    counted = distinct.groupBy(*SERIES, start).agg(F.count(F.lit(1)).alias(users))
    return grid.join(counted, [*SERIES, start], "left").select(
        start,
        *SERIES,
        F.when(F.col("is_complete"), _zero(users)).alias(users),
        "is_complete",
        "input_version",
    )


def _running(activity: DataFrame, grid: DataFrame) -> DataFrame:
    """Measures of each date and series of the grid, from the steps up and down of the windows."""
    users, after = F.col("users"), F.col("after")
    nothing = F.lit(0).cast(T.LongType())
    measures = ("dau", *[f"rolling_{days}" for days in WINDOWS], "returning", "dormant")

    def step(day: Column, **steps: Column) -> Column:
        return F.struct(day.alias("event_date"), *[steps.get(name, nothing).alias(name) for name in measures])

    day = F.col("event_date")
    rolling_up = {f"rolling_{days}": users for days in WINDOWS}
    returning = F.when(F.col("before") <= LIFECYCLE_DAYS, users).otherwise(nothing)
    has_gone = F.coalesce(after > LIFECYCLE_DAYS, F.lit(True))
    steps = [
        step(day, dau=users, returning=returning, **rolling_up),
        step(F.date_add(day, LIFECYCLE_DAYS), dormant=F.when(has_gone, users).otherwise(nothing)),
        *[
            step(F.date_add(day, F.least(F.coalesce(after, F.lit(days)), F.lit(days))), **{f"rolling_{days}": -users})
            for days in WINDOWS
        ],
    ]
    flat = activity.select(*SERIES, F.explode(F.array(*steps)).alias("_step")).select(*SERIES, "_step.*")
    wanted = grid.select(
        *SERIES, "event_date", *[nothing.alias(name) for name in measures], F.lit(True).alias("_wanted")
    )
    by_day = (
        flat.withColumn("_wanted", F.lit(False))
        .unionByName(wanted)
        .groupBy(*SERIES, "event_date")
        .agg(*[F.sum(name).alias(name) for name in measures], F.max("_wanted").alias("_wanted"))
    )
    so_far = Window.partitionBy(*SERIES).orderBy("event_date").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    rolling = {f"rolling_{days}": F.sum(f"rolling_{days}").over(so_far) for days in WINDOWS}
    return by_day.withColumns(rolling).where("_wanted").drop("_wanted")


def _zero(name: str) -> Column:
    return F.coalesce(F.col(name), F.lit(0).cast(T.LongType()))


def _rate(part: Column, whole: Column) -> Column:
    return F.when(whole > 0, part / whole)
