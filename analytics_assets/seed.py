"""Seed: what has gone from landing, copied from the live bronze into a lakehouse aside.

Belongs here: which arrivals are archived or purged, and copying their rows. Does not: the rebuild (verification.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.spec import Feed
from analytics_assets.layers import bronze, dimension
from analytics_assets.layers.arrivals import event_files
from analytics_assets.layers.counting import write_counts
from analytics_assets.layers.keys import record_keys
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.tide import record_tide
from analytics_assets.layers.tombstones import TABLE as FORGOTTEN
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.conditions import one_of
from resources.landing import LandedFile


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What landing has no longer, and what it has that the live tables have not.

    archived: arrivals by source that stand in bronze (or the dimension) alone. purged: arrivals whose accepted rows
    bronze has no longer; gone: those of them that landing has not, either. pending: new or changed arrivals in landing.
    """

    has_landing: bool
    archived: dict[str, list[str]]
    purged: list[str]
    gone: list[str]
    pending: list[str]

    def notes(self, feed: Feed) -> list[str]:
        """What that means for a comparison, in sentences."""
        found = []
        if self.pending:
            found.append(
                f"landing has {_arrivals(self.pending)} that the live tables have not read as they are: "
                f"differences come from that. Run: tidebook run {feed.name}"
            )
        for source, arrivals in self.archived.items():
            if arrivals:
                place = "bronze" if source == EVENTS_SOURCE else source
                found.append(
                    f"{_arrivals(arrivals)} of {source} gone from landing: taken from the live {place}, so that "
                    f"what is computed from {place} is verified, and {place} itself is not for these"
                )
        if self.gone:
            found.append(
                f"{_arrivals(self.gone)} purged, and gone from landing: their events are taken from the live silver, "
                "and what is computed from them is verified"
            )
        if self.purged:
            found.append(f"bronze is not compared for {_arrivals(self.purged)} that it no longer keeps")
        return found


def archive_of(live: World) -> Archive:
    """Compare landing with what the live tables have read. Raises LandingError where a listing fails."""
    feed, counts = live.feed, live.counts()
    files = event_files(live) if live.landing.has_folder(feed.landing) else []
    pending = bronze.pending_arrivals(live) if files else []
    purged = purged_arrivals(live)
    gone = _gone(counts, EVENTS_SOURCE, files, pending)
    archived = {EVENTS_SOURCE: [arrival for arrival in gone if arrival not in purged]}
    if feed.dimension:
        snapshots = dimension.pending_snapshots(live)
        has_folder = live.landing.has_folder(feed.dimension.landing)
        listed = live.landing.files(feed.dimension.landing) if has_folder else []
        archived[feed.dimension.name] = _gone(counts, feed.dimension.name, listed, snapshots)
        pending = sorted({*pending, *snapshots})
    return Archive(
        has_landing=bool(files),
        archived=archived,
        purged=sorted(purged),
        gone=[arrival for arrival in gone if arrival in purged],
        pending=pending,
    )


def seed(live: World, rebuilt: World, archive: Archive) -> None:
    """Copy tombstones, rows and counts of archived and purged arrivals, and record the dates that they touch."""
    if live.lakehouse.exists(live.tables[FORGOTTEN]):
        tombstones = live.lakehouse.arrow(live.tables[FORGOTTEN])
        rebuilt.lakehouse.put(rebuilt.tables[FORGOTTEN], tombstones, rebuilt.run_id, [])
    if archive.gone:
        is_gone = one_of("arrival", archive.gone)
        silver = live.lakehouse.read(live.tables["silver"], is_gone)
        # Of no version, so that each of its dates is computed again.
        _put(rebuilt, "silver", silver.withColumn("input_version", F.lit("copied")), archive.gone)
        _put(rebuilt, "purged", live.lakehouse.read_or_empty(live.tables["purged"], is_gone), archive.gone)
        names = {"arrival": archive.gone}
        rebuilt.lakehouse.put(rebuilt.tables["purged_arrivals"], names, rebuilt.run_id, archive.gone)
    for source, arrivals in archive.archived.items():
        for name in ["bronze"] if source == EVENTS_SOURCE else [source, f"{source}_rejected"]:
            if arrivals:
                _put(rebuilt, name, live.lakehouse.read(live.tables[name], one_of("arrival", arrivals)), arrivals)
        if source == EVENTS_SOURCE:
            arrivals = sorted({*arrivals, *archive.gone})
        if not arrivals:
            continue
        counts = live.counts()
        ours = pc.and_(pc.equal(counts["source"], source), pc.is_in(counts["arrival"], pa.array(arrivals)))
        if source == EVENTS_SOURCE:
            keys = record_keys(rebuilt, arrivals) if live.feed.key_scope == "feed" else None
            record_tide(rebuilt, counts.filter(ours), arrivals, keys)
        write_counts(rebuilt, source, arrivals, counts.filter(ours))


def _put(rebuilt: World, name: str, rows: DataFrame, arrivals: list[str]) -> None:
    rebuilt.lakehouse.replace(rebuilt.tables[name], rows, arrivals, run_id=rebuilt.run_id)


def _gone(counts: pa.Table, source: str, files: list[LandedFile], pending: list[str]) -> list[str]:
    """Arrivals that were read from a file that is not in landing, and that a run would not read again."""
    here = {file.path for file in files}
    landed = counts.filter(pc.and_(pc.equal(counts["source"], source), pc.equal(counts["standing"], LANDED)))
    read = zip(landed["arrival"].to_pylist(), landed["file"].to_pylist(), strict=True)
    return sorted({arrival for arrival, file in read if file not in here} - set(pending))


def _arrivals(names: list[str]) -> str:
    if len(names) == 1:
        return f"1 arrival ({names[0]})"
    return f"{len(names):,} arrivals ({names[0]} to {names[-1]})"
