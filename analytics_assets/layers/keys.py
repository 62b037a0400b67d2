"""Keys that stand on several dates, for feeds that keep one event of a key over all dates.

Belongs here: finding them in bronze, which dates they touch, which rows lose to another date. Does not: keys on one
date (transforms/silver.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.fields import content_columns
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import ACCEPTED
from analytics_assets.transforms.keys import keys_on_several_dates, without_losers
from resources.conditions import one_of, one_of_dates


def record_keys(world: World, arrivals: Sequence[str]) -> dict[date, str]:
    """Write the keys that stand on several dates, and give a digest of them for each of these dates.

    Keys of all dates are compared, since any two may meet; only the key, what decides and the place are read.
    """
    feed, lakehouse, table = world.feed, world.lakehouse, world.tables["keys"]
    accepted = lakehouse.read(world.tables["bronze"], one_of("standing", ACCEPTED))
    found = keys_on_several_dates(accepted, feed.event_key, content_columns(feed), feed.winner)
    lakehouse.replace(table, found.coalesce(1), None, run_id=world.run_id)
    rows = (
        lakehouse.read(table)
        .groupBy("event_date")
        .agg(F.sum(F.xxhash64(*table.schema.fieldNames()).cast("decimal(38,0)")).alias("sum"), F.count("*").alias("n"))
        .collect()  # a row a date
    )
    return {row.event_date: hashlib.sha256(f"{row.n}|{row.sum}".encode()).hexdigest()[:16] for row in rows}


def lost_rows(world: World) -> dict[str, int]:
    """For each date how many accepted rows have a key that is kept on another date; from the keys' table."""
    table = world.tables.get("keys")
    if table is None or not world.lakehouse.exists(table):
        return {}
    rows = world.lakehouse.arrow(table, ["event_date", "winner_date", "rows"]).to_pylist()
    lost: dict[str, int] = {}
    for row in rows:
        if row["event_date"] != row["winner_date"]:
            day = row["event_date"].isoformat()
            lost[day] = lost.get(day, 0) + row["rows"]
    return lost


def winners(world: World, rows: DataFrame, days: Sequence[str]) -> DataFrame:
    """Accepted rows of dates without those whose key is kept on another date."""
    if world.feed.key_scope == "date":
        return rows
    keys = world.lakehouse.read_or_empty(world.tables["keys"], one_of_dates("event_date", days))
    return without_losers(rows, keys, world.feed.event_key)
