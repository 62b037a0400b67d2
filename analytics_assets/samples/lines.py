"""Rows as lines of CSV, and files that appear whole or not at all.

Belongs here: the text of each column, the broken text of broken rows, names of files. Does not: which
rows there are. Lines are joined by Arrow: the data buffer of the joined array is the file's content.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.samples.events import ACTIONS, DAY_S, Events
from analytics_assets.samples.options import BROKEN_KINDS

EVENTS_HEADER = b"user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
USERS_HEADER = b"user_id,join_date,country,device_type,subscription_type\n"
PIECE_ROWS = 1_000_000  # Arrow's string arrays end at 2 GB; a piece is about 60 MB


def numbered(prefix: str, digits: int, count: int, end: str) -> Any:
    """Arrow strings `u0000000,`, `u0000001,` … (prefix u, 7 digits, end a comma), so that index = number."""
    padded = pc.utf8_lpad(pc.cast(pa.array(np.arange(count)), pa.string()), digits, "0")
    return pc.binary_join_element_wise(prefix, padded, end, "")


class EventLines:
    """Writes rows as lines; holds a table of text for each column that repeats."""

    def __init__(self, start: date, days: int, users: int, pages: int, versions: Sequence[str]) -> None:
        self._users = numbered("u", 7, users + 1, ",")
        # Users first, so the date starts in the middle of a line: "…,2025-01-31 " then "23:59:59,".
        self._days = pa.array([f"{start + timedelta(days=day)} " for day in range(days)])
        self._seconds = pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}," for s in range(DAY_S)])
        self._actions = pa.array([f"{action}," for action in ACTIONS])
        self._pages = numbered("p", 6, pages + 1, ",")
        self._versions = pa.array([f",{version}\n" for version in versions])

    def pieces(self, rows: Events) -> Iterable[pa.Buffer | bytes]:
        """The rows (events.ROW) as CSV text, in pieces of bounded size."""
        for first in range(0, len(rows), PIECE_ROWS):
            piece = rows[first : first + PIECE_ROWS]
            lines = self._lines(piece)
            broken = np.flatnonzero(piece["broken"])
            if len(broken):
                kinds = piece["broken"][broken] - 1
                faulty = [
                    break_line(line, BROKEN_KINDS[kind])
                    for line, kind in zip(lines.take(pa.array(broken)).to_pylist(), kinds.tolist(), strict=True)
                ]
                mask = pa.array(piece["broken"] != 0)
                lines = pc.replace_with_mask(lines, mask, pa.array(faulty, pa.binary()))
            offsets, data = lines.buffers()[1:]
            edges = np.frombuffer(offsets, np.int32)
            begin, end = int(edges[lines.offset]), int(edges[lines.offset + len(lines)])
            yield data.slice(begin, end - begin)

    def _lines(self, rows: Events) -> Any:
        second = rows["second"]
        texts = pc.binary_join_element_wise(
            self._users.take(pa.array(rows["user"])),
            self._days.take(pa.array(second // DAY_S)),
            self._seconds.take(pa.array(second % DAY_S)),
            self._actions.take(pa.array(rows["action"])),
            # Pages are counted from 0, their ids from 1.
            self._pages.take(pa.array(rows["page"] + 1)),
            pc.cast(pa.array(np.ascontiguousarray(rows["duration_ms"])), pa.string()),
            self._versions.take(pa.array(rows["version"])),
            "",
        )
        return texts.cast(pa.binary())


def break_line(line: bytes, kind: str) -> bytes:
    """One good line made into one bad line, the same for the same line; kinds are options.BROKEN_KINDS.

    Exactly one physical line comes out, with exactly one thing wrong. Raises KeyError for an unknown kind.
    """
    user, time, action, page, duration, version = line.rstrip(b"\n").split(b",")
    turn = crc32(line)
    day = date.fromisoformat(time[:10].decode())
    later = f"{day + timedelta(days=2 + turn % 400)}".encode()
    quoted = [
        b'"' + field if at == (0, 3, 5)[turn % 3] else field
        for at, field in enumerate((user, time, action, page, duration, version))
    ]
    fields = {
        "too_few_fields": (user, time, action, page, duration)[: 3 + turn % 3],
        "too_many_fields": (user, time, action, page, duration, version, b"x", b"")[: 7 + turn % 2],
        "text_in_duration": (user, time, action, page, (b"fast", b"12s", b"n/a")[turn % 3], version),
        "impossible_date": (user, time[:5] + b"02-30" + time[10:], action, page, duration, version),
        "empty_user_id": (b"", time, action, page, duration, version),
        "negative_duration": (user, time, action, page, b"-%d" % (1 + turn % 5_000), version),
        "duration_above_2h": (user, time, action, page, b"%d" % (7_200_001 + turn % 10**6), version),
        "invalid_utf8": (user, time, action, page[:1] + b"\xff\xfe" + page[1:], duration, version),
        "unclosed_quote": quoted,
        "in_the_future": (user, later + time[10:], action, page, duration, version),
    }[kind]
    return b",".join(fields) + b"\n"


def write_whole(path: Path, pieces: Iterable[pa.Buffer | bytes]) -> None:
    """Write a file under a hidden name beside it, then rename: a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.tmp")
    with hidden.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    hidden.replace(path)


def events_file(landing: Path, arrival: date) -> Path:
    """Where the events of an arrival land."""
    return landing / "notes" / "events" / arrival.isoformat() / "events.csv"


def users_file(landing: Path, arrival: date) -> Path:
    """Where the users snapshot of an arrival lands."""
    return landing / "notes" / "users" / arrival.isoformat() / "users.csv"


def truth_file(landing: Path) -> Path:
    """Where the truth lies: beside the landed folders, so that it is no landed file."""
    return landing / "notes" / "truth.json"


def begin_landing(landing: Path, expected: Iterable[Path]) -> None:
    """Make sure that what will lie there is this sample alone, and take an older truth away.

    Raises FileExistsError if a file stands there that the sample does not write over: the numbers
    would not be those of the truth file.
    """
    ours = set(expected)
    for folder in ("events", "users"):
        for path in sorted((landing / "notes" / folder).glob("*/*")):
            if not path.name.startswith(".") and path not in ours:
                raise FileExistsError(
                    f"{path}: saw a file of another sample, expected none. "
                    f"Remove {landing / 'notes'} or choose another landing folder"
                )
    # A sample that is killed half-way has no truth file, rather than a wrong one.
    truth_file(landing).unlink(missing_ok=True)
