"""`tidebook forget`: a user's rows and names leave all that Tidebook keeps of a feed, and a search proves it.

Belongs here: the order of the steps, the places, what is asked first. Does not: rows of tables (forgetting.py), files
(traces/), what is printed at the end (forgotten_words.py).

Each step may be done again: what is killed is finished by the same command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import pyarrow.compute as pc
import pyspark.sql.types as T
from pyarrow.fs import FileSystem
from rich.console import Console

from analytics_assets.alerts.outbox import Outbox
from analytics_assets.commands.instance import prepare_home, run_job
from analytics_assets.commands.progress import ProgressDisplay
from analytics_assets.commands.report import record, write_pages
from analytics_assets.discovery import find_feed, load_feeds
from analytics_assets.feeds.live_tables import LIVE_TABLES
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.forgotten_lines import files_with_forgotten
from analytics_assets.layers.tombstones import leave_tombstone
from analytics_assets.layers.world import World
from analytics_assets.traces import databases, files
from analytics_assets.traces.person import Person
from analytics_assets.transforms.bronze import FORGOTTEN
from analytics_assets.transforms.contract import contract_of
from resources import scratch
from resources.errors import UserError
from resources.lease import withhold
from resources.object_store import is_bucket
from resources.open import open_places
from resources.settings import Settings, load_settings
from resources.table_store import LEASES


@dataclass
class Forgotten:
    """What was done. rows: landed rows that were taken out, for the first time; rewritten: of files of landing.

    landing: files of it that hold rows of forgotten users; unread: that name them though they were written anew.
    others: feeds that know the id.
    """

    rows: int = 0
    rewritten: dict[str, int] = field(default_factory=dict)
    landing: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    is_scratch_left: bool = False
    searched: files.Searched = field(default_factory=files.Searched)


def world_of(feed_name: str) -> World:
    """The feed and its places. Raises UserError for a feed that is not there."""
    settings = load_settings()
    feed = find_feed(feed_name, settings.feeds)
    return World(feed, *open_places(settings), run_id="forget")


def person_of(feed: Feed, typed: str) -> Person:
    """A user of a feed, as its tables name them. Raises UserError for what no user of it can be."""
    withhold(typed)
    columns = {column.name: column for column in contract_of(feed.contract).columns}
    own, user = columns.get(feed.event.user_id), typed
    names = {"user_id", *([own.name, own.key] if own else []), *([feed.dimension.key] if feed.dimension else [])}
    if own is not None and isinstance(own.data_type, T.IntegralType):
        try:
            user = str(int(typed))
        except ValueError:
            raise UserError(f"{feed.name}: saw a user that is no whole number, expected one: its users are") from None
    if not user.strip():
        raise UserError("saw an empty user, expected an id")
    return Person(user, frozenset(names))


def search(world: World, person: Person, console: Console) -> files.Searched:
    """Look into all files in which Tidebook keeps anything of a feed."""
    settings, found = load_settings(), files.Searched()
    with _told(console, "searching") as told:
        for place in _places(world, settings):
            files.search(place, person, found, told)
    return found


def landing_files(world: World, person: Person) -> dict[str, int]:
    """Files that landed with rows of the user, as bronze and the snapshots have it, with how many."""
    dimension, found = world.feed.dimension, dict[str, int]()
    for name, column in [("bronze", "user_id"), *([(dimension.name, dimension.key)] if dimension else [])]:
        table = world.tables[name]
        if not world.lakehouse.exists(table):
            continue
        is_number = isinstance(table.schema[column].dataType, T.IntegralType)
        rows = world.lakehouse.arrow(table, ["file"], pc.field(column) == (int(person.id) if is_number else person.id))
        for row in rows.group_by("file").aggregate([([], "count_all")]).to_pylist():
            found[row["file"]] = found.get(row["file"], 0) + row["count_all"]
    return dict(sorted(found.items()))


def forget(world: World, person: Person, landing: bool, console: Console) -> Forgotten:
    """Forget a user. Raises UserError where a step cannot be done; the same command then goes on."""
    settings, done = load_settings(), Forgotten()
    before = _forgotten_rows(world)
    leave_tombstone(world, person.id, datetime.now(timezone.utc))
    world.lakehouse.let_go()  # the job takes the lease in its turn
    with ProgressDisplay(console) as display:
        outcome = run_job(f"{world.feed.name}_forget", {"landing": landing}, display)
    done.rewritten = outcome.rewritten
    done.rows = _forgotten_rows(world) - before + sum(outcome.rewritten.values())
    world.lakehouse.spark.stop()  # with what it had no memory for
    _erase_history(world, console)
    if (Path(settings.reports) / world.feed.name / "index.html").is_file():
        record(world.feed, write_pages(world, Path(settings.reports)))
    _take_out_of_words(settings, person, console)
    found = files_with_forgotten(world)
    done.landing = [] if landing else sorted(file.path for source in found.values() for file in source)
    done.unread = sorted({*outcome.unread, *_still_landed(world, person, console)}) if landing else []
    done.others = _other_feeds(world, person, settings)
    done.is_scratch_left = not scratch.remove_scratch(Path(settings.state))
    done.searched = search(world, person, console)
    return done


def _erase_history(world: World, console: Console) -> None:
    with _told(console, "erasing history of") as told:
        for name, table in world.tables.items():
            if name not in LIVE_TABLES and world.lakehouse.exists(table):
                told(name)
                world.lakehouse.erase_history(table)
    world.lakehouse.let_go()


def _take_out_of_words(settings: Settings, person: Person, console: Console) -> None:
    """Take the id out of Dagster's records, of alerts and of logs."""
    home, state = prepare_home(), Path(settings.state)
    with _told(console, "cleaning") as told:
        for path in sorted(home.rglob("*.db")):
            told(str(path))
            databases.take_out(path, person)
        files.blank_out(home, person)
        with Outbox(state).held() as is_held:
            if not is_held:
                raise UserError("another process sends alerts just now. Run the same command again")
            files.blank_out(state, person, scratch.FOLDERS)


