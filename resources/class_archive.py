"""The class archive: classes of Spark and Delta as a JVM has them in memory, so that the next one starts sooner.

Belongs here: making it at installation (`python -m resources.class_archive`), the options that use it. Does not: what
else a JVM is started with (session_config.py), which Java that is (java.py).

An archive is of one Java and one class path. Of another it is not taken, without a word: a JVM checks both by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyspark.sql.types as T

from resources.errors import UserError
from resources.jars import JARS_DIR
from resources.java import java_environment, java_home

ARCHIVE, JAVAS_OWN = JARS_DIR / "classes.jsa", JARS_DIR / "java.jsa"
"""Classes of Spark and Delta, on top of Java's own: the second is only there where a Java brings none, as that of the
wheel does."""
QUIET = "-Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off -Xlog:class+path=off"
MAKE = "-XX:ArchiveClassesAtExit"
TIMEOUT_S = 300


@dataclass(frozen=True)
class Used:
    """The table that is written and read when the archive is made."""

    feed: str = "installation"
    name: str = "classes"
    partition_by: tuple[str, ...] = ("part",)
    statistics: tuple[str, ...] = ("text",)
    made_by: str = "the installation"

    @property
    def schema(self) -> T.StructType:
        """Its columns."""
        return T.StructType().add("part", "string").add("text", "string").add("rows", "long")


def archive_options(other: str = "") -> str:
    """Options of a JVM that uses the archive; none where there is none, or where the other options make one."""
    if MAKE in other or not ARCHIVE.is_file():
        return ""
    files = [str(path) for path in (JAVAS_OWN, ARCHIVE) if path.is_file()]
    return f'-XX:SharedArchiveFile="{os.pathsep.join(files)}" {QUIET}'


def make() -> Path:
    """Make the archive, in the place of one that is there. Raises UserError where this Java cannot."""
    JARS_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".classes-", dir=JARS_DIR) as scratch:
        fresh, own = Path(scratch) / ARCHIVE.name, Path(scratch) / JAVAS_OWN.name
        base = "" if (java_home() / "lib" / "server" / "classes.jsa").is_file() else f"-XX:SharedArchiveFile={own} "
        if base:
            _run([str(java_home() / "bin" / "java"), "-Xshare:dump", base.strip()], os.environ)
        settings = {
            "TIDEBOOK_SPARK_JAVA_OPTIONS": f"{base}{MAKE}={fresh} {QUIET}",
            "TIDEBOOK_STATE": f"{scratch}/state",
            "TIDEBOOK_SPARK_MEMORY": "1g",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIDEBOOK_")}
        _run([sys.executable, "-m", "resources.class_archive", f"{scratch}/lakehouse"], kept | settings)
        _wait_for_writer(fresh)
        if not fresh.is_file():
            raise UserError(f"Java wrote no archive of classes: {java_home()}")
        for made, place in ((own, JAVAS_OWN), (fresh, ARCHIVE)):
            place.unlink(missing_ok=True)
            if made.is_file():
                made.replace(place)
    return ARCHIVE


def use_classes(root: str) -> None:
    """Start Spark, write a table and read it: what every run does first."""
    import pyspark.sql.functions as F

    from resources.lakehouse import Lakehouse
    from resources.spark import Spark

    lakehouse, table = Lakehouse(root=root, spark=Spark(master="local[2]")), Used()
    numbers = lakehouse.spark.session.range(100)
    rows = numbers.select((F.col("id") % 3).cast("string").alias("part"), F.col("id").cast("string").alias("text"))
    counted = rows.groupBy("part", "text").agg(F.count(F.lit(1)).alias("rows"))
    for _ in range(2):
        lakehouse.replace(table, counted, ["0", "1", "2"], run_id="installation")
        lakehouse.read(table).groupBy("part").agg(F.sum("rows"), F.min("text")).orderBy("part").toPandas()
    lakehouse.let_go()
    lakehouse.spark.stop()


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    made = subprocess.run(
        command,
        env={**environment, **java_environment()},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if made.returncode != 0:
        raise UserError(f"{' '.join(command[:2])} ended with {made.returncode}: {made.stderr.strip()[-500:]}")


def _wait_for_writer(fresh: Path) -> None:
    """A JVM writes the archive when it ends, after the Python that started it."""
    until = time.monotonic() + TIMEOUT_S
    while time.monotonic() < until and any(f"{MAKE}={fresh}" in " ".join(words) for words in _commands()):
        time.sleep(0.2)


def _commands() -> list[list[str]]:
    return [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]


def main() -> int:
    """Make the archive and say so; without one Spark starts as well, only later."""
    try:
        made = make()
    except (UserError, OSError, subprocess.TimeoutExpired) as error:
        print(f"Spark will start without an archive of its classes, some two seconds later: {error}")
        return 0
    print(f"Archive of classes: {made.stat().st_size / 1e6:.0f} MB, {made}")
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        use_classes(sys.argv[1])
    else:
        sys.exit(main())
