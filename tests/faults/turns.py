"""What lands: two contents of one landing that differ in all that a run must find out, turn and turn about.

Belongs here: making the second content out of the first, landing either. Does not: faults, what tables must hold.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analytics_assets.samples.ide import generate_ide
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import IdeOptions, NotesOptions

Content = Mapping[str, bytes]
"""Files by their paths below landing."""

LONG_AGO_NS, SECOND_NS = 1_700_000_000_000_000_000, 1_000_000_000
SHARE = 0.15
NOTES = NotesOptions(
    start=date(2025, 2, 27),
    end=date(2025, 3, 2),
    events=500,
    users=60,
    late_share=0.05,
    duplicate_share=0.03,
    broken_share=0.02,
    change_share=0.3,
    seed=11,
)
IDE = IdeOptions(start=date(2025, 2, 27), end=date(2025, 3, 2), events=500, users=12, marathons=1, seed=12)


@dataclass(frozen=True)
class Turns:
    """A landing and the two contents that it goes back and forth between. events: the folder of the event files."""

    landing: Path
    contents: tuple[Content, Content]
    events: str

    def land(self, which: int) -> None:
        """Land one content: what differs is replaced, what is of the other alone is removed."""
        for path in self.contents[1 - which].keys() - self.contents[which].keys():
            (self.landing / path).unlink(missing_ok=True)
        for path, content in self.contents[which].items():
            land(self.landing / path, content)

    def changed(self) -> list[str]:
        """Event files of both contents that differ."""
        one, other = self.contents
        return sorted(path for path in one.keys() & other.keys() if one[path] != other[path] and self.events in path)


def land(file: Path, content: bytes) -> None:
    """A file appears under its name when it is whole. Its time follows from what is in it: the same bytes that land
    again have the time that they had, as where a copy keeps times."""
    if file.is_file() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}")
    unfinished.write_bytes(content)
    seconds = int(hashlib.sha256(content).hexdigest()[:5], 16)
    written = LONG_AGO_NS + seconds * SECOND_NS + 123_456_789
    os.utime(unfinished, ns=(written, written))
    unfinished.rename(file)


def notes_turns(root: Path) -> Turns:
    """Notes of four dates, with snapshots of their users."""
    generate_notes(root / "generated", NOTES)
    first = _contents(root / "generated", "*.csv")
    second = _turned(first, "notes/events/", random.Random(1))
    users = max(path for path in first if path.startswith("notes/users/"))
    second[users] = first[users].replace(b",Android,", b",iPad,")
    assert second[users] != first[users]
    return Turns(root / "landing", (first, second), "notes/events/")


def ide_turns(root: Path, options: IdeOptions = IDE) -> Turns:
    """Events of an IDE, whose sessions go on past midnight."""
    generate_ide(root / "generated", options)
    first = _contents(root / "generated", "*.csv")
    return Turns(root / "landing", (first, _turned(first, "ide/", random.Random(2))), "ide/")


def _contents(folder: Path, pattern: str) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob(pattern))}


def _turned(first: Content, events: str, draw: random.Random) -> dict[str, bytes]:
    """Rows of one file go, rows of another come late in a file more, some twice, and one that is none."""
    files = sorted(path for path in first if path.startswith(events))
    corrected, moved, newest = files[1], files[0], files[-1]
    second = dict(first)
    header, kept, gone = _split(first[corrected], draw)
    second[corrected] = b"".join([header, *kept])
    header, kept, late = _split(first[moved], draw)
    second[moved] = b"".join([header, *kept])
    again = draw.sample(first[files[2]].splitlines(keepends=True)[1:], 5)
    second[str(Path(newest).with_name("more.csv"))] = b"".join([header, *late, *again, gone[0].split(b",")[0] + b"\n"])
    return second


def _split(content: bytes, draw: random.Random) -> tuple[bytes, list[bytes], list[bytes]]:
    """The header, most of the rows, and the rest of them."""
    header, *rows = content.splitlines(keepends=True)
    taken = set(draw.sample(range(len(rows)), max(2, int(len(rows) * SHARE))))
    return (
        header,
        [row for at, row in enumerate(rows) if at not in taken],
        [row for at, row in enumerate(rows) if at in taken],
    )
