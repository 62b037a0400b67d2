"""Rejudging: arrivals that landing no longer has are judged again from bronze, under the contract as it is now.

Belongs here: what bronze keeps of a row, and its new verdict. Does not: arrivals that landing has (bronze.py), which
arrivals are judged again from where (retrying.py).

A row that was accepted is there as its values, one that was rejected when it was read as its text. A row that cannot be
read from its text, since that is not all that was there (a quarantined file, bytes that were no UTF-8), stays rejected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial, reduce

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.formats import Csv, Format
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.bronze import BuiltBronze, settle
from analytics_assets.layers.counting import arrivals_being_read, begin_reading, recounted
from analytics_assets.layers.layouts import HeaderFault, Layout, layout
from analytics_assets.layers.reasons import FILE_RULES
from analytics_assets.layers.rules import contract_version, kept_as, kept_version, reading_version
from analytics_assets.layers.verdicts import with_events
from analytics_assets.layers.world import World, built
from analytics_assets.transforms.bronze import INVALID_UTF8, PLACES, REJECTED, WIDTH, judge
from analytics_assets.transforms.contract import Contract, contract_of
from analytics_assets.transforms.counts import EVENTS_SOURCE, event_counts
from analytics_assets.transforms.kept_values import judge_values, kept_values
from analytics_assets.transforms.records import judge_records
from resources.conditions import one_of
from resources.errors import UserError

FROM_BRONZE = "from bronze"
"""How an arrival is being read that is judged again here, in counts."""


def contracts_of(world: World) -> dict[str, set[str]]:
    """The versions of the contract under which rows of each arrival in bronze were judged. Reads Delta's log alone."""
    found: dict[str, set[str]] = {}
    for end in ("min", "max"):
        for arrival, version in world.lakehouse.logged(world.tables["bronze"], f"{end}.contract_version"):
            found.setdefault(arrival, set()).add(version)
    return found


def left_unfinished(world: World) -> list[str]:
    """Arrivals that a run was judging again when it ended: what follows from them is not recorded."""
    return sorted(arrivals_being_read(world, EVENTS_SOURCE, FROM_BRONZE))


def rejudge(world: World, arrivals: Sequence[str]) -> BuiltBronze:
    """Judge the rows of arrivals again, from bronze. Those that were judged under this contract stay as they are.

    Raises UserError where bronze keeps values under other names than the feed declares now.
    """
    feed, lakehouse, table = world.feed, world.lakehouse, world.tables["bronze"]
    version, recorded = contract_version(feed), contracts_of(world)
    unfinished = {*left_unfinished(world)}
    keys = [arrival for arrival in sorted({*arrivals}) if arrival in unfinished or recorded.get(arrival) != {version}]
    if not keys:
        return BuiltBronze(table=table, written=None, rows={})
    _check_names(feed, {arrival: recorded[arrival] for arrival in keys})
    contract, is_arrival = contract_of(feed.contract), one_of("arrival", keys)
    rows = _judged_again(feed, contract, lakehouse.read(table, is_arrival))
    stamped = rows.withColumn("contract_version", F.lit(version))
    left = begin_reading(world, EVENTS_SOURCE, keys, FROM_BRONZE)
    written = lakehouse.replace(table, stamped.select(table.schema.fieldNames()), keys, run_id=world.run_id)
    counted = event_counts(lakehouse.read(table, is_arrival), feed.time_zone, contract.warns)
    fresh = recounted(world.counts(), EVENTS_SOURCE, keys, reading_version(feed), counted)
    touched = settle(world, keys, fresh, left)
    done = built(world, table, written, keys)
    return BuiltBronze(table=table, written=written, rows=done.rows, touched=touched)


def _check_names(feed: Feed, recorded: Mapping[str, Collection[str]]) -> None:
    names = kept_version(feed)
    for arrival, versions in recorded.items():
        if any(version.rpartition("-")[2] != names for version in versions):
            raise UserError(
                f"{feed.name}: arrival {arrival} was read when the contract's columns had other names or types as the "
                "event's columns, so bronze does not tell its values. Put its files back into landing, and try again"
            )


def _judged_again(feed: Feed, contract: Contract, rows: DataFrame) -> DataFrame:
    """Rows of bronze under the feed's declaration as it is now, without contract_version."""
    # Only rows that were rejected when they were read have the number of their line.
    has_text = F.col("line_number").isNotNull()
    texts = rows.where(has_text).select("arrival", "file", "line_number", "raw", "header", "violations")
    layouts = _layouts(feed.format, contract, texts)
    unreadable = [header for header, found in layouts.items() if found is None]
    in_part = F.array(*[F.lit(rule) for rule in (*FILE_RULES, INVALID_UTF8)])
    is_readable = ~F.arrays_overlap("violations", in_part) & F.coalesce(~F.col("header").isin(unreadable), F.lit(True))
    staying, texts = rows.where(has_text & ~is_readable), texts.where(is_readable).drop("violations")
    judged = [judge_values(kept_values(rows.where(~has_text), contract, kept_as(feed), feed.source_zone), contract)]
    if isinstance(feed.format, Csv):
        judged += [_judged_lines(texts, header, contract, found) for header, found in layouts.items() if found]
    else:
        judged.append(judge_records(texts, contract, feed.format.rest))
    made = with_events(feed, reduce(partial(DataFrame.unionByName, allowMissingColumns=True), judged))
    made = made.withColumn("header", F.when(F.col("standing") == REJECTED, F.col("header")))
    names = [name for name in rows.columns if name != "contract_version"]
    return made.select(names).unionByName(staying.select(names))


def _layouts(file_format: Format, contract: Contract, texts: DataFrame) -> dict[str | None, Layout | None]:
    """The layout of lines under each header; None for one under which they cannot be read any more."""
    if not isinstance(file_format, Csv):
        return {}
    found: dict[str | None, Layout | None] = {}
    for row in texts.select("header").distinct().collect():  # at most one a file
        try:
            found[row.header] = layout(row.header, contract, file_format)
        except HeaderFault:
            found[row.header] = None
    return found


def _judged_lines(texts: DataFrame, header: str | None, contract: Contract, found: Layout) -> DataFrame:
    lines = texts.where(F.col("header").eqNullSafe(F.lit(header)))
    if not found.is_usual:
        places = F.array(*[F.lit(place).cast("int") for place in found.places])
        lines = lines.withColumns({PLACES: places, WIDTH: F.lit(found.width)})
    has_places = not found.is_usual
    return judge(lines, contract, found.sep, check_utf8=False, has_quotes=True, has_places=has_places)
