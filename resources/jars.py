"""The Java parts of Spark that its wheel lacks: resolved once, then taken from disk.

Belongs here: which Maven coordinates, where their jars stand, resolving them (`python -m resources.jars` at
installation, with --s3 those for object stores, which are else resolved when they are first needed). Not: what
a session does with them (spark.py, engine.py).
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from resources.errors import UserError
from resources.java import java_environment

JARS_DIR = Path(sys.prefix) / "share" / "tidebook"
MANIFEST = "manifest.json"
TIMEOUT_S = 900


@dataclass(frozen=True)
class JarSet:
    """Jars that belong together: of what, their Maven coordinates, their folder, and what is not to come with them."""

    what: str
    coordinates: tuple[str, ...]
    folder: Path
    excludes: tuple[str, ...] = ()
    option: str = ""

    @property
    def command(self) -> str:
        """What resolves them."""
        return f"{sys.executable} -m resources.jars {self.option}".rstrip()


SPARK_JARS = JarSet(
    "Spark Connect and Delta",
    (
        "io.delta:delta-spark_2.12:3.3.3",
        "org.apache.spark:spark-connect_2.12:3.5.7",
        "com.globalmentor:hadoop-bare-naked-local-fs:0.1.0",
    ),
    JARS_DIR / "jars",
)
S3_JARS = JarSet(
    "S3",
    (
        "org.apache.hadoop:hadoop-aws:3.3.4",  # the Hadoop that pyspark brings
        "com.amazonaws:aws-java-sdk-s3:1.12.797",
        "com.amazonaws:aws-java-sdk-dynamodb:1.12.797",  # S3A does not load without a class of it
    ),
    JARS_DIR / "jars-s3",
    # The bundle is 283 MB of services that nobody here calls; the others come with Spark.
    excludes=(
        "com.amazonaws:aws-java-sdk-bundle",
        "com.fasterxml.jackson.core:*",
        "org.apache.httpcomponents:*",
        "commons-logging:*",
        "commons-codec:*",
        "joda-time:*",
    ),
    option="--s3",
)


class JarsMissing(UserError):
    """The jars are not on disk, or not those of this version of Tidebook."""


def jar_paths(jars: JarSet = SPARK_JARS) -> list[Path]:
    """The jars, each there in its full size. Raises JarsMissing with the command that resolves them."""
    problem = _problem(jars, read_content=False)
    if problem:
        raise JarsMissing(f"{jars.folder}: {problem}. Once, with a network: {jars.command}")
    return [jars.folder / name for name in sorted(_manifest(jars.folder)["jars"])]


def jars_at_first_use(jars: JarSet, say: Callable[[str], None]) -> list[Path]:
    """The jars, resolved now if they are not there. say: is told before. Raises JarsMissing if they cannot be had."""
    try:
        return jar_paths(jars)
    except JarsMissing as missing:
        say(f"fetching the jars of {jars.what} into {jars.folder}: once, with a network")
        try:
            resolve(jars)
        except (JarsMissing, OSError) as error:
            raise JarsMissing(f"{missing}. It was tried now: {error}") from error
    return jar_paths(jars)


def resolve(jars: JarSet = SPARK_JARS) -> bool:
    """Put the jars and their manifest into their folder, whole or not at all. False if they stood there already.

    Spark's own resolver (Ivy) fetches them from Maven Central or its mirrors. Raises JarsMissing with the end
    of its log if it cannot.
    """
    folder = jars.folder
    if not _problem(jars, read_content=True):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".jars-", dir=folder.parent) as scratch:
        fetched = _fetch(jars, Path(scratch))
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        found = {}
        for jar in fetched:
            shutil.copyfile(jar, fresh / jar.name)
            found[jar.name] = {"bytes": jar.stat().st_size, "sha256": _sha256(jar)}
        (fresh / MANIFEST).write_text(json.dumps({"coordinates": jars.coordinates, "jars": found}, indent=2) + "\n")
        if folder.exists():  # of another version, or damaged
            folder.rename(Path(scratch) / "old")
        fresh.rename(folder)
    return True


def _problem(jars: JarSet, read_content: bool) -> str | None:
    """What is wrong with the jars in their folder, None if they are complete."""
    try:
        manifest = _manifest(jars.folder)
    except (OSError, ValueError):
        return f"the jars of {jars.what} are not there"
    if manifest.get("coordinates") != list(jars.coordinates):
        return f"holds jars of {manifest.get('coordinates')}, expected {list(jars.coordinates)}"
    for name, expected in manifest["jars"].items():
        jar = jars.folder / name
        if not jar.is_file() or jar.stat().st_size != expected["bytes"]:
            return f"{name} is missing or cut short"
        if read_content and _sha256(jar) != expected["sha256"]:
            return f"{name} is damaged"
    return None


def _fetch(jars: JarSet, scratch: Path) -> list[Path]:
    """Let Spark resolve the coordinates into `scratch`, by a submission of an empty program."""
    import pyspark

    spark_home = Path(pyspark.__file__).parent
    program = scratch / "empty.py"
    program.write_text("")
    command: list[str | Path] = [
        spark_home / "bin" / "spark-submit",
        *("--master", "local[1]"),
        *("--packages", ",".join(jars.coordinates)),
        *(("--conf", f"spark.jars.excludes={','.join(jars.excludes)}") if jars.excludes else ()),
        *("--conf", f"spark.jars.ivy={scratch / 'ivy'}"),
        program,
    ]
    environment = _resolver_environment(scratch) | {"SPARK_HOME": str(spark_home)}
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise JarsMissing(f"no answer from the Maven repository in {TIMEOUT_S} s") from error
    if answer.returncode != 0:
        log = [line.strip() for line in (answer.stdout + answer.stderr).splitlines()]
        telling = [line for line in log if re.search("access error|exception", line, re.IGNORECASE)]
        raise JarsMissing("\n  ".join([f"cannot resolve {', '.join(jars.coordinates)}:", *(telling[:3] or log[-12:])]))
    return sorted((scratch / "ivy" / "jars").glob("*.jar"))


def _resolver_environment(scratch: Path) -> dict[str, str]:
    """Environment of the one Java process that uses the network: trusts what pip does, by the same proxy."""
    from resources.trust import trust_store_options  # its libraries are of no use at run time

    options = [*trust_store_options(scratch / "trust.p12"), *_proxy_options()]
    return {
        **os.environ,
        **java_environment(),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_SUBMIT_OPTS": " ".join([os.environ.get("SPARK_SUBMIT_OPTS", ""), *options]).strip(),
    }


def _proxy_options() -> list[str]:
    """HTTPS_PROXY, which Java does not read, as its system properties."""
    proxy = urlsplit(os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or "")
    if not proxy.hostname:
        return []
    return [f"-Dhttps.proxyHost={proxy.hostname}", f"-Dhttps.proxyPort={proxy.port or 443}"]


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    return manifest


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(words: Sequence[str]) -> int:
    """Resolve the jars (with --s3 those for object stores), and say what was done."""
    known = {(): SPARK_JARS, (S3_JARS.option,): S3_JARS}
    jars = known.get(tuple(words))
    if jars is None:
        print(f"tidebook: saw {' '.join(words)}, expected nothing or {S3_JARS.option}", file=sys.stderr)
        return 2
    try:
        resolved = resolve(jars)
    except (JarsMissing, RuntimeError, OSError) as error:
        print(f"tidebook: {error}", file=sys.stderr)
        return 1
    paths = jar_paths(jars)
    total_mb = sum(path.stat().st_size for path in paths) / 1e6
    print(f"{'Resolved' if resolved else 'Already there'}: {len(paths)} jars, {total_mb:.0f} MB, {jars.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
