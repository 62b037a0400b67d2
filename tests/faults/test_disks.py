"""A disk that is full, or may be read alone, from a moment on: one clear message, and room repairs it."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from beds import Bed, unclear
from told import STOPPED, WENT_ON, Record, Told

from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)

FREE_KB = (0, 4, 20, 60, 120)
FILLED = ".filled"


@pytest.fixture(scope="module")
def disk_bed(ide_bed: Bed, quick_spark: Spark) -> Iterator[Bed]:
    """The bed whose tables stand on a disk of their own, of 64 MB; the lease does not."""
    bed = ide_bed
    _ = bed.expected
    disk = bed.place.lakehouse / bed.feed.name
    shutil.rmtree(bed.place.lakehouse, ignore_errors=True)
    disk.mkdir(parents=True)
    mounted = mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk))
    if mounted:
        pytest.skip(f"no file system can be mounted here: {mounted}")
    bed.is_sound = False
    yield bed
    bed.is_sound = False
    subprocess.run(["umount", "-l", str(disk)], check=True)


def mount(*words: str) -> str:
    """Mount something; what went wrong, "" if nothing did."""
    return subprocess.run(["mount", *words], capture_output=True, text=True, check=False).stderr.strip()


def said_with_trouble_from(bed: Bed, number: int, trouble: Callable[[], None]) -> tuple[str, str]:
    """The write that is the first in trouble, and what the pass said."""
    tables = []

    def before(now: int, table: str) -> None:
        if now == number:
            tables.append(table)
            trouble()

    said = bed.run(bed.meddled(before))
    assert len(tables) == 1, "the pass came to that moment"
    return f"write {number}, of {tables[0]}", said


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(12))
def test_a_disk_that_fills_up_stops_a_run_and_room_repairs_it(seed: int, disk_bed: Bed, record: Record) -> None:
    draw = random.Random(seed)
    number, free_kb = draw.randint(1, len(disk_bed.undisturbed[1])), draw.choice(FREE_KB)
    disk_bed.begin()
    disk = disk_bed.place.lakehouse / disk_bed.feed.name
    moment, said = said_with_trouble_from(disk_bed, number, lambda: fill(disk, free_kb))
    assert said or free_kb
    assert not said or unclear(said) == []
    assert disk_bed.half_seen() == []
    shutil.rmtree(disk / FILLED)
    seconds = disk_bed.repaired()
    record.add(Told("full disk", f"{moment}, {free_kb} KB left", STOPPED if said else WENT_ON, said, seconds))


@pytest.mark.parametrize("seed", [0, *[pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 6)]])
def test_a_folder_that_may_be_read_alone_stops_a_run_and_access_repairs_it(
    seed: int, disk_bed: Bed, record: Record
) -> None:
    number = random.Random(seed).randint(1, len(disk_bed.undisturbed[1]))
    disk_bed.begin()
    disk = str(disk_bed.place.lakehouse / disk_bed.feed.name)

    def forbid() -> None:
        assert mount("-o", "remount,ro", disk) == ""

    try:
        moment, said = said_with_trouble_from(disk_bed, number, forbid)
        assert unclear(said) == []
        assert disk_bed.half_seen() == []
    finally:
        assert mount("-o", "remount,rw", disk) == ""
    record.add(Told("read-only folder", moment, STOPPED, said, disk_bed.repaired()))


def fill(disk: Path, free_kb: int) -> None:
    """Leave so little room."""
    room = shutil.disk_usage(disk).free - free_kb * 1024
    (disk / FILLED).mkdir()
    (disk / FILLED / "bytes").write_bytes(bytes(max(room, 0)))
