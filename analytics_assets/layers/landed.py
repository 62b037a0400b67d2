"""Landed: what stands in landing beside what was read of it, for events and for snapshots of the dimension.

Belongs here: which arrivals must be read, which are archived. Does not: the rule itself (world.py), reading
(bronze.py, dimension.py), listing (resources/landing.py). Needs no JVM.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.formats import ARRIVAL_FIELD
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.arrivals import DATE_LENGTH, arrivals_of, event_files
from analytics_assets.layers.counting import counts_of
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.rules import reading_version, snapshot_version
from analytics_assets.layers.world import Compared, World, compared, look_back_begin
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE, being_read
from resources.landing import LandedFile, LandingError

ARRIVALS_AT_ONCE = 20
"""Arrivals that are listed together: what is held in memory does not grow with the look-back."""


@dataclass(frozen=True)
class Source:
    """Files of one kind. name: in the table counts; version: of the rules by which they are read."""

    name: str
    pattern: str
    version: str


@dataclass(frozen=True)
class Found:
    """What a look at landing found. unsettled: pending arrivals that may still be written, and why. frozen: purged
    ones with a file that is not as it was read, by its time or bytes."""

    pending: list[str]
    archived: dict[str, list[str]]
    unsettled: dict[str, str]
    fingerprints: dict[str, list[str]]
    files: int
    frozen: list[str] = field(default_factory=list)


def events_source(feed: Feed) -> Source:
    """The feed's events."""
    return Source(EVENTS_SOURCE, feed.landing, reading_version(feed))


def snapshot_source(feed: Feed) -> Source | None:
    """The snapshots of the feed's dimension, if it has one."""
    dimension = feed.dimension
    return Source(dimension.name, dimension.landing, snapshot_version(dimension)) if dimension else None


def patterns_of(feed: Feed) -> list[str]:
    """The patterns of all files that the feed reads."""
    return [feed.landing, *([feed.dimension.landing] if feed.dimension else [])]


def passed_over(world: World) -> list[str]:
    """Files that landed beside the feed's and that it does not read, since their names are not of its patterns."""
    return world.landing.passed_over(patterns_of(world.feed))


def compare(
    world: World, source: Source, files: Sequence[LandedFile], newest: str, accepted: Collection[str] = ()
) -> Compared:
    """Compare files with what was read of their arrivals. newest: arrival from which the look-back counts."""
    since = look_back_begin(newest, world.feed.look_back_days)
    recorded = _recorded(world, source, {file.arrival for file in files})
    found = compared(files, recorded, source.name, source.version, since, accepted)
    purged = purged_arrivals(world) if source.name == EVENTS_SOURCE else set()
    pending = {arrival for arrival in found.pending if arrival not in purged}
    frozen = {*found.pending, *found.archived} & purged
    return Compared(
        sorted(pending),
        {arrival: gone for arrival, gone in found.archived.items() if arrival not in purged},
        sorted(frozen),
        [file for file in files if file.arrival in pending | frozen],
    )


def readable(
    world: World, source: Source, arrivals: Collection[str], accepted: Collection[str] = ()
) -> list[LandedFile]:
    """Files of arrivals, without those of archived ones. Raises LandingError where landing cannot be listed."""
    files = files_of(world, source, set(arrivals))
    if not files:
        return []
    stay = set(compare(world, source, files, newest_name(world, source), accepted).archived)
    if source.name == EVENTS_SOURCE:
        stay |= purged_arrivals(world)
    return [file for file in files if file.arrival not in stay]


def files_of(world: World, source: Source, arrivals: Collection[str] | None = None) -> list[LandedFile]:
    """Files of a source, of the arrivals or of all. Raises LandingError as `Landing.files` does."""
    if source.name == EVENTS_SOURCE:
        return event_files(world, arrivals)
    return world.landing.files(source.pattern, arrivals)


def names_of(world: World, source: Source) -> list[str]:
    """Arrivals that landing may hold, sorted: folders of a source, or each hour of them."""
    days = world.landing.names(source.pattern)
    return arrivals_of(world.feed, days) if source.name == EVENTS_SOURCE else days


def newest_name(world: World, source: Source) -> str:
    """The newest of them. Raises LandingError where there is none."""
    names = names_of(world, source)
    if not names:
        raise no_file(world, source)
    return names[-1]


