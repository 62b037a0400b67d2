"""The clock is set back, or was ahead: what is newer does not follow from it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from beds import Bed
from told import WENT_ON, Record, Told

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

SOURCE = Path(__file__).parent / "shifted_clock.c"
DAY_S, HOUR_S = 86_400, 3_600
SHIFTS_S = (-400 * DAY_S, 30 * DAY_S, -DAY_S, -2 * HOUR_S, DAY_S)


@pytest.fixture(scope="module")
def shifted_clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library by which a process, and all that it starts, sees another time of day than its machine has."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.fail("there is no C compiler: apt-get install gcc libc6-dev")
    library = tmp_path_factory.mktemp("clock") / "shifted_clock.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def clock(library: Path, shift_s: int) -> dict[str, str]:
    """What sets the clock of a process, as its environment."""
    return {"LD_PRELOAD": str(library), "TIDEBOOK_CLOCK_SHIFT_S": str(shift_s)}


@pytest.mark.parametrize(("shift_s", "seed"), [(shift_s, seed) for seed, shift_s in enumerate(SHIFTS_S)])
def test_a_run_at_another_time_changes_nothing_but_times(
    shift_s: int, seed: int, bed: Bed, shifted_clock: Path, record: Record
) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"],
        env=clock(shifted_clock, shift_s),
        capture_output=True,
        check=True,
    )
    assert abs(float(shown.stdout) - time.time() - shift_s) < HOUR_S / 4, "the clock is set"
    bed.begin()
    ended = bed.place.command("run", bed.feed.name, **clock(shifted_clock, shift_s))
    assert ended.returncode == 0, ended.stderr
    assert not (found := bed.half_seen()), found
    assert not (found := bed.lost_or_doubled(bed.place.lakehouse)), found
    record.add(Told("clock set", f"by {shift_s // HOUR_S} hours", WENT_ON, "", bed.repaired()))
