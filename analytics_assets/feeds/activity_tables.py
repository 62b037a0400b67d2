"""The tables that say what was done: events by date and value, by date and object, and how sessions begin, end, recur.

Belongs here: shapes. Does not: how a table is computed, sums over sessions by day (metric_tables.py).
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c


def activity_tables(feed: Feed) -> list[Table]:
    """The mix of activity, objects by day, session frequency, entry and exit actions."""
    table = partial(declared, feed)
    return [
        table(
            "activity_mix",
            "an event date and value of a dimension",
            "Events and users by what was done, where and at which hour.",
            [c.EVENT_DATE, c.ACTIVITY_DIMENSION, c.ACTIVITY_VALUE, c.EVENTS, c.USERS, c.INPUT_VERSION],
            partition_by=("event_date",),
            statistics=("input_version",),
        ),
        table(
            "object_days",
            "an event date and object",
            "Events and users of each object (page, file, product) by date; all objects, however many.",
            [c.EVENT_DATE, c.OBJECT_ID, c.EVENTS, c.USERS, c.INPUT_VERSION],
            partition_by=("event_date",),
            statistics=("input_version",),
        ),
        table(
            "session_frequency",
            "a date of sessions' starts, value of a dimension and number of days",
            "Sessions by the days since the user's session before.",
            [c.SESSION_DATE, c.DIMENSION, c.VALUE, c.DAYS_SINCE, c.SESSIONS, c.INPUT_VERSION],
            partition_by=("session_date",),
            statistics=("input_version",),
        ),
        table(
            "entry_exit_actions",
            "a date of sessions' starts, value of a dimension, edge and action",
            "Sessions by the action that they began with, and by the one that they ended with.",
            [c.SESSION_DATE, c.DIMENSION, c.VALUE, c.EDGE, c.ACTION, c.SESSIONS, c.BOUNCES, c.INPUT_VERSION],
            partition_by=("session_date",),
            statistics=("input_version",),
        ),
    ]
