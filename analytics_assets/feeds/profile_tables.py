"""The table of arrivals' profiles.

Belongs here: its shape, and which columns of bronze are profiled. Does not: how it is computed.
"""

from __future__ import annotations

import pyspark.sql.types as T

from analytics_assets.feeds.fields import event_fields, other_contract_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c
from analytics_assets.transforms import profile_columns as p


def profile_tables(feed: Feed) -> list[Table]:
    """Profiles."""
    return [
        declared(
            feed,
            "profiles",
            "an arrival and column",
            "What the columns of an arrival hold: nulls, distinct and frequent values, ends, a histogram.",
            [
                c.ARRIVAL_MONTH,
                c.ARRIVAL,
                p.COLUMN_NAME,
                p.ACCEPTED_ROWS,
                p.NULLS,
                p.DISTINCT,
                p.MINIMUM,
                p.MAXIMUM,
                p.TOP_VALUES,
                p.HISTOGRAM,
                c.INPUT_VERSION,
            ],
            partition_by=("arrival_month",),
            statistics=("arrival", "input_version"),
        )
    ]


def profiled_columns(feed: Feed) -> list[T.StructField]:
    """The event's columns and the contract's, but the date, which follows from the time."""
    return [field for field in (*event_fields(feed), *other_contract_fields(feed)) if field.name != c.EVENT_DATE.name]
