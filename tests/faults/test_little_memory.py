"""Spark has less memory than a file takes: one message says what to set, and with more of it nothing is missing."""

from __future__ import annotations

import pytest
from beds import Bed, unclear
from told import STOPPED, Record, Told

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

LINE = 100_000_000


@pytest.mark.parametrize(("letters", "seed"), [(LINE, 0), (3 * LINE, 1)])
def test_a_line_that_memory_does_not_take_stops_a_run(letters: int, seed: int, bed: Bed, record: Record) -> None:
    bed.begin()
    [path, *_] = bed.turns.changed()
    file = bed.turns.landing / path
    header = file.read_bytes().splitlines(keepends=True)[0]
    long = file.with_name("long.csv")
    long.write_bytes(header + b"u" * letters + b"\n")
    try:
        ended = bed.place.command("run", bed.feed.name, TIDEBOOK_SPARK_MEMORY="512m")
    finally:
        long.unlink()
    said = ended.stderr.removeprefix("error: ").strip()
    assert ended.returncode == 1 and unclear(said) == [] and "TIDEBOOK_SPARK_MEMORY" in said, said
    assert not (found := bed.half_seen()), found
    record.add(Told("out of memory", f"a line of {letters // 1_000_000} MB in 512 MB", STOPPED, said, bed.repaired()))
