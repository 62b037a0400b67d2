"""The tables of metrics beside active users: sessions by day, users' histories, retention.

Belongs here: shapes. Does not: events, sessions and active users (tables.py), how a table is computed.
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.fields import attribute_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c


def metric_tables(feed: Feed) -> list[Table]:
    """Session days, user history and retention, and of which versions of their inputs they are."""
    table = partial(declared, feed)
    return [
        table(
            "session_days",
            "a date of sessions' starts and value of a dimension",
            "Sessions by the day of their start: how many, how long, with what in them.",
            [
                c.SESSION_DATE,
                c.DIMENSION,
                c.VALUE,
                c.SESSIONS,
                c.DAU,
                c.TOTAL_DURATION_S,
                c.MEAN_DURATION_S,
                c.P50_DURATION_S,
                c.P95_DURATION_S,
                c.ACTIONS,
                c.ACTIONS_PER_SESSION,
                c.BOUNCES,
                c.BOUNCE_RATE,
                c.SESSIONS_PER_ACTIVE_USER,
                c.IS_MISSING,
                c.INPUT_VERSION,
            ],
            statistics=("session_date", "input_version"),
        ),
        table(
            "session_hours",
            "a date and hour of sessions' starts",
            "Sessions by the hour of their start: how many, and how long together.",
            [c.SESSION_DATE, c.HOUR, c.SESSIONS, c.TOTAL_DURATION_S, c.INPUT_VERSION],
            partition_by=("session_date",),
            statistics=("input_version",),
        ),
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
            "retention_versions",
            "an event date of the history",
            "The version of user_days of each date from which the cells of retention were counted.",
            [c.EVENT_DATE, c.INPUT_VERSION],
            maker="retention",
        ),
        table(
            "table_versions",
            "a table that is computed as a whole",
            "The version of its inputs from which each such table was computed.",
            [c.TABLE_NAME, c.INPUT_VERSION],
            maker="retention",
        ),
    ]
