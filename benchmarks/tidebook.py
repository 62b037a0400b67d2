"""Tidebook as the benchmark runs it: the command, in a process of its own, with folders of its own.

Belongs here: environment, command lines, when each table was committed. Does not: measuring (measure.py).
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Measured, measure

PROJECT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "analytics_assets.cli"]
# In the order of a pass. Bronze ends with the tide, users with the counts of its snapshots.
LAST_COMMITS = {
    "bronze": "tide",
    "users": "counts",
    "silver": "silver",
    "sessions": "sessions",
    "user_days": "user_days",
    "active_users": "active_users",
    "active_users_week": "active_users_week",
    "active_users_month": "active_users_month",
}


@dataclass(frozen=True)
class Place:
    """Folders of one Tidebook. threads: cores that Spark uses in the process."""

    root: Path
    landing: Path
    threads: int
    feed: str = "notes"

    @property
    def lakehouse(self) -> Path:
        """Folder of the tables."""
        return self.root / "lakehouse"

    def environment(self) -> dict[str, str]:
        """Settings: the folders, Spark in the process."""
        return {
            "TIDEBOOK_LANDING": str(self.landing),
            "TIDEBOOK_LAKEHOUSE": str(self.lakehouse),
            "TIDEBOOK_STATE": str(self.root / "state"),
            "TIDEBOOK_REPORTS": str(self.root / "reports"),
            "TIDEBOOK_SPARK_MASTER": f"local[{self.threads}]",
            "DAGSTER_HOME": str(self.root / "dagster"),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")])),
        }

    def run(self, name: str, master: str | None = None, *words: str) -> tuple[Measured, dict[str, float]]:
        """`tidebook run FEED`, perhaps with more words; gives what it took and its own seconds by stage.

        name: of its log.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        timings = self.root / f"{name}.json"
        environment = self.environment() | ({"TIDEBOOK_SPARK_MASTER": master} if master else {})
        command = [*COMMAND, "run", self.feed, "--timings", str(timings), *words]
        measured = measure(command, environment, self.root, self.root / f"{name}.log")
        return measured, json.loads(timings.read_text())["stages"]

    def committed(self) -> dict[str, float]:
        """When each stage of a first run made its last commit (epoch, s), in that order."""
        found = {stage: self.last_commit(table) for stage, table in LAST_COMMITS.items()}
        standing = [(stage, moment) for stage, moment in found.items() if moment is not None]
        return dict(sorted(standing, key=lambda end: end[1]))

    def last_commit(self, table: str) -> float | None:
        """When a table was last committed (epoch, s); None where there is none."""
        log = self.lakehouse / self.feed / table / "_delta_log"
        return max((path.stat().st_mtime for path in log.glob("*.json")), default=None)

    def keep(self) -> None:
        """Copy the tables aside."""
        shutil.copytree(self.lakehouse, self._kept)

    def restore(self) -> None:
        """Put back the tables as they were kept."""
        shutil.rmtree(self.lakehouse)
        shutil.copytree(self._kept, self.lakehouse)

    @property
    def _kept(self) -> Path:
        return self.root / "lakehouse-kept"

    @contextmanager
    def engine(self) -> Iterator[str]:
        """A local engine for the time of the block; gives its address."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, **self.environment(), "TIDEBOOK_ENGINE_PORT": str(port)}
        subprocess.run(
            [*COMMAND, "engine", "start"], env=environment, cwd=self.root, check=True, stdout=subprocess.DEVNULL
        )
        try:
            yield f"sc://127.0.0.1:{port}"
        finally:
            subprocess.run([*COMMAND, "engine", "stop"], env=environment, cwd=self.root, stdout=subprocess.DEVNULL)