def _places(world: World, settings: Settings) -> list[files.Place]:
    lakehouse, reports = world.lakehouse, Path(settings.reports)
    inside = [world.feed.name, LEASES]
    return [
        *[files.Place(lakehouse.files_of(name), "", f"{lakehouse.root}/{name}") for name in inside],
        files.folder(reports / world.feed.name),
        files.folder(Path(settings.state), scratch.FOLDERS),
        files.folder(settings.dagster_home),
    ]


def _still_landed(world: World, person: Person, console: Console) -> list[str]:
    """Files of the feed's landing that name the user though they were written anew: not as rows, or not as theirs."""
    patterns = [world.feed.landing, *([world.feed.dimension.landing] if world.feed.dimension else [])]
    landed, root = files.Searched(), world.landing.root
    with _told(console, "searching") as told:
        for name in sorted({pattern.partition("/")[0] for pattern in patterns}):
            place = files.folder(Path(root) / name)
            if is_bucket(root):
                store, inside = FileSystem.from_uri(world.landing.arrow_uri(name))
                place = files.Place(store, inside)
            files.search(place, person, landed, told)
    return [trace.path for trace in landed.found]


def _other_feeds(world: World, person: Person, settings: Settings) -> list[str]:
    """Other feeds in whose tables a user of that id stands. Each is asked for by itself: it may be somebody else."""
    found = []
    for feed in load_feeds(settings.feeds).values():
        table = feed_tables(feed)["user_history"]
        if feed.name == world.feed.name or not world.lakehouse.exists(table):
            continue
        if len(world.lakehouse.arrow(table, ["user_id"], pc.field("user_id") == person.id)):
            found.append(feed.name)
    return found


def _forgotten_rows(world: World) -> int:
    """Rows that counts call forgotten: of files that still have them."""
    counts = world.counts(["standing", "rows"], pc.field("standing") == FORGOTTEN)
    return int(pc.sum(counts["rows"]).as_py() or 0)


@contextmanager
def _told(console: Console, what: str) -> Iterator[files.Watching]:
    """Says on the terminal which of many things is at hand."""
    with console.status(what) as status:
        yield lambda name: status.update(f"{what} {name}")
