"""Bronze: arrivals are read, judged, written, counted; the tide of the dates that they touch is recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from analytics_assets.layers.arrivals import misnamed
from analytics_assets.layers.changing import ChangedError, changed_lines, changed_meanwhile, settled, unchanged
from analytics_assets.layers.counting import (
    arrivals_being_read,
    begin_reading,
    counts_of,
    files_short_of_rows,
    new_counts,
    read_before,
    with_forgotten,
    with_new_fingerprints,
    write_counts,
)
from analytics_assets.layers.keys import record_keys
from analytics_assets.layers.landed import events_source, look_at_all, readable
from analytics_assets.layers.origins import with_origins
from analytics_assets.layers.quarantine import Quarantined
from analytics_assets.layers.reading import Reading, examine, judged_rows, reading_config
from analytics_assets.layers.rules import contract_version, reading_version
from analytics_assets.layers.tide import record_tide
from analytics_assets.layers.tombstones import is_forgotten_event, rows_by_file, tombstones, without
from analytics_assets.layers.verdicts import with_events
from analytics_assets.layers.world import Built, World, built
from analytics_assets.transforms.bronze import EARLY, LATE, ON_TIME
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.counts import EVENTS_SOURCE, event_counts
from resources.conditions import Condition, between, one_of, one_of_dates
from resources.landing import LandedFile

DAY = timedelta(days=1)
LAST_SIGN = "~"
FEW_EVENTS, FEW_BYTES = 2_000_000, 32 * 1024 * 1024
MOST_FILES, MOST_BYTES = 50_000, 8 * 1024**3
"""Of a part: Spark holds the name of each file several times over."""


@dataclass(frozen=True, kw_only=True)
class BuiltBronze(Built):
    """Bronze also says which files it quarantined, and the new version of each date that it touched.

    told: lines for a person: how headers differ from the contract, and arrivals that changed while they were read.
    """

    quarantined: list[Quarantined] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    touched: dict[str, str] = field(default_factory=dict)


def pending_arrivals(world: World) -> list[str]:
    """Arrivals in landing that bronze does not hold as they are.

    Raises LandingError if there is no arrival at all: then landing is elsewhere, or could not be seen.
    """
    return look_at_all(world, events_source(world.feed)).pending


def build_bronze(world: World, arrivals: Sequence[str], accepted: Collection[str] = ()) -> BuiltBronze:
    """Read arrivals from landing and replace them in bronze, counts and tide.

    Arrivals that are archived (layers/world.py), purged, or without a file in landing stay in bronze as they are.
    accepted: arrivals of which a person said that what is missing was removed.
    """
    files = readable(world, events_source(world.feed), arrivals, accepted)
    _begin_spark(world, files)
    return _build(world, files)


def build_changed(world: World, arrivals: Sequence[str], files: Sequence[LandedFile] | None = None) -> BuiltBronze:
    """As `build_bronze`, but for arrivals whose files landed again with the bytes that they had: only that is noted.

    files: of the arrivals, where a look at landing has just found them.
    """
    files = readable(world, events_source(world.feed), arrivals) if files is None else files
    _begin_spark(world, files)
    same = note_same(world, files)
    return _build(world, [file for file in files if file.arrival not in same])


def note_same(world: World, files: Sequence[LandedFile]) -> set[str]:
    """Arrivals whose files landed again with the bytes that they had; of these their fingerprints are noted.

    files: all that landed of their arrivals.
    """
    version, counts = reading_version(world.feed), counts_of(world, {file.arrival for file in files})
    known = set(pc.unique(counts["arrival"]).to_pylist()) - arrivals_being_read(world, EVENTS_SOURCE)
    again = [file for file in files if file.arrival in known]
    if not again:
        return set()
    reading = examine(world.lakehouse.spark, again, contract_of(world.feed.contract), world.feed.format)
    same = set(read_before(counts, EVENTS_SOURCE, reading, version))
    if same:
        of_same = [file for file in again if file.arrival in same]
        fresh = with_new_fingerprints(counts, EVENTS_SOURCE, of_same, version)
        write_counts(world, EVENTS_SOURCE, sorted(same), fresh)
    return same


def _build(world: World, files: Sequence[LandedFile]) -> BuiltBronze:
    """Read files of whole arrivals, part by part: what stands of a part stays, where a later one is killed.

    Raises ChangedError where of no part an arrival stayed as it was listed.
    """
    changed: ChangedError | None = None
    done = BuiltBronze(table=world.tables["bronze"], written=None, rows={})
    for part in parts(files):
        try:
            more = _build_part(world, part)
        except ChangedError as error:
            changed = error
            done.told.append(str(error))  # of this part alone: others go on
            continue
        done = BuiltBronze(
            table=more.table,
            written=more.written,
            rows=done.rows | more.rows,
            quarantined=done.quarantined + more.quarantined,
            told=done.told + more.told,
            touched=done.touched | more.touched,
        )
    if changed is not None and done.written is None:
        raise changed
    return done


def parts(files: Sequence[LandedFile]) -> Iterator[list[LandedFile]]:
    """Files of whole arrivals, in their order: each part of at most so many files and bytes, or of one arrival."""
    part: list[LandedFile] = []
    size = 0
    for _, arrived in groupby(sorted(files, key=lambda file: file.arrival), key=lambda file: file.arrival):
        own = list(arrived)
        more = sum(file.size for file in own)
        if part and (len(part) + len(own) > MOST_FILES or size + more > MOST_BYTES):
            yield part
            part, size = [], 0
        part += own
        size += more
    if part:
        yield part


def _build_part(world: World, files: Sequence[LandedFile]) -> BuiltBronze:
    feed, lakehouse = world.feed, world.lakehouse
    table = world.tables["bronze"]
    keys = sorted({file.arrival for file in files})
    contract = contract_of(feed.contract)
    names = {file.path: fault for file in files if (fault := misnamed(feed, file))}
    reading = examine(lakehouse.spark, files, contract, feed.format, names)
    stones = tombstones(world)
    is_forgotten = is_forgotten_event(feed, stones) if stones else None
    source = events_source(feed)
    with unchanged(world, source, files):
        rows = without(_rows(world, reading), is_forgotten)
        left = begin_reading(world, EVENTS_SOURCE, keys)
        with reading_config(lakehouse.spark.session, feed.format):
            written = lakehouse.replace(table, rows.select(table.schema.fieldNames()), keys, run_id=world.run_id)
    changed = changed_meanwhile(world, source, files)
    stays = settled(keys, changed)
    counted = event_counts(lakehouse.read(table, one_of("arrival", stays)), feed.time_zone, contract.warns)
    fresh = new_counts(world, EVENTS_SOURCE, reading.of_arrivals(stays), reading_version(feed), counted)
    if is_forgotten is not None and (short := files_short_of_rows(fresh)):
        with unchanged(world, source, files), reading_config(lakehouse.spark.session, feed.format):
            fresh = with_forgotten(fresh, rows_by_file(_rows(world, reading.of_files(short)), is_forgotten))
    touched = settle(world, stays, fresh, left & {*stays})
    done = built(world, table, written, keys)
    return BuiltBronze(
        table=table,
        written=written,
        rows=done.rows,
        quarantined=reading.quarantined,
        told=reading.drift + changed_lines(changed),
        touched=touched,
    )


def _begin_spark(world: World, files: Sequence[LandedFile]) -> None:
    """Spark starts beside the counting of records, and knows whether much can follow: at most all that ever landed."""
    if files:
        events = max(sum(world.lakehouse.rows(world.tables[name]).values()) for name in ("bronze", "silver"))
        world.lakehouse.spark.begin(is_little=events <= FEW_EVENTS and sum(file.size for file in files) <= FEW_BYTES)


def _rows(world: World, reading: Reading) -> DataFrame:
    """The rows of files as bronze has them."""
    feed, spark = world.feed, world.lakehouse.spark.session
    judged = judged_rows(spark, world.landing, reading, feed.landing, contract_of(feed.contract), feed.format)
    return with_origins(with_events(feed, judged), reading, feed.format, contract_version(feed))


def settle(world: World, arrivals: Sequence[str], fresh: pa.Table, left: Collection[str] = ()) -> dict[str, str]:
    """Record what follows from arrivals that stand in bronze; counts come last, since they say that all is done.

    left: those that a run was reading when it ended. The tide may stand as it left it.
    """
    keys = record_keys(world, arrivals) if world.feed.key_scope == "feed" else None
    touched = record_tide(world, fresh, arrivals, keys, every_date=bool(left))
    write_counts(world, EVENTS_SOURCE, arrivals, fresh)
    return touched


def accepted_rows_of(days: Sequence[str], lag_days: int) -> Condition:
    """Rows of bronze that are accepted and of one of the dates (ISO forms, sorted).

    The part on arrival and standing leaves out partitions, the one on the event date files by their statistics:
    late rows are looked for in the late files of later arrivals alone.
    """
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    lag = DAY * lag_days
    # An arrival's name begins with its date; LAST_SIGN sorts after all that may follow.
    places = (
        one_of("standing", [ON_TIME]) & between("arrival", f"{first + lag}", f"{last + lag}{LAST_SIGN}")
        | one_of("standing", [EARLY]) & between("arrival", f"{first - DAY}", f"{last + lag}{LAST_SIGN}")
        | one_of("standing", [LATE]) & between("arrival", f"{first + lag}", LAST_SIGN)
    )
    return places & one_of_dates("event_date", days)
