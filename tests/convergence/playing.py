"""Playing histories: files land, are corrected or removed round by round, and Tidebook processes them in between.

Belongs here: edits of landing, the work after each round. Does not: drawing (stories.py), how a row is written
(pens.py), what must hold in the end (comparing.py).
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pens
import stories
from comparing import SECOND_NS, USERS_FOLDER, Seen, Site
from endings import EndsAfter, ProcessEndedError

from analytics_assets.backfills import run_backfill
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers import active_users
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from analytics_assets.purges import run_purge

DAY = timedelta(days=1)
STEP_S = 299
"""Less than five minutes: a chain of such gaps is one session of ide."""
PARTS = 1000
COMMITS = 60
"""Not many more than those of a pass in which everything changes."""
FILLER = 9
OF_DATES = {
    "bronze",
    "users",
    "silver",
    "sessions",
    "user_days",
    "activity_mix",
    "duration_buckets",
    "latency_buckets",
    "session_days",
    "unlikely_users",
    "object_days",
    "session_frequency",
    "entry_exit_actions",
    "session_hours",
    "profiles",
    *active_users.KEY,
}


def tables_of(feed: Feed) -> list[str]:
    """Tables whose dates may be computed again."""
    return sorted(OF_DATES & {*feed_tables(feed)})


@dataclass(frozen=True)
class Play:
    """A batch of histories at a site. first: the first of its dates."""

    site: Site
    batch: stories.Batch
    first: date

    def faults(self) -> list[str]:
        """Play the batch, and tell all that is not as it should be."""
        world, found = self.site.world(), []
        for number, work in enumerate(self.batch.works):
            self.land(number, purged_arrivals(world))
            found += self._work(world, work)
        found += self._pass(world)
        return found + self.site.faults(world)

    def _pass(self, world: World, arrivals: list[str] | None = None) -> list[str]:
        seen = Seen()
        failed = run_pass(world, seen, arrivals).failed
        found = [f"checks of {table} failed: {keys}" for table, keys in failed.items()]
        # Dates that sessions cross into are written with those that they come from: else a reader would see half.
        commits = seen.stages.count("silver")
        return found + ([f"one pass wrote silver in {commits} commits"] if commits > 1 else [])

    def _read_half(self, world: World, commits: int) -> None:
        """A pass over files of which the second halves are not there yet; it ends after so many commits."""
        purged = purged_arrivals(world)
        files = [file for file in sorted(self.site.landing.rglob("*.*")) if file.is_file()]
        kept = {
            file: (file.read_bytes(), file.stat().st_mtime_ns)
            for file in files
            if self.site.described.arrival(str(file)) not in purged
        }
        for file, (content, time) in kept.items():
            file.write_bytes(content[: len(content) // 2])
            os.utime(file, ns=(0, time + SECOND_NS))
        world.lakehouse.let_go()
        mortal = EndsAfter(root=world.lakehouse.root, spark=self.site.spark, lease_wait_s=0, commits=commits)
        with suppress(ProcessEndedError):
            run_pass(replace(world, lakehouse=mortal), Seen())
        mortal.let_go()
        # With their times, too: as if they had never been others.
        for file, (content, time) in kept.items():
            file.write_bytes(content)
            os.utime(file, ns=(0, time))

    def land(self, number: int, purged: Collection[str] = ()) -> None:
        """What lands in a round. purged: arrivals of which no file changes; what they would get comes very late."""
        self._fill(number, purged)
        for place, story in enumerate(self.batch.stories):
            for edit in story.rounds[number]:
                if self._day(place * stories.DAYS + edit.arrival) not in purged:
                    self._edit(place, story, edit)
                elif isinstance(edit, stories.Put):
                    path = self._path(self._dates, place, stories.DAYS * edit.arrival + edit.name)
                    self.site.land(path, self._content(place, story, edit))

    @property
    def _dates(self) -> int:
        return len(self.batch.stories) * stories.DAYS

    def _fill(self, number: int, purged: Collection[str]) -> None:
        """A file without rows for each date, so that it is closed; for the later half maybe in a later round."""
        for at in range(self._dates + 1):
            due = self.batch.closes_late if at > self._dates // 2 else 0
            if at != self.batch.missing and number == due and self._day(at) not in purged:
                self.site.land(self._path(at, 0, FILLER), pens.FILES[self.site.feed.name]([]))

    def _day(self, at: int) -> str:
        return (self.first + DAY * at).isoformat()

    def _path(self, arrival: int, place: int, name: int) -> str:
        """Where hours arrive, file 2 is of the last hour of its date, the others are of the first."""
        feed, day = self.site.described, self._day(arrival)
        file = f"h{place:02d}{name}"
        if feed.arrives_by_the_hour:
            file = f"{day.replace('-', '')}-{23 if name == 2 else 0:02d}{place:02d}{name:02d}"
        return f"{feed.folder}/{day}/{file}.{feed.suffix}"

    def _edit(self, place: int, story: stories.Story, edit: stories.Edit) -> None:
        arrival = place * stories.DAYS + edit.arrival
        is_of_users = isinstance(edit, (stories.Snapshot, stories.Gone))
        of_users = f"{USERS_FOLDER}/{self._day(arrival)}/h{place:02d}{edit.name}.csv"
        path = of_users if is_of_users else self._path(arrival, place, edit.name)
        file = self.site.landing / path
        if isinstance(edit, stories.Snapshot):
            first = self.first + DAY * place * stories.DAYS
            rows = [pens.users(place * stories.USERS + user, values, first) for user, values in edit.rows]
            self.site.land(path, pens.users_file(rows))
        elif isinstance(edit, stories.Put):
            self.site.land(path, self._content(place, story, edit))
        elif file.exists() and isinstance(edit, stories.Again):
            self.site.land(path, file.read_bytes())
        elif file.exists() and self._keeps_another(file, is_of_users):
            file.unlink()

    def _keeps_another(self, file: Path, is_of_users: bool) -> bool:
        # An arrival that is gone as a whole is archived, not removed.
        others = [f"{file.parent}/{other.name}" for other in file.parent.iterdir() if other != file]
        arrival = self.site.described.arrival
        return any(is_of_users or arrival(other) == arrival(str(file)) for other in others)

    def _content(self, place: int, story: stories.Story, put: stories.Put) -> bytes:
        first = datetime.combine(self.first, datetime.min.time(), timezone.utc) + DAY * place * stories.DAYS
        pen = pens.PENS[self.site.feed.name]

        def said(event: stories.Event, variant: int = 0, fault: str = "") -> str:
            time = pens.BEFORE_ALL if fault == "ancient" else first + DAY * event.day + timedelta(seconds=event.second)
            who, number = place * stories.USERS + event.user, place * stories.KEYS + event.number
            return pen(pens.Said(who, time, event.action, event.thing, number, variant, fault))

        rows = [said(story.pool[at], variant) for at, variant in put.rows]
        rows += [said(story.pool[0], fault=fault) for fault in put.faults]
        for day in put.long:
            rows += [said(stories.Event(0, day, second, 0, 0, 0)) for second in range(0, stories.DAY_S, STEP_S)]
        return pens.FILES[self.site.feed.name](rows)

    def _work(self, world: World, work: stories.Work) -> list[str]:
        at = work.at * self._dates // PARTS
        if work.kind == "pass":
            return self._pass(world)
        if work.kind == "purge":
            found = self._pass(world)
            return found if run_purge(world).arrivals else [*found, "the purge found no arrival old enough"]
        if work.kind == "ended":
            found = self._pass(world)
            self._read_half(world, 1 + work.at * COMMITS // PARTS)
            return found
        if work.kind == "arrival":
            hour = "T00" if self.site.described.arrives_by_the_hour else ""
            return self._pass(world, [f"{self._day(at)}{hour}"])
        if work.table != "users" or (self.site.landing / USERS_FOLDER).exists():
            last = self._day(at + work.length * self._dates // PARTS)
            run_backfill(world, Observer(), self._day(at), last, work.table or None)
        return []
