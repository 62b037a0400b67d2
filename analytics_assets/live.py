"""A live run: files are read as they land, until somebody stops it.

Belongs here: the stream, the looks between its micro-batches, what a watcher is told. Does not: what is counted of a
file (layers/live.py), the terminal (commands/live.py), Dagster (live_jobs.py).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from pyspark.sql import DataFrame

from analytics_assets.feeds.live_tables import LIVE
from analytics_assets.feeds.spec import ARRIVAL_FIELD, Feed
from analytics_assets.layers import live
from analytics_assets.layers.arrivals import DATE_LENGTH
from analytics_assets.layers.live_figures import live_load_times
from analytics_assets.layers.rules import reading_version
from analytics_assets.layers.world import World, stamped
from analytics_assets.live_progress import Progress
from resources.errors import UserError
from resources.file_stream import FILES_AT_ONCE, FileStream, UnlistableError, folders_from
from resources.lakehouse import Lakehouse
from resources.landing import LandedFile, Landing
from resources.live_lakehouse import LiveLakehouse, live_beside

HOURS = 6
"""For how long, by default, minutes stay in the live table."""
EVERY_S = 2
LOOK_S = 10
TIDY_S = 600
WAIT_S = 0.5
RECENT = timedelta(minutes=15)
DAYS_LOOKED_AT = 2
CLOCKS_S = 60
"""How far the clock of landing may be behind this one's."""


class LiveRun:
    """One live run of a feed: who reads files, and what it knows of those that it read.

    looked: a file whose time says of which instant all files were read, by this run or by one before.
    """

    def __init__(self, world: World, hours: int, watching: Callable[[Progress], None], looked: Path) -> None:
        self._world, self._hours, self._watching, self._looked = world, hours, watching, looked
        self._since_s = looked.stat().st_mtime - CLOCKS_S if looked.exists() else 0.0
        self._known = live.standing(world)
        self._dates: set[str] = set()
        self._unknown: set[str] = set()
        self._looked_s, self._is_idle = 0.0, False
        self._users: tuple[int, DataFrame | None] = (-1, None)
        self._open: tuple[int, datetime | None] = (-2, None)

    def take(self, paths: Sequence[str]) -> None:
        """Read the files of a micro-batch."""
        self._is_idle = False
        self._read(live.landed_of(self._world, paths), again=False)

    def look(self, *, is_last: bool = False) -> None:
        """Read what the stream does not tell, and drop minutes of dates that were closed meanwhile.

        It does not tell that a file changed, nor of one that was empty when it was listed. is_last: the stream has
        ended, and tells no more.
        """
        begins = time.time()
        listed = self._listed()
        # What is listed no more is not looked at: what is known does not grow from day to day.
        self._known = {key: mark for key, mark in self._known.items() if key in listed}
        version = reading_version(self._world.feed)
        due = {key for key, mark in self._known.items() if mark != stamped(listed[key], version)}
        unknown = {key for key, file in listed.items() if key not in self._known and file.modified_s >= self._since_s}
        # The stream comes first: it has had its time if the file was there at the look before, too.
        untold = unknown if is_last else unknown & self._unknown
        is_due = is_last or self._is_idle
        files = [listed[key] for key in sorted(due | untold if is_due else due)]
        for place in range(0, len(files), FILES_AT_ONCE):
            self._read(files[place : place + FILES_AT_ONCE], again=True)
        if not files and self._world.lakehouse.exists(self._world.tables[LIVE]):
            live.store(self._world, None, self._hours, self._open_since())
        if is_due or not untold:
            self._note(begins if is_last else self._looked_s)
        self._unknown, self._looked_s, self._is_idle = unknown, begins, True

    def _listed(self) -> dict[str, LandedFile]:
        world = self._world
        newest = [name[:DATE_LENGTH] for name in world.landing.names(world.feed.landing)[-DAYS_LOOKED_AT:]]
        return {live.file_id(file.path): file for file in live.files_of_dates(world, {*newest, *self._dates})}

    def _note(self, seconds: float) -> None:
        """Note that all files of an instant are read."""
        if seconds:
            self._since_s = seconds - CLOCKS_S
            self._looked.touch()
            os.utime(self._looked, (seconds, seconds))

    def _read(self, files: list[LandedFile], *, again: bool) -> None:
        world = self._world
        read = live.read_files(world, files, self._newest_users())
        live.store(world, read, self._hours, self._open_since())
        version = reading_version(world.feed)
        self._known |= {live.file_id(file.path): stamped(file, version) for file in files}
        self._dates = set(sorted(self._dates | {file.arrival[:DATE_LENGTH] for file in files})[-DAYS_LOOKED_AT:])
        newest = live.newest_minute(world)
        self._watching(
            Progress(
                files=len(files),
                landed=read.landed,
                accepted=read.accepted,
                rejected=read.rejected,
                ahead=read.ahead,
                lag_s=max((time.time() - file.modified_s for file in files), default=0.0),
                again=again,
                recent=live_load_times(world, newest - RECENT + timedelta(minutes=1)) if newest else [],
                quarantined=[f"{q.file.path}: {q.rule}: {q.explanation}" for q in read.quarantined],
            )
        )

    def _newest_users(self) -> DataFrame | None:
        """Kept in memory until the next snapshot is in the lakehouse."""
        dimension = self._world.feed.dimension
        version = self._world.lakehouse.version(self._world.tables[dimension.name]) if dimension else -1
        if version != self._users[0]:
            if self._users[1] is not None:
                self._users[1].unpersist()
            users = live.newest_users(self._world)
            self._users = (version, users.persist() if users is not None else None)
        return self._users[1]

    def _open_since(self) -> datetime | None:
        version = self._world.lakehouse.version(self._world.tables["counts"])
        if version != self._open[0]:
            self._open = (version, live.open_since(self._world))
        return self._open[1]


