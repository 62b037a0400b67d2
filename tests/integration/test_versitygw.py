"""A store on disk that checks keys: killed in the middle of a run it loses nothing, and wrong keys are one line."""

import re
import time

import pytest
from buckets import BucketPlace, Server
from places import LONGEST_S, Place, kill_group
from tables import differences, table_names
from test_s3 import FINGERPRINTS

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]


@pytest.fixture
def place(
    versitygw: Server, notes: Place, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> BucketPlace:
    """A place in the bucket for one test, with the landing of `notes` in it."""
    made = BucketPlace(tmp_path_factory.mktemp("gw"), notes.landing, versitygw, re.sub(r"\W", "-", request.node.name))
    versitygw.upload(notes.landing, f"{made.prefix}/landing")
    return made


@pytest.mark.parametrize("table", [pytest.param("bronze", marks=pytest.mark.soak), "silver"])
def test_a_store_that_is_killed_in_the_middle_of_a_run_costs_a_second_run(
    table: str, place: BucketPlace, notes: Place
) -> None:
    run = place.start("run", "notes")
    try:
        until = time.monotonic() + LONGEST_S
        while not place.server.tags(f"{place.lake}/notes/{table}/"):
            assert run.poll() is None and time.monotonic() < until, (place.root / "err").read_text()
            time.sleep(0.05)
        place.server.kill()
        assert run.wait(LONGEST_S) == 1
    finally:
        kill_group(run)
        if place.server.process is None or place.server.process.poll() is not None:
            place.server.start()
    said = (place.root / "err").read_text()
    assert said.startswith("error: ") and "the server does not answer" in said and said.count("\n") == 1, said
    assert "Traceback" not in (place.root / "out").read_text() + said

    place.done("run", "notes")
    without = dict.fromkeys(table_names(notes.lakehouse, "notes"), FINGERPRINTS)
    assert differences(notes.lakehouse, place.tables(), "notes", without=without) == []


@pytest.mark.parametrize("words", [("run", "notes"), ("status", "notes"), ("show", "notes/silver"), ("doctor",)])
def test_a_wrong_secret_is_one_line_and_not_repeated(words: tuple[str, ...], place: BucketPlace) -> None:
    wrong = "not/the-secret-but-still-one"
    ended = place.command(*words, AWS_SECRET_ACCESS_KEY=wrong)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1, said
    assert "the server does not know these keys" in said and "Traceback" not in said, said
    assert words == ("doctor",) or ended.stderr.count("\n") == 1, ended.stderr
    assert wrong not in said
    assert [str(path) for path in place.root.rglob("*") if path.is_file() and wrong.encode() in path.read_bytes()] == []
    assert place.server.tags(f"{place.lake}/") == {}
