"""Files of one arrival, each with a header, separator or encoding of its own, through the real pass."""

import codecs
import re
from datetime import date, timedelta
from typing import Any

import pandera.pyspark as pa
import pyspark.sql.types as T
import pytest
from places import Place
from tables import rows_of

from analytics_assets.commands.why import explanation
from analytics_assets.feeds.spec import Arrival, Csv, Event, Feed, SessionRule, row_rule
from analytics_assets.layers.checked import check_file, told_date
from analytics_assets.layers.world import World
from analytics_assets.transforms.restatements import METRICS
from asset_checks.schema_checks import judge_schema
from resources.spark import Spark

pytestmark = pytest.mark.timeout(300)
DAY = "2025-01-02"


class Opening(pa.DataFrameModel):
    """Somebody opens a door."""

    person: T.StringType
    at: T.TimestampType
    door: T.StringType = pa.Field(isin=["front", "back"])
    note: T.StringType = pa.Field(
        nullable=True, str_length={"max_value": 5}, metadata={"violation": "note_long", "severity": "warn"}
    )
    until: T.TimestampType = pa.Field(nullable=True, metadata={"key": "Until (UTC)"})

    ends_later = row_rule("ends_later", "until >= at", "The door closes before it opens.")
    is_named = row_rule("is_named", "person <> 'nobody'", "The person is nobody.", severity="warn")


FEED = Feed(
    name="door",
    owner="team:house",
    contract=Opening,
    event_key=("user_id", "event_time", "object_id"),
    landing="door/{arrival}/*.csv",
    format=Csv(header=True, other_seps=(";", "\t"), encodings=("utf-8", "utf-16", "latin-1")),
    arrival=Arrival.DAY,
    event=Event(event_time="at", user_id="person", action="'open'", object_id="door"),
    sessions=SessionRule(timeout=timedelta(minutes=10)),
)
HEADER = "person,at,door,note,Until (UTC)"
NOW = f"{DAY} 10:00:00"
Rejected = dict[int, tuple[str, ...]]

