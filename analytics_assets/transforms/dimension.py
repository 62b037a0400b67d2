"""Dimensions: one row a user and snapshot, and a user's attributes as of a date.

Belongs here: making snapshots unique, the dates for which a row of a snapshot holds, joining events with them.
Does not: which attributes there are (feeds/).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, Window

from analytics_assets.transforms.columns import UNKNOWN

BEGINNING, END = "0001-01-01", "9999-12-31"
NULL_NAME = "__HIVE_DEFAULT_PARTITION__"
LONGEST_NAME = 64
"""Bytes of an attribute by which a table is parted. Three of a folder's name for each, and its column's name, are less
than the 255 that a file system takes."""


def named(judged: DataFrame, attribute: str) -> DataFrame:
    """Judged rows of snapshots, rejected where their attribute can be no folder's name, by which the table is parted.

    In, out: as `judge` has them.
    """
    text = F.col(attribute)
    is_no_name = (F.octet_length(text) > LONGEST_NAME) | text.contains("\x00") | (text == NULL_NAME)
    reason = F.when(is_no_name, F.array(F.lit(f"{attribute}_not_a_name")))
    return judged.withColumn("violations", F.coalesce("violations", reason))


def unique_users(rows: DataFrame, key: str, order_column: str, content: Sequence[str]) -> DataFrame:
    """One row of each user and arrival: the greatest by (file, order_column, content).

    In: accepted rows of snapshots with arrival and file. Out: the same columns and copies bigint, the number
    of rows that stood there for the user.
    """
    order = [F.col(name).desc_nulls_last() for name in ("file", order_column, *content)]
    group = Window.partitionBy("arrival", key)
    ranked = rows.select(
        "*",
        F.row_number().over(group.orderBy(*order)).alias("_rank"),
        F.count(F.lit(1)).over(group).alias("copies"),
    )
    return ranked.where(F.col("_rank") == 1).drop("_rank")


def attributes_by_date(users: DataFrame, key: str, attributes: Sequence[str]) -> DataFrame:
    """For which event dates each row of a snapshot holds.

    Out: the key, valid_from and valid_until (dates, both inclusive), and the attributes, `unknown` where they
    are missing. The periods of a user cover all dates and do not overlap: a join on them never multiplies
    events. Before the first snapshot with the user, that one holds. Source: METRICS "Attributes of a user".
    """
    snapshot_date = F.substring("arrival", 1, 10).cast("date")
    order = Window.partitionBy(key).orderBy("arrival")
    return users.select(
        key,
        F.when(F.row_number().over(order) == 1, F.lit(BEGINNING).cast("date"))
        .otherwise(snapshot_date)
        .alias("valid_from"),
        F.coalesce(F.date_sub(F.lead(snapshot_date).over(order), 1), F.lit(END).cast("date")).alias("valid_until"),
        *[F.coalesce(name, F.lit(UNKNOWN)).alias(name) for name in attributes],
    )


def with_attributes(events: DataFrame, periods: DataFrame, key: str, attributes: Sequence[str]) -> DataFrame:
    """Events with their users' attributes as of the event date; `unknown` for users without any.

    In: events with user_id and event_date; periods as `attributes_by_date` gives them. No event is lost or doubled.
    """
    held = periods.withColumnRenamed(key, "_user")
    is_held = (
        (F.col("user_id") == F.col("_user"))
        & (F.col("event_date") >= F.col("valid_from"))
        & (F.col("event_date") <= F.col("valid_until"))
    )
    named = {name: F.coalesce(F.col(name), F.lit(UNKNOWN)) for name in attributes}
    return events.join(held, is_held, "left").withColumns(named).drop("_user", "valid_from", "valid_until")
