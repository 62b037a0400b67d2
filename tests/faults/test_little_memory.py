"""Spark has less memory than a run takes: one message says what to set, and with more of it nothing is missing."""

from __future__ import annotations

import pytest
from beds import Bed, unclear
from told import STOPPED, WENT_ON, Record, Told

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

CLASSES_MB = (100, 105, 110, 115)
"""A run takes some 120; what the heap lacks Spark writes to disk, as it should, but classes have to be in memory."""
LONG_LINE = 300_000_000


@pytest.mark.parametrize(("room_mb", "seed"), [(room_mb, seed) for seed, room_mb in enumerate(CLASSES_MB)])
def test_a_run_that_has_no_memory_left_stops_and_more_of_it_repairs(
    room_mb: int, seed: int, bed: Bed, record: Record
) -> None:
    bed.begin()
    check(bed, record, f"{room_mb} MB for classes", TIDEBOOK_SPARK_JAVA_OPTIONS=f"-XX:MaxMetaspaceSize={room_mb}m")


@pytest.mark.parametrize("seed", range(1))
def test_a_line_that_memory_does_not_take_stops_a_run_or_is_not_read(seed: int, bed: Bed, record: Record) -> None:
    bed.begin()
    [path, *_] = bed.turns.changed()
    file = bed.turns.landing / path
    long = file.with_name("long.csv")
    long.write_bytes(file.read_bytes().splitlines(keepends=True)[0] + b"u" * LONG_LINE + b"\n")
    try:
        check(bed, record, f"a line of {LONG_LINE // 1_000_000} MB in 512 MB", not_seen=file.parent.name)
    finally:
        long.unlink(missing_ok=True)


def check(bed: Bed, record: Record, moment: str, not_seen: str = "", **more: str) -> None:
    """Run with 512 MB. not_seen: an arrival that has rows of neither content meanwhile."""
    ended = bed.place.command("run", bed.feed.name, TIDEBOOK_SPARK_MEMORY="512m", **more)
    said = ended.stderr.removeprefix("error: ").strip()
    assert ended.returncode == (1 if said else 0), said
    assert not said or (unclear(said) == [] and "TIDEBOOK_SPARK_MEMORY" in said), said
    found = bed.half_seen(["bronze"] if not_seen else ())
    assert not (found := [line for line in found if not not_seen or f" {not_seen} " not in line]), found
    for file in bed.turns.landing.rglob("long.csv"):
        file.unlink()
    record.add(Told("out of memory", moment, STOPPED if said else WENT_ON, said, bed.repaired()))
