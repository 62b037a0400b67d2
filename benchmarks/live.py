"""How far a live run is behind the files that land, and what it takes: a file every few seconds, for some minutes.

Belongs here: a writer of files whose events happen now, the lag of each file as a reader of the table sees it, memory
and CPU. Does not: whether what is counted is right in each cell (tests/integration/test_live.py).

python -m benchmarks.live
python -m benchmarks.live --rate 2000 --minutes 5 --every 5
"""

import argparse
import random
import signal
import subprocess
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import psutil
from deltalake import DeltaTable

from analytics_assets.layers.live import file_id
from benchmarks.tidebook import COMMAND, Place

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
ACTIONS = ("page_view", "page_view", "page_view", "edit", "search")
VERSIONS = ("5.10.0", "5.9.0", "5.8.1", "5.8.0")
USERS, PAGES = 100_000, 5_000
LATE_SHARE, LATE_S = 0.02, 4 * 3600
WARM_S = 60
MB = 1024 * 1024


class Writer(threading.Thread):
    """Lets files land until it is told to stop. landed: when each was renamed, by its `file_id` (epoch, s)."""

    def __init__(self, landing: Path, rate: int, every_s: float) -> None:
        super().__init__(daemon=True)
        self.landing, self.rate, self.every_s = landing, rate, every_s
        self.landed: dict[str, float] = {}
        self.events = self.loads = 0
        self.stopped = threading.Event()
        self._chance = random.Random(2025)

    def run(self) -> None:
        """A file each `every_s` seconds, of the events of these seconds."""
        due = time.time()
        while not self.stopped.wait(max(0.0, due - time.time())):
            self._land(due)
            due += self.every_s

    def _land(self, end: float) -> None:
        chance, lines = self._chance, [HEADER]
        for _ in range(int(self.rate * self.every_s)):
            happened = end - chance.uniform(0, self.every_s)
            if chance.random() < LATE_SHARE:
                happened -= chance.uniform(0, LATE_S)
            action, ms = chance.choice(ACTIONS), int(chance.lognormvariate(6.8, 0.6))
            at = datetime.fromtimestamp(happened, timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
            user, page = chance.randrange(USERS), chance.randrange(PAGES)
            lines.append(f"u{user},{at},{action},p{page},{ms},{chance.choice(VERSIONS)}")
            self.loads += action == "page_view"
        now = datetime.fromtimestamp(end, timezone.utc)
        path = self.landing / "notes" / "events" / f"{now:%Y-%m-%d}" / f"{now:%H%M%S%f}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}")
        unfinished.write_text("\n".join(lines) + "\n")
        unfinished.rename(path)
        self.landed[file_id(path.relative_to(self.landing).as_posix())] = time.time()
        self.events += len(lines) - 1


class Reader(threading.Thread):
    """Looks at the table four times a second. seen: when each file stood in it, by its `file_id` (epoch, s)."""

    def __init__(self, location: Path) -> None:
        super().__init__(daemon=True)
        self.location = str(location)
        self.seen: dict[str, float] = {}
        self.stopped = threading.Event()

    def run(self) -> None:
        """Until it is told to stop."""
        version = -1
        while not self.stopped.wait(0.25):
            if not DeltaTable.is_deltatable(self.location):
                continue
            table = DeltaTable(self.location)
            if table.version() != version:
                version = table.version()
                now = time.time()
                for key in table.get_add_actions(flatten=True).column("partition.file_id").to_pylist():
                    self.seen.setdefault(str(key), now)


def memory_mb(process: psutil.Process) -> tuple[int, int]:
    """Resident memory of the command's own process, and of its JVM and workers, in MB."""
    others = sum(child.memory_info().rss for child in process.children(recursive=True))
    return process.memory_info().rss // MB, others // MB


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds of the command and all that belongs to it."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(found.user + found.system for found in times)


def quantile(values: list[float], share: float) -> float:
    """The value at rank ceil(share n)."""
    return sorted(values)[max(0, -(-int(share * 1000) * len(values) // 1000) - 1)]


def main() -> None:
    """Parse the command line, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--every", type=float, default=5.0, help="seconds from file to file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="1g", help="of the driver: a JVM takes what it may have before it collects")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tidebook-live-") as folder:
        place = Place(Path(folder) / "place", Path(folder) / "landing", chosen.threads)
        place.root.mkdir()
        writer = Writer(place.landing, chosen.rate, chosen.every)
        reader = Reader(place.lakehouse / "notes" / "live_latency_buckets")
        writer.start()
        time.sleep(chosen.every)
        log = place.root / "live.log"
        environment = place.environment() | {"TIDEBOOK_SPARK_MEMORY": chosen.memory}
        with log.open("w") as words:
            child = subprocess.Popen(
                [*COMMAND, "live", "notes"], env=environment, cwd=place.root, stdout=words, stderr=words
            )
        reader.start()
        process = psutil.Process(child.pid)
        until, sampled = time.monotonic() + 60 * chosen.minutes, 0.0
        memory: list[tuple[int, int]] = []
        began_cpu, began = 0.0, 0.0
        print(f"load of the machine at the begin: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores")
        while time.monotonic() < until:
            time.sleep(1)
            if child.poll() is not None:
                raise SystemExit(f"the live run ended:\n{log.read_text()}")
            if not began and time.monotonic() > until - 60 * chosen.minutes + WARM_S:
                began, began_cpu = time.monotonic(), cpu_s(process)
            if time.monotonic() - sampled >= 15:
                sampled = time.monotonic()
                memory.append(memory_mb(process))
        writer.stopped.set()
        writer.join()
        spent, took = cpu_s(process) - began_cpu, time.monotonic() - began
        patience = time.monotonic() + 120
        while len(reader.seen) < len(writer.landed) and time.monotonic() < patience:
            time.sleep(0.5)
        reader.stopped.set()
        reader.join()
        child.send_signal(signal.SIGTERM)
        code = child.wait(120)
        counted = sum(DeltaTable(reader.location).to_pyarrow_table(columns=["loads"])["loads"].to_pylist())
        lines = log.read_text().splitlines()
    first = min(reader.seen.values(), default=0.0)
    lags = [reader.seen[key] - at for key, at in writer.landed.items() if key in reader.seen]
    warm = [reader.seen[key] - at for key, at in writer.landed.items() if key in reader.seen and at - first > WARM_S]
    starting = first - min(writer.landed.values())
    print(f"load of the machine at the end: {psutil.getloadavg()[0]:.1f}")
    print(f"{len(writer.landed)} files, {writer.events:,} events, {writer.loads:,} loads; {counted:,} counted")
    print(f"the first file stood in the table {starting:.0f} s after it landed: a cold start")
    for title, found in (("all files", lags), (f"of files that landed {WARM_S} s later or more", warm)):
        if found:
            ends = f"p50 {quantile(found, 0.5):.1f} p95 {quantile(found, 0.95):.1f} max {max(found):.1f} s"
            print(f"lag, {title}: {ends}")
    print("memory in MB, the command + its JVM, every 15 s: " + ", ".join(f"{own}+{jvm}" for own, jvm in memory))
    print(f"CPU from {WARM_S} s on: {spent / took:.2f} cores; exit code {code}; last line: {lines[-2]}")


if __name__ == "__main__":
    main()
