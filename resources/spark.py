"""Spark: the one place that makes sessions and knows which engine they run on.

Belongs here: the configuration, in one table with a reason for each line; the three ways to Spark; progress.
Does not: reading or writing tables (lakehouse.py), the local engine's process (engine.py).

Three ways, by the setting TIDEBOOK_SPARK_MASTER: in the process (local[*]), a cluster's master, or an engine
that runs already (sc://, Spark Connect). Outside this module only what Spark Connect has is used.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import psutil
import pyarrow as pa
from dagster_pyspark import LazyPySparkResource
from py4j.protocol import Py4JError
from pydantic import PrivateAttr
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import is_remote

from resources import engine
from resources.class_archive import archive_options
from resources.errors import UserError
from resources.jars import S3_JARS, jar_paths, jars_at_first_use
from resources.java import JVM_OPTIONS, java_environment
from resources.object_store import ObjectStore, java_credentials
from resources.settings import Settings, load_settings
from resources.spark_log import log_configuration

SPARK_CONFIG: tuple[tuple[str, str, str], ...] = (
    # setting, value, reason
    ("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension", "Delta's commands"),
    ("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog", "Delta's tables"),
    ("spark.sql.session.timeZone", "UTC", "a date must not depend on the machine"),
    ("spark.sql.ansi.enabled", "false", "text that is no number is null, and the row rejected, not the run"),
    ("spark.sql.legacy.timeParserPolicy", "CORRECTED", "a time that Spark 2 could read is no error but null, too"),
    ("spark.sql.parquet.datetimeRebaseModeInWrite", "CORRECTED", "a rejected row may be of the year 1, and is kept"),
    ("spark.sql.parquet.datetimeRebaseModeInRead", "CORRECTED", "as it was written"),
    ("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS", "INT96 is slower and has no statistics"),
    ("spark.sql.parquet.compression.codec", "zstd", "a third smaller than snappy for the same time"),
    ("spark.sql.execution.arrow.pyspark.enabled", "true", "without Arrow None in a text column comes back as NaN"),
    ("spark.sql.execution.arrow.pyspark.fallback.enabled", "false", "a silent fallback would bring that back"),
    ("spark.sql.codegen.cache.maxEntries", "2000", "a pass makes hundreds of classes: of 100 none is met again"),
    ("spark.sql.shuffle.partitions", "32", "adaptive execution merges small ones; 200 is many for one machine"),
    ("spark.sql.files.maxPartitionBytes", "67108864", "blocks of 64 MB keep the cores of one machine even"),
    ("spark.sql.autoBroadcastJoinThreshold", "134217728", "a dimension of a million users fits, and saves a shuffle"),
    ("spark.sql.maxConcurrentOutputFileWriters", "64", "writes partitions side by side instead of sorting for them"),
    ("spark.sql.sources.parallelPartitionDiscovery.threshold", "512", "listing a folder needs no Spark job"),
    ("spark.sql.sources.parallelPartitionDiscovery.parallelism", "5", "more tasks than files cost more than they save"),
    ("spark.databricks.delta.snapshotPartitions", "2", "a log of a few thousand files needs no 50 tasks"),
    ("spark.databricks.delta.stats.collect.using.tableSchema", "true", "statistics on the columns that we name"),
    ("spark.databricks.delta.properties.defaults.enableDeletionVectors", "false", "readers without a JVM lack them"),
    ("spark.hadoop.parquet.enable.dictionary#event_time", "false", "nearly every value differs: a dictionary costs"),
    ("spark.hadoop.parquet.enable.dictionary#duration_ms", "false", "nearly every value differs: a dictionary costs"),
    ("spark.ui.enabled", "false", "a port and memory for each run; Dagster shows the run"),
    ("spark.ui.showConsoleProgress", "false", "the command shows its own progress"),
    ("spark.cleaner.referenceTracking.cleanCheckpoints", "true", "nothing stays on disk after a run"),
)

ONLY_LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.hadoop.fs.file.impl": "com.globalmentor.apache.hadoop.fs.BareLocalFileSystem",
}
"""A local driver listens on loopback alone, and writes files without Hadoop's own way to them: without native
libraries that starts a process for each permission, six for each file (docs/decisions.md)."""

PATTERN_SIGN = re.compile(r"[\[\]{}*?\\]")
ANSWER_S = 10
ATTEMPTS = 5
"""At an engine that does not answer: some 20 seconds, since each waits four times as long as the one before."""
LARGEST_DRIVER_MB = 6 * 1024
SMALLEST_DRIVER_MB = 1024


class SparkError(UserError):
    """Spark cannot be reached or started; says what to do."""


def driver_memory(settings: Settings, total_bytes: int | None = None) -> str:
    """The driver's memory: the setting, else a third of the machine, at most 6 GB and never above half of it."""
    total_mb = (total_bytes or psutil.virtual_memory().total) // (1024 * 1024)
    if settings.spark_memory:
        number, unit = int(settings.spark_memory[:-1]), settings.spark_memory[-1]
        wanted = number * (1024 if unit == "g" else 1)
    else:
        wanted = min(max(total_mb // 3, SMALLEST_DRIVER_MB), LARGEST_DRIVER_MB)
    return f"{min(wanted, total_mb // 2)}m"


def session_config(settings: Settings) -> dict[str, str]:
    """Configuration of a session in the process or on a cluster, and of the local engine."""
    config = {name: value for name, value, _ in SPARK_CONFIG}
    config["spark.driver.memory"] = driver_memory(settings)
    config["spark.local.dir"] = str(Path(settings.state) / "spark")
    log, own = f"-Dlog4j2.configurationFile={log_configuration(settings)}", settings.spark_java_options
    options = (log, JVM_OPTIONS, archive_options(own), own)
    config["spark.driver.extraJavaOptions"] = " ".join(filter(None, options))
    config["spark.sql.warehouse.dir"] = str(Path(settings.state) / "warehouse")
    jars = [str(path) for path in jar_paths()]
    if settings.uses_s3:
        jars += [str(path) for path in jars_at_first_use(S3_JARS, lambda text: print(text, file=sys.stderr))]
        store = ObjectStore(settings.s3_endpoint, settings.s3_region)
        config.update(store.spark_config(scratch=str(Path(settings.state) / "s3a")))
    if settings.spark_master.startswith(("local", "auto", "sc:")):
        config.update(ONLY_LOCAL)
        config["spark.driver.extraClassPath"] = os.pathsep.join(jars)
    else:
        config["spark.jars"] = ",".join(jars)
    return config


class Spark(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A Spark session, made when it is first used: one for a whole run."""

    master: str
    _lazy: LazyPySparkResource | None = PrivateAttr(default=None)

    @property
    def session(self) -> SparkSession:
        """The session. Raises SparkError if the engine does not answer."""
        if self._lazy is None:
            self._lazy = LazyPySparkResource(spark_config=self._session_config())
            session = self._lazy.spark_session
            # Its exception says it, too.
            warnings.filterwarnings("ignore", "toPandas attempted Arrow optimization")
            if is_remote():
                # Connect's client would try for ten minutes, hold the lease all the while, and warn of it aloud.
                warnings.filterwarnings("ignore", "ReleaseExecute failed")
                session.client._retry_policy["max_retries"] = ATTEMPTS
        return self._lazy.spark_session  # type: ignore[no-any-return]

    def _session_config(self) -> dict[str, Any]:
        os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
        settings = load_settings()
        master = resolve_master(self.master, settings)
        if master.startswith("sc://"):
            check_answers(master)
            return {"spark.remote": master}
        os.environ.update(java_environment() | java_credentials())
        return {"spark.master": master, "spark.app.name": "tidebook", **session_config(settings)}

    def interrupt(self) -> None:
        """End what the session asked of an engine; in the process, `stop` does."""
        if self._lazy is not None and is_remote():
            self.session.interruptAll()

    def stop(self) -> None:
        """Stop the session; an engine that runs elsewhere goes on."""
        if self._lazy is not None:
            self.session.stop()
            self._lazy = None


def check_answers(address: str) -> None:
    """Raise SparkError unless something listens at sc://host:port: Connect's client would try for ten minutes."""
    try:
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or engine.DEFAULT_PORT), ANSWER_S):
            pass
    except (OSError, ValueError) as error:
        raise SparkError(
            f"no engine answers at {address}: {error}. Start one (tidebook engine start), or set "
            "TIDEBOOK_SPARK_MASTER=local[*] to run in the process"
        ) from error


def resolve_master(master: str, settings: Settings) -> str:
    """Where a session is made: for `auto` the local engine if it runs, else this process."""
    if master != "auto":
        return master
    found = engine.status(Path(settings.state))
    return found.url if found.running and found.url else "local[*]"


def running_tasks() -> tuple[int, int]:
    """Tasks done and tasks in all of the stages that run now in this process; (0, 0) where it cannot be known."""
    context = SparkContext._active_spark_context
    # While it starts, the context is there before its JVM's is.
    if context is None or getattr(context, "_jsc", None) is None:
        return (0, 0)
    try:
        tracker = context.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    except (Py4JError, OSError):  # its JVM is in trouble: what ends the run says so
        return (0, 0)
    known = [stage for stage in stages if stage is not None]
    return (sum(stage.numCompletedTasks for stage in known), sum(stage.numTasks for stage in known))


def gathered(rows: DataFrame, schema: pa.Schema) -> pa.Table:
    """Rows of a frame in this process, for one that does not grow with the events. schema: of the result."""
    found = rows.select(schema.names).toPandas()
    found.attrs = {}  # an engine's answer carries its metrics, which Arrow cannot keep, and warns of aloud
    return pa.Table.from_pandas(found, schema, preserve_index=False)


def literal_path(path: str) -> str:
    """A path as Spark's readers want it, which take [, { and * in it for a pattern."""
    return PATTERN_SIGN.sub(r"\\\g<0>", path)


class spark_config:
    """Set SQL settings of a session within a block, and put back what was there."""

    def __init__(self, spark: SparkSession, values: Mapping[str, str]) -> None:
        self._spark, self._values = spark, dict(values)
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        for name, value in self._values.items():
            self._before[name] = self._spark.conf.get(name, None)
            self._spark.conf.set(name, value)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, value in self._before.items():
            if value is None:
                self._spark.conf.unset(name)
            else:
                self._spark.conf.set(name, value)
