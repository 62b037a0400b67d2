"""A bed for faults: a lakehouse over a landing of two contents, whose right tables for each are known.

Belongs here: going from one content to the other, what must hold while and after a fault. Does not: the faults (tests),
the contents (turns.py), what a reader sees (looked.py).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from comparing import NOT_COMPARED, Seen, broken_laws
from looked import Tables, neither, tables_of, versions
from meddling import Meddled, Told
from places import Place
from tables import differences, table_names
from turns import Turns

from analytics_assets.commands.instance import explain
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer, Outcome
from analytics_assets.passes import run_pass
from resources.errors import UserError
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

WHAT_TO_DO = ("again", "Set ", "set ", "Mend", "mend", "Wait", "Start one", "make room")
UNCLEAR = ("Traceback", "Py4J", "Exception", "Error:", "org.apache", "\n")
LONGEST = 600


@dataclass
class Bed:
    """One feed's landing and lakehouse. stands: the content that its tables are of."""

    feed: Feed
    place: Place
    turns: Turns
    spark: Spark
    stands: int = 0
    is_sound: bool = False
    _since: dict[str, int] = field(default_factory=dict)

    @cached_property
    def expected(self) -> tuple[Tables, Tables]:
        """The tables of each content, from a rebuild that nothing disturbed, of which every law holds."""
        made = []
        for which in (0, 1):
            self.turns.land(which)
            world = self.world(Lakehouse(root=str(self.rebuilt(which)), spark=self.spark, lease_wait_s=0))
            outcome = run_pass(world, Observer())
            assert not outcome.has_failed, outcome.failed
            assert not (broken := broken_laws(world)), broken
            world.lakehouse.let_go()
            made.append(tables_of(self.rebuilt(which), self.feed.name))
        assert made[0] != made[1]
        return made[0], made[1]

    def rebuilt(self, which: int) -> Path:
        """Where the rebuild of a content stands."""
        return self.place.root / f"rebuilt-{which}"

    def world(self, lakehouse: Lakehouse | None = None) -> World:
        """The feed at this place, on the tests' session."""
        tables = lakehouse or Lakehouse(root=str(self.place.lakehouse), spark=self.spark, lease_wait_s=0)
        return World(self.feed, Landing(root=str(self.turns.landing)), tables, "run")

    def meddled(self, before: Told = None, after: Told = None) -> Meddled:
        """The lakehouse, whose writes somebody is told of before and after they are made."""
        return Meddled.over(self.place.lakehouse, self.spark, before, after)

    @cached_property
    def undisturbed(self) -> tuple[list[str], list[str]]:
        """Names of the stages of a pass that turns the tables, and of the tables that it writes, a commit each."""
        self.begin()
        seen, written = Seen(), list[str]()
        assert self.run(self.meddled(lambda number, table: written.append(table)), seen) == ""
        assert not (found := self.half_seen()), found
        self.repaired()
        return seen.stages, written

    def begin(self) -> None:
        """Land the content that the tables, which are right, are not of. After a test that failed they are made so."""
        _ = self.expected
        if not self.is_sound:
            self._empty()
            self.turns.land(self.stands)
            shutil.copytree(self.rebuilt(self.stands), self.place.lakehouse, dirs_exist_ok=True)
        self.is_sound = False
        self._since = versions(self.place.lakehouse, self.feed.name)
        self.turns.land(1 - self.stands)

    def begin_anew(self) -> None:
        """As `begin`, but nothing was ever processed."""
        self.begin()
        self._empty()
        self._since = {}

    def _empty(self) -> None:
        """Take away all tables; the feed's folder may be a disk of its own, and stays."""
        for path in (self.place.lakehouse / self.feed.name).glob("*"):
            shutil.rmtree(path)

    def run(self, lakehouse: Lakehouse | None = None, observer: Observer | None = None) -> str:
        """A pass over what lands; what it says where it stops, in the words of the command, "" where it goes on."""
        world = self.world(lakehouse)
        try:
            return said_of(run_pass(world, observer or Observer()))
        except Exception as error:
            return str(error) if isinstance(error, UserError) else explain(error)
        finally:
            world.lakehouse.let_go()

    def half_seen(self, only: Collection[str] = ()) -> list[str]:
        """Partitions that a reader could see, since `begin`, neither as before nor as after."""
        before = self.expected[self.stands] if self._since else {}
        after = self.expected[1 - self.stands]
        return neither(self.place.lakehouse, self.feed.name, self._since, before, after, only)

    def repaired(self) -> float:
        """The next pass makes all tables equal to the rebuild; the seconds that it took."""
        self.turns.land(1 - self.stands)
        began = time.monotonic()
        world = self.world()
        outcome = run_pass(world, Observer())
        world.lakehouse.let_go()
        seconds = time.monotonic() - began
        assert not outcome.has_failed, outcome.failed
        assert not (found := self.lost_or_doubled(self.place.lakehouse)), found
        self.stands, self.is_sound = 1 - self.stands, True
        return seconds

    def lost_or_doubled(self, lakehouse: Path) -> list[str]:
        """Rows by which tables differ from the rebuild of what landed. Laws that hold there hold of equal tables."""
        rebuilt = self.rebuilt(1 - self.stands)
        names = table_names(rebuilt, self.feed.name)
        return differences(rebuilt, lakehouse, self.feed.name, names, NOT_COMPARED)


def said_of(outcome: Outcome) -> str:
    """What a pass says at its end that holds partitions back; "" where it does not."""
    held = {table: keys for table, keys in outcome.failed.items() if keys}
    return f"Checks failed, and these go no further; mend it and run again: {held}" if held else ""


def unclear(message: str) -> list[str]:
    """What a message lacks that must be one line, without a stack trace, and say what to do."""
    found = [f"has {sign!r}" for sign in UNCLEAR if sign in message]
    if len(message) > LONGEST:
        found.append(f"has {len(message)} letters")
    if not any(words in message for words in WHAT_TO_DO):
        found.append("does not say what to do")
    return [f"{what}: {message}" for what in found]
