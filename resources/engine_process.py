"""The process of the local engine, seen from outside: how it is started, found again and ended.

Belongs here: its command line, environment and configuration file. Not: when to start one (engine.py), what
runs inside it (connect_server.py).
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pyspark

from resources.connect_server import LOOPBACK
from resources.jars import jar_paths
from resources.java import java_environment
from resources.object_store import java_credentials

STOP_S = 20
NOT_INHERITED = (
    "SPARK_REMOTE",
    "SPARK_CONNECT_MODE_ENABLED",
    "SPARK_LOCAL_REMOTE",
    "MASTER",
    "SPARK_CONF_DIR",
)
LOG_SETTINGS = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex
"""


def spawn(config: Mapping[str, str], state_dir: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start the process, detached from the terminal; its state and log stand in `state_dir`."""
    log, log_settings = state_dir / "engine.log", state_dir / "engine-log4j2.properties"
    properties, state = state_dir / "engine.properties", state_dir / "engine.json"
    state.unlink(missing_ok=True)
    log_settings.write_text(LOG_SETTINGS)
    properties.touch(mode=0o600)  # it may hold keys of an object store, which a command line would show
    properties.write_text(_properties(config, log_settings))
    command = [sys.executable, "-m", "resources.connect_server", str(properties), str(port), str(state)]
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=state_dir,  # what Spark leaves in its working folder stays here
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _properties(config: Mapping[str, str], log_settings: Path) -> str:
    """The configuration as spark-submit reads it, with what the engine needs whatever it says."""
    options = f'{config.get("spark.driver.extraJavaOptions", "")} -Dlog4j2.configurationFile="{log_settings}"'
    complete = {
        "spark.master": "local[*]",
        "spark.app.name": "tidebook engine",
        "spark.driver.extraClassPath": os.pathsep.join(str(path) for path in jar_paths()),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **{name: value for name, value in config.items() if name != "spark.remote"},
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.extraJavaOptions": options.strip(),
    }
    return "".join(f"{name}={_escaped(value)}\n" for name, value in complete.items())


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    packages = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {
        **inherited,
        **java_environment(),
        **java_credentials(),
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_IP": LOOPBACK,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, packages)),
    }


def _escaped(value: str) -> str:
    """A value as java.util.Properties reads it back."""
    return value.replace("\\", "\\\\").replace("\n", "\\n")


def find_process(pid: int, created: float) -> psutil.Process | None:
    """The process, None if it is gone or its number has gone to another."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if same else None


def end(pid: int) -> None:
    """End the process and all that it started: asked first, killed after STOP_S."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        process.terminate()
    except psutil.NoSuchProcess:
        return
    _, alive = psutil.wait_procs(family, timeout=STOP_S)
    for each in alive:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=5)
