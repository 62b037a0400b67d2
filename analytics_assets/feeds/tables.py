"""The tables of a feed: names, columns, partitions. What a feed does not declare, it has no table for.

Belongs here: shapes. Does not: how a table is computed (transforms/) or written (layers/).
"""

from __future__ import annotations

import pyspark.sql.types as T

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table as Table
from analytics_assets.transforms import columns as c
from analytics_assets.transforms.contract import contract_columns


def event_fields(feed: Feed) -> list[T.StructField]:
    """The event's columns, in the order of the tables."""
    fields = [c.EVENT_TIME, c.EVENT_DATE, c.USER_ID, c.ACTION, c.OBJECT_ID]
    if feed.has_duration:
        fields.append(c.DURATION_MS)
    if feed.event.app_version is not None:
        fields.append(c.APP_VERSION)
    return fields


def attribute_fields(feed: Feed) -> list[T.StructField]:
    """The columns of users' attributes."""
    return [c.attribute(name, feed.dimension.name) for name in feed.attributes] if feed.dimension else []


def other_contract_fields(feed: Feed) -> list[T.StructField]:
    """Contract columns that bronze keeps beside the event's, under their own names.

    A column that is an event column under another name is not kept twice.
    """
    renamed = set(feed.event.expressions().values())
    taken = {field.name for field in event_fields(feed)}
    kept = [column.field() for column in contract_columns(feed.contract) if column.name not in renamed]
    for field in kept:
        if field.name in taken:
            raise ValueError(f"{feed.name}: contract column {field.name!r} is also an event column: rename it")
    return kept


def feed_tables(feed: Feed) -> dict[str, Table]:
    """All tables of a feed by name."""

    def table(name: str, grain: str, description: str, fields: list[T.StructField], **more: object) -> Table:
        return Table(
            feed=feed.name,
            name=name,
            grain=grain,
            description=description,
            schema=T.StructType(fields),
            **more,  # type: ignore[arg-type]
        )

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
                c.VIOLATIONS,
                c.ARRIVAL,
                c.STANDING,
            ],
            partition_by=("arrival", "standing"),
            statistics=("event_date",),
        ),
        table(
            "counts",
            "a source, arrival, file, event date, hour, standing and rule",
            "How many rows stand where; rows of standing landed are counted from the files' bytes.",
            [
                c.ARRIVAL_MONTH,
                c.SOURCE,
                c.ARRIVAL,
                c.FILE,
                c.FINGERPRINT,
                c.EVENT_DATE,
                c.HOUR,
                c.STANDING,
                c.RULE,
                c.ROWS,
            ],
            partition_by=("arrival_month",),
            statistics=("arrival", "event_date", "standing"),
            maker="bronze",
        ),
        table(
            "tide",
            "an event date with accepted rows",
            "What stands for a date: a digest of the files that hold its accepted rows, and how many.",
            [c.EVENT_DATE, c.INPUT_VERSION, c.ROWS],
            statistics=("event_date",),
            maker="bronze",
        ),
        table(
            "silver",
            "an event",
            "Events: accepted, one for each event key, each with its session and its user's attributes.",
            [
                *event_fields(feed),
                *attribute_fields(feed),
                c.SESSION_START,
                c.SESSION_DATE,
                c.IS_SESSION_ENTRY,
                c.IS_SESSION_EXIT,
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
                c.USER_ID,
                c.SESSION_DATE,
                c.SESSION_START,
                c.DURATION_S,
                *engaged,
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
            "a published daily figure, or a change of one",
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
            table(
                "touched",
                "an event date",
                "Dates whose users' attributes a snapshot changed, and that silver has not computed again.",
                [c.EVENT_DATE],
                statistics=("event_date",),
                maker=feed.dimension.name,
            ),
        ]
    return {made_table.name: made_table for made_table in made}
