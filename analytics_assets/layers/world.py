"""The world of a feed: its declaration, its tables, landing and lakehouse, and what stands there now.

Belongs here: what every layer needs to know before it computes, read from Delta's log and from counts without
a JVM. Does not: computing (the other modules of this package).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.spec import WHOLE_ROW, Dimension, Feed
from analytics_assets.feeds.table import Table
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.transforms.bronze import ACCEPTED, LANDED, LATE, ON_TIME, REJECTED
from analytics_assets.transforms.contract import contract_columns
from analytics_assets.transforms.counts import EVENTS_SOURCE
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

    def counts(self) -> pa.Table:
        """The table counts, without a JVM; empty where nothing has landed."""
        table = self.tables["counts"]
        if not self.lakehouse.exists(table):
            return empty_counts()
        return self.lakehouse.arrow(table, COUNTS.names).cast(COUNTS)

    def tide(self) -> dict[str, tuple[str, int]]:
        """Version and accepted rows of each event date, by its ISO form."""
        if not self.lakehouse.exists(self.tables["tide"]):
            return {}
        rows = self.lakehouse.arrow(self.tables["tide"]).to_pylist()
        return {row["event_date"].isoformat(): (row["input_version"], row["rows"]) for row in rows}

    def history(self) -> History | None:
        """The feed's closed dates, from what has landed."""
        return self.history_of(self.counts())

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
        )


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


def digest(*parts: object) -> str:
    """16 hex digits that stand for the parts."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()[:16]


def reading_version(feed: Feed) -> str:
    """Digest of all in a feed's declaration that decides how a landed row is read and judged."""
    return digest(
        _columns(feed.contract),
        feed.format,
        feed.event,
        feed.time_zone,
        feed.source_zone,
        feed.lag_days,
        feed.first_date,
        feed.event_key == WHOLE_ROW,
        feed.file_time,
    )


def event_version(feed: Feed) -> str:
    """Digest of all in a feed's declaration that decides how accepted rows become events in sessions."""
    return digest(
        feed.event_key, feed.winner, feed.key_scope, feed.kept, feed.sessions, feed.time_zone, feed.attributes
    )


def snapshot_version(dimension: Dimension) -> str:
    """Digest of all in a dimension's declaration that decides how a snapshot is read, judged and made unique."""
    return digest(_columns(dimension.contract), dimension.format, dimension.key, dimension.order_column)


def _columns(contract: type[object]) -> list[tuple[object, ...]]:
    return [
        (c.name, c.key, c.data_type.simpleString(), c.nullable, c.violation, c.checks)
        for c in contract_columns(contract)
    ]


def pending(files: Collection[LandedFile], counts: pa.Table, source: str, version: str) -> list[str]:
    """Arrivals with a file that is new, changed or gone since the counts were taken, or under other rules.

    An arrival without any file in landing is archived, not pending. Recorded fingerprints carry the version.
    """
    here: dict[str, set[tuple[str, str]]] = {}
    for file in files:
        here.setdefault(file.arrival, set()).add((file.path, stamped(file, version)))
    known: dict[str, set[tuple[str, str]]] = {}
    landed = counts.filter(pc.and_(pc.equal(counts["source"], source), pc.equal(counts["standing"], LANDED)))
    for row in landed.select(["arrival", "file", "fingerprint"]).to_pylist():
        known.setdefault(row["arrival"], set()).add((row["file"], row["fingerprint"]))
    return sorted(arrival for arrival, found in here.items() if known.get(arrival) != found)


def stamped(file: LandedFile, version: str) -> str:
    """Fingerprint of a file as it is read under a version of the rules."""
    return digest(file.fingerprint, version)


def unaccounted(counts: pa.Table, source: str = EVENTS_SOURCE) -> dict[str, tuple[int, int, int]]:
    """Arrivals whose rows do not add up: landed, accepted and rejected rows of each. The law of conservation."""
    return {arrival: sums for arrival, sums in sums_by_arrival(counts, source).items() if sums[0] != sums[1] + sums[2]}


def sums_by_arrival(counts: pa.Table, source: str = EVENTS_SOURCE) -> dict[str, tuple[int, int, int]]:
    """Landed, accepted and rejected rows of each arrival."""
    wanted = counts.filter(pc.equal(counts["source"], source))
    grouped = wanted.group_by(["arrival", "standing"]).aggregate([("rows", "sum")]).to_pylist()
    sums: dict[str, list[int]] = {}
    for row in grouped:
        place = 0 if row["standing"] == LANDED else 1 if row["standing"] in ACCEPTED else 2
        sums.setdefault(row["arrival"], [0, 0, 0])[place] += row["rows_sum"]
    return {arrival: (landed, accepted, rejected) for arrival, (landed, accepted, rejected) in sorted(sums.items())}


@dataclass(frozen=True, kw_only=True)
class LandedRows:
    """What became of the rows of events that landed. reasons: rejected rows by the first rule that they broke."""

    landed: int
    accepted: int
    rejected: int
    late: int
    reasons: dict[str, int]


def landed_rows(counts: pa.Table) -> LandedRows:
    """Sums over all arrivals of events."""
    events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    sums = list(sums_by_arrival(counts).values())
    rejected = events.filter(pc.equal(events["standing"], REJECTED)).group_by("rule").aggregate([("rows", "sum")])
    by_reason = sorted(rejected.to_pylist(), key=lambda row: -row["rows_sum"])
    return LandedRows(
        landed=sum(found[0] for found in sums),
        accepted=sum(found[1] for found in sums),
        rejected=sum(found[2] for found in sums),
        late=int(pc.sum(events.filter(pc.equal(events["standing"], LATE))["rows"]).as_py() or 0),
        reasons={row["rule"]: row["rows_sum"] for row in by_reason},
    )
