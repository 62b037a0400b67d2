"""The tables of power users: durations by bucket, where durations are cut, the users with the most time, its spread.

Belongs here: shapes, for feeds whose events carry a duration. Does not: how a table is computed.
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c


def power_tables(feed: Feed) -> list[Table]:
    """Duration buckets, duration cuts, power users, engagement concentration; none for a feed without durations."""
    if not feed.has_duration:
        return []
    table = partial(declared, feed)
    period = [c.PERIOD_MONTH, c.PERIOD, c.PERIOD_START, c.PERIOD_END]
    return [
        table(
            "duration_buckets",
            "an event date, action and bucket",
            "How long events took, by action, in buckets that are 2 % wide; sums over dates are those of any period.",
            [c.EVENT_DATE, c.ACTION, c.BUCKET, c.EVENTS, c.ENGAGED_MS, c.LONGEST_MS, c.INPUT_VERSION],
            partition_by=("event_date",),
            statistics=("input_version",),
        ),
        table(
            "duration_cuts",
            "a period and action",
            "Where durations are cut before they are added up, and what that takes away.",
            [*period, c.ACTION, c.EVENTS, c.ENGAGED_MS, c.THRESHOLD_MS, c.EVENTS_CUT, c.CUT_MS, c.INPUT_VERSION],
            statistics=("period_start",),
        ),
        table(
            "power_users",
            "a period and user",
            "The users with the most engaged time, by month and in the last 28 closed dates.",
            [
                *period,
                c.USER_ID,
                c.RANK,
                c.TOP_PERCENT,
                c.CAPPED_MS,
                c.SHARE,
                c.ACTIVE_DAYS,
                c.SESSIONS,
                *[c.main_attribute(name) for name in feed.attributes],
            ],
            partition_by=("period_month",),
            statistics=("period_start", "rank"),
        ),
        table(
            "engagement_concentration",
            "a period and per cent of its users",
            "Which share of the engaged time the top 1, 2, … 100 % of the active users have.",
            [
                *period,
                c.TOP_PERCENT,
                c.USERS,
                c.TOP_USERS,
                c.CAPPED_MS,
                c.TOP_MS,
                c.SHARE,
                c.IS_COMPLETE,
                c.INPUT_VERSION,
            ],
            statistics=("period_start",),
            maker="power_users",
        ),
    ]
