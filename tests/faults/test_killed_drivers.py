"""The driver, a client of an engine, or the engine is killed at any moment of a run: the next run repairs."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from beds import Bed, unclear
from kills import kill_family, run_until
from told import KILLED, STOPPED, WENT_ON, Record, Told

from resources import engine
from resources.session_config import session_config
from resources.settings import Settings

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

ENDS_S = 120


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where an engine has its state; what runs there ends with the tests."""
    folder = tmp_path_factory.mktemp("engine")
    yield folder
    engine.stop(folder)


def started(state: Path) -> engine.Engine:
    """The engine, which may have been killed."""
    found = engine.start(session_config(Settings(state=str(state), spark_memory="1g")), state, port=0)
    assert found.url is not None and found.pid is not None
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_driver_that_is_killed_is_followed_by_one_that_repairs(seed: int, bed: Bed, record: Record) -> None:
    draw = random.Random(f"driver {seed}")
    stages = bed.undisturbed[0]
    (bed.begin_anew if seed == 0 else bed.begin)()
    moment, child = run_until(bed.place, bed.feed.name, stages, draw, TIDEBOOK_LEASE_WAIT_S="30")
    check(bed, record, "SIGKILL of the driver, in its own process", moment, child)


@pytest.mark.parametrize("seed", range(10))
def test_a_client_that_is_killed_leaves_nothing_that_the_next_run_does_not_repair(
    seed: int, bed: Bed, state: Path, record: Record
) -> None:
    draw = random.Random(f"client {seed}")
    stages, url = bed.undisturbed[0], started(state).url
    bed.begin()
    moment, child = run_until(bed.place, bed.feed.name, stages, draw, TIDEBOOK_SPARK_MASTER=str(url))
    check(bed, record, "SIGKILL of a driver that is an engine's client", moment, child)


def check(bed: Bed, record: Record, kind: str, moment: str, child: subprocess.Popen[str]) -> None:
    """A run that was killed, or that ended before, left nothing half, and is followed by one that repairs."""
    assert child.returncode == (-9 if moment else 0), (bed.place.root / "err").read_text()
    assert bed.half_seen() == []
    record.add(Told(kind, moment or "it had ended", KILLED if moment else WENT_ON, "", bed.repaired()))


@pytest.mark.parametrize("seed", range(3))
def test_a_run_whose_engine_is_killed_says_so_soon_and_the_next_repairs(
    seed: int, bed: Bed, state: Path, record: Record
) -> None:
    draw = random.Random(f"engine {seed}")
    stages, running = bed.undisturbed[0], started(state)
    bed.begin()

    def kill(client: subprocess.Popen[str]) -> None:
        for process in psutil.Process(running.pid).children(recursive=True):
            process.kill()

    moment, child = run_until(bed.place, bed.feed.name, stages, draw, kill, TIDEBOOK_SPARK_MASTER=str(running.url))
    try:
        code = child.wait(ENDS_S)
    finally:
        kill_family(child) if child.poll() is None else None
    said = (bed.place.root / "err").read_text().removeprefix("error: ").strip()
    assert code == (1 if moment else 0), said
    assert not moment or unclear(said) == []
    assert bed.half_seen() == []
    record.add(Told("SIGKILL of the engine", moment, STOPPED if moment else WENT_ON, said, bed.repaired()))
