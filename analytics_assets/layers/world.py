"""The world of a feed: its declaration, its tables, landing and lakehouse, and what stands there now.

Belongs here: what every layer needs to know before it computes, read from Delta's log and from counts without
a JVM. Does not: computing (the other modules of this package).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.held_back import COLUMNS, held_back
from analytics_assets.transforms.bronze import ACCEPTED, FORGOTTEN, LANDED, LATE, ON_TIME, REJECTED, WARNED
from analytics_assets.transforms.counts import EVENTS_SOURCE, being_read, rows_by_rule
from analytics_assets.transforms.history import History, history
from resources.lakehouse import Lakehouse, Written
from resources.landing import LandedFile, Landing

COUNTS = pa.schema(
    [
        ("arrival_month", pa.string()),
        ("source", pa.string()),
        ("arrival", pa.string()),
        ("file", pa.string()),
        ("fingerprint", pa.string()),
        ("content", pa.string()),
        ("event_date", pa.date32()),
        ("hour", pa.int32()),
        ("standing", pa.string()),
        ("rule", pa.string()),
        ("rows", pa.int64()),
    ]
)
"""Columns of the table counts, as Arrow has them."""


@dataclass(frozen=True)
class World:
    """A feed and the places where its data stand, for one run."""

    feed: Feed
    landing: Landing
    lakehouse: Lakehouse
    run_id: str

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The feed's tables by name."""
        return feed_tables(self.feed)

    def counts(self, columns: Sequence[str] | None = None, where: pc.Expression | None = None) -> pa.Table:
        """The table counts, without a JVM, or some of its columns and rows; empty where nothing has landed."""
        table = self.tables["counts"]
        names = list(columns or COUNTS.names)
        schema = pa.schema([COUNTS.field(name) for name in names])
        if not self.lakehouse.exists(table):
            return schema.empty_table()
        return self.lakehouse.arrow(table, names, where).cast(schema)

    def tide(self) -> dict[str, tuple[str, int]]:
        """Version and accepted rows of each event date, by its ISO form."""
        if not self.lakehouse.exists(self.tables["tide"]):
            return {}
        rows = self.lakehouse.arrow(self.tables["tide"]).to_pylist()
        return {row["event_date"].isoformat(): (row["input_version"], row["rows"]) for row in rows}

    def history(self) -> History | None:
        """The feed's closed dates, from what has landed."""
        return self.history_of(self.counts(["source", "arrival", "standing", "event_date"]))

    def history_of(self, counts: pa.Table) -> History | None:
        """The closed dates according to a table of counts."""
        events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
        arrivals = pc.unique(events["arrival"]).to_pylist()
        on_time = events.filter(pc.equal(events["standing"], ON_TIME))["event_date"]
        feed = self.feed
        return history(
            {date.fromisoformat(arrival[:10]) for arrival in arrivals},
            pc.min(on_time).as_py() if len(on_time) else None,
            declared_start=feed.history_start,
            closed_through=feed.closed_through,
            last_date=feed.last_date,
            lag_days=feed.lag_days,
            held=frozenset().union(*self.held_back().values()),
        )

    def held_back(self) -> dict[str, set[date]]:
        """Dates that are held back, by the arrival for which they are: see held_back.py."""
        return held_back(self.feed, self.counts(COLUMNS)) if self.feed.quality.holds_back else {}


def empty_counts() -> pa.Table:
    """The table counts of a feed of which nothing has landed."""
    return COUNTS.empty_table()


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a layer did: the table, the commit, and the rows of each partition that it was asked for."""

    table: Table
    written: Written | None
    rows: dict[str, int]


def built(world: World, table: Table, written: Written, keys: Iterable[str]) -> Built:
    """What was written, with the rows of each partition as Delta's log has them."""
    rows = world.lakehouse.rows(table)
    return Built(table=table, written=written, rows={key: rows.get(key, 0) for key in keys})


