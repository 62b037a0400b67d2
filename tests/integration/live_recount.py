"""Load times of files that landed, counted again in plain Python: what a live table must hold. Imports nothing of
Tidebook.

Belongs here: files of notes for these tests, and the recount. Does not: running anything.
"""

import csv
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
LONGEST_MS = 7_200_000
GAMMA = 1.01 / 0.99

Cell = tuple[str, datetime, str, str, int]
"""File, minute, app version, device, bucket."""


def file_of(landing: Path, day: str, name: str) -> Path:
    """Where a file of events stands."""
    return landing / "notes" / "events" / day / name


def land(path: Path, lines: Iterable[str], header: str = HEADER) -> None:
    """A file lands whole, as a rename shows it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text("".join(f"{line}\n" for line in (header, *lines)))
    unfinished.rename(path)


def lines_at(seed: int, around: datetime, number: int = 60) -> list[str]:
    """Lines of half an hour: loads and others, copies, late rows and broken ones."""
    chance = random.Random(seed)
    lines = []
    for _ in range(number):
        time = around + timedelta(seconds=chance.randrange(1800)) - timedelta(hours=chance.choice([0] * 9 + [7]))
        action = chance.choice(["page_view", "page_view", "edit"])
        version = chance.choice(["5.9.0", "5.10.0"])
        lines.append(
            f"u{chance.randrange(9)},{time},{action},p{chance.randrange(5)},{chance.randrange(9000)},{version}"
        )
    lines += chance.choices(lines, k=5)
    lines.append(lines[0].replace(",p", ",", 1).rpartition(",")[0])
    lines.append(f"u1,{around},page_view,p1,-1,5.9.0")
    lines.append(f"u1,{around},page_view,p1,soon,5.9.0")
    lines.append(f"u2,{around},page_view,p1,0,5.9.0")
    return lines


def recount(
    landing: Path, hours: int, open_since: datetime | None = None, devices: Mapping[str, str] | None = None
) -> dict[Cell, int]:
    """Loads of the last hours by cell, over all files of events."""
    cells: Counter[Cell] = Counter()
    for path in sorted(landing.glob("notes/events/*/*.csv")):
        if path.read_text().partition("\n")[0] != HEADER:
            continue
        for key, ms, version in _loads(path):
            minute = datetime.fromisoformat(key[1]).replace(second=0)
            device = (devices or {}).get(key[0], "unknown")
            cells[(path.relative_to(landing).as_posix(), minute, version, device, _bucket(ms))] += 1
    if not cells:
        return {}
    first = max(cell[1] for cell in cells) - timedelta(hours=hours) + timedelta(minutes=1)
    first = max(first, open_since) if open_since else first
    return {cell: loads for cell, loads in cells.items() if cell[1] >= first}


def _loads(path: Path) -> Iterable[tuple[tuple[str, ...], int, str]]:
    found: dict[tuple[str, ...], tuple[int, str]] = {}
    for fields in csv.reader(path.read_text().splitlines()[1:]):
        if len(fields) != 6 or not fields[4].isdigit() or int(fields[4]) > LONGEST_MS:
            continue
        key = tuple(fields[:4])
        if fields[2] == "page_view":
            found[key] = min(found.get(key, (LONGEST_MS + 1, "")), (int(fields[4]), fields[5]))
    return [(key, ms, version) for key, (ms, version) in found.items()]


def _bucket(ms: int) -> int:
    if ms == 0:
        return -1
    bucket = 0
    while GAMMA**bucket < ms:
        bucket += 1
    return bucket
