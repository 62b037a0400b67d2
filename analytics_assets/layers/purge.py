"""Purge: accepted rows of old arrivals leave bronze, and no event is lost.

Belongs here: which arrivals are old, what must be kept of them, which rows stand in for them. Does not: rejected
rows, which stay; what the reader of landing does with a file of a purged arrival (landed.py).

An event of a purged arrival stands in silver, which names its arrival. What silver does not say is kept in the table
`purged`: rows that a file held more than once, and rows that lost to another of their key. So silver of a date can
be computed again from bronze, `purged` and itself, and a purge touches no date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.fields import content_columns
from analytics_assets.layers.arrivals import DATE_LENGTH
from analytics_assets.layers.counting import arrivals_being_read
from analytics_assets.layers.tombstones import without_users
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import ACCEPTED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.conditions import one_of, one_of_dates
from resources.errors import UserError

ROWS = "rows"


@dataclass(frozen=True)
class Purged:
    """What a purge took out of bronze: arrivals that were not purged before, and their accepted rows."""

    arrivals: list[str]
    rows: int


class PurgeError(UserError):
    """A feed that cannot be purged; says why and what to do."""


def purged_arrivals(world: World) -> set[str]:
    """Arrivals whose accepted rows bronze no longer keeps."""
    table = world.tables.get("purged_arrivals")
    if table is None or not world.lakehouse.exists(table):
        return set()
    return set(world.lakehouse.arrow(table)["arrival"].to_pylist())


def arrivals_to_purge(world: World) -> list[str]:
    """Arrivals that are older than the feed keeps, counted back from its newest one. Raises PurgeError."""
    days = world.feed.retention_days
    if days is None:
        raise PurgeError(f"{world.feed.name} declares no retention_days: bronze keeps all of its arrivals")
    read = set(_accepted(world.counts())["arrival"].to_pylist())
    arrivals = sorted(read - arrivals_being_read(world, EVENTS_SOURCE))
    if not arrivals:
        return []
    oldest = date.fromisoformat(arrivals[-1][:DATE_LENGTH]) - timedelta(days=days - 1)
    return [arrival for arrival in arrivals if arrival[:DATE_LENGTH] < oldest.isoformat()]


def purge(world: World, arrivals: Sequence[str]) -> int:
    """Take accepted rows of arrivals out of bronze; how many. Their dates must not be behind in silver.

    A purge that is killed is finished by the next: what is kept is written first, then which arrivals are purged,
    and from then on bronze's rows of them are not read.
    """
    lakehouse, tables = world.lakehouse, world.tables
    before = purged_arrivals(world)
    fresh = sorted(set(arrivals) - before)
    counts = _accepted(world.counts())
    of_fresh = counts.filter(pc.is_in(counts["arrival"], pa.array(fresh, pa.string())))
    if fresh:
        days = sorted({day.isoformat() for day in of_fresh["event_date"].to_pylist()})
        if days:
            _keep(world, days, _not_in_silver(world, _bronze_of(world, fresh, days), days))
        every: dict[str, list[Any]] = {"arrival": sorted({*before, *fresh})}
        lakehouse.put(tables["purged_arrivals"], every, world.run_id, fresh)
    where = one_of("arrival", arrivals) & one_of("standing", ACCEPTED)
    lakehouse.delete(tables["bronze"], where, world.run_id, arrivals)
    return int(pc.sum(of_fresh["rows"]).as_py() or 0)


def candidates(world: World, accepted: DataFrame, days: Sequence[str], columns: Sequence[str]) -> DataFrame:
    """Accepted rows of dates, those of purged arrivals included; with rows bigint, how often each stood in its file.

    accepted: of bronze. Where no arrival was purged, they are what there is, without rows.
    """
    purged = purged_arrivals(world)
    if not purged:
        return accepted
    gone = F.col("arrival").isin(*sorted(purged))
    kept, silver = (
        without_users(world, world.lakehouse.read_or_empty(world.tables[name], one_of_dates("event_date", days)))
        for name in ("purged", "silver")
    )
    kept, silver = kept.where(gone), silver.where(gone)
    winners = _without(silver.select(*columns), kept, columns).withColumn(ROWS, F.lit(1).cast("bigint"))
    remaining = accepted.where(~gone).withColumn(ROWS, F.lit(1).cast("bigint"))
    return remaining.unionByName(winners).unionByName(kept.select(*columns, ROWS))


def keep_contested(world: World, rows: DataFrame, days: Sequence[str], key: Sequence[str]) -> None:
    """Before silver of dates is written again: keep its events of purged arrivals that other rows of their key contest.

    rows: the `candidates`. One that loses now would be in no table otherwise, and could not win again.
    """
    purged = purged_arrivals(world)
    if not purged or ROWS not in rows.columns:
        return
    contested = rows.groupBy(*[F.col(name).alias(f"_{name}") for name in key]).agg(F.count(F.lit(1)).alias("_n"))
    same = [F.col(name).eqNullSafe(F.col(f"_{name}")) for name in key]
    gone = F.col("arrival").isin(*sorted(purged))
    losing = rows.where(gone).join(contested.where("_n > 1"), same, "left_semi")
    if losing.limit(1).count():
        _keep(world, days, losing)


def _keep(world: World, days: Sequence[str], rows: DataFrame) -> None:
    """Add rows to the table `purged`, those that stand there already once."""
    table = world.tables["purged"]
    names = table.schema.fieldNames()
    before = world.lakehouse.read_or_empty(table, one_of_dates("event_date", days)).select(names)
    others = [name for name in names if name != ROWS]
    # A killed run may have written some of them: they say the same.
    both = before.unionByName(rows.select(names)).groupBy(*others).agg(F.max(ROWS).alias(ROWS))
    world.lakehouse.replace(
        table,
        both.select(names).repartition("event_date"),
        sorted(days),
        run_id=world.run_id,
    )


def _bronze_of(world: World, arrivals: Sequence[str], days: Sequence[str]) -> DataFrame:
    columns = _columns(world)
    where = one_of("arrival", arrivals) & one_of("standing", ACCEPTED) & one_of_dates("event_date", days)
    bronze = world.lakehouse.read(world.tables["bronze"], where)
    return bronze.groupBy(*columns).agg(F.count(F.lit(1)).alias(ROWS))


def _not_in_silver(world: World, rows: DataFrame, days: Sequence[str]) -> DataFrame:
    silver = world.lakehouse.read(world.tables["silver"], one_of_dates("event_date", days))
    columns = _columns(world)
    several, single = rows.where(F.col(ROWS) > 1), rows.where(F.col(ROWS) == 1)
    return several.unionByName(_without(single, silver, columns))


def _without(rows: DataFrame, others: DataFrame, columns: Sequence[str]) -> DataFrame:
    named = others.select(*[F.col(name).alias(f"_other_{name}") for name in columns])
    same = [F.col(name).eqNullSafe(F.col(f"_other_{name}")) for name in columns]
    return rows.join(named, same, "left_anti")


def _columns(world: World) -> list[str]:
    return ["event_date", *content_columns(world.feed), "arrival", "file"]


def _accepted(counts: pa.Table) -> pa.Table:
    ours = pc.and_(pc.equal(counts["source"], EVENTS_SOURCE), pc.is_in(counts["standing"], pa.array(ACCEPTED)))
    return counts.filter(ours)
