"""Latency: how long pages took to load, by day, week, month and in all.

Belongs here: quantiles of periods and series, how versions sort. Does not: buckets (buckets.py, load_buckets.py), which
periods there are (history.py), which are computed again (layers/latency.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.active_users import SERIES, by_dimension
from analytics_assets.transforms.buckets import PER_MILLE, estimate, quantile_buckets
from analytics_assets.transforms.columns import TOTAL

FEW = 100
"""Of fewer loads the quantiles are marked."""
APP_VERSION = "app_version"
PERIOD = ("period", "period_start")
PART = "[0-9]+|[^0-9]+"
LEADING_ZEROS = "^0+(?=[0-9])"
MOST_DIGITS = 99


def latency(buckets: DataFrame, periods: DataFrame, dimensions: Sequence[str]) -> DataFrame:
    """Quantiles of load times of each period, in all and by dimension.

    In: event_date, the dimensions, bucket int (null: no load), loads bigint; periods, a row each: period string,
    period_start date, first and last date (of the closed dates in it), is_complete boolean. Out: period, period_start,
    dimension, value, version_order string (of versions, else null), loads bigint, p50, p75, p95, p99 double in
    milliseconds, is_few boolean, and is_complete. In all each period has a row, a value where it has loads. What is
    counted is null where the period is not complete. Source: METRICS "Latency", "Quantiles".
    """
    spans = periods.select(*PERIOD, F.explode(F.sequence("first", "last")).alias("event_date"))
    loads = buckets.where("bucket IS NOT NULL").join(F.broadcast(spans), "event_date")
    in_series = by_dimension(loads, dimensions, *PERIOD, "bucket", "loads")
    in_all = periods.select(
        *[F.lit(TOTAL).alias(name) for name in SERIES],
        *PERIOD,
        F.expr("CAST(NULL AS int)").alias("bucket"),
        F.expr("0L").alias("loads"),
    )
    found = quantile_buckets(in_series.unionByName(in_all), [*PERIOD, *SERIES], "loads")
    known = found.join(F.broadcast(periods.select(*PERIOD, "is_complete")), [*PERIOD])

    def shown(value: Column) -> Column:
        return F.when(F.col("is_complete"), value)

    return known.select(
        *PERIOD,
        *SERIES,
        F.when(F.col("dimension") == APP_VERSION, version_order(F.col("value"))).alias("version_order"),
        shown(F.col("loads")).alias("loads"),
        *[shown(estimate(F.col(name))).alias(name) for name in PER_MILLE],
        shown(F.col("loads") < FEW).alias("is_few"),
        "is_complete",
    )


def version_order(version: Column) -> Column:
    """A text by which versions sort as versions: `5.9.0`, `5.10.0-beta`, `5.10.0`, `5.10.0+1`.

    Each number has the number of its digits in front (in two), and a pre-release, which is what follows a `-`, comes
    before its release. Texts compare by code points, as in SQL and in Python. `version_order_of` is its twin.
    Source: Semantic Versioning 2.0.0, item 11.
    """
    parts = F.split(version, "-", 2)
    release, rest = parts[0], F.get(parts, F.lit(1))
    return F.concat(
        _in_order(release), F.when(rest.isNull(), F.lit("!")).otherwise(F.concat(F.lit(" "), _in_order(rest)))
    )


def version_order_of(version: str) -> str:
    """The same for one version, in Python."""
    release, dash, rest = version.partition("-")

    def in_order(text: str) -> str:
        return "".join(_sized(part) if part[0] in "0123456789" else part for part in re.findall(PART, text))

    return in_order(release) + (f" {in_order(rest)}" if dash else "!")


def _in_order(text: Column) -> Column:
    def sized(part: Column) -> Column:
        number = F.regexp_replace(part, LEADING_ZEROS, "")
        digits = F.least(F.length(number), F.lit(MOST_DIGITS)).cast("string")
        return F.when(part.rlike("^[0-9]"), F.concat(F.lpad(digits, 2, "0"), number)).otherwise(part)

    return F.array_join(F.transform(F.regexp_extract_all(text, F.lit(f"({PART})"), F.lit(1)), sized), "")


def _sized(digits: str) -> str:
    number = re.sub(LEADING_ZEROS, "", digits)
    return f"{min(len(number), MOST_DIGITS):02d}{number}"
