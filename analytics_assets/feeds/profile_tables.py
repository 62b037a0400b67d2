"""The table of arrivals' profiles.

Belongs here: its shape, and which columns of bronze are profiled. Does not: how it is computed.
"""

from __future__ import annotations

import pyspark.sql.types as T

from analytics_assets.feeds.fields import event_fields, other_contract_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c
from analytics_assets.transforms import profile_columns as of_profiles


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
                of_profiles.COLUMN_NAME,
                of_profiles.ACCEPTED_ROWS,
                of_profiles.NULLS,
                of_profiles.DISTINCT,
                of_profiles.MINIMUM,
                of_profiles.MAXIMUM,
                of_profiles.TOP_VALUES,
                of_profiles.HISTOGRAM,
                c.INPUT_VERSION,
            ],
            partition_by=("arrival_month",),
            statistics=("arrival", "input_version"),
        )
    ]


def profiled_columns(feed: Feed) -> list[T.StructField]:
    """The event's columns and the contract's, but the date, which follows from the time."""
    return [field for field in (*event_fields(feed), *other_contract_fields(feed)) if field.name != c.EVENT_DATE.name]