def differing(recorded: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Keys whose recorded version is not the wanted one, with the latter; "" for one that should not be there."""
    every = sorted({*recorded, *wanted})
    return {key: wanted.get(key, "") for key in every if recorded.get(key) != wanted.get(key)}


def digest(*parts: object) -> str:
    """16 hex digits that stand for the parts."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Compared:
    """What stands in landing beside what was read of it.

    pending: arrivals that must be read. archived: arrivals that stay as they were read, with their missing files.
    frozen: purged arrivals whose files are no longer as they were read. files: of pending and frozen ones.
    """

    pending: list[str]
    archived: dict[str, list[str]]
    frozen: list[str] = field(default_factory=list)
    files: list[LandedFile] = field(default_factory=list)


def compared(
    files: Collection[LandedFile], counts: pa.Table, source: str, version: str, since: str, accepted: Collection[str]
) -> Compared:
    """Arrivals with a file that is new, changed or removed since the counts were taken, or under other rules, and
    those that a run was reading when it ended.

    since: first arrival of the look-back. A missing file was removed if its arrival is in the look-back, or among
    those for which a person accepted it, and still holds a file; else the arrival is archived, whatever else
    changed in it. An arrival without any file is not pending. Recorded fingerprints carry the version.
    """
    here: dict[str, dict[str, str]] = {}
    for file in files:
        here.setdefault(file.arrival, {})[file.path] = stamped(file, version)
    known: dict[str, dict[str, str]] = {}
    landed = counts.filter(pc.and_(pc.equal(counts["source"], source), pc.equal(counts["standing"], LANDED)))
    for row in landed.select(["arrival", "file", "fingerprint"]).to_pylist():
        known.setdefault(row["arrival"], {})[row["file"]] = row["fingerprint"]
    left = {*counts.filter(pc.equal(counts["source"], being_read(source)))["arrival"].to_pylist()}
    differ = sorted(arrival for arrival, found in here.items() if arrival in left or known.get(arrival) != found)
    missing = {arrival: sorted(known.get(arrival, {}).keys() - here[arrival].keys()) for arrival in differ}
    archived = {a: gone for a, gone in missing.items() if gone and a < since and a not in accepted}
    return Compared([arrival for arrival in differ if arrival not in archived], archived)


def look_back_begin(newest: str, days: int) -> str:
    """First arrival of the look-back: so many days before the newest. It does not depend on the clock."""
    return (date.fromisoformat(newest[:10]) - timedelta(days=days)).isoformat()


def stamped(file: LandedFile, version: str) -> str:
    """Fingerprint of a file as it is read under a version of the rules."""
    return digest(file.fingerprint, version)


class Sums(NamedTuple):
    """Rows of an arrival: landed, and what became of them."""

    landed: int
    accepted: int
    rejected: int
    forgotten: int

    @property
    def add_up(self) -> bool:
        """Whether every landed row became something. The law of conservation."""
        return self.landed == self.accepted + self.rejected + self.forgotten


def unaccounted(counts: pa.Table, source: str = EVENTS_SOURCE) -> dict[str, Sums]:
    """Arrivals whose rows do not add up."""
    return {arrival: sums for arrival, sums in sums_by_arrival(counts, source).items() if not sums.add_up}


def event_dates_of(counts: pa.Table, arrivals: Collection[str]) -> set[str]:
    """Dates (ISO forms) of the events of arrivals."""
    events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    rows = events.filter(pc.is_in(events["arrival"], pa.array(sorted(arrivals), pa.string())))
    return {day.isoformat() for day in rows["event_date"].to_pylist() if day is not None}


def sums_by_arrival(counts: pa.Table, source: str = EVENTS_SOURCE) -> dict[str, Sums]:
    """What became of the rows of each arrival."""
    # A warned row is an accepted one: it stands under its own standing.
    wanted = counts.filter(pc.and_(pc.equal(counts["source"], source), pc.not_equal(counts["standing"], WARNED)))
    grouped = wanted.group_by(["arrival", "standing"]).aggregate([("rows", "sum")]).to_pylist()
    places = {LANDED: 0, **dict.fromkeys(ACCEPTED, 1), REJECTED: 2, FORGOTTEN: 3}
    sums: dict[str, list[int]] = {}
    for row in grouped:
        sums.setdefault(row["arrival"], [0, 0, 0, 0])[places[row["standing"]]] += row["rows_sum"]
    return {arrival: Sums(*found) for arrival, found in sorted(sums.items())}


@dataclass(frozen=True, kw_only=True)
class LandedRows:
    """What became of the rows of events that landed.

    reasons: rejected rows by the first rule that they broke. warnings: accepted rows by each warning that they have.
    """

    landed: int
    accepted: int
    rejected: int
    late: int
    reasons: dict[str, int]
    warnings: dict[str, int]
    forgotten: int = 0


def landed_rows(counts: pa.Table) -> LandedRows:
    """Sums over all arrivals of events."""
    events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    sums = list(sums_by_arrival(counts).values())
    return LandedRows(
        landed=sum(found.landed for found in sums),
        accepted=sum(found.accepted for found in sums),
        rejected=sum(found.rejected for found in sums),
        forgotten=sum(found.forgotten for found in sums),
        late=int(pc.sum(events.filter(pc.equal(events["standing"], LATE))["rows"]).as_py() or 0),
        reasons=rows_by_rule(events, REJECTED),
        warnings=rows_by_rule(events, WARNED),
    )
