"""Errors that nobody foresaw are a line that says what to do, where their cause is known. No Spark."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from py4j.protocol import Py4JError
from pyspark.accumulators import _start_update_server

from analytics_assets.commands.failures import explain, quiet_bridge
from resources.object_store import meaning
from resources.settings import load_settings


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Settings of a place where no engine runs."""
    monkeypatch.setenv("TIDEBOOK_STATE", str(tmp_path))
    monkeypatch.setenv("TIDEBOOK_SPARK_MEMORY", "512m")
    monkeypatch.delenv("TIDEBOOK_SPARK_MASTER", raising=False)
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("An error occurred while calling o1.parquet.\n: java.lang.OutOfMemoryError: Java heap space", "it has 512m"),
        ("An error occurred while calling o1.parquet\nAnswer from Java side is empty", "Spark's JVM broke down"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "Spark's JVM broke down"),
        ("(sqlite3.OperationalError) database or disk is full\n[SQL: INSERT INTO runs]", "cannot be written"),
        ("(sqlite3.OperationalError) attempt to write a readonly database", "cannot be written"),
    ],
)
def test_a_known_cause_is_one_line_with_what_to_do(error: str, expected: str) -> None:
    said = explain(RuntimeError(error))
    assert expected in said and "run the same command again" in said
    assert "\n" not in said and "o1" not in said and "SQL" not in said


class OfDeadJvm(Exception):
    """An error of Java whose JVM cannot be asked any more what it says."""

    def __str__(self) -> str:
        raise Py4JError("An error occurred while calling None.None")


def test_an_error_that_a_dead_jvm_would_have_to_tell_is_one_line_too() -> None:
    said = explain(OfDeadJvm())
    assert "Spark's JVM broke down" in said and "run the same command again" in said and "\n" not in said


def test_an_engine_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"sc://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("TIDEBOOK_SPARK_MASTER", url)
    load_settings.cache_clear()
    said = explain(RuntimeError("StatusCode.UNAVAILABLE"))
    assert f"no engine answers at {url}" in said and "tidebook engine start" in said and "\n" not in said


def test_an_unknown_cause_keeps_its_first_words_and_names_the_log(state: Path) -> None:
    assert explain(KeyError("column")).startswith(f"KeyError: 'column'\nSpark's log: {state}/spark.log.")


@pytest.mark.parametrize(
    "words",
    [
        "An error occurred (503) when calling the ListObjectsV2 operation: Service Unavailable; SlowDown",
        "Generic S3 error: Server returned non-2xx status code: 503 Service Unavailable: <Code>SlowDown</Code>",
        "AmazonS3Exception: We encountered an internal error. (Status Code: 500; Error Code: InternalError)",
    ],
)
def test_a_store_in_trouble_is_told_as_that(words: str) -> None:
    assert "answers 500 or 503" in str(meaning(RuntimeError(words)))


def test_the_server_of_what_tasks_add_up_prints_nothing_when_its_jvm_is_gone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with quiet_bridge():
        server = _start_update_server("token")
        with socket.create_connection(server.server_address) as jvm:
            jvm.sendall(b"token")
            jvm.shutdown(socket.SHUT_WR)
            assert jvm.recv(1) == b"", "it closes after it told of what befell it"
        server.shutdown()
    assert capfd.readouterr().err == ""
