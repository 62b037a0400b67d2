"""A lease: at most one writer of a feed at a time, in whatever process it runs.

Belongs here: taking, naming and giving back the lease of a feed whose tables stand in a folder; what leases say.
Does not: leases in object stores (bucket_lease.py), what is written (lakehouse.py). Dagster's pools bind only what
its daemon launches; this binds all.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any

from resources.errors import UserError

POLL_S = 0.5
_WITHHELD: set[str] = set()


class LeaseError(UserError):
    """Somebody else writes this feed; says who, since when, and what to do."""


class Lease:
    """The lease of one feed: a lock of the operating system on a file, freed when the process ends, however."""

    def __init__(self, folder: Path, feed: str) -> None:
        self._path = folder / f"{feed}.lock"
        self._feed = feed
        self._file: IO[str] | None = None

    def take(self, wait_s: float, waiting: Callable[[str], None] | None = None) -> None:
        """Take the lease, waiting at most `wait_s` seconds; taking it again is a no-op.

        waiting: is told once who holds it. Raises LeaseError if it is not free by then.
        """
        if self._file is not None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a+")

        def is_taken() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        try:
            take_within(wait_s, is_taken, self.holder, self._feed, waiting)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        file.truncate()
        json.dump(this_process(), file)
        file.flush()
        self._file = file

    def give_back(self) -> None:
        """Free the lease; a no-op where it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def holder(self) -> str:
        """Who wrote last into the lease's file, in words."""
        try:
            return described(json.loads(self._path.read_text()))
        except (OSError, ValueError):
            return "another process"


def take_within(
    wait_s: float,
    is_taken: Callable[[], bool],
    holder: Callable[[], str],
    feed: str,
    waiting: Callable[[str], None] | None,
) -> None:
    """Try to take a feed's lease again and again for `wait_s` seconds, once at least. Raises LeaseError."""
    until, told = time.monotonic() + wait_s, False
    while not is_taken():
        if time.monotonic() >= until:
            raise LeaseError(
                f"feed {feed} is being written by {holder()}. Nothing was changed. Wait until it ends "
                "and try again, or set TIDEBOOK_LEASE_WAIT_S to wait longer"
            )
        if waiting is not None and not told:
            waiting(f"waiting for feed {feed}: written by {holder()}")
            told = True
        time.sleep(POLL_S)


def withhold(word: str) -> None:
    """Let no lease of this process say a word of its command line."""
    _WITHHELD.add(word)


def this_process() -> dict[str, Any]:
    """What a lease says of its holder."""
    words = ["..." if word in _WITHHELD else word for word in sys.argv[1:]]
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": " ".join([Path(sys.argv[0]).name, *words])[:200],
        "since": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def described(holder: Mapping[str, Any]) -> str:
    """What `this_process` said, in words."""
    try:
        return f"process {holder['pid']} on {holder['host']} ({holder['command']}) since {holder['since']}"
    except KeyError:
        return "another process"
