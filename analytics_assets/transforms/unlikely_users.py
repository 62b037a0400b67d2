"""Unlikely users: accounts that do more than a person can, and what the figures are without them.

Belongs here: METRICS "Anomalies", users. Does not: which dates are computed (layers/unlikely_users.py).
Nobody is dropped: they are listed, and both figures stand side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

MINUTE_S, MINUTES = 60, 60


@dataclass(frozen=True, kw_only=True)
class UnlikelyRule:
    """What no person does on a date: more user actions in a minute or in an hour, or actions in as many hours or more.

    By default more than 90 in a minute of the clock, more than 1,500 in an hour, something in 22 hours of the day.
    """

    minute: int = 90
    hour: int = 1500
    hours: int = 22

    def __post_init__(self) -> None:
        if not 1 <= self.minute <= self.hour:
            raise ValueError(f"minute is {self.minute} and hour {self.hour}, expected 1 <= minute <= hour")
        if not 1 <= self.hours <= 25:
            raise ValueError(f"hours is {self.hours}, expected 1 to 25 (a day on which clocks go back)")


def busy_days(user_days: DataFrame, rule: UnlikelyRule) -> DataFrame:
    """Users and dates with as many events as would break the rule: nobody else can be unlikely.

    In: user_days with user_id, event_date, events. Out: user_id, event_date.
    """
    return user_days.where(F.col("events") >= min(rule.minute + 1, rule.hours)).select("user_id", "event_date")


def unlikely_users(silver: DataFrame, rule: UnlikelyRule, *, has_duration: bool, has_user_actions: bool) -> DataFrame:
    """Who did more on a date than a person can.

    In: events with user_id, event_date, event_time, duration_ms where there is one, is_user_action where only some are
    a user's. Out: a row a (user_id, event_date): events, engaged_ms, actions, busiest_minute, busiest_hour,
    active_hours, all bigint; reasons, a list of minute, hour, day. Hours are those of UTC.
    """
    is_action = F.col("is_user_action") if has_user_actions else F.lit(True)
    sums = {"events": F.lit(1), "actions": is_action.cast("int")}
    sums |= {"engaged_ms": F.col("duration_ms")} if has_duration else {}
    minute = F.floor(F.unix_timestamp("event_time") / MINUTE_S).alias("_minute")
    rows = silver.select("user_id", "event_date", minute, *[value.alias(name) for name, value in sums.items()])
    # Of a user and date together, so that minutes, hours and dates are all summed up after this one shuffle.
    rows = rows.repartition("user_id", "event_date")
    summed = [F.sum(name).alias(name) for name in sums]
    by_minute = rows.groupBy("user_id", "event_date", "_minute").agg(*summed)
    by_hour = by_minute.groupBy("user_id", "event_date", F.floor(F.col("_minute") / MINUTES).alias("_hour")).agg(
        F.max("actions").alias("busiest_minute"), *summed
    )
    by_date = by_hour.groupBy("user_id", "event_date").agg(
        F.max("busiest_minute").alias("busiest_minute"),
        F.max("actions").alias("busiest_hour"),
        F.sum((F.col("actions") > 0).cast("bigint")).alias("active_hours"),
        *summed,
    )
    return by_date.withColumn("reasons", F.array_compact(F.array(*_reasons(rule)))).where(F.size("reasons") > 0)


def _reasons(rule: UnlikelyRule) -> list[Column]:
    broken = {
        "minute": F.col("busiest_minute") > rule.minute,
        "hour": F.col("busiest_hour") > rule.hour,
        "day": F.col("active_hours") >= rule.hours,
    }
    return [F.when(is_broken, F.lit(name)) for name, is_broken in broken.items()]


def with_and_without(
    user_days: DataFrame, sessions: DataFrame, unlikely: DataFrame, *, has_duration: bool
) -> DataFrame:
    """What dates' figures are with unlikely users, and without them.

    In: user_days and sessions of some dates; unlikely: their user_id and event_date. Out: a row a date with a user:
    unlikely_users, dau, sessions, events, engaged_ms, and the latter four without them as likely_…, all bigint.
    """
    marked = unlikely.select("user_id", "event_date", F.lit(True).alias("_is_unlikely"))
    engaged = [F.col("engaged_ms")] if has_duration else []
    of_users = user_days.select(
        "user_id", "event_date", F.lit(1).alias("dau"), "events", *engaged, F.lit(0).alias("sessions")
    )
    of_sessions = sessions.groupBy("user_id", F.col("session_date").alias("event_date")).agg(
        F.count(F.lit(1)).alias("sessions")
    )
    rows = of_users.unionByName(of_sessions, allowMissingColumns=True)
    rows = rows.join(marked, ["user_id", "event_date"], "left")
    measures = ["dau", "sessions", "events", *(["engaged_ms"] if has_duration else [])]
    is_likely = F.col("_is_unlikely").isNull()
    return rows.groupBy("event_date").agg(
        F.sum(F.when(~is_likely, F.col("dau")).otherwise(0)).alias("unlikely_users"),
        *[F.sum(F.coalesce(name, F.lit(0))).cast("bigint").alias(name) for name in measures],
        *[
            F.sum(F.when(is_likely, F.coalesce(name, F.lit(0))).otherwise(0)).cast("bigint").alias(f"likely_{name}")
            for name in measures
        ],
    )
