"""Tombstones: which users a feed has forgotten, and its rows without theirs.

Belongs here: the table `forgotten`. Does not: how a row is told to be a user's (transforms/forgotten.py), taking rows
out of what stands (forgetting.py).

Where nobody was forgotten, rows are what they were: no plan has a step more.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.feeds.formats import Csv, Format
from analytics_assets.feeds.spec import Dimension, Feed
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import REJECTED
from analytics_assets.transforms.forgotten import Tombstone, names, stand_in, tombstone
from resources.delta_tables import arrow_schema

TABLE = "forgotten"
SALT_BYTES = 16
NUMBER = "_number"


def tombstones(world: World) -> list[Tombstone]:
    """Those of the feed; none where nobody was forgotten."""
    if not world.lakehouse.exists(world.tables[TABLE]):
        return []
    rows = world.lakehouse.arrow(world.tables[TABLE]).to_pylist()
    return [Tombstone(row["user_digest"], row["salt"], row["signs"]) for row in rows]


def leave_tombstone(world: World, user: str, now: datetime) -> bool:
    """Add the tombstone of a user; whether it was not there. From then on no run reads a row of theirs."""
    known = tombstones(world)
    salt = known[0].salt if known else secrets.token_hex(SALT_BYTES)
    made = tombstone(user, salt)
    if made in known:
        return False
    table = world.tables[TABLE]
    row = {
        "user_digest": made.digest,
        "salt": made.salt,
        "signs": made.signs,
        "forgotten_at": now,
        "run_id": world.run_id,
    }
    fresh = pa.Table.from_pylist([row], arrow_schema(table))
    if known:
        fresh = pa.concat_tables([world.lakehouse.arrow(table).cast(fresh.schema), fresh])
    world.lakehouse.put(table, fresh, world.run_id, [])
    return True


def is_forgotten_event(feed: Feed, stones: Sequence[Tombstone]) -> Column:
    """Whether a row of bronze is of a user who was forgotten: user_id, standing, raw."""
    is_rejected = F.col("standing") == REJECTED
    return names(stones, F.col("user_id")) | (is_rejected & stand_in(stones, F.col("raw"), _sep(feed.format)))


def is_forgotten_user(dimension: Dimension, stones: Sequence[Tombstone]) -> Column:
    """Whether a judged row of a snapshot is of a user who was forgotten: the key, violations, raw."""
    is_rejected = F.col("violations").isNotNull()
    return names(stones, F.col(dimension.key).cast("string")) | (
        is_rejected & stand_in(stones, F.col("raw"), _sep(dimension.format))
    )


def without(rows: DataFrame, is_forgotten: Column | None) -> DataFrame:
    """Rows that are of nobody who was forgotten. is_forgotten: None where nobody was."""
    return rows if is_forgotten is None else _where(rows, ~is_forgotten)


def of_forgotten(rows: DataFrame, is_forgotten: Column) -> DataFrame:
    """Rows that are of users who were forgotten."""
    return _where(rows, is_forgotten)


def _where(rows: DataFrame, condition: Column) -> DataFrame:
    # Spark would move the condition below all that makes the columns that it asks for, and put that into it each time:
    # a row's verdict is made of hundreds of steps. It moves none below a number that is given to rows as they come.
    numbered = rows.withColumn(NUMBER, F.monotonically_increasing_id())
    return numbered.where(condition & (F.col(NUMBER) >= 0)).drop(NUMBER)


def rows_by_file(rows: DataFrame, is_forgotten: Column) -> dict[str, int]:
    """How many rows of each file are of users who were forgotten."""
    counted = of_forgotten(rows, is_forgotten).groupBy("file").agg(F.count(F.lit(1)).alias("rows"))
    return {row.file: row.rows for row in counted.collect()}  # a row a file


def without_users(world: World, rows: DataFrame) -> DataFrame:
    """Rows with user_id that are of nobody who was forgotten."""
    stones = tombstones(world)
    return without(rows, names(stones, F.col("user_id")) if stones else None)


def _sep(file_format: Format) -> str | None:
    return file_format.sep if isinstance(file_format, Csv) else None
