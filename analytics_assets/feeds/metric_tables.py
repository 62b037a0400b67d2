"""The tables of metrics over users' whole histories.

Belongs here: shapes. Does not: events, sessions and active users (tables.py), how a table is computed.
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.fields import attribute_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c


def metric_tables(feed: Feed) -> list[Table]:
    """User history and retention, and of which versions of their inputs they are."""
    table = partial(declared, feed)
    return [
        table(
            "user_history",
            "a user",
            "First active day of each user, the attributes on it, and the days and weeks after it with activity.",
            [c.USER_ID, c.FIRST_DATE, *attribute_fields(feed), c.DAY_BITS, c.WEEK_BITS],
            statistics=("first_date",),
        ),
        table(
            "retention",
            "a cohort, value of a dimension and period after the cohort's own",
            "Of the users who began in a week (or on a day), how many came back in each later one.",
            [
                c.PERIOD,
                c.COHORT_BY,
                c.DIMENSION,
                c.VALUE,
                c.COHORT_START,
                c.PERIODS_AFTER,
                c.SIZE,
                c.RETAINED,
                c.RATE,
                c.RATE_LOW,
                c.RATE_HIGH,
                c.STATE,
                c.UNBOUNDED_RETAINED,
                c.UNBOUNDED_RATE,
                c.UNBOUNDED_RATE_LOW,
                c.UNBOUNDED_RATE_HIGH,
                c.UNBOUNDED_STATE,
            ],
            partition_by=("period",),
            statistics=("cohort_start", "periods_after"),
        ),
        table(
            "user_history_versions",
            "an event date of the history",
            "The version of user_days from which the user history has each date.",
            [c.EVENT_DATE, c.INPUT_VERSION],
            maker="user_history",
        ),
        table(
            "table_versions",
            "a table that is computed as a whole",
            "The version of its inputs from which each such table was computed.",
            [c.TABLE_NAME, c.INPUT_VERSION],
            maker="retention",
        ),
    ]
