"""The tables of load times: buckets by date, and quantiles by period.

Belongs here: shapes. Does not: how they are computed (transforms/load_buckets.py, transforms/latency.py).
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.fields import load_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c


def latency_tables(feed: Feed) -> list[Table]:
    """Buckets and quantiles of load times; none for a feed whose events do not say how long pages took to load."""
    if not feed.has_load_times:
        return []
    table = partial(declared, feed)
    return [
        table(
            "latency_buckets",
            "an event date, app version, device, action and bucket",
            "How many page views took how long, in buckets that are 2 % wide; sums over dates are those of any period.",
            [c.EVENT_DATE, *load_fields(feed), c.ACTION, c.BUCKET, c.LOADS, c.INPUT_VERSION],
            partition_by=("event_date",),
            statistics=("input_version",),
        ),
        table(
            "latency",
            "a period and value of a dimension",
            "How long pages took to load by day, week, month and in all: quantiles, by app version and device.",
            [
                c.PERIOD_MONTH,
                c.PERIOD,
                c.PERIOD_START,
                c.DIMENSION,
                c.VALUE,
                c.VERSION_ORDER,
                c.LOADS,
                c.P50,
                c.P75,
                c.P95,
                c.P99,
                c.IS_FEW,
                c.IS_COMPLETE,
                c.INPUT_VERSION,
            ],
            partition_by=("period_month",),
            statistics=("period_start", "input_version"),
        ),
    ]
