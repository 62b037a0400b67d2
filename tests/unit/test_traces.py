"""An id is found wherever it is written, taken out where that harms nothing, and not mistaken for another."""

import gzip
import json
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics_assets.traces import databases
from analytics_assets.traces.files import EDGE, PIECE, Searched, blank_out, folder, search
from analytics_assets.traces.person import Person

EVE = Person("u-0077", frozenset({"user_id"}))
NUMBER = Person("501", frozenset({"user_id", "who"}))
ODD = Person("Zoë <z@x.org>|1", frozenset({"user_id"}))


@pytest.mark.parametrize(
    "text",
    [
        "u-0077",
        "(u-0077)",
        "u-0077,view",
        "of u-0077.",
        "u-0077-",
        "u-0077#2025-01-01",
        "a|u-0077#",
        "é u-0077 ",
    ],
)
def test_an_id_is_found_as_a_word(text: str) -> None:
    assert EVE.certain(text)
    assert EVE.without(text) == text.replace("u-0077", "******")


@pytest.mark.parametrize("text", ["u-00778", "xu-0077", "u-0077-b", "a-u-0077", "U-0077", "u_0077", "u-0077_", ""])
def test_a_longer_or_other_word_is_somebody_else(text: str) -> None:
    assert not EVE.is_mentioned(text)
    assert EVE.without(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "by Zoë <z@x.org>|1",
        json.dumps({"user_id": ODD.id}),
        "<td>Zoë &lt;z@x.org&gt;|1</td>",
        "Zoë <z@x.org>%7C1#2025-01-01T00:00:00.000000Z",
        "user=Zo%C3%AB%20%3Cz%40x.org%3E%7C1",
    ],
)
def test_an_id_is_found_in_the_form_that_its_place_gives_it(text: str) -> None:
    assert ODD.certain(text)
    assert not ODD.is_mentioned(ODD.without(text))


def test_a_number_is_a_user_only_where_it_is_called_one() -> None:
    for text in ("user_id 501, event_date 2025-01-01", '"user_id": "501"', "who=501", "user_id: 501"):
        assert NUMBER.certain(text), text
    for text in ("501 rows", "took 501 ms", "page_user_id_x 501"):
        assert not NUMBER.certain(text)
        assert NUMBER.is_mentioned(text)
    assert not NUMBER.is_mentioned("1501 rows, 5012")


def searched(root: Path, person: Person) -> Searched:
    found = Searched()
    search(folder(root), person, found)
    return found


def test_a_search_looks_into_every_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    table = pa.table(
        {
            "user_id": ["u-0077", "u-0077", "u-1", None],
            "tags": [["x", "u-0077"], [], None, ["u-00778"]],
            "deep": [{"by": "u-0077"}, None, {"by": "x"}, None],
            "pairs": pa.array([[("u-0077", "x")], [], None, []], pa.map_(pa.string(), pa.string())),
            "rows": [1, 2, 3, 4],
        }
    )
    pq.write_table(table, tmp_path / "deep/er/part.parquet", compression="zstd")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 of u-0077 and no end")
    (tmp_path / "packed.log.gz").write_bytes(gzip.compress(b"first u-0077 then"))
    (tmp_path / "page.html").write_text("<td>u-0077</td>")
    (tmp_path / "u-0077.csv").write_text("nothing")
    (tmp_path / "other.log").write_text("u-00778")
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("CREATE TABLE t (x TEXT)")
        database.execute("INSERT INTO t VALUES ('of u-0077')")
    database.close()
    found = searched(tmp_path, EVE)
    assert {(Path(trace.path).name, trace.what, trace.rows) for trace in found.found} == {
        ("part.parquet", "column user_id", 2),
        ("part.parquet", "column tags", 1),
        ("part.parquet", "column deep", 1),
        ("part.parquet", "column pairs", 1),
        ("cut.parquet", "its text", 1),
        ("packed.log.gz", "its text", 1),
        ("page.html", "its text", 1),
        ("u-0077.csv", "its name", 1),
        ("a.db", "table t", 1),
    }
    assert found.files == 7
    assert found.octets == sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())


