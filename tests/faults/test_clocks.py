"""The clock is set back, or was ahead: what is newer does not follow from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from beds import Bed
from told import WENT_ON, Record, Told

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

SHIFTS = ("-400d", "+30d", "-1d", "-2h", "+1d")
PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")


@pytest.fixture(scope="module")
def faketime() -> str:
    """The library by which a process sees another time than its machine has."""
    found = [str(path) for place in PLACES for path in sorted(Path("/").glob(place.lstrip("/")))]
    if not found:
        pytest.fail("libfaketime is not installed: apt-get install faketime")
    return found[0]


@pytest.mark.parametrize(("shift", "seed"), [(shift, seed) for seed, shift in enumerate(SHIFTS)])
def test_a_run_at_another_time_changes_nothing_but_times(
    shift: str, seed: int, bed: Bed, faketime: str, record: Record
) -> None:
    bed.begin()
    clock = {
        "LD_PRELOAD": faketime,
        "FAKETIME": shift,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a JVM waits by that clock
        "NO_FAKE_STAT": "1",
    }
    ended = bed.place.command("run", bed.feed.name, **clock)
    assert ended.returncode == 0, ended.stderr
    assert not (found := bed.half_seen()), found
    assert not (found := bed.lost_or_doubled(bed.place.lakehouse)), found
    record.add(Told("clock set", f"by {shift}", WENT_ON, "", bed.repaired()))
