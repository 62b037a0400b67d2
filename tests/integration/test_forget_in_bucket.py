"""What forgetting does to files, it does to objects in a bucket: tables without history, landing, the search."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from buckets import BUCKET, Server
from pyarrow.fs import FileSystem

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.traces.files import Place, Searched, search
from analytics_assets.traces.person import Person
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.landing_rewrite import copy_lines, rewrite
from resources.spark import Spark

EVE = Person("u-0077", frozenset({"user_id"}))
PATTERN = "notes/events/{arrival}/*.csv"


@pytest.fixture
def server(moto: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The store, with its keys in the environment."""
    for name, value in moto.credentials.items():
        monkeypatch.setenv(name, value)
    yield moto


def found(place: Place) -> list[tuple[str, str]]:
    searched = Searched()
    search(place, EVE, searched)
    assert searched.files, "there is something to look at"
    return sorted((trace.path, trace.what) for trace in searched.found)


def test_no_object_of_a_table_says_what_earlier_versions_said(server: Server) -> None:
    spark = Spark(master="local[1]")  # which is never started
    lakehouse = Lakehouse(root=f"s3a://{BUCKET}/forgetting", s3_endpoint=server.endpoint, spark=spark)
    table = feed_tables(NOTES)["table_versions"]
    for name in (EVE.id, "ann"):
        lakehouse.put(table, {"table_name": [name], "input_version": ["1"]}, "run", [name])
    place = Place(lakehouse.files_of("notes"), "", "lakehouse")
    assert {what for _, what in found(place)} == {"column table_name", "its text"}
    lakehouse.erase_history(table)
    lakehouse.let_go()
    assert found(place) == []
    assert lakehouse.arrow(table)["table_name"].to_pylist() == ["ann"]


def test_an_object_of_landing_is_replaced_by_one_without_the_lines(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "landing/notes/events/2025-01-03/a b.csv"
    file.parent.mkdir(parents=True)
    file.write_text(f"user_id,x\r\n{EVE.id},1\r\nann,2\r\n")
    server.upload(tmp_path / "landing", "to forget")
    landing = Landing(root=f"s3a://{BUCKET}/to forget", s3_endpoint=server.endpoint)
    (landed,) = landing.files(PATTERN)
    place = Place(*FileSystem.from_uri(landing.arrow_uri("notes")))
    assert [what for _, what in found(place)] == ["its text"]
    rewrite(landing, landed, partial(copy_lines, left_out={2}, encoding="utf-8"))
    assert found(place) == []
    (after,) = landing.files(PATTERN)
    assert (after.path, after.size) == (landed.path, len("user_id,x\r\nann,2\r\n"))
    assert after.fingerprint != landed.fingerprint
