"""Feed ide: what users of an IDE do, CSV batches by arrival day, late by days.

Belongs here: what a good event is, how it becomes one of ours, which of them are a user's own actions.
"""

from datetime import date, timedelta

import pandera.pyspark as pa
import pyspark.sql.types as T

from analytics_assets.feeds.spec import Arrival, Csv, Event, Feed, SessionRule, View


class IdeEvent(pa.DataFrameModel):  # type: ignore[type-arg]
    """One event, in the order of the line."""

    user_id: T.StringType
    event_id: T.StringType
    product_code: T.StringType
    timestamp: T.TimestampType


GOOD = "u0000001,a,IU,2025-01-03 10:15:00"

FEED = Feed(
    name="ide",
    owner="team:ide",
    description="Events of an IDE's users: a session is a user's work in one product, and may last past midnight.",
    contract=IdeEvent,
    event_key=("user_id", "action", "object_id", "event_time"),
    landing="ide/{arrival}/*.csv",
    format=Csv(header=True),
    arrival=Arrival.DAY,
    event=Event(event_time="timestamp", user_id="user_id", action="event_id", object_id="product_code"),
    sessions=SessionRule(
        timeout=timedelta(minutes=5),
        key=("user_id", "object_id"),
        actions=("a", "b", "c"),
        splits_at_midnight=False,
    ),
    retention_days=14,
    views=(
        View(
            name="user_sessions",
            description="Sessions under the names of the batches; pdate is the date of their start.",
            sql="""
                SELECT session_id, user_id, object_id AS product_code, session_start, duration_s, events, actions,
                       session_date AS pdate
                FROM sessions
            """,
        ),
        View(
            name="user_events",
            description="Events under the names of the batches, each with its session, if it has one.",
            sql="""
                SELECT user_id, action AS event_id, object_id AS product_code, event_time AS timestamp, event_date,
                       is_user_action, session_id
                FROM silver
            """,
        ),
    ),
    first_date=date(2023, 1, 1),
    examples=[
        (GOOD, []),
        (GOOD.replace(",a,", ",h,"), []),
        (GOOD + ".123456", []),
        (GOOD.replace("u0000001", ""), ["user_id_missing"]),
        (GOOD.replace(",a,", ",,"), ["event_id_missing"]),
        (GOOD.replace(",IU,", ",,"), ["product_code_missing"]),
        (GOOD.replace("01-03", "02-30"), ["timestamp_not_timestamp"]),
        (GOOD.replace("2025", "2022"), ["before_first_date"]),
        (GOOD.replace(",a,", ","), ["too_few_fields"]),
        (GOOD + ",more", ["too_many_fields"]),
    ],
)
