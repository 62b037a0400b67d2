"""Entry and exit actions: with what sessions begin, and with what they end.

Belongs here: sessions by their first and last action, in all and by attribute. Does not: sessions (sessions.py), how
many and how long they are (session_days.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.active_users import SERIES, by_dimension
from analytics_assets.transforms.session_days import with_users_attributes

ENTRY, EXIT = "entry", "exit"


def entry_exit_actions(sessions: DataFrame, user_days: DataFrame, attributes: Sequence[str]) -> DataFrame:
    """Sessions that began on each date by the action that they began with, and by the one that they ended with.

    In: sessions with user_id, session_date, entry_action, exit_action, is_bounce; user_days of the same dates with
    user_id, event_date and the attributes. Out: session_date, dimension, value, edge string (ENTRY or EXIT), action,
    sessions bigint, bounces bigint. Each session counts once under each edge.
    """
    measures = ("entry_action", "exit_action", "is_bounce")
    rows = with_users_attributes(sessions, user_days, attributes, *measures)
    # By all attributes at once first: what is then split is a row a combination, not a row a session.
    both = rows.groupBy("session_date", *attributes, "entry_action", "exit_action").agg(
        F.count(F.lit(1)).alias("sessions"), F.sum(F.col("is_bounce").cast("bigint")).alias("bounces")
    )
    edges = [
        F.struct(F.lit(edge).alias("edge"), F.col(f"{edge}_action").alias("action")).alias(edge)
        for edge in (ENTRY, EXIT)
    ]
    split = both.select("session_date", *attributes, "sessions", "bounces", F.explode(F.array(*edges)).alias("_edge"))
    flat = split.select("session_date", *attributes, "_edge.edge", "_edge.action", "sessions", "bounces")
    series = by_dimension(flat, attributes, "session_date", "edge", "action", "sessions", "bounces")
    return series.groupBy("session_date", *SERIES, "edge", "action").agg(
        F.sum("sessions").alias("sessions"), F.sum("bounces").alias("bounces")
    )
