"""Places where tests run Tidebook: a landing, a lakehouse and Dagster's home, under one folder.

Belongs here: the command as a process, and jobs and assets in the tests' own process, on its one session.
Does not: what is landed, what is expected.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from analytics_assets.automation import Watch, backfill_job, maintenance_job, pass_job
from analytics_assets.commands.instance import prepare_home
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.assets import feed_assets
from analytics_assets.layers.partitions import partitions_of
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.sensors import tick
from asset_checks.dagster_checks import feed_checks
from asset_checks.freshness import freshness_check
from asset_checks.laws import laws_of
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

REAL_LOG = Path(__file__).parents[1] / "data" / "apache_access_2015-05.log"
LONGEST_S = 600
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class Place:
    """Where one test's tables stand. landing may be another place's: it is only read."""

    root: Path
    landing: Path

    @property
    def lakehouse(self) -> Path:
        """The tables."""
        return self.root / "lakehouse"

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a command that works here, and nowhere else."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEBOOK_", "DAGSTER_"))}
        return kept | {
            "TIDEBOOK_LANDING": str(self.landing),
            "TIDEBOOK_LAKEHOUSE": str(self.lakehouse),
            "TIDEBOOK_REPORTS": str(self.root / "reports"),
            "TIDEBOOK_STATE": str(self.root / "state"),
            "TIDEBOOK_SPARK_MEMORY": "1g",
            "TIDEBOOK_SPARK_MASTER": "local[2]",
            "TIDEBOOK_SPARK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1",  # as the tests' own session, for little data
            "DAGSTER_HOME": str(self.root / "dagster"),
            **more,
        }

    def start(self, *words: str, **more: str) -> "subprocess.Popen[str]":
        """Start the command, in a process group of its own; its words go to the files out and err."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "out").open("w") as out, (self.root / "err").open("w") as err:
            return subprocess.Popen(
                [sys.executable, "-m", "analytics_assets.cli", *words],
                cwd=self.root,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                text=True,
                start_new_session=True,
            )

    def command(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run the command to its end. more: settings. A command that hangs is killed with its JVM."""
        self.root.mkdir(parents=True, exist_ok=True)
        child = subprocess.Popen(
            [sys.executable, "-m", "analytics_assets.cli", *words],
            cwd=self.root,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            out, err = child.communicate(timeout=LONGEST_S)
        finally:
            kill_group(child)
        return subprocess.CompletedProcess(list(words), child.returncode, out, err)

    def done(self, *words: str, **more: str) -> str:
        """Run the command, which must end well and without a stack trace; what it printed."""
        ended = self.command(*words, **more)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stdout + ended.stderr, ended.stderr
        return ended.stdout

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """Dagster's instance of this place, with the project's dagster.yaml."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", str(self.root / "dagster"))
            prepare_home()
            with dg.DagsterInstance.get() as instance:
                yield instance

    def resources(self, spark: Spark) -> dict[str, Any]:
        """The resources of the definitions, with the places and the session of a test."""
        lakehouse = Lakehouse(root=str(self.lakehouse), spark=spark, lease_wait_s=0)
        return {"landing": Landing(root=str(self.landing)), "lakehouse": lakehouse, "watch": Watch()}

    def definitions(self, feed: Feed, spark: Spark, watching: Observer | None = None) -> dg.Definitions:
        """All that Dagster loads of one feed. watching: is told how passes go."""
        resources = self.resources(spark)
        if watching is not None:
            resources["watch"].watch(watching)
        return dg.Definitions(
            assets=feed_assets(feed),
            asset_checks=[*feed_checks(feed, laws_of(feed), partitions_of(feed)), freshness_check(feed)],
            jobs=[pass_job(feed), backfill_job(feed), maintenance_job(feed)],
            resources=resources,
            executor=dg.in_process_executor,
        )

    def run(self, feed: Feed, spark: Spark, **config: Any) -> None:
        """The feed's pass, in this process, recorded in this place's instance. Raises what the pass raises.

        config: of the pass, such as arrivals.
        """
        self._job(f"{feed.name}_pass", config, feed, spark)

    def backfill(self, feed: Feed, spark: Spark, first: str, last: str, table: str = "") -> None:
        """Partitions from first to last again, in this process."""
        self._job(f"{feed.name}_backfill", {"first": first, "last": last, "table": table}, feed, spark)

    def tick(
        self, feed: Feed, spark: Spark, instance: dg.DagsterInstance, cursor: str | None, now_s: float
    ) -> dg.SensorResult:
        """One tick of the feed's sensor, at a time of the test's choice."""
        places = self.resources(spark)
        with dg.build_sensor_context(instance, cursor=cursor) as context:
            return tick(context, World(feed, places["landing"], places["lakehouse"], run_id=""), now_s)

    def answer(
        self, feed: Feed, spark: Spark, instance: dg.DagsterInstance, request: dg.RunRequest, watching: Observer
    ) -> dg.ExecuteInProcessResult:
        """The run that a tick asked for, in this process. watching: is told of it, and may end it by an error."""
        job = self.definitions(feed, spark, watching).resolve_job_def(f"{feed.name}_pass")
        return job.execute_in_process(
            instance=instance,
            run_config={**request.run_config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags=dict(request.tags),
            raise_on_error=False,
        )

    def _job(self, name: str, config: dict[str, Any], feed: Feed, spark: Spark) -> None:
        job = self.definitions(feed, spark).resolve_job_def(name)
        with self.instance() as instance:
            job.execute_in_process(
                instance=instance,
                run_config={
                    "ops": {f"{name}_tables": {"config": config}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )

    def materialize(
        self, feed: Feed, spark: Spark, tables: Sequence[str], first: str | None, last: str | None = None
    ) -> dg.ExecuteInProcessResult:
        """Assets and their checks, as Dagster runs them: one partition, the range from first to last, or all (None)."""
        assets = [*feed_assets(feed), *feed_checks(feed, laws_of(feed), partitions_of(feed))]
        with self.instance() as instance:
            return dg.materialize(
                assets,
                selection=dg.AssetSelection.assets(*[[feed.name, table] for table in tables]),
                resources=self.resources(spark),
                instance=instance,
                partition_key=first if last is None else None,
                tags={} if last is None else {RANGE_START: first, RANGE_END: last},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )


def kill_group(process: "subprocess.Popen[str]") -> None:
    """SIGKILL to a process started by `Place.start`, its JVM and all else in its group, and wait for its end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def materialized(instance: dg.DagsterInstance, run_id: str) -> dict[str, Counter[str | None]]:
    """How often a run materialized each partition, by table; a table without partitions has the one key None."""
    made: dict[str, Counter[str | None]] = {}
    found = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    for record in found.records:
        event = record.event_log_entry.asset_materialization
        assert event is not None, "a materialization says what it materialized"
        made.setdefault(event.asset_key.path[1], Counter())[event.partition] += 1
    return made