def test_a_number_is_found_in_columns_of_users_and_only_told_of_elsewhere(tmp_path: Path) -> None:
    table = pa.table(
        {"user_id": ["501", "7"], "who": [501, 2], "object_id": ["501", "9"], "session_id": ["501#x", "7#501"]}
    )
    pq.write_table(table, tmp_path / "part.parquet")
    (tmp_path / "page.html").write_text("<td>501</td>")
    found = searched(tmp_path, NUMBER)
    assert {trace.what for trace in found.found} == {"column user_id", "column who", "column session_id"}
    assert {trace.what for trace in found.untold} == {"column object_id", "its text"}
    assert [trace.rows for trace in found.found if trace.what == "column session_id"] == [1]


@pytest.mark.parametrize("shift", [-8, -3, 0, 5])
def test_a_word_at_the_edge_of_what_is_read_at_once_is_found_once_and_whole(tmp_path: Path, shift: int) -> None:
    file = tmp_path / "long.log"
    for edge in (PIECE, PIECE - EDGE):
        file.write_bytes(b"x" * (edge + shift - 1) + b" u-0077 " + b"y" * EDGE * 3)
        assert [trace.what for trace in searched(tmp_path, EVE).found] == ["its text"]
        file.write_bytes(b"x" * (edge + shift) + b"u-0077 " + b"y" * EDGE * 3)
        assert searched(tmp_path, EVE).found == []


def test_logs_keep_their_length_and_all_other_words(tmp_path: Path) -> None:
    log, alerts = tmp_path / "spark.log", tmp_path / "alerts.jsonl"
    log.write_bytes(b"a \xff u-0077 b\nu-00778 u-0077\n" + b"z" * PIECE + b" u-0077")
    alerts.write_text(json.dumps({"body": "example u-0077,view"}) + "\n")
    (tmp_path / "spark").mkdir()
    (tmp_path / "spark/block.log").write_text("u-0077")
    size = log.stat().st_size
    assert blank_out(tmp_path, EVE, ("spark",)) == 2
    assert log.stat().st_size == size
    assert log.read_bytes().startswith(b"a \xff ****** b\nu-00778 ******\nzz")
    assert log.read_bytes().endswith(b" ******")
    assert json.loads(alerts.read_text()) == {"body": "example ******,view"}
    assert (tmp_path / "spark/block.log").read_text() == "u-0077"
    assert blank_out(tmp_path, EVE) == 1


def test_an_id_leaves_a_database_and_its_free_pages_and_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "event_log.db"
    event = json.dumps({"message": "first: user_id u-0077", "rows": 7, "more": ["u-0077", "u-00778"], "none": None})
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT, step TEXT)")
        database.executemany(
            "INSERT INTO events (event, step) VALUES (?, ?)", [(event, "u-0077"), ('{"rows": 7}', "x")]
        )
        database.execute("INSERT INTO events (event) VALUES ('deleted u-0077')")
        database.commit()
        database.execute("DELETE FROM events WHERE event LIKE 'deleted%'")
    database.close()
    assert databases.take_out(path, EVE) == 2
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT event, step FROM events ORDER BY id").fetchall()
    database.close()
    assert json.loads(rows[0][0]) == {
        "message": "first: user_id ******",
        "rows": 7,
        "more": ["******", "u-00778"],
        "none": None,
    }
    assert [rows[0][1], *rows[1]] == ["******", '{"rows": 7}', "x"]
    octets = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"u-0077" not in octets.replace(b"u-00778", b"")
    assert databases.take_out(path, EVE) == 0


def test_a_number_leaves_a_database_only_where_it_is_called_a_user(tmp_path: Path) -> None:
    path = tmp_path / "event_log.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE events (event TEXT)")
        database.execute(
            "INSERT INTO events VALUES (?)", [json.dumps({"user_id": 501, "rows": 501, "said": "who 501"})]
        )
    database.close()
    assert databases.take_out(path, NUMBER) == 1
    with sqlite3.connect(path) as database:
        ((event,),) = database.execute("SELECT event FROM events").fetchall()
    database.close()
    assert json.loads(event) == {"user_id": "*", "rows": 501, "said": "who ***"}
