"""The outbox: what is known of causes and of who was told, in one file that is whole at any moment.

Belongs here: the files alerts.json and alerts.lock below TIDEBOOK_STATE. Does not: what they say (told.py).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analytics_assets.alerts.cause import cause_of
from analytics_assets.alerts.told import Book, Known, Pause, Told


class Outbox:
    """The outbox of a folder. One process at a time changes it; others may read.

    fault: why it could not be written last; empty if it was. A full disk is a thing to be told of: what could not be
    written is kept as long as the process lives.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.fault = folder, ""
        self._path = folder / "alerts.json"
        self._unwritten: Book | None = None

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the outbox, if no other process does; whether it is held. A process that dies holds nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "alerts.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def read(self) -> Book:
        """What is known; nothing where there is no file, or one that this version cannot read."""
        if self._unwritten is not None:
            return self._unwritten
        try:
            return _book(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return Book()
        except (ValueError, KeyError, TypeError, AttributeError):
            # To know nothing means to tell once more of what is open: at least once.
            return Book()

    def write(self, book: Book) -> None:
        """Keep what is known: after a kill or a loss of power the file is the one before or this one."""
        try:
            self._replace(book)
        except OSError as error:
            self._unwritten, self.fault = book, f"{self._path} cannot be written: {error.strerror}"
        else:
            self._unwritten, self.fault = None, ""

    def _replace(self, book: Book) -> None:
        unfinished = self._path.with_name(".alerts.json")
        with unfinished.open("w") as file:
            json.dump(_words(book), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._path)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _words(book: Book) -> dict[str, Any]:
    known = [
        {
            "cause": one.cause.as_json(),
            "opened_s": one.opened_s,
            "gone_s": one.gone_s,
            "waiting": sorted(one.waiting),
            "told": {name: asdict(told) for name, told in one.told.items()},
        }
        for one in book.known.values()
    ]
    return {"known": known, "pauses": {name: asdict(pause) for name, pause in book.pauses.items()}}


def _book(words: dict[str, Any]) -> Book:
    known = [
        Known(
            cause_of(one["cause"]),
            one["opened_s"],
            one["gone_s"],
            frozenset(one["waiting"]),
            {name: Told(**told) for name, told in one["told"].items()},
        )
        for one in words["known"]
    ]
    return Book(
        {one.cause.key: one for one in known}, {name: Pause(**pause) for name, pause in words["pauses"].items()}
    )
