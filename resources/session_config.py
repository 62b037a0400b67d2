"""How a session of Spark is configured, in one table with a reason for each line, and where it runs.

Belongs here: the configuration, and the three ways to Spark. Does not: making sessions (spark.py, session_start.py),
the local engine's process (engine.py).

Three ways, by the setting TIDEBOOK_SPARK_MASTER: in the process (local[*]), a cluster's master, or an engine
that runs already (sc://, Spark Connect).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

from resources import engine
from resources.class_archive import archive_options
from resources.jars import S3_JARS, jar_paths, jars_at_first_use
from resources.java import FIRST_COMPILER_ALONE, JVM_OPTIONS, java_environment
from resources.object_store import ObjectStore, java_credentials
from resources.settings import Settings
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

LARGEST_DRIVER_MB = 6 * 1024
SMALLEST_DRIVER_MB = 1024


def driver_memory(settings: Settings, total_bytes: int | None = None) -> str:
    """The driver's memory: the setting, else a third of the machine, at most 6 GB and never above half of it."""
    total_mb = (total_bytes or psutil.virtual_memory().total) // (1024 * 1024)
    if settings.spark_memory:
        number, unit = int(settings.spark_memory[:-1]), settings.spark_memory[-1]
        wanted = number * (1024 if unit == "g" else 1)
    else:
        wanted = min(max(total_mb // 3, SMALLEST_DRIVER_MB), LARGEST_DRIVER_MB)
    return f"{min(wanted, total_mb // 2)}m"


def session_config(settings: Settings, is_little: bool = False) -> dict[str, str]:
    """Configuration of a session in the process or on a cluster, and of the local engine.

    is_little: whether it is for work so little that most of it is planned and compiled, not computed.
    """
    config = {name: value for name, value, _ in SPARK_CONFIG}
    config["spark.driver.memory"] = driver_memory(settings)
    config["spark.local.dir"] = str(Path(settings.state) / "spark")
    log, own = f"-Dlog4j2.configurationFile={log_configuration(settings)}", settings.spark_java_options
    options = (log, JVM_OPTIONS, FIRST_COMPILER_ALONE if is_little else "", archive_options(own), own)
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


def own_session_config(master: str, settings: Settings, is_little: bool = False) -> dict[str, str]:
    """Configuration of a session in the process or on a cluster, whose environment is set, too.

    Raises UserError where there is no Java, or a library cannot be fetched.
    """
    os.environ.update(java_environment() | java_credentials())
    return {"spark.master": master, "spark.app.name": "tidebook", **session_config(settings, is_little)}


def resolve_master(master: str, settings: Settings) -> str:
    """Where a session is made: for `auto` the local engine if it runs, else this process."""
    if master != "auto":
        return master
    found = engine.status(Path(settings.state))
    return found.url if found.running and found.url else "local[*]"
