"""Duration cuts: where durations of an action are cut in a period, so that a few endless ones do not decide.

Belongs here: durations by bucket, METRICS "Power users", its p99.9. Does not: users (power_users.py).

A forgotten tab may be open for two hours. Each duration counts up to its action's p99.9 of the period: the largest
duration in the bucket that holds the rank. Buckets of dates add up to those of any period, so that a period's
thresholds are read off a small table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.buckets import bucket
from analytics_assets.transforms.history import History, Period

CUT_PER_MILLE = 999
ROLLING_DAYS = 28
ROLLING = f"rolling_{ROLLING_DAYS}"
SUMS = [("events", "sum"), ("engaged_ms", "sum"), ("longest_ms", "max")]


def duration_buckets(silver: DataFrame) -> DataFrame:
    """Events of each date by action and bucket of their duration.

    In: silver with duration_ms. Out: event_date, action, bucket int; events, engaged_ms, longest_ms bigint;
    input_version. Events without a duration have no bucket and no time: they stand here, so that each date of silver
    has a row, which says its version.
    """
    by_bucket = silver.withColumn("bucket", bucket(F.col("duration_ms")))
    return by_bucket.groupBy("event_date", "action", "bucket", "input_version").agg(
        F.count(F.lit(1)).alias("events"),
        F.coalesce(F.sum("duration_ms"), F.lit(0)).alias("engaged_ms"),
        F.max("duration_ms").alias("longest_ms"),
    )


def measured_periods(history: History) -> dict[str, Period]:
    """The periods in which engaged time is summed up, by their names: each month (YYYY-MM), and rolling_28, the days
    that end at as_of."""
    months = {f"{month.start:%Y-%m}": month for month in history.months()}
    return {**months, ROLLING: history.rolling(ROLLING_DAYS)}


def said(name: str, period: Period) -> dict[str, str | date]:
    """What the tables say of a period: period_month (its name), period (its kind), period_start, period_end."""
    kind = name if name == ROLLING else "month"
    return {"period_month": name, "period": kind, "period_start": period.start, "period_end": period.end}


def cuts(buckets: pa.Table) -> Iterator[dict[str, int | str]]:
    """Where the durations of each action are cut, and what that takes away, in the order of actions.

    buckets: `duration_buckets` of the dates of one period, as Arrow. Gives action, events, engaged_ms (before the
    cut), threshold_ms, events_cut, cut_ms. Source: METRICS "Power users".
    """
    timed = buckets.filter(pc.is_valid(buckets["bucket"]))
    summed = timed.group_by(["action", "bucket"]).aggregate(SUMS)
    for action in sorted(pc.unique(summed["action"]).to_pylist()):
        own = summed.filter(pc.equal(summed["action"], action)).sort_by("bucket").to_pylist()
        events = sum(row["events_sum"] for row in own)
        # ceil(0.999 n), in whole numbers.
        rank = max(1, -(-events * CUT_PER_MILLE // 1000))
        so_far, threshold, above, above_ms = 0, None, 0, 0
        for row in own:
            if threshold is None:
                so_far += row["events_sum"]
                threshold = row["longest_ms_max"] if so_far >= rank else None
            else:
                above += row["events_sum"]
                above_ms += row["engaged_ms_sum"]
        assert threshold is not None
        yield {
            "action": action,
            "events": events,
            "engaged_ms": sum(row["engaged_ms_sum"] for row in own),
            "threshold_ms": threshold,
            "events_cut": above,
            "cut_ms": above_ms - above * threshold,
        }


def dates_of(periods: Iterable[Period]) -> list[date]:
    """Each date of any of the periods, once, in order."""
    return sorted({day for period in periods for day in period.dates()})
