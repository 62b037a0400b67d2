"""Feed shop: interactions of users with products, CSV by arrival day, each with an id of its own.

Belongs here: what a good interaction is, how it becomes an event.
"""

from datetime import date, timedelta

import pandera.pyspark as pa
import pyspark.sql.types as T

from analytics_assets.feeds.spec import Arrival, Csv, Event, Feed, SessionRule, View

TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"


class Interaction(pa.DataFrameModel):  # type: ignore[type-arg]
    """One interaction, in the order of the line."""

    interaction_id: T.LongType = pa.Field(ne=0)
    user_id: T.LongType = pa.Field(ne=0)
    product_id: T.LongType
    action: T.StringType
    timestamp: T.StringType = pa.Field(str_matches=TIME)


GOOD = "1001,501,2001,view,2025-01-03 10:15:00"

FEED = Feed(
    name="shop",
    owner="team:shop",
    description="Interactions of a shop's users with its products.",
    contract=Interaction,
    event_key=("interaction_id",),
    key_scope="feed",
    landing="shop/{arrival}/*.csv",
    format=Csv(header=True),
    arrival=Arrival.DAY,
    event=Event(
        event_time="timestamp",
        user_id="user_id",
        action="action",
        object_id="product_id",
    ),
    sessions=SessionRule(timeout=timedelta(minutes=30)),
    kept=("interaction_id",),
    has_interaction_counts=True,
    views=(
        View(
            name="interactions",
            description="Every interaction, with how many its user, its product and the pair have up to now.",
            sql="""
                SELECT s.interaction_id, s.user_id, s.object_id AS product_id, s.action, s.event_time AS timestamp,
                       u.n AS user_interaction_count, p.n AS product_interaction_count, c.n AS interaction_count
                FROM silver s
                JOIN (SELECT user_id, sum(events) AS n FROM interaction_counts GROUP BY user_id) u
                    ON u.user_id = s.user_id
                JOIN (SELECT object_id, sum(events) AS n FROM interaction_counts GROUP BY object_id) p
                    ON p.object_id = s.object_id
                JOIN (SELECT user_id, object_id, sum(events) AS n FROM interaction_counts GROUP BY user_id, object_id) c
                    ON c.user_id = s.user_id AND c.object_id = s.object_id
            """,
        ),
    ),
    first_date=date(2023, 1, 1),
    examples=[
        (GOOD, []),
        (GOOD.replace("1001", ""), ["interaction_id_missing"]),
        (GOOD.replace("501", ""), ["user_id_missing"]),
        (GOOD.replace("2001", ""), ["product_id_missing"]),
        (GOOD.replace("view", ""), ["action_missing"]),
        (GOOD.replace("2025-01-03 10:15:00", ""), ["timestamp_missing"]),
        (GOOD.replace("1001", "0"), ["interaction_id"]),
        (GOOD.replace("501", "0"), ["user_id"]),
        (GOOD.replace("501", "ann"), ["user_id_not_integer"]),
        (GOOD.replace("2025-01-03", "03/01/2025"), ["timestamp"]),
        (GOOD.replace("2025-01-03 10", "2025-01-03T10"), ["timestamp"]),
        (GOOD.replace("01-03", "02-30"), ["event_time_not_readable"]),
        (GOOD.replace("2025", "2022"), ["before_first_date"]),
    ],
)