def look(world: World, source: Source, arrivals: Iterable[str], newest: str, now_s: float | None = None) -> Found:
    """Look at arrivals, some at a time. now_s: the time, where files that are still written must be told apart.

    Raises LandingError where landing cannot be listed: nothing is known then of any of them.
    """
    found = Found([], {}, {}, {}, 0)
    total = 0
    for some in _at_once(arrivals):
        files = files_of(world, source, some)
        total += len(files)
        standing = compare(world, source, files, newest)
        found.archived.update(standing.archived)
        found.frozen.extend(standing.frozen)
        for arrival in standing.pending:
            own = [file for file in files if file.arrival == arrival]
            waits = _unsettled(world, source, arrival, own, now_s) if now_s is not None else None
            if waits:
                found.unsettled[arrival] = waits
            else:
                found.pending.append(arrival)
                found.fingerprints[arrival] = sorted(file.fingerprint for file in own)
    return Found(
        sorted(found.pending), found.archived, found.unsettled, found.fingerprints, total, sorted(found.frozen)
    )


def look_at_all(world: World, source: Source) -> Compared:
    """Look at all of landing, as a person's run does. Raises LandingError as `look` does.

    Without any file landing is elsewhere, or could not be seen, and LandingError says so. Snapshots may be none yet.
    """
    files = files_of(world, source)
    if not files and source.name != EVENTS_SOURCE:
        return Compared([], {})
    if not files:
        raise no_file(world, source)
    return compare(world, source, files, newest_name(world, source))


def no_file(world: World, source: Source) -> LandingError:
    """The error for a landing without any file of a source: it is elsewhere, or could not be seen."""
    return LandingError(
        f"{world.landing.root}: saw no file of feed {world.feed.name}, expected {source.pattern}. "
        "Nothing was changed. Set TIDEBOOK_LANDING to the folder where files land"
    )


def archived_lines(feed: Feed, archived: dict[str, list[str]]) -> list[str]:
    """A line for each archived arrival: what is missing, and how a person says that it was removed."""
    return [
        f"arrival {arrival} stays as it was read: {files[0]}{_more(files)} is no longer in landing, and the arrival is "
        f"older than {feed.look_back_days} days before the newest. If it was removed: "
        f"tidebook run {feed.name} --accept-removed {arrival}"
        for arrival, files in sorted(archived.items())
    ]


def frozen_lines(purged: Sequence[str]) -> list[str]:
    """A line for each purged arrival that is not read again: why, and what a person can do."""
    return [
        f"refused arrival {arrival}: it was purged, and is not read again. Its events stay as they are; what its files "
        "hold now can land as another arrival"
        for arrival in purged
    ]


def _more(files: Sequence[str]) -> str:
    return f" (and {len(files) - 1} more)" if len(files) > 1 else ""


def _unsettled(world: World, source: Source, arrival: str, files: Sequence[LandedFile], now_s: float) -> str | None:
    feed = world.feed
    if feed.marker is not None and source.name == EVENTS_SOURCE:
        path = f"{source.pattern.partition(ARRIVAL_FIELD)[0]}{arrival[:DATE_LENGTH]}/{feed.marker}"
        return None if world.landing.holds(path) else f"{arrival} waits for {path}"
    # A time in the future is a clock that differs a little, or one that is wrong and would be waited for in vain.
    young = [file for file in files if abs(now_s - file.modified_s) < feed.settle / timedelta(seconds=1)]
    return f"{arrival} waits for {young[0].path} to be {feed.settle.seconds} s old" if young else None


def _recorded(world: World, source: Source, arrivals: Collection[str]) -> pa.Table:
    """What was read of arrivals, a row a file, and which of them are being read."""
    counts = counts_of(world, arrivals, ["source", "standing", "arrival", "file", "fingerprint"])
    ours = pc.is_in(counts["source"], pa.array([source.name, being_read(source.name)]))
    return counts.filter(pc.and_(ours, pc.equal(counts["standing"], LANDED)))


def _at_once(arrivals: Iterable[str]) -> Iterator[set[str]]:
    wanted = sorted(set(arrivals))
    for place in range(0, len(wanted), ARRIVALS_AT_ONCE):
        yield set(wanted[place : place + ARRIVALS_AT_ONCE])
