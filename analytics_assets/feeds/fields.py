"""The columns that a feed's declaration gives its tables.

Belongs here: which columns events, users' attributes and sessions have. Does not: the tables (tables.py).
"""

from __future__ import annotations

import pyspark.sql.types as T

from analytics_assets.feeds.spec import Feed
from analytics_assets.transforms import columns as c
from analytics_assets.transforms.contract import contract_columns

DEVICE = "device_type"
"""The attribute that says on which device a user is."""


def event_fields(feed: Feed) -> list[T.StructField]:
    """The event's columns, in the order of the tables."""
    fields = [c.EVENT_TIME, c.EVENT_DATE, c.USER_ID, c.ACTION, c.OBJECT_ID]
    if feed.has_duration:
        fields.append(c.DURATION_MS)
    if feed.event.app_version is not None:
        fields.append(c.APP_VERSION)
    if feed.event.country is not None:
        fields.append(c.COUNTRY)
    return fields


def kept_fields(feed: Feed) -> list[T.StructField]:
    """The contract's columns that silver carries beside the event's."""
    return [field for field in other_contract_fields(feed) if field.name in feed.kept]


def attribute_fields(feed: Feed) -> list[T.StructField]:
    """The columns of users' attributes."""
    return [c.attribute(name, feed.dimension.name) for name in feed.attributes] if feed.dimension else []


def load_fields(feed: Feed) -> list[T.StructField]:
    """The columns by which load times are split: the version of the app, and the device where users have one."""
    return [c.APP_VERSION, *[field for field in attribute_fields(feed) if field.name == DEVICE]]


def activity_series(feed: Feed) -> list[str]:
    """The columns of silver by which the mix of activity is split, beside the hour."""
    has_country = feed.event.country is not None or c.COUNTRY.name in feed.attributes
    return [c.ACTION.name, *([c.COUNTRY.name] if has_country else [])]


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


def content_columns(feed: Feed) -> list[str]:
    """What a row says of its event: the columns by which ties between rows of one key are decided."""
    return [field.name for field in (*event_fields(feed), *other_contract_fields(feed)) if field.name != "event_date"]


def session_fields(feed: Feed) -> list[T.StructField]:
    """What silver says of an event's session. Where sessions may last past midnight, the id stands with the event."""
    if feed.sessions.splits_at_midnight:
        return [c.SESSION_START, c.SESSION_DATE, c.IS_SESSION_ENTRY, c.IS_SESSION_EXIT]
    return [c.SESSION_START, c.SESSION_DATE, c.SESSION_ID, c.IS_USER_ACTION]
