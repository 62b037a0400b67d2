"""Sign-ups: when each user signed up, and in which weeks since then the user was active.

Belongs here: METRICS "Retention", cohorts of sign-up: users' dates from snapshots, and bits that count from them. Does
not: bits from the first active day (user_history.py), counting over users (retention.py).

The bits of a user history count from the first active day and end 62 days, or weeks, after it. Moved to the week of the
sign-up they tell of nearly all users what they did since; who was active long before is told apart.
"""

from __future__ import annotations

from datetime import date

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.user_history import MOST_BITS, moved, week_number

TOLD_BY, BITS, DAYS = "told_by", "bits", "days"
"""Of whom the history's bits tell what the user did since the sign-up, and of whom only the user's days do."""


def sign_up_dates(users: DataFrame, key: str, column: str, as_of: date) -> DataFrame:
    """When each user signed up, as known at as_of.

    In: snapshots, one row a user and arrival. Out: user_id, sign_up_date, of the latest snapshot with the user up to
    as_of, else of the earliest after it; null where that one says none. Source: METRICS "Attributes of a user".
    """
    is_before = F.substring("arrival", 1, 10) <= F.lit(as_of.isoformat())
    said = F.struct("arrival", F.col(column).alias("sign_up_date"))
    found = users.groupBy(F.col(key).alias("user_id")).agg(
        F.max(F.when(is_before, said)).alias("_before"), F.min(F.when(~is_before, said)).alias("_after")
    )
    return found.select("user_id", F.coalesce("_before", "_after")["sign_up_date"].alias("sign_up_date"))


def since_sign_up(histories: DataFrame, signed: DataFrame, as_of: date, last: int) -> DataFrame:
    """Histories that begin with the sign-up, of every user who signed up or was active.

    In: `user_history`; `sign_up_dates`. last: the last week that counts. Out: user_id, first_date (of the sign-up; null
    for users with activity of whom none is known), week_bits bigint (bit k: active in the k-th ISO week after that of
    the sign-up, not before the sign-up itself), told_by: BITS, or DAYS where the bits do not reach and
    week_bits are not to be used.
    """
    active = histories.select("user_id", F.col("first_date").alias("_active"), "day_bits", "week_bits")
    both = active.join(signed, "user_id", "full_outer").where("_active IS NOT NULL OR sign_up_date IS NOT NULL")
    signed_on, weekday = F.col("sign_up_date"), F.weekday("sign_up_date")
    days = F.datediff(signed_on, "_active")
    weeks = week_number(signed_on) - week_number(F.col("_active"))
    was_active_before = days > 0
    # Of the week itself only the days from the sign-up to the Sunday count, unless no other was active.
    own_days = _bits_from(F.col("day_bits"), days).bitwiseAND(F.call_function("shiftleft", _one(), 7 - weekday) - 1)
    own_week = _bits_from(F.col("week_bits"), weeks).bitwiseAND(_one())
    has_own_days = days + 6 - weekday <= MOST_BITS
    own = F.when(has_own_days, (own_days > 0).cast("bigint")).otherwise(own_week)
    later = _bits_from(F.col("week_bits"), weeks).bitwiseAND(F.lit(-2).cast("bigint"))
    bits = F.when(was_active_before, later.bitwiseOR(own)).otherwise(moved(F.col("week_bits"), -weeks))
    # A Monday's week is wholly after the sign-up; one without activity has none after it either.
    is_own_week_told = has_own_days | (weekday == 0) | (own_week == 0)
    weeks_until_now = week_number(F.lit(as_of)) - week_number(F.col("_active"))
    is_told = is_own_week_told & ((weeks + last <= MOST_BITS) | (weeks_until_now <= MOST_BITS))
    return both.select(
        "user_id",
        signed_on.alias("first_date"),
        F.coalesce(bits, F.lit(0).cast("bigint")).alias("week_bits"),
        F.when(was_active_before & ~is_told, DAYS).otherwise(BITS).alias(TOLD_BY),
    )


def since_sign_up_by_days(far: DataFrame, user_days: DataFrame, last: int) -> DataFrame:
    """The same of users whose bits do not reach, from all of their days.

    In: rows of `since_sign_up`; user_id, event_date, a row for each active date of the history. Out: the rows, told.
    """
    users = far.select("user_id", "first_date")
    weeks = week_number(F.col("event_date")) - week_number(F.col("first_date"))
    since = user_days.join(users, "user_id").where(F.col("event_date") >= F.col("first_date"))
    bits = since.where(weeks <= last).groupBy("user_id").agg(F.bit_or(moved(_one(), weeks)).alias("week_bits"))
    told = users.join(bits, "user_id", "left")
    week_bits = F.coalesce("week_bits", F.lit(0).cast("bigint")).alias("week_bits")
    return told.select("user_id", "first_date", week_bits, F.lit(BITS).alias(TOLD_BY))


def _one() -> Column:
    return F.lit(1).cast("bigint")


def _bits_from(bits: Column, place: Column) -> Column:
    """Bits counted from a later place; none beyond the last that is kept."""
    return F.when(place <= MOST_BITS, F.call_function("shiftright", bits, place)).otherwise(F.lit(0).cast("bigint"))
