"""Feed notes: what users of a note-taking app do, a folder of CSV files a day, with snapshots of its users.

Belongs here: what a good interaction and a good user are, how an interaction becomes an event.
"""

from datetime import date, timedelta

import pandera.pyspark as pa
import pyspark.sql.types as T

from analytics_assets.feeds.spec import Arrival, Csv, Dimension, Event, Feed, SessionRule

TWO_HOURS_MS = 7_200_000


class Interaction(pa.DataFrameModel):  # type: ignore[type-arg]
    """One action of a user, in the order of the line."""

    user_id: T.StringType
    timestamp: T.TimestampType
    action_type: T.StringType
    page_id: T.StringType
    duration_ms: T.LongType = pa.Field(ge=0, le=TWO_HOURS_MS, metadata={"violation": "duration_out_of_range"})
    app_version: T.StringType


class User(pa.DataFrameModel):  # type: ignore[type-arg]
    """One user in a snapshot, in the order of the line."""

    user_id: T.StringType
    join_date: T.DateType = pa.Field(nullable=True)
    country: T.StringType = pa.Field(nullable=True)
    device_type: T.StringType = pa.Field(nullable=True)
    subscription_type: T.StringType = pa.Field(nullable=True)


GOOD = "u0000001,2025-01-03 10:15:00,page_view,p000042,1200,5.10.0"

FEED = Feed(
    name="notes",
    owner="team:product",
    description="Interactions with a note-taking app.",
    contract=Interaction,
    event_key=("user_id", "event_time", "action", "object_id"),
    landing="notes/events/{arrival}/*.csv",
    format=Csv(header=True),
    arrival=Arrival.DAY,
    event=Event(
        event_time="timestamp",
        user_id="user_id",
        action="action_type",
        object_id="page_id",
        duration_ms="duration_ms",
        app_version="app_version",
    ),
    sessions=SessionRule(timeout=timedelta(minutes=30)),
    page_views=("page_view",),
    dimensions=(
        Dimension(
            name="users",
            contract=User,
            landing="notes/users/{arrival}/*.csv",
            format=Csv(header=True),
            order_column="join_date",
            attributes=("country", "device_type", "subscription_type"),
            partition_by="country",
            sign_up_date="join_date",
        ),
    ),
    first_date=date(2023, 1, 1),
    examples=[
        (GOOD, []),
        (GOOD.replace(",1200,", ",-1,"), ["duration_out_of_range"]),
        (GOOD.replace(",1200,", ",7200000,"), []),
        (GOOD.replace(",1200,", ",7200001,"), ["duration_out_of_range"]),
        (GOOD.replace(",1200,", ",soon,"), ["duration_ms_not_integer"]),
        (GOOD.replace("01-03", "02-30"), ["timestamp_not_timestamp"]),
        (GOOD.replace("u0000001", ""), ["user_id_missing"]),
        (GOOD.replace("2025", "2022"), ["before_first_date"]),
        (GOOD.replace("page_view", '"page_view'), ["unclosed_quote"]),
        (GOOD.replace(",5.10.0", ""), ["too_few_fields"]),
        (GOOD + ",more", ["too_many_fields"]),
    ],
)
