"""A run that is killed is finished by the next, and two runs of one feed do not write at once."""

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from places import LONGEST_S, Place, kill_group
from tables import differences

pytestmark = pytest.mark.timeout(1800)

KILLS = 5


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed: where its tables stand, how long it took, what it printed."""

    place: Place
    seconds: float
    words: str


@pytest.fixture(scope="module")
def undisturbed(notes: Place, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    place = Place(tmp_path_factory.mktemp("undisturbed"), notes.landing)
    began = time.monotonic()
    ended = place.command("run", "notes")
    seconds = time.monotonic() - began
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return Undisturbed(place, seconds, ended.stdout + ended.stderr)


def is_killed_at(place: Place, seconds: float) -> bool:
    """Start a run and kill it with all that belongs to it after so many seconds; False if it ended before."""
    child = place.start("run", "notes", TIDEBOOK_LEASE_WAIT_S="30")
    try:
        code = child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        family = psutil.Process(child.pid).children(recursive=True)
        kill_group(child)
        for process in family:  # Spark's Python workers make a group of their own
            with suppress(psutil.NoSuchProcess):
                process.kill()
        return True
    assert code == 0, (place.root / "err").read_text()
    return False


def assert_kills_leave_no_trace(undisturbed: Undisturbed, root: Path, seed: int) -> None:
    moments = random.Random(seed)
    place = Place(root, undisturbed.place.landing)
    killed_at: list[float] = []
    for _ in range(4 * KILLS):
        if len(killed_at) == KILLS:
            break
        moment = moments.uniform(0, undisturbed.seconds)
        if is_killed_at(place, moment):
            killed_at.append(moment)
        else:
            # It was finished by what earlier runs had done: it must be right, and the next begins from nothing.
            assert differences(undisturbed.place.lakehouse, place.lakehouse, "notes") == [], killed_at
            shutil.rmtree(place.lakehouse)
    assert len(killed_at) == KILLS
    place.done("run", "notes")
    assert differences(undisturbed.place.lakehouse, place.lakehouse, "notes") == [], killed_at
    assert place.done("status", "notes"), "nothing is behind"


def test_a_run_in_a_process_gives_the_same_as_one_in_the_tests(undisturbed: Undisturbed, notes: Place) -> None:
    assert differences(notes.lakehouse, undisturbed.place.lakehouse, "notes") == []


def test_a_run_prints_no_stack_trace(undisturbed: Undisturbed) -> None:
    """It starts Spark in its own process, while a thread shows progress."""
    assert "Traceback" not in undisturbed.words and "Exception" not in undisturbed.words, undisturbed.words


def test_runs_that_are_killed_at_any_moment_are_finished_by_the_next(undisturbed: Undisturbed, tmp_path: Path) -> None:
    assert_kills_leave_no_trace(undisturbed, tmp_path, seed=2025)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_thirty_kills_over_six_lakehouses(undisturbed: Undisturbed, tmp_path: Path, seed: int) -> None:
    assert_kills_leave_no_trace(undisturbed, tmp_path, seed)


def test_a_second_run_of_a_feed_is_refused_and_names_the_holder(notes: Place, tmp_path: Path) -> None:
    place, other = Place(tmp_path, notes.landing), Place(tmp_path / "other", notes.landing)
    first = place.start("run", "notes")
    try:
        wait_for_lease(place, first)
        os.kill(first.pid, signal.SIGSTOP)  # it must not end before the second was refused
        ended = other.command("run", "notes", TIDEBOOK_LAKEHOUSE=str(place.lakehouse), TIDEBOOK_LEASE_WAIT_S="0")
        assert first.poll() is None
    finally:
        kill_group(first)
    assert ended.returncode == 1
    words = " ".join((ended.stdout + ended.stderr).split())
    assert f"feed notes is being written by process {first.pid} on " in words
    assert "run notes) since 20" in words
    assert "Nothing was changed" in words and "Traceback" not in words
    assert not (place.lakehouse / "notes").exists()


def wait_for_lease(place: Place, holder: "subprocess.Popen[str]") -> None:
    lease, until = place.lakehouse / "_leases" / "notes.lock", time.monotonic() + LONGEST_S
    while not (lease.is_file() and str(holder.pid) in lease.read_text()):
        assert holder.poll() is None and time.monotonic() < until, (place.root / "err").read_text()
        time.sleep(0.05)
