"""Forgotten lines: which rows of files in landing are of users who were forgotten, and the files without them.

Belongs here: finding such rows as bronze and the dimension do, what the table counts says of purged arrivals after it.
Does not: bytes of files (resources/landing_rewrite.py). A file of which no row can be told, since it was quarantined
as a whole, stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F

from analytics_assets.feeds.formats import Csv, Format
from analytics_assets.layers.arrivals import misnamed
from analytics_assets.layers.bronze import settle
from analytics_assets.layers.counting import begin_reading, ours_of
from analytics_assets.layers.forgetting import FORGETTING
from analytics_assets.layers.landed import Source, events_source, files_of, snapshot_source
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.reading import Reading, examine, judged_rows, reading_config
from analytics_assets.layers.rules import reading_version
from analytics_assets.layers.tombstones import is_forgotten_event, is_forgotten_user, of_forgotten, tombstones
from analytics_assets.layers.verdicts import with_events
from analytics_assets.layers.world import World, digest, stamped
from analytics_assets.transforms.bronze import FORGOTTEN, LANDED, WARNED
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.landing import LandedFile
from resources.landing_rewrite import Copy, copy_lines, copy_records, rewrite

LINE = "_line"


@dataclass
class Rewritten:
    """What was done to landing. rows: rows taken out of files, by path. unread: files that name users, but no rows."""

    rows: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def files_with_forgotten(world: World) -> dict[str, list[LandedFile]]:
    """Files in landing of which rows were forgotten, by source, as counts say. Raises LandingError as a run does."""
    found: dict[str, list[LandedFile]] = {}
    for source in _sources(world):
        wanted = (pc.field("source") == source.name) & (pc.field("standing") == FORGOTTEN)
        named = world.counts(["source", "standing", "arrival", "file"], wanted)
        paths = {*named["file"].to_pylist()}
        if paths and world.landing.has_folder(source.pattern):
            files = files_of(world, source, {*named["arrival"].to_pylist()})
            found[source.name] = [file for file in files if file.path in paths]
    return found


def rewrite_landing(world: World) -> Rewritten:
    """Write files of landing anew without rows of users who were forgotten; purged arrivals go on being as read.

    One that is killed is finished by the next. Raises LandingError as `rewrite` does.
    """
    done = Rewritten()
    for source, files in files_with_forgotten(world).items():
        if not files:
            continue
        reading, lines = _lines(world, source, files)
        for file in files:
            if file.path in lines:
                rewrite(world.landing, file, _copying(world, source, reading, file.path, lines[file.path]))
                done.rows[file.path] = len(lines[file.path])
        done.unread += [found.file.path for found in reading.quarantined]
        if source == EVENTS_SOURCE:
            _note_purged(world, {file.arrival for file in files} & purged_arrivals(world))
    return done


def _lines(world: World, source: str, files: Sequence[LandedFile]) -> tuple[Reading, dict[str, set[int]]]:
    """What was read of files, and the numbers of the lines or records of each that are of forgotten users."""
    feed, spark, stones = world.feed, world.lakehouse.spark.session, tombstones(world)
    declared = feed if source == EVENTS_SOURCE else feed.dimension
    assert declared is not None
    contract = contract_of(declared.contract)
    names = {file.path: fault for file in files if source == EVENTS_SOURCE and (fault := misnamed(feed, file))}
    reading = examine(world.lakehouse.spark, files, contract, declared.format, names)
    bad = {found.file.path for found in reading.quarantined}
    good = reading.of_files({file.path for file in files} - bad)
    if not good.files:
        return reading, {}
    rows = judged_rows(spark, world.landing, good, declared.landing, contract, declared.format)
    rows = rows.withColumn(LINE, F.col("line_number"))
    if feed.dimension is not None and source != EVENTS_SOURCE:
        is_theirs = is_forgotten_user(feed.dimension, stones)
    else:
        rows, is_theirs = with_events(feed, rows), is_forgotten_event(feed, stones)
    with reading_config(spark, declared.format):
        # Of a few people; a number a row.
        found = of_forgotten(rows, is_theirs).groupBy("file").agg(F.collect_list(LINE).alias(LINE)).collect()
    return reading, {row.file: {*row[LINE]} for row in found}


def _copying(world: World, source: str, reading: Reading, path: str, lines: set[int]) -> Copy:
    if isinstance(_format(world, source), Csv):
        return partial(copy_lines, left_out=lines, encoding=reading.lines[path].encoding)
    return partial(copy_records, left_out=lines)


def _note_purged(world: World, arrivals: set[str]) -> None:
    """Note how files of purged arrivals are now, where they hold exactly what counts say became of their rows."""
    if not arrivals:
        return
    source, version = events_source(world.feed), reading_version(world.feed)
    files = files_of(world, source, arrivals)
    reading = examine(world.lakehouse.spark, files, contract_of(world.feed.contract), world.feed.format)
    before = ours_of(world.counts(), EVENTS_SOURCE, arrivals)
    rows = before.to_pylist()
    changed = False
    for file in files:
        own = [row for row in rows if row["file"] == file.path]
        judged = sum(row["rows"] for row in own if row["standing"] not in (LANDED, FORGOTTEN, WARNED))
        if reading.rows[file.path] != judged:
            continue  # another change, which is refused as any other
        changed = True
        rows = [row for row in rows if row["file"] != file.path or row["standing"] != FORGOTTEN]
        for row in rows:
            if row["file"] == file.path:
                row |= {
                    "fingerprint": stamped(file, version),
                    "content": digest(reading.content[file.path], version),
                }
                if row["standing"] == LANDED:
                    row["rows"] = judged
    if changed:
        left = begin_reading(world, EVENTS_SOURCE, sorted(arrivals), FORGETTING)
        settle(world, sorted(arrivals), pa.Table.from_pylist(rows, before.schema), left)


def _sources(world: World) -> list[Source]:
    return [source for source in (events_source(world.feed), snapshot_source(world.feed)) if source is not None]


def _format(world: World, source: str) -> Format:
    if source == EVENTS_SOURCE or world.feed.dimension is None:
        return world.feed.format
    return world.feed.dimension.format
