"""A place where a feed is processed, and all that must hold of its tables in the end.

Belongs here: comparing with a rebuild and with the oracle, what an idle pass does, checks of every partition. Does not:
what lands there (playing.py, tests), what should stand in the tables (events.py, figures.py).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import figures
from described import Described
from tables import differences, rows_of, table_names

from analytics_assets.feeds.quality_rule import FEW_LATE, FEW_REJECTED
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers import active_users, bronze, dimension, session_days, silver
from analytics_assets.layers.behind import behind
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.world import Built, World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from asset_checks.dimension_checks import KNOWN
from asset_checks.laws import laws_of
from asset_checks.volume_checks import HOURS, VOLUME
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

USERS_FOLDER = "notes/users"
# It follows from how user days came about, not from their rows alone.
VERSIONS = dict.fromkeys(
    (
        *("active_users", "active_users_week", "active_users_month", "session_days", "latency", "likely_days"),
        *("device_effect", "device_loads", "duration_cuts", "engagement_concentration"),
        *("session_frequency", "entry_exit_actions"),
    ),
    ("input_version",),
)
NOT_COMPARED = (
    VERSIONS
    | dict.fromkeys(("event_data", "dau", "mau"), ("dl_updated_at",))
    | dict.fromkeys(("table_versions", "user_history_versions", "retention_versions"), ("input_version",))
)
# Histories are anything but usual, and no feed's volume: what only warns of that says nothing here.
USUAL = {FEW_REJECTED, FEW_LATE, *[check.name for check in (VOLUME, HOURS, KNOWN)]}
OF_CLOSED_DATES = (active_users.DAILY, session_days.TABLE)
SECOND_NS = 1_000_000_000


@dataclass
class Seen(Observer):
    """What a pass did: its stages, and the dates that it touched."""

    stages: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)

    def stage(self, name: str, partitions: int) -> None:
        """A stage began."""
        self.stages.append(name)

    def done(self, name: str, built: Built, seconds: float) -> None:
        """Bronze touched dates."""
        if isinstance(built, bronze.BuiltBronze):
            self.dates += built.touched


@dataclass(frozen=True)
class Site:
    """A landing and lakehouses of one feed, under one folder."""

    feed: Feed
    described: Described
    root: Path
    spark: Spark

    @property
    def landing(self) -> Path:
        """Where files land."""
        return self.root / "landing"

    def world(self, lakehouse: str = "lakehouse") -> World:
        """The feed over this landing."""
        tables = Lakehouse(root=str(self.root / lakehouse), spark=self.spark, lease_wait_s=0)
        return World(self.feed, Landing(root=str(self.landing)), tables, "test")

    def land(self, path: str, content: bytes) -> None:
        """Write a file, relative to landing; one that is there gets a new time even if nothing else differs."""
        file = self.landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.stat().st_mtime_ns if file.exists() else 0
        file.write_bytes(content)
        if before:  # however fast the disk is
            os.utime(file, ns=(before, before + SECOND_NS))

    def faults(self, world: World) -> list[str]:
        """All that is not as it should be after a pass over all that landed."""
        found = self._what_repeats(world)
        found += [f"behind: {name} {keys}" for name, keys in to_do(world).items() if keys]
        found += broken_laws(world)
        rebuilt = self.world("rebuilt")
        run_pass(rebuilt, Observer())
        for made in (world, rebuilt):
            made.lakehouse.let_go()
        live, fresh = self.root / "lakehouse", self.root / "rebuilt"
        left_out = {"bronze", "profiles"} if purged_arrivals(world) else set()
        # Not those that are there from the first change on.
        names = {*table_names(fresh, self.feed.name)} - left_out
        found += [f"rebuild: {line}" for line in differences(fresh, live, self.feed.name, names, NOT_COMPARED)]
        return found + self._differences_to_the_oracle(live, left_out)

    def _what_repeats(self, world: World) -> list[str]:
        """Bytes that come again touch nothing, and then nothing is to be done."""
        purged = purged_arrivals(world)  # whose files nobody reads again
        for path in sorted(self.landing.rglob("*.*"))[::5]:
            if self.described.arrival(str(path)) in purged:
                continue
            os.utime(path, ns=(0, path.stat().st_mtime_ns + SECOND_NS))
        again, idle = Seen(), Seen()
        run_pass(world, again)
        run_pass(world, idle)
        more = sorted({*again.stages} - {"bronze", "checks of bronze", "users", "checks of users"})
        found = [f"the same bytes again: {more} ran, touched {again.dates}"] if more or again.dates else []
        return found + ([f"one more pass: {idle.stages} ran"] if idle.stages else [])

    def _differences_to_the_oracle(self, lakehouse: Path, left_out: Collection[str]) -> list[str]:
        files, user_files = self.contents()
        found = []
        for table, rows in figures.expected(self.described, files, user_files).items():
            if table in left_out:
                continue
            is_there = (lakehouse / self.feed.name / table).exists()
            ours = rows_of(lakehouse, self.feed.name, table) if is_there else []
            found += [f"oracle: {line}" for line in unequal(table, ours, rows)]
        return found

    def contents(self) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """What stands in landing, by path: events, and snapshots of users."""
        return self._contents(self.described.folder), self._contents(USERS_FOLDER) if self.described.attributes else {}

    def _contents(self, folder: str) -> dict[str, bytes]:
        paths = sorted(path for path in (self.landing / folder).rglob("*") if path.is_file())
        return {path.relative_to(self.landing).as_posix(): path.read_bytes() for path in paths}


def unequal(table: str, ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows that stand in one alone, by the columns that the oracle has."""
    names = sorted(theirs[0]) if theirs else []
    seen, wanted = (Counter(repr([_plain(row[name]) for name in names]) for row in rows) for rows in (ours, theirs))
    return [
        f"{table} {names}: {alone.total()} {title}, such as {sorted(alone)[:3]}"
        for title, alone in (("in ours alone", seen - wanted), ("in the oracle's alone", wanted - seen))
        if alone
    ]


def to_do(world: World) -> dict[str, list[str]]:
    """What `tidebook status` and the sensor look at: what each table has to be computed again."""
    found = {
        "bronze": bronze.pending_arrivals(world),
        "snapshots": dimension.pending_snapshots(world),
        "silver": silver.dates_behind(world),
    }
    found |= {f"{table}, says the sensor,": sorted(keys) for table, keys in behind(world).items()}
    with active_users.current_activity(world) as now:
        for table in active_users.KEY if now else ():
            found[table] = active_users.keys_behind(world, now, table)
    return found


def broken_laws(world: World) -> list[str]:
    """Verdicts of every check on every partition of its table that are not good."""
    history = world.history()
    closed = [day.isoformat() for day in history.dates()] if history else []
    found = []
    for law in laws_of(world.feed):
        if law.table not in world.tables:
            continue
        keys = closed if law.table in OF_CLOSED_DATES else sorted(world.lakehouse.rows(world.tables[law.table]))
        for check, verdicts in law.judge(world, keys).items() if keys else ():
            if check not in USUAL:
                found += [f"check {check} of {key}: {v.figures}" for key, v in verdicts.items() if not v.passed]
    return found


def _plain(value: Any) -> Any:
    # Two programs' objects for UTC are not one, nor are the last digits of their powers.
    if isinstance(value, float):
        return f"{value:.13g}"
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
