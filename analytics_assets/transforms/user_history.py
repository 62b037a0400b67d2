"""User history: one row a user, with the first active day and the days and weeks after it on which the user came back.

Belongs here: making these rows from user days, and bringing them up to date from the user days of some weeks. Does
not: which weeks changed (layers/user_history.py), what is counted over users (retention.py).

Activity stands in the bits of two integers, bit k for the k-th day or ISO week after the first: a history of any
length is as small as one of two months, and a retained user is one bit. What comes later than 62 is not kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from itertools import pairwise

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, Window

DAY = timedelta(days=1)
MOST_BITS = 62
"""The last bit that is kept: with bit 63 a long is negative."""
ALL_BITS = 2**63 - 1
MONDAY = date(1970, 1, 5)
BITS = ("day_bits", "week_bits")


def week_number(day: Column) -> Column:
    """ISO weeks since the one that began on 1970-01-05."""
    return F.floor(F.datediff(day, F.lit(MONDAY)) / 7).cast("int")


def monday(day: date) -> date:
    """First day of a date's ISO week."""
    return day - DAY * day.weekday()


def user_history(user_days: DataFrame, attributes: Sequence[str]) -> DataFrame:
    """One row a user, from all of the user's days.

    In: user_id string, event_date date, one row for each date on which the user was active; attributes. Out: user_id,
    first_date date, the attributes on that date, day_bits bigint, week_bits bigint.
    """
    of_user = Window.partitionBy("user_id")
    may_be_first = F.struct(F.col("event_date").alias("first_date"), *attributes)
    placed = user_days.withColumn("_first", F.min(may_be_first).over(of_user))
    one, first = F.lit(1).cast("bigint"), F.col("_first.first_date")
    # By the same key as the window: no further shuffle.
    combined = placed.groupBy("user_id", "_first").agg(
        *[F.bit_or(_moved_to(first, F.col("event_date"), one, bits)).alias(bits) for bits in BITS]
    )
    return combined.select("user_id", "_first.*", *BITS)


def brought_up_to_date(
    histories: DataFrame, fresh: DataFrame, weeks: Collection[date], attributes: Sequence[str]
) -> DataFrame:
    """Histories with what users did in some ISO weeks replaced.

    histories: `user_history` of before, without users of `lost`. fresh: all user days of the weeks, and all user days
    of users of `lost`. weeks: their Mondays. Out: as `user_history`, equal to it over all user days.
    """
    spans = _spans(weeks)
    first_week = week_number(F.col("first_date"))
    in_weeks = [F.col("first_date").between(F.lit(begin), F.lit(end)) for begin, end in spans]
    is_fresh = F.lit(False)
    for found in in_weeks:
        is_fresh = is_fresh | found
    day_bits, week_bits = F.col("day_bits"), F.col("week_bits")
    for begin, end in spans:
        day_bits = _cleared(day_bits, F.datediff(F.lit(begin), "first_date"), F.datediff(F.lit(end), "first_date"))
        first, last = week_number(F.lit(begin)) - first_week, week_number(F.lit(end)) - first_week
        week_bits = _cleared(week_bits, first, last)
    kept = histories.select(
        "user_id",
        F.col("first_date").alias("_day"),
        # A first day in one of the weeks stands among the fresh ones, or the user is lost.
        F.when(~is_fresh, _first(attributes)).alias("_may_be_first"),
        day_bits.alias("day_bits"),
        week_bits.alias("week_bits"),
    )
    return _joined(kept, user_history(fresh, attributes), attributes)


def lost(histories: DataFrame, fresh: DataFrame, changed: Collection[date]) -> DataFrame:
    """user_id of users whose first day is one of the changed dates, on which they are no longer active."""
    on_changed = histories.where(F.col("first_date").isin(*sorted(changed))).select("user_id", "first_date")
    still = fresh.select("user_id", F.col("event_date").alias("first_date"))
    return on_changed.join(still, ["user_id", "first_date"], "left_anti").select("user_id")


def _first(attributes: Sequence[str]) -> Column:
    return F.struct("first_date", *attributes)


def _joined(kept: DataFrame, added: DataFrame, attributes: Sequence[str]) -> DataFrame:
    """One row a user from what is kept of before, and what is added; the bits of each count from a day of its own.

    What is added is looked up by its users, since it is the lesser part: all users need not be sorted.
    """
    added = added.select(
        "user_id",
        F.col("first_date").alias("_added_day"),
        _first(attributes).alias("_added_first"),
        *[F.col(bits).alias(f"_added_{bits}") for bits in BITS],
    )
    both = kept.join(added.hint("shuffle_hash"), "user_id", "full_outer")
    placed = both.withColumn("_first", F.least("_may_be_first", "_added_first"))
    first = F.col("_first.first_date")
    of_both = [
        _moved_to(first, F.col("_day"), F.col(bits), bits)
        .bitwiseOR(_moved_to(first, F.col("_added_day"), F.col(f"_added_{bits}"), bits))
        .alias(bits)
        for bits in BITS
    ]
    # A user without a first day has no day at all.
    return placed.where("_first IS NOT NULL").select("user_id", "_first.*", *of_both)


def _moved_to(first: Column, day: Column, bits: Column, name: str) -> Column:
    """Bits that count from a day, counted from the first; none where there are none."""
    places = F.datediff(day, first) if name == "day_bits" else week_number(day) - week_number(first)
    return F.coalesce(moved(bits, places), F.lit(0).cast("bigint"))


def moved(bits: Column, places: Column) -> Column:
    """Bits counted from so many places earlier; those beyond the last are gone."""
    moved = F.call_function("shiftleft", bits, places).bitwiseAND(F.lit(ALL_BITS))
    return F.when(places <= MOST_BITS, moved).otherwise(F.lit(0).cast("bigint"))


def _cleared(bits: Column, first: Column, last: Column) -> Column:
    """Bits without those from place first to last."""
    low = F.greatest(F.least(first, F.lit(MOST_BITS + 1)), F.lit(0))
    high = F.greatest(F.least(last + 1, F.lit(MOST_BITS + 1)), F.lit(0))
    below = F.call_function("shiftleft", F.lit(1).cast("bigint"), low) - 1
    above = F.call_function("shiftleft", F.call_function("shiftright", bits, high), high)
    return bits.bitwiseAND(below).bitwiseOR(above)


def _spans(weeks: Collection[date]) -> list[tuple[date, date]]:
    """First and last days of weeks in a row."""
    starts = sorted(weeks)
    ends = [start for start, after in pairwise(starts) if after - start > DAY * 7] + starts[-1:]
    begins = starts[:1] + [after for start, after in pairwise(starts) if after - start > DAY * 7]
    return [(begin, end + DAY * 6) for begin, end in zip(begins, ends, strict=True)]