# Name of a file -> its bytes, the rows that land, those that are rejected, and (user, door, note) of the others.
FILES: dict[str, tuple[bytes, int, Rejected, set[tuple[Any, ...]]]] = {
    "usual.csv": (
        f"{HEADER}\nann,{NOW},front,,\nbob,{NOW},back,long note,{DAY} 09:00:00\nnobody,{NOW},back,too long,\n".encode(),
        3,
        {3: ("ends_later",)},
        {("ann", "front", None), ("nobody", "back", "too long")},
    ),
    "order.csv": (
        f"door,Until (UTC),at,note,person\nfront,{DAY} 10:00:01,{NOW},hi,cid\nfront,,{NOW},hi\n".encode(),
        2,
        {3: ("too_few_fields",)},
        {("cid", "front", "hi")},
    ),
    "unknown.csv": (
        f'colour,person,at,door,"a, b"\nred,dan,{NOW},back,1\nred,dan,{NOW},back\n'.encode(),
        2,
        {3: ("too_few_fields",)},
        {("dan", "back", None)},
    ),
    "semicolon.csv": (
        f'{HEADER.replace(",", ";")}\neve;{NOW};front;"a;b,c";\n"f;a";{NOW};roof;;\n'.encode(),
        2,
        {3: ("door",)},
        {("eve", "front", "a;b,c")},
    ),
    "tab.csv": (f"at\tperson\tdoor\n{NOW}\tgus, jr\tback\n".encode(), 1, {}, {("gus, jr", "back", None)}),
    "bom.csv": (codecs.BOM_UTF8 + f"{HEADER}\r\nhal,{NOW},front,,\r\n".encode(), 1, {}, {("hal", "front", None)}),
    "latin.csv": (
        f"{HEADER}\r\nJürgen,{NOW},front,é,\r\n\r\nßen,{NOW},roof,,\r\n".encode("latin-1"),
        2,
        {4: ("door",)},
        {("Jürgen", "front", "é")},
    ),
    "latin_order.csv": (f"door;at;person\nback;{NOW};Zoë".encode("latin-1"), 1, {}, {("Zoë", "back", None)}),
    "wide.csv": (
        f"{HEADER}\r\nइ\u0a0a\u0a0d,{NOW},front,\U0001f600,\r\n\r\n,{NOW},back,,\r\n".encode("utf-16"),
        2,
        {4: ("person_missing",)},
        {("इ\u0a0a\u0a0d", "front", "\U0001f600")},
    ),
    "wide_order.csv": (
        codecs.BOM_UTF16_BE + f"at;person;door\n{NOW};ivy;back\n{NOW}".encode("utf-16-be"),
        2,
        {3: ("too_few_fields",)},
        {("ivy", "back", None)},
    ),
    "wide_broken.csv": (f"{HEADER}\njoe,{NOW},front,,\n".encode("utf-16") + b"\x00", 1, {1: ("file_encoding",)}, set()),
    "missing.csv": (f"person;at;note\nkim;{NOW};hi\n".encode(), 1, {1: ("file_header",)}, set()),
    "twice.csv": (f"{HEADER},door\nlea,{NOW},front,,,back\n".encode(), 1, {1: ("file_header",)}, set()),
    "pipe.csv": (f"{HEADER.replace(',', '|')}\nmia|{NOW}|front||\n".encode(), 1, {1: ("file_header",)}, set()),
    "empty.csv": (b"", 1, {1: ("file_empty",)}, set()),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Place:
    """One arrival that holds all of the files."""
    root = tmp_path_factory.mktemp("layouts")
    folder = root / "landing" / "door" / DAY
    folder.mkdir(parents=True)
    for name, (content, *_) in FILES.items():
        (folder / name).write_bytes(content)
    place = Place(root, root / "landing")
    place.run(FEED, quick_spark)
    return place


def named(path: str) -> str:
    return path.rpartition("/")[2]


def test_each_file_is_read_by_its_own_header_separator_and_encoding(ran: Place) -> None:
    rows = rows_of(ran.lakehouse, "door", "bronze")
    accepted: dict[str, set[tuple[Any, ...]]] = {name: set() for name in FILES}
    rejected: dict[str, Rejected] = {name: {} for name in FILES}
    for row in rows:
        if row["standing"] == "rejected":
            rejected[named(row["file"])][row["line_number"]] = row["violations"]
        else:
            accepted[named(row["file"])].add((row["user_id"], row["object_id"], row["note"]))
    assert rejected == {name: rules for name, (_, _, rules, _) in FILES.items()}
    assert accepted == {name: good for name, (*_, good) in FILES.items()}


def test_the_rows_that_the_bytes_have_are_those_that_were_judged(ran: Place) -> None:
    counts = rows_of(ran.lakehouse, "door", "counts")
    landed = {named(row["file"]): row["rows"] for row in counts if row["standing"] == "landed"}
    assert landed == {name: rows for name, (_, rows, _, _) in FILES.items()}
    judged: dict[str, int] = dict.fromkeys(FILES, 0)
    for row in counts:
        if row["standing"] not in ("landed", "warned"):
            judged[named(row["file"])] += row["rows"]
    assert judged == landed


def test_warnings_are_counted_beside_the_rows(ran: Place) -> None:
    counts = rows_of(ran.lakehouse, "door", "counts")
    warned = {(named(row["file"]), row["rule"]): row["rows"] for row in counts if row["standing"] == "warned"}
    assert warned == {("usual.csv", "note_long"): 1, ("usual.csv", "is_named"): 1}
    [row] = [row for row in rows_of(ran.lakehouse, "door", "bronze") if row["user_id"] == "nobody"]
    assert (row["standing"], row["violations"]) == ("on_time", ("note_long", "is_named"))


def test_what_was_rejected_is_kept_as_text_whatever_its_encoding(ran: Place) -> None:
    raw = {named(row["file"]): row["raw"] for row in rows_of(ran.lakehouse, "door", "bronze") if row["raw"]}
    assert raw["latin.csv"] == f"ßen,{NOW},roof,,"
    assert raw["wide.csv"] == f",{NOW},back,,"
    assert raw["pipe.csv"] == HEADER.replace(",", "|")


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_judged_before_it_lands_as_it_is_judged_afterwards(name: str, ran: Place, quick_spark: Spark) -> None:
    path = ran.landing / "door" / DAY / name
    checked = check_file(quick_spark, FEED, path, told_date(FEED, path) or "", examples=5)
    _, landed, rejected, good = FILES[name]
    assert (checked.arrival, checked.landed, checked.accepted) == (DAY, landed, len(good))
    assert (checked.rejected, checked.is_good) == (len(rejected), not rejected)
    if checked.quarantined:
        assert [(checked.quarantined.rule,)] == list(rejected.values())
    else:
        assert {row.line: row.rules for row in checked.examples if row.line in rejected} == rejected


def test_what_a_file_would_bring_is_told_by_rule_with_the_first_rows(ran: Place, quick_spark: Spark) -> None:
    path = ran.landing / "door" / DAY / "usual.csv"
    checked = check_file(quick_spark, FEED, path, "2025-01-03", examples=1)
    assert (checked.standings, checked.reasons) == ({"late": 2}, {"ends_later": 1})
    assert checked.warnings == {"is_named": 1, "note_long": 1}
    [first] = checked.examples
    assert (first.line, first.raw) == (3, f"bob,{NOW},back,long note,{DAY} 09:00:00")
    unknown = check_file(quick_spark, FEED, path.with_name("unknown.csv"), DAY, examples=1)
    assert unknown.drift == ("unknown columns colour, a, b; missing columns, which may be null, note, Until (UTC)")


def test_the_arrival_is_told_to_have_headers_that_are_not_the_contract(ran: Place, quick_spark: Spark) -> None:
    places = ran.resources(quick_spark)
    world = World(FEED, places["landing"], places["lakehouse"], "test")
    verdict = judge_schema(world, "events", [DAY])[DAY]
    assert not verdict.passed
    assert "unknown columns" in str(verdict.figures["first"]) or "missing columns" in str(verdict.figures["first"])


def test_why_tells_of_warnings_beside_what_was_rejected(ran: Place, quick_spark: Spark) -> None:
    places = ran.resources(quick_spark)
    world = World(FEED, places["landing"], places["lakehouse"], "test")
    told = "\n".join(explanation(world, date.fromisoformat(DAY), METRICS))
    warned = re.search(r"warnings of accepted rows: (.*)", told)
    assert warned and "is_named" in warned[1] and "note_long" in warned[1]
