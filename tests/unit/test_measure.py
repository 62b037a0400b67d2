"""What a measured program took, with what it started and left behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure import Measured, ProgramFailedError, measure

BURN = "import time; end = time.process_time() + 1\nwhile time.process_time() < end: pass"
LEAVES = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}]); import time; time.sleep(0.6)"


def run(code: str, folder: Path) -> Measured:
    return measure([sys.executable, "-c", code], {}, folder, folder / "log")


def test_a_programs_own_cpu_is_counted(tmp_path: Path) -> None:
    assert 1 <= run(BURN, tmp_path).cpu_s < 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what an orphan took after its parent's end")
def test_the_cpu_of_a_program_that_outlives_its_parent_is_counted_to_its_end(tmp_path: Path) -> None:
    # As Spark's JVM does. Most of its second comes after the parent has ended.
    assert 1 <= run(LEAVES, tmp_path).cpu_s < 2


def test_a_process_started_elsewhere_is_neither_counted_nor_waited_for(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        measured = run("pass", tmp_path)
        assert measured.cpu_s < 1
        assert other.poll() is None
    finally:
        other.communicate(b"\n")


def test_memory_of_the_whole_tree_is_at_least_that_of_its_largest_process(tmp_path: Path) -> None:
    measured = run("held = bytearray(200_000_000); import time; time.sleep(1)", tmp_path)
    assert 190 < measured.driver_peak_mb <= measured.peak_mb


def test_cpu_until_a_moment_lies_between_the_two_nearest_looks() -> None:
    measured = Measured(began=100, cpu_s=9, samples=[(101, 2.0), (103, 6.0)])
    assert [measured.cpu_until(moment) for moment in (100, 102, 103, 104)] == [0, 4, 6, 9]


def test_a_program_that_fails_is_an_error_that_shows_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailedError, match="no such luck"):
        run("raise SystemExit('no such luck')", tmp_path)
