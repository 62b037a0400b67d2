"""The tables of anomalies: the points of series with their verdicts, alarms, unlikely users.

Belongs here: shapes. Does not: how a table is computed.
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import anomaly_columns as a
from analytics_assets.transforms import columns as c


def anomaly_tables(feed: Feed) -> list[Table]:
    """Series' points and alarms, unlikely users, and dates with and without them."""
    table = partial(declared, feed)
    engaged, likely_engaged = ([c.ENGAGED_MS], [a.LIKELY_ENGAGED_MS]) if feed.has_duration else ([], [])
    series = [a.SERIES_METRIC, a.GRANULARITY, c.DIMENSION, c.VALUE]
    return [
        table(
            "series_points",
            "a series and closed date, or hour of one",
            "The daily and hourly figures, what was expected of each, and how far it was from that.",
            [
                *series,
                c.EVENT_DATE,
                a.HOUR_OF_POINT,
                a.ACTUAL,
                a.VOLUME,
                a.EXPECTED,
                a.EXPECTED_LOW,
                a.EXPECTED_HIGH,
                a.SCORE,
                a.IS_FLAGGED,
            ],
            statistics=("event_date",),
            maker="anomalies",
        ),
        table(
            "anomalies",
            "an alarm of a series",
            "Dates and hours at which a figure was too far from what was expected, and which values carried it.",
            [
                *series,
                a.START_DATE,
                a.START_HOUR,
                a.END_DATE,
                a.END_HOUR,
                a.POINTS,
                a.KIND,
                a.DIRECTION,
                a.PEAK_DATE,
                a.PEAK_HOUR,
                a.ACTUAL,
                a.EXPECTED,
                a.SCORE,
                a.SEVERITY,
                a.CARRIED_BY,
            ],
            statistics=("start_date",),
        ),
        table(
            "unlikely_users",
            "an event date and a user who did more on it than a person can",
            "Accounts whose rate no person reaches. They are counted everywhere; here they are listed.",
            [
                c.EVENT_DATE,
                c.USER_ID,
                c.EVENTS,
                *engaged,
                c.ACTIONS,
                a.BUSIEST_MINUTE,
                a.BUSIEST_HOUR,
                a.ACTIVE_HOURS,
                a.REASONS,
            ],
            partition_by=("event_date",),
        ),
        table(
            "likely_days",
            "a closed event date",
            "Daily figures with unlikely users and without them.",
            [
                c.EVENT_DATE,
                a.UNLIKELY_USERS,
                c.DAU,
                a.LIKELY_DAU,
                c.SESSIONS,
                a.LIKELY_SESSIONS,
                c.EVENTS,
                a.LIKELY_EVENTS,
                *engaged,
                *likely_engaged,
                c.IS_MISSING,
                c.INPUT_VERSION,
            ],
            statistics=("event_date", "input_version"),
            maker="unlikely_users",
        ),
    ]
