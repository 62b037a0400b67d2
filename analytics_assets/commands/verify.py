"""`tidebook verify`: the tables of a feed rebuilt aside and compared with the live ones.

Belongs here: the folder of the rebuild from start to end, signals, what is printed. Does not: what is compared
(verification.py).
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
from rich.console import Console

from analytics_assets.commands.failures import explain, quiet_bridge
from analytics_assets.commands.instance import RunError, StoppedError
from analytics_assets.commands.progress import ProgressDisplay
from analytics_assets.discovery import find_feed
from analytics_assets.layers.world import World
from analytics_assets.verification import Compared, Verified, paired, verify
from resources.errors import UserError
from resources.open import open_places
from resources.settings import load_settings
from resources.table_store import FolderStore

ENDINGS = (signal.SIGTERM, signal.SIGHUP)
LONGEST_REMOVAL_S, STAYS_GONE_S = 30, 5
"""How long the folder of a stopped rebuild is removed again at most, and how long it must stay gone."""


def verify_feed(feed_name: str, first: str | None, last: str | None, console: Console) -> bool:
    """Rebuild, compare, print; whether all that was compared is equal."""
    settings = load_settings()
    feed = find_feed(feed_name, settings.feeds)
    landing, lakehouse = open_places(settings)
    live = World(feed, landing, lakehouse, run_id="verify")
    days = [date.fromisoformat(day) if day else None for day in (first, last)]
    with _scratch(Path(settings.state), feed.name) as scratch:
        try:
            with quiet_bridge(), _stopped_by_signals(), ProgressDisplay(console) as display:
                found = verify(live, scratch, display, *days)
        except UserError:
            raise
        except KeyboardInterrupt:
            lakehouse.spark.interrupt()
            raise StoppedError("stopped. The live tables were only read; the rebuild is removed") from None
        except Exception as error:
            refused = FolderStore(str(scratch)).explained(error, str(scratch))
            raise refused if refused is not error else RunError(explain(error)) from error
        finally:
            lakehouse.spark.stop()  # before its files are removed: what it still does would make new ones
    print_verified(feed.name, found, console)
    return found.is_equal


def print_verified(feed: str, found: Verified, console: Console) -> None:
    """Print what could not be compared, then that all is equal, or the first differences."""
    for note in found.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    if found.is_equal:
        rows = ", ".join(f"{table.table} {table.live:,} rows" for table in found.tables)
        console.print(f"equal: {rows}", markup=False, soft_wrap=True)
        return
    for table in found.tables:
        if not table.is_equal:
            for line in in_words(feed, table):
                console.print(line, markup=False, soft_wrap=True)
    equal = ", ".join(table.table for table in found.tables if table.is_equal)
    console.print(f"equal: {equal or 'no table'}", markup=False, soft_wrap=True)


def in_words(feed: str, found: Compared) -> Iterator[str]:
    """Lines about a table that differs: how many rows, then the first, by their key."""
    yield (
        f"different: {feed}/{found.table} has {found.live:,} rows, the rebuild {found.rebuilt:,}; "
        f"{found.live_alone:,} stand in the live table alone, {found.rebuilt_alone:,} in the rebuild alone"
    )
    for key, live, rebuilt in paired(found):
        name = ", ".join(f"{column} {_text(value)}" for column, value in key.items())
        if live is not None and rebuilt is not None:
            differing = [column for column in live if live[column] != rebuilt[column]]
            yield f"  {name}: " + "; ".join(
                f"{column}: saw {_text(live[column])}, expected {_text(rebuilt[column])}" for column in differing
            )
        else:
            side, row = ("live table", live) if live is not None else ("rebuild", rebuilt)
            rest = ", ".join(f"{column} {_text(value)}" for column, value in (row or {}).items() if column not in key)
            yield f"  {name}: in the {side} alone: {rest}"


@contextmanager
def _scratch(state: Path, feed: str) -> Iterator[Path]:
    """A folder for the rebuild, gone at the end; those of verifications that were killed go first."""
    for left in state.glob("verify-*-*"):
        process = left.name.rpartition("-")[2]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    folder = state / f"verify-{feed}-{os.getpid()}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made: {error.strerror}. Set TIDEBOOK_STATE to a folder that can"
        ) from error
    try:
        yield folder
    except BaseException:
        _remove_for_good(folder)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _remove_for_good(folder: Path) -> None:
    """Remove what an engine's tasks may still write to: they end a little after they were told to."""
    until, gone_since = time.monotonic() + LONGEST_REMOVAL_S, time.monotonic()
    while time.monotonic() < min(until, gone_since + STAYS_GONE_S):
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
            gone_since = time.monotonic()
        time.sleep(0.1)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Lets a signal that ends the process end it as Ctrl-C does, so that what it made is removed."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _text(value: Any) -> str:
    return "null" if value is None else repr(value) if isinstance(value, str) else str(value)