def run_live(
    feed: Feed,
    landing: Landing,
    lakehouse: Lakehouse,
    state: Path,
    *,
    hours: int,
    once: bool,
    watching: Callable[[Progress], None],
    is_stopped: Callable[[], bool],
) -> None:
    """Count load times of a feed as its files land: until `is_stopped`, or, once, of what has landed by now.

    state: folder of the checkpoint. Raises UserError where the feed has no load times, LeaseError where a live run of
    it is under way, SparkError, LandingError, WriteError, StreamError.
    """
    if not feed.has_load_times:
        raise UserError(
            f"{feed.name} has no load times to count: it declares no page_views, or no app_version. See docs/feeds.md"
        )
    beside = live_beside(lakehouse)
    beside.hold(feed.name)
    try:
        world = World(feed, landing, beside, run_id=f"live-{uuid4()}")
        stream, run = _begun(world, state, hours, watching)
        try:
            stream.start(once=once, every_s=EVERY_S)
            _follow(world, stream, run, once, is_stopped)
        finally:
            stream.stop()
    finally:
        beside.let_go()


def _begun(world: World, state: Path, hours: int, watching: Callable[[Progress], None]) -> tuple[FileStream, LiveRun]:
    feed, lakehouse = world.feed, world.lakehouse
    first = live.first_arrival(world, hours)
    folder = _state_of(state, feed, world.landing, lakehouse)
    if not lakehouse.exists(world.tables[LIVE]):
        # A checkpoint would say that its files are read: all are read again.
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}. Set TIDEBOOK_STATE") from error
    run = LiveRun(world, hours, watching, folder / "looked")
    prefix = feed.landing.partition(ARRIVAL_FIELD)[0].rstrip("/")
    pattern = folders_from(f"{world.landing.uri}/{prefix}".rstrip("/"), first)
    return FileStream(lakehouse.spark.session, pattern, folder / "checkpoint", run.take), run


def _follow(world: World, stream: FileStream, run: LiveRun, once: bool, is_stopped: Callable[[], bool]) -> None:
    assert isinstance(world.lakehouse, LiveLakehouse)
    looked, tidied = time.monotonic(), time.monotonic()
    has_ended = False
    while not is_stopped():
        try:
            has_ended = has_ended or stream.has_ended(WAIT_S)
        except UnlistableError:
            # A colon in a file's name. What lands is found by looks alone, until the next run; they tell the file, too.
            has_ended = True
        is_over = has_ended and once
        if is_over or time.monotonic() - looked >= LOOK_S:
            with stream.paused():
                run.look(is_last=has_ended)
                if time.monotonic() - tidied >= TIDY_S:
                    world.lakehouse.tidy(world.tables[LIVE])
                    tidied = time.monotonic()
            looked = time.monotonic()
        elif has_ended:
            time.sleep(WAIT_S)
        if is_over:
            return


def _state_of(state: Path, feed: Feed, landing: Landing, lakehouse: Lakehouse) -> Path:
    """A folder for what one live table knows of one landing: it may be lost, and then all is read again."""
    places = hashlib.sha256(f"{landing.uri}\n{lakehouse.root}".encode()).hexdigest()[:16]
    return state.resolve() / "live" / f"{feed.name}-{places}"
