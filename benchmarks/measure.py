"""Runs a program and measures what it took: wall and CPU seconds, and memory, of it and all it started.

Belongs here: processes. Does not: which programs (pipeline.py).

The JVM that a session starts is a grandchild nobody waits for. On Linux this process adopts such orphans, so
that the kernel tells all that each took; elsewhere the figures seen last are added up.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

POLL_S = 0.25
JVM = "java"
ORPHANS_S = 30
PR_SET_CHILD_SUBREAPER = 36
MB = 1024 * 1024


class ProgramFailedError(Exception):
    """A measured program ended with an error; says where its output is."""


@dataclass
class Measured:
    """What a program took. samples: (epoch, CPU seconds of the living tree so far), for CPU by stage.

    others_cpu_s: CPU seconds that other programs took of the machine meanwhile.
    peak_mb: memory (RSS) of the whole tree; driver_peak_mb: of the largest single process, Spark's JVM or DuckDB.
    """

    began: float
    wall_s: float = 0.0
    cpu_s: float = 0.0
    others_cpu_s: float = 0.0
    peak_mb: float = 0.0
    driver_peak_mb: float = 0.0
    samples: list[tuple[float, float]] = field(default_factory=list)

    def cpu_until(self, moment: float) -> float:
        """CPU seconds from the start to a moment (epoch), between the two nearest samples."""
        at = bisect_left(self.samples, (moment, 0.0))
        if at == 0:
            return 0.0
        if at == len(self.samples):
            return self.cpu_s
        (before, cpu_before), (after, cpu_after) = self.samples[at - 1], self.samples[at]
        return cpu_before + (cpu_after - cpu_before) * (moment - before) / (after - before)


def measure(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> Measured:
    """Run a program in a folder to its end and measure it. Raises ProgramFailedError if it fails."""
    with log.open("wb") as output, _adopting_orphans() as adopts:
        busy = _busy_s()
        measured = Measured(began=time.time())
        began = time.monotonic()
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=folder, stdout=output, stderr=subprocess.STDOUT
        )
        tree = _Tree(process.pid, measured)
        tree.start()
        _, status, usage = os.wait4(process.pid, 0)
        measured.wall_s = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        tree.stop()
        waited = usage.ru_utime + usage.ru_stime
        waited += _wait_for(tree.others()) if adopts else 0.0
        # Each knows of processes that the other missed: ended between two looks, or never waited for.
        measured.cpu_s = max(waited, tree.cpu_s())
        # What ends after the program is in both, so that nothing of it counts as others'.
        measured.others_cpu_s = max(0.0, _busy_s() - busy - measured.cpu_s)
    if process.returncode:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise ProgramFailedError(
            f"{' '.join(command)} ended with {process.returncode}; all of its output: {log}\n{last}"
        )
    return measured


class _Tree(threading.Thread):
    """Looks at a process and all its descendants now and then."""

    def __init__(self, pid: int, measured: Measured) -> None:
        super().__init__(daemon=True)
        self._root, self._measured = psutil.Process(pid), measured
        self._seen: dict[tuple[int, float], float] = {}
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.is_set():
            self._look()
            self._end.wait(POLL_S)

    def stop(self) -> None:
        self._end.set()
        self.join()

    def cpu_s(self) -> float:
        """CPU seconds of every process that was seen, as last seen."""
        return sum(self._seen.values())

    def others(self) -> list[int]:
        """Process ids that were seen, without the first."""
        return [pid for pid, _ in self._seen if pid != self._root.pid]

    def _look(self) -> None:
        resident: list[float] = []
        jvms: set[int] = set()
        try:
            family = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return
        for process in family:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    self._seen[process.pid, process.create_time()] = times.user + times.system
                    # A JVM that starts a program is two for a moment, with one memory.
                    if not (process.name() == JVM and process.ppid() in jvms):
                        resident.append(process.memory_info().rss / MB)
                    if process.name() == JVM:
                        jvms.add(process.pid)
            except psutil.Error:  # it has just ended
                continue
        self._measured.samples.append((time.time(), self.cpu_s()))
        self._measured.peak_mb = max(self._measured.peak_mb, sum(resident))
        self._measured.driver_peak_mb = max([self._measured.driver_peak_mb, *resident])


def _busy_s() -> float:
    """CPU seconds that the machine has worked since it started."""
    times = psutil.cpu_times()
    return times.user + times.system + getattr(times, "nice", 0.0)


@contextmanager
def _adopting_orphans() -> Iterator[bool]:
    """Within it orphans of what this process starts become its children; whether the system can do that."""
    if sys.platform != "linux":
        yield False
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    yield prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _wait_for(orphans: Iterable[int]) -> float:
    """CPU seconds of those processes that were adopted; one that lives on after half a minute is killed."""
    cpu, until = 0.0, time.monotonic() + ORPHANS_S
    for pid in orphans:
        try:
            while (ended := os.wait4(pid, os.WNOHANG))[0] == 0:
                if time.monotonic() > until:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(0.05)
        except ChildProcessError:  # its parent has waited for it, and counts it
            continue
        cpu += ended[2].ru_utime + ended[2].ru_stime
    return cpu
