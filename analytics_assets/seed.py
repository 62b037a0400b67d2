"""Seed: what has gone from landing, copied from the live bronze into a lakehouse aside.

Belongs here: which arrivals are archived or purged, and copying their rows. Does not: the rebuild (verification.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.spec import Feed
from analytics_assets.layers import bronze, dimension
from analytics_assets.layers.bronze import record_tide
from analytics_assets.layers.world import World, sums_by_arrival
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.conditions import one_of
from resources.landing import LandedFile


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What landing has no longer, and what it has that the live tables have not.

    archived: arrivals by source that stand in bronze (or the dimension) alone. purged: arrivals whose rows are gone
    from bronze too, and purged_dates, the dates that they had rows of. pending: new or changed arrivals in landing.
    """

    has_landing: bool
    archived: dict[str, list[str]]
    purged: frozenset[str]
    purged_dates: frozenset[date]
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
        if self.purged:
            found.append(
                f"{_arrivals(sorted(self.purged))} purged from landing and bronze: what they brought cannot be "
                f"computed again. Not compared: these arrivals, {len(self.purged_dates):,} dates that they have rows "
                "of, and active users"
            )
        return found


def archive_of(live: World) -> Archive:
    """Compare landing with what the live tables have read. Raises LandingError where a listing fails."""
    feed, counts = live.feed, live.counts()
    files = _listed(live, feed.landing)
    pending = bronze.pending_arrivals(live) if files else []
    gone = _gone(counts, EVENTS_SOURCE, files, pending)
    judged = {arrival: accepted + rejected for arrival, (_, accepted, rejected) in sums_by_arrival(counts).items()}
    in_bronze = live.lakehouse.rows(live.tables["bronze"])
    purged = frozenset(arrival for arrival in gone if in_bronze.get(arrival, 0) < judged[arrival])
    archived = {EVENTS_SOURCE: [arrival for arrival in gone if arrival not in purged]}
    if feed.dimension:
        snapshots = dimension.pending_snapshots(live)
        listed = _listed(live, feed.dimension.landing)
        archived[feed.dimension.name] = _gone(counts, feed.dimension.name, listed, snapshots)
        pending = sorted({*pending, *snapshots})
    of_purged = counts.filter(pc.is_in(counts["arrival"], pa.array(sorted(purged), pa.string())))
    return Archive(
        has_landing=bool(files),
        archived=archived,
        purged=purged,
        purged_dates=frozenset(day for day in of_purged["event_date"].to_pylist() if day is not None),
        pending=pending,
    )


def seed(live: World, rebuilt: World, archive: Archive) -> None:
    """Copy the rows and counts of archived arrivals, and record the dates that they touch."""
    for source, arrivals in archive.archived.items():
        if not arrivals:
            continue
        names = ["bronze"] if source == EVENTS_SOURCE else [source, f"{source}_rejected"]
        for name in names:
            _copy(live, rebuilt, name, arrivals)
        counts = live.lakehouse.read(live.tables["counts"], one_of("source", [source]) & one_of("arrival", arrivals))
        bronze.replace_counts(rebuilt, source, arrivals, counts)
    if archive.archived[EVENTS_SOURCE]:
        record_tide(rebuilt, archive.archived[EVENTS_SOURCE])


def _copy(live: World, rebuilt: World, name: str, arrivals: list[str]) -> None:
    table, where = live.tables[name], one_of("arrival", arrivals)
    rows = live.lakehouse.read(table, where)
    rebuilt.lakehouse.replace(table, rows, where, run_id=rebuilt.run_id, partitions=arrivals)


def _listed(live: World, pattern: str) -> list[LandedFile]:
    return live.landing.files(pattern) if live.landing.has_folder(pattern) else []


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
