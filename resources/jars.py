"""The Java parts of Spark that its wheel lacks: resolved once, at installation, then taken from disk.

Belongs here: which Maven coordinates, where their jars stand, resolving them (`python -m resources.jars`).
Not: what a session does with them (spark.py, engine.py).
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from resources.errors import UserError
from resources.java import java_environment

COORDINATES = (
    "io.delta:delta-spark_2.12:3.3.3",
    "org.apache.spark:spark-connect_2.12:3.5.7",
    "com.globalmentor:hadoop-bare-naked-local-fs:0.1.0",
)
JARS_DIR = Path(sys.prefix) / "share" / "tidebook" / "jars"
MANIFEST = "manifest.json"
COMMAND = f"{sys.executable} -m resources.jars"
TIMEOUT_S = 900


class JarsMissing(UserError):
    """The jars are not on disk, or not those of this version of Tidebook."""


def jar_paths(folder: Path = JARS_DIR) -> list[Path]:
    """The jars, each there in its full size. Raises JarsMissing with the command that resolves them."""
    problem = _problem(folder, read_content=False)
    if problem:
        raise JarsMissing(f"{folder}: {problem}. Once, with a network: {COMMAND}")
    return [folder / name for name in sorted(_manifest(folder)["jars"])]


def resolve(folder: Path = JARS_DIR) -> bool:
    """Put the jars and their manifest into `folder`, whole or not at all. False if they stood there already.

    Spark's own resolver (Ivy) fetches them from Maven Central or its mirrors. Raises JarsMissing with the end
    of its log if it cannot.
    """
    if not _problem(folder, read_content=True):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".jars-", dir=folder.parent) as scratch:
        fetched = _fetch(Path(scratch))
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        jars = {}
        for jar in fetched:
            shutil.copyfile(jar, fresh / jar.name)
            jars[jar.name] = {"bytes": jar.stat().st_size, "sha256": _sha256(jar)}
        (fresh / MANIFEST).write_text(json.dumps({"coordinates": COORDINATES, "jars": jars}, indent=2) + "\n")
        if folder.exists():  # of another version, or damaged
            folder.rename(Path(scratch) / "old")
        fresh.rename(folder)
    return True


def _problem(folder: Path, read_content: bool) -> str | None:
    """What is wrong with the jars in `folder`, None if they are complete."""
    try:
        manifest = _manifest(folder)
    except (OSError, ValueError):
        return "the jars of Spark Connect and Delta are not there"
    if manifest.get("coordinates") != list(COORDINATES):
        return f"holds jars of {manifest.get('coordinates')}, expected {list(COORDINATES)}"
    for name, expected in manifest["jars"].items():
        jar = folder / name
        if not jar.is_file() or jar.stat().st_size != expected["bytes"]:
            return f"{name} is missing or cut short"
        if read_content and _sha256(jar) != expected["sha256"]:
            return f"{name} is damaged"
    return None


def _fetch(scratch: Path) -> list[Path]:
    """Let Spark resolve the coordinates into `scratch`, by a submission of an empty program."""
    import pyspark

    spark_home = Path(pyspark.__file__).parent
    program = scratch / "empty.py"
    program.write_text("")
    command: list[str | Path] = [
        spark_home / "bin" / "spark-submit",
        *("--master", "local[1]"),
        *("--packages", ",".join(COORDINATES)),
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
        raise JarsMissing("\n  ".join([f"cannot resolve {', '.join(COORDINATES)}:", *(telling[:3] or log[-12:])]))
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


def main() -> int:
    """Resolve the jars, and say what was done."""
    try:
        resolved = resolve()
    except (JarsMissing, RuntimeError, OSError) as error:
        print(f"tidebook: {error}", file=sys.stderr)
        return 1
    total_mb = sum(path.stat().st_size for path in jar_paths()) / 1e6
    done = "Resolved" if resolved else "Already there"
    print(f"{done}: {len(jar_paths())} jars, {total_mb:.0f} MB, {JARS_DIR}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
