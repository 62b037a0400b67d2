"""The tables of a feed that people read. What a feed does not declare, it has no table for.

Belongs here: shapes. Does not: what a feed keeps from run to run (state_tables.py), how a table is computed
(transforms/) or written (layers/).
"""

from __future__ import annotations

from functools import partial

from analytics_assets.feeds.activity_tables import activity_tables
from analytics_assets.feeds.anomaly_tables import anomaly_tables
from analytics_assets.feeds.device_tables import device_tables
from analytics_assets.feeds.fields import (
    attribute_fields,
    event_fields,
    kept_fields,
    other_contract_fields,
    session_fields,
)
from analytics_assets.feeds.latency_tables import latency_tables
from analytics_assets.feeds.live_tables import live_tables
from analytics_assets.feeds.metric_tables import metric_tables
from analytics_assets.feeds.power_tables import power_tables
from analytics_assets.feeds.profile_tables import profile_tables
from analytics_assets.feeds.spec import Feed, Published
from analytics_assets.feeds.state_tables import state_tables
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c
from analytics_assets.transforms.contract import contract_columns


def feed_tables(feed: Feed) -> dict[str, Table]:
    """All tables of a feed by name."""

    table = partial(declared, feed)
    engaged = [c.ENGAGED_MS] if feed.has_duration else []
    made = [
        table(
            "bronze",
            "a landed row",
            "Every landed row once: typed, with its standing and, where it was rejected, the rules it broke.",
            [
                *event_fields(feed),
                *other_contract_fields(feed),
                c.FILE,
                c.LINE_NUMBER,
                c.RAW,
                c.HEADER,
                c.VIOLATIONS,
                c.CONTRACT_VERSION,
                c.ARRIVAL,
                c.STANDING,
            ],
            partition_by=("arrival", "standing"),
            statistics=("event_date", "contract_version"),
        ),
        table(
            "silver",
            "an event",
            "Events: accepted, one for each event key, each with its session and its user's attributes.",
            [
                *event_fields(feed),
                *kept_fields(feed),
                *attribute_fields(feed),
                *session_fields(feed),
                c.COPIES,
                c.ARRIVAL,
                c.FILE,
                c.INPUT_VERSION,
            ],
            partition_by=("event_date",),
            statistics=("input_version", "session_date"),
        ),
        table(
            "sessions",
            "a session",
            "A user's visit: events without a gap of the feed's timeout or more.",
            [
                c.SESSION_ID,
                *[column for column in (c.USER_ID, c.OBJECT_ID) if column.name in feed.sessions.key],
                c.SESSION_DATE,
                c.SESSION_START,
                c.DURATION_S,
                *engaged,
                *([] if feed.sessions.splits_at_midnight else [c.EVENTS]),
                c.ACTIONS,
                c.IS_BOUNCE,
                c.ENTRY_ACTION,
                c.ENTRY_OBJECT_ID,
                c.EXIT_ACTION,
                c.EXIT_OBJECT_ID,
                c.INPUT_VERSION,
            ],
            partition_by=("session_date",),
            statistics=("input_version",),
        ),
        table(
            "user_days",
            "a user and event date",
            "What each user did on each date; all that counts users reads it.",
            [
                c.USER_ID,
                c.EVENT_DATE,
                c.EVENTS,
                *engaged,
                c.FIRST_EVENT_TIME,
                c.LAST_EVENT_TIME,
                *attribute_fields(feed),
                c.INPUT_VERSION,
            ],
            partition_by=("event_date",),
            statistics=("input_version",),
        ),
        table(
            "active_users",
            "a date and value of a dimension",
            "Daily and rolling active users, stickiness and lifecycle, a row for each closed date.",
            [
                c.EVENT_MONTH,
                c.EVENT_DATE,
                c.DIMENSION,
                c.VALUE,
                c.DAU,
                c.ROLLING_7,
                c.ROLLING_28,
                c.ROLLING_30,
                c.STICKINESS_7,
                c.STICKINESS_28,
                c.NEW,
                c.RETURNING,
                c.RESURRECTED,
                c.DORMANT,
                c.IS_MISSING,
                c.INPUT_VERSION,
            ],
            partition_by=("event_month",),
            statistics=("event_date", "input_version"),
        ),
        table(
            "active_users_week",
            "an ISO week and value of a dimension",
            "Weekly active users.",
            [c.WEEK_START, c.DIMENSION, c.VALUE, c.WAU, c.IS_COMPLETE, c.INPUT_VERSION],
            statistics=("week_start", "input_version"),
        ),
        table(
            "active_users_month",
            "a calendar month and value of a dimension",
            "Monthly active users.",
            [c.MONTH_START, c.DIMENSION, c.VALUE, c.MAU, c.IS_COMPLETE, c.INPUT_VERSION],
            statistics=("month_start", "input_version"),
        ),
        table(
            "restatements",
            "a published daily figure or settled cell of retention, or a change of one",
            "The ledger of published figures: from what to what each changed, when, and which files brought it.",
            [
                c.EVENT_MONTH,
                c.METRIC,
                c.EVENT_DATE,
                c.SEQUENCE,
                c.OLD,
                c.RESTATED,
                c.CHANGED_AT,
                c.RUN_ID,
                c.ROWS_BROUGHT,
                c.CHANGES,
            ],
            partition_by=("event_month",),
            statistics=("event_date",),
        ),
    ]
    if feed.has_interaction_counts:
        made.append(
            table(
                "interaction_counts",
                "an event date, user and object",
                "Events of each user with each object; sums over dates are those of any period.",
                [c.EVENT_DATE, c.USER_ID, c.OBJECT_ID, c.EVENTS, c.INPUT_VERSION],
                partition_by=("event_date",),
                statistics=("input_version",),
            )
        )
    made += [_published(feed, found) for found in feed.published]
    if feed.dimension:
        fields = {column.name: column.field() for column in contract_columns(feed.dimension.contract)}
        made += [
            table(
                feed.dimension.name,
                "a user in a snapshot",
                "Users' attributes by snapshot, one row a user and snapshot.",
                [*fields.values(), c.ARRIVAL, c.FILE, c.COPIES],
                partition_by=("arrival", feed.dimension.partition_by),
            ),
            table(
                f"{feed.dimension.name}_rejected",
                "a rejected row of a snapshot",
                "Rows of snapshots that broke a rule, as they landed.",
                [c.ARRIVAL, c.FILE, c.LINE_NUMBER, c.RAW, c.VIOLATIONS],
                partition_by=("arrival",),
                maker=feed.dimension.name,
            ),
        ]
    for tables_of in (
        activity_tables,
        metric_tables,
        latency_tables,
        device_tables,
        live_tables,
        power_tables,
        anomaly_tables,
        profile_tables,
        state_tables,
    ):
        made += tables_of(feed)
    return {made_table.name: made_table for made_table in made}


def _published(feed: Feed, published: Published) -> Table:
    name, stamp = published.name, c.DL_UPDATED_AT
    if published.source == "silver":
        columns = [*event_fields(feed), *kept_fields(feed), stamp]
        return declared(feed, name, "an event", "Events, as published.", columns, partition_by=["event_date"])
    if published.source == "active_users":
        return declared(feed, name, "a closed event date", "Daily active users.", [c.EVENT_DATE, c.DAU, stamp])
    return declared(feed, name, "a complete month", "Monthly active users.", [c.MONTH_START, c.MAU, stamp])
