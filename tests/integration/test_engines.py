"""The same tables, in the process and over Spark Connect."""

import subprocess
import sys
from pathlib import Path

import pytest
from places import Place
from tables import differences

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def through_engine(
    notes: Place, access_log: Place, engine_url: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Place]:
    places = {}
    for feed, made in (("notes", notes), ("access_log", access_log)):
        places[feed] = Place(tmp_path_factory.mktemp(f"engine_{feed}"), made.landing)
        ended = places[feed].command("run", feed, TIDEBOOK_SPARK_MASTER=engine_url)
        assert (ended.returncode, ended.stderr) == (0, "")
    return places


def test_notes_are_the_same_over_spark_connect(notes: Place, through_engine: dict[str, Place]) -> None:
    assert differences(notes.lakehouse, through_engine["notes"].lakehouse, "notes") == []


def test_the_access_log_is_the_same_over_spark_connect(access_log: Place, through_engine: dict[str, Place]) -> None:
    assert differences(access_log.lakehouse, through_engine["access_log"].lakehouse, "access_log") == []


def test_the_engine_did_the_work(through_engine: dict[str, Place]) -> None:
    """A run that starts a JVM of its own writes Spark's log into its state."""
    assert not (through_engine["notes"].root / "state" / "spark.log").exists()


def test_a_second_run_over_spark_connect_has_nothing_to_do(through_engine: dict[str, Place], engine_url: str) -> None:
    assert "Nothing is behind" in through_engine["notes"].done("run", "notes", TIDEBOOK_SPARK_MASTER=engine_url)


def test_an_engine_that_answers_no_more_is_not_waited_for_ten_minutes(engine_url: str) -> None:
    """With more attempts than this each wait would be a minute; what then happens is seen by the soak."""
    program = "import sys, resources.spark as s; print(s.Spark(master=sys.argv[1]).session.client._retry_policy)"
    ended = subprocess.run([sys.executable, "-c", program, engine_url], capture_output=True, text=True, check=True)
    assert "'max_retries': 5," in ended.stdout


def test_an_engine_that_does_not_answer_is_one_clear_message(notes: Place, tmp_path: Path) -> None:
    place = Place(tmp_path, notes.landing)
    ended = place.command("run", "notes", TIDEBOOK_SPARK_MASTER="sc://127.0.0.1:1")
    assert ended.returncode == 1
    words = ended.stdout + ended.stderr
    assert "Traceback" not in words and "127.0.0.1:1" in words
    assert not (place.lakehouse / "notes").exists()
