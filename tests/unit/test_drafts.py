"""Drafts: a sample of a file becomes a feed's module that loads, accepts its good example and rejects its bad one."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import verdicts

from analytics_assets.discovery import load_feeds
from analytics_assets.drafts.columns import feed_name
from analytics_assets.drafts.module import draft
from analytics_assets.drafts.sample import read_sample
from analytics_assets.drafts.values import Kind, common_kind, kind_of
from analytics_assets.feeds.spec import Csv, Feed, JsonArray
from analytics_assets.transforms.contract import contract_of
from resources.errors import UserError
from resources.spark import Spark

NOTES = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n" + "".join(
    f"u{n % 7},2025-01-0{1 + n % 3} 10:00:{n:02},view,p{n},{n * 100},5.{n}\n" for n in range(30)
)
FILES = {
    "notes.csv": NOTES.encode(),
    "no header.csv": b"ann,2025-01-03,front\nbob,2025-01-04,back\n",
    "odd names.csv": (
        b'"Who, exactly",class,null,user,User,raw,at;,validate,\xc3\xa4,1st\n'
        b'"a, ""b""",c,x,u1,u2,r,2025-01-03T10:00:00Z,v,1.5,007\n'
    ),
    "semicolons.txt": "benutzer;zeit;tür\r\nJürgen;2025-01-03 10:00:00;\r\nZoë;2025-01-03 10:00:01;auf\r\n".encode(
        "latin-1"
    ),
    "wide.csv": "person,day\nÅsa,2025-01-03\n".encode("utf-16"),
    "epoch.tsv": b"ts\tcountry\taction\n1735900000\tDE\topen\n1735900001\t\tshut\n",
    "records.json": json.dumps(
        [
            {"$id": "a", "time": "2025-01-03 10:00:00", "event": "open", "more": {"x": [1]}, "n": 1, "ok": True},
            {"$id": "b", "time": "2025-01-03 11:00:00", "event": "open", "n": 2.5, "late": None},
        ]
    ).encode(),
    "broken.csv": NOTES.encode() + b'u1,never,view,p1,-5,5.1\nu2\n"u3,x\n',
}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What is loaded from a test's folder is forgotten."""
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("tidebook_feed_"):
            del sys.modules[name]


def drafted(folder: Path, name: str, content: bytes) -> Feed:
    """The feed that the draft of a file declares, loaded as TIDEBOOK_FEEDS loads it."""
    sample = folder / name
    sample.write_bytes(content)
    module = folder / f"{feed_name(sample.stem)}.py"
    module.write_text(draft(read_sample(sample), feed_name(sample.stem), sample.suffix))
    return load_feeds([str(module)])[f"{feed_name(sample.stem)}"]


@pytest.mark.parametrize("name", [name for name in FILES if name != "notes.csv"])
def test_a_draft_loads_and_passes_its_own_examples(name: str, quick_spark: Spark, tmp_path: Path) -> None:
    feed = drafted(tmp_path, name, FILES[name])
    raw = quick_spark.session.createDataFrame(
        [("9999-01-01", line) for line, _ in feed.examples], "arrival string, raw string"
    )
    found = {row.raw: row.violations or [] for row in verdicts(raw.coalesce(1), feed).collect()}
    assert found == {line: list(broken) for line, broken in feed.examples}
    assert sorted(map(bool, found.values())) == [False, True]


def test_a_draft_of_notes_is_what_a_person_would_write(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    feed = drafted(tmp_path / "own", "my-notes.csv", FILES["notes.csv"])
    assert (feed.name, feed.landing, feed.format) == ("my_notes", "my_notes/{arrival}/*.csv", Csv(header=True))
    assert feed.event.expressions() == {
        "event_time": "timestamp",
        "user_id": "user_id",
        "action": "action_type",
        "object_id": "page_id",
        "duration_ms": "duration_ms",
        "app_version": "app_version",
    }
    columns = {c.name: (c.data_type.simpleString(), c.nullable) for c in contract_of(feed.contract).columns}
    assert columns == {
        "user_id": ("string", False),
        "timestamp": ("timestamp", False),
        "action_type": ("string", False),
        "page_id": ("string", False),
        "duration_ms": ("bigint", False),
        "app_version": ("string", False),
    }
    text = (tmp_path / "own" / "my_notes.py").read_text()
    assert "In the sample 30 of 30 rows differ in this one." in text
    assert "Columns with a value of its own in each row: page_id, duration_ms, app_version." in text
    assert "action_type: T.StringType  # saw 'view'\n" in text


def test_a_few_broken_rows_of_a_sample_change_no_type_and_are_told(tmp_path: Path) -> None:
    drafted(tmp_path, "broken.csv", FILES["broken.csv"])
    text = (tmp_path / "broken.py").read_text()
    assert "timestamp: T.TimestampType  # 1 of 31 are written otherwise" in text
    assert '"violation": "duration_out_of_range"})  # saw 0 to 2900  # 1 of 31 are written otherwise' in text


def test_files_are_told_apart_by_what_stands_in_them(tmp_path: Path) -> None:
    formats = {name: drafted(tmp_path, name, content).format for name, content in FILES.items() if name != "notes.csv"}
    assert formats == {
        "no header.csv": Csv(),
        "odd names.csv": Csv(header=True),
        "semicolons.txt": Csv(sep=";", header=True, encodings=("utf-8", "latin-1")),
        "wide.csv": Csv(header=True, encodings=("utf-8", "utf-16")),
        "epoch.tsv": Csv(sep="\t", header=True),
        "records.json": JsonArray(),
        "broken.csv": Csv(header=True),
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2025-01-31", Kind.DATE),
        ("2025-02-31", Kind.TEXT),
        ("2025-01-31 10:00:00", Kind.TIME),
        ("2025-01-31T10:00:00.123456+01:00", Kind.TIME),
        ("2025-01-31 25:00:00", Kind.TEXT),
        ("-5", Kind.WHOLE),
        ("007", Kind.TEXT),
        ("0.5", Kind.NUMBER),
        ("9223372036854775808", Kind.NUMBER),
        ("9" * 400, Kind.NUMBER),
        ("1e5", Kind.NUMBER),
        ("NaN", Kind.TEXT),
        ("\u0665", Kind.TEXT),
        ("True", Kind.TRUTH),
        ("", Kind.TEXT),
    ],
)
def test_a_value_is_of_the_narrowest_kind_that_the_contract_reads(text: str, kind: Kind) -> None:
    assert kind_of(text) is kind


def test_a_column_has_the_kind_of_its_values() -> None:
    assert common_kind(["1", None, "2.5"]) is Kind.NUMBER
    assert common_kind(["1", "x"]) is Kind.TEXT
    assert common_kind([*["1"] * 19, "x"]) is Kind.WHOLE
    assert common_kind([None]) is Kind.TEXT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "saw no line"),
        (b"a,b\n", "saw a header alone"),
        (b"[1, 2]", "without an object"),
        (b"a,b\nx,y\n", "saw no column whose values are times"),
        (b"user,at\n,2025-01-03\n", "saw no row with a user"),
    ],
)
def test_what_is_no_sample_is_told(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "sample.csv").write_bytes(content)
    with pytest.raises(UserError, match=said):
        draft(read_sample(tmp_path / "sample.csv"), "sample", ".csv")
