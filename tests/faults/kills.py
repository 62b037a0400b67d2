"""A run of the command that is killed at a moment of its progress, with all that belongs to it.

Belongs here: waiting for the moment, killing. Does not: what must hold (tests).
"""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import psutil
from places import LONGEST_S, Place, kill_group

LATEST_S = 0.8
"""After a stage began: most take less."""


def kill_family(child: subprocess.Popen[str]) -> None:
    """SIGKILL to a command and all that it started; Spark's Python workers make a group of their own."""
    family = psutil.Process(child.pid).children(recursive=True)
    kill_group(child)
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def reached(place: Place, child: subprocess.Popen[str], stages: Sequence[str], draw: random.Random) -> str:
    """Wait until a run says that one of its stages begins, and a while more; which, or "" if it ended before."""
    number, more_s = draw.randrange(len(stages)), draw.uniform(0, LATEST_S)
    until = time.monotonic() + LONGEST_S
    while len(begun := _begun(place)) <= number:
        if child.poll() is not None:
            return ""
        assert time.monotonic() < until, (place.root / "out").read_text()
        time.sleep(0.01)
    time.sleep(more_s)
    return f"{begun[number]} + {1000 * more_s:.0f} ms" if child.poll() is None else ""


def _begun(place: Place) -> list[str]:
    """Stages that a run has said to begin."""
    lines = (place.root / "out").read_text().splitlines()
    return [line.partition(":")[0] for line in lines if line.endswith(" ...")]


def run_until(
    place: Place,
    feed: str,
    stages: Sequence[str],
    draw: random.Random,
    kill: Callable[[subprocess.Popen[str]], None] = kill_family,
    **more: str,
) -> tuple[str, subprocess.Popen[str]]:
    """Start a run of a feed and kill at a moment; the moment, "" if it ended before, and the process."""
    child = place.start("run", feed, **more)
    try:
        moment = reached(place, child, stages, draw)
        if moment:
            kill(child)
        return moment, child
    except BaseException:
        kill_group(child)
        raise
