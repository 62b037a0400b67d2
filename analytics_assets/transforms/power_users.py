"""Power users: engaged time of each user in a period, ranks by it, and who is at the top.

Belongs here: METRICS "Power users", over users. Does not: where durations are cut (duration_cuts.py), how many users
the top are and what they have together (concentration.py).

No task sorts all users. Totals are put into buckets that are 2 % wide; how many users each has is a small table, from
which the rank follows at which a bucket begins. Within its bucket each user is then ranked, in as many tasks as there
are buckets, and only in those buckets that matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, Window

from analytics_assets.transforms.buckets import bucket
from analytics_assets.transforms.history import Period

BUCKET = ("period_month", "bucket")


def user_totals(
    user_days: DataFrame,
    sessions: DataFrame,
    silver: DataFrame,
    periods: Mapping[str, Period],
    thresholds: DataFrame,
    least_ms: int,
) -> DataFrame:
    """What each active user did in each period.

    In: user_days; sessions; silver with duration_ms; periods by name; thresholds: period_month (a period's name),
    event_date, action, threshold_ms, the same for all dates of a period; least_ms: the least of them. A date may be
    in several periods. Out: period_month, user_id; capped_ms, active_days, sessions bigint. Source: METRICS "Power
    users".

    Whole times come from user_days, as small as users; of the events only those above their threshold are looked for,
    one in a thousand, and what lies above is taken off.
    """
    active = user_days.select(_names(F.col("event_date"), periods), "user_id", "engaged_ms")
    # The least first: it is compared where the file is read, and most events go no further.
    long_ones = silver.where(F.col("duration_ms") > least_ms).select("event_date", "action", "user_id", "duration_ms")
    above = long_ones.join(F.broadcast(thresholds), ["event_date", "action"]).where("duration_ms > threshold_ms")
    begun = sessions.select(_names(F.col("session_date"), periods), "user_id")
    none, one = F.expr("0L"), F.expr("1L")
    rows = active.select("period_month", "user_id", "engaged_ms", one.alias("active_days"), none.alias("sessions"))
    rows = rows.union(above.select("period_month", "user_id", F.expr("threshold_ms - duration_ms"), none, none))
    rows = rows.union(begun.select("period_month", "user_id", none, none, one))
    return rows.groupBy("period_month", "user_id").agg(
        F.sum("engaged_ms").alias("capped_ms"),
        F.sum("active_days").alias("active_days"),
        F.sum("sessions").alias("sessions"),
    )


def _names(day: Column, periods: Mapping[str, Period]) -> Column:
    """A row for each period that a date is in. Periods are few: to compare costs less than a join."""
    names = [F.when(day.between(period.start, period.end), F.lit(name)) for name, period in periods.items()]
    return F.explode(F.array_compact(F.array(*names))).alias("period_month")


def total_buckets(totals: DataFrame) -> DataFrame:
    """How many users have how much, roughly.

    In: `user_totals`. Out: period_month, bucket int (of capped_ms), users bigint, capped_ms bigint (their sum).
    """
    return totals.groupBy("period_month", bucket(F.col("capped_ms")).alias("bucket")).agg(
        F.count(F.lit(1)).alias("users"), F.sum("capped_ms").alias("capped_ms")
    )


def ranked(totals: DataFrame, buckets: DataFrame) -> DataFrame:
    """Users of some buckets with their ranks.

    In: `user_totals`; buckets: period_month, bucket, users_above and ms_above bigint: how many users the higher buckets
    have, and their sum. Out: totals' and buckets' columns; rank bigint (1 + users with more); place bigint (1, 2, …,
    in any order among equals); up_to_ms bigint (sum of the totals of all users up to that place).
    """
    in_bucket = totals.withColumn("bucket", bucket(F.col("capped_ms"))).join(F.broadcast(buckets), [*BUCKET])
    highest_first = Window.partitionBy(*BUCKET).orderBy(F.col("capped_ms").desc())
    up_to_here = highest_first.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return in_bucket.withColumns(
        {
            # Equal totals are in one bucket, so a rank within the bucket is one over all.
            "rank": F.col("users_above") + F.rank().over(highest_first),
            "place": F.col("users_above") + F.row_number().over(highest_first),
            "up_to_ms": F.col("ms_above") + F.sum("capped_ms").over(up_to_here),
        }
    )


def power_users(ranked: DataFrame, top_percents: Sequence[int]) -> DataFrame:
    """The users in the largest of the top shares, with the smallest that each is in.

    In: `ranked` with users and total_ms bigint, of the whole period. Out: period_month, user_id, rank, top_percent int,
    capped_ms, share double (null where nobody has any time), active_days, sessions.
    """
    # Who has fewer than k users above is among the k highest, or ties with the last of them.
    within = [F.when(F.col("rank") <= top_users(F.col("users"), x), F.lit(x)) for x in sorted(top_percents)]
    share = F.when(F.col("total_ms") > 0, F.col("capped_ms") / F.col("total_ms"))
    found = ranked.withColumns({"top_percent": F.coalesce(*within), "share": share})
    names = ("period_month", "user_id", "rank", "top_percent", "capped_ms", "share", "active_days", "sessions")
    return found.where(F.col("top_percent").isNotNull()).select(*names)


def top_users(users: Column, percent: int) -> Column:
    """ceil(percent * users / 100) as a bigint."""
    return F.floor((users * percent + 99) / 100)


def with_main_attributes(
    users: DataFrame, user_days: DataFrame, periods: Mapping[str, Period], attributes: Sequence[str]
) -> DataFrame:
    """Users with the value that each attribute had on most of their active dates of the period; of several such
    values the one that the user had last.

    In: a row per (period_month, user_id) with any other columns; user_days with the attributes; periods by name.
    Out: the users' columns, and main_<attribute> string for each.
    """
    if not attributes:
        return users
    own = user_days.select(_names(F.col("event_date"), periods), "event_date", "user_id", *attributes)
    values = F.array(*[F.struct(F.lit(name).alias("_name"), F.col(name).alias("_value")) for name in attributes])
    # The join spreads users by (period_month, user_id): what is counted after it stays where it is.
    rows = users.join(own, ["period_month", "user_id"]).select(
        *users.columns, "event_date", F.explode(values).alias("_one")
    )
    each = rows.groupBy(*users.columns, "_one._name", "_one._value").agg(
        F.count(F.lit(1)).alias("_dates"), F.max("event_date").alias("_last")
    )
    main = F.struct("_dates", "_last", "_value")
    return each.groupBy(*users.columns).agg(
        *[F.max(F.when(F.col("_name") == name, main))["_value"].alias(f"main_{name}") for name in attributes]
    )


def sums_at(ranked: DataFrame, places: DataFrame) -> DataFrame:
    """What the users up to some places have together.

    In: `ranked` of the buckets that hold the places; places: period_month, place bigint. Out: period_month, place,
    up_to_ms bigint.
    """
    return ranked.select("period_month", "place", "up_to_ms").join(F.broadcast(places), ["period_month", "place"])
