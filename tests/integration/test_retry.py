"""Arrivals are read again under another contract: from bronze the verdicts are those that landing would give."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandera.pyspark as pa
import pyspark.sql.functions as F
import pyspark.sql.types as T
import pytest
from endings import EndsAfter, ProcessEndedError
from places import Place
from tables import rows_of

from analytics_assets.commands.rejected import rejected_lines
from analytics_assets.feeds.spec import WHOLE_ROW, Arrival, Csv, Event, Feed, JsonArray, SessionRule, row_rule
from analytics_assets.layers.bronze import build_bronze, pending_arrivals
from analytics_assets.layers.rejudging import contracts_of, left_unfinished, rejudge
from analytics_assets.layers.retrying import from_where, under_another_contract
from analytics_assets.layers.rules import contract_version
from analytics_assets.layers.world import World, sums_by_arrival, unaccounted
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from asset_checks.conservation import BRONZE_LAW, judge_bronze
from resources.errors import UserError
from resources.landing import Landing
from resources.spark import Spark

DAY, NEXT, THIRD = "2025-03-01", "2025-03-02", "2025-03-03"


class Old(pa.DataFrameModel):
    """Clicks as they were asked for at first."""

    who: T.StringType
    at: T.TimestampType
    clicks: T.LongType = pa.Field(ge=0, le=100, metadata={"violation": "clicks_odd"})
    seen: T.IntegerType = pa.Field(nullable=True)
    price: T.DoubleType = pa.Field(nullable=True)
    note: T.StringType = pa.Field(nullable=True)


class New(pa.DataFrameModel):
    """The same columns under other rules: some rows are lost, some are won, some only warn."""

    who: T.StringType = pa.Field(str_matches="^[a-z]+$", metadata={"violation": "who_unlikely"})
    at: T.TimestampType
    clicks: T.LongType = pa.Field(le=50, metadata={"violation": "clicks_odd"})
    seen: T.IntegerType
    price: T.DoubleType = pa.Field(nullable=True, lt=1e300, metadata={"violation": "price_high", "severity": "warn"})
    note: T.StringType = pa.Field(nullable=True)

    seen_first = row_rule("seen_first", "clicks <= seen", "There are more clicks than things that were seen.")


LINES = Feed(
    name="clicks",
    owner="team:test",
    contract=Old,
    event_key=("user_id", "event_time", "clicks"),
    landing="clicks/{arrival}/*",
    format=Csv(header=True, other_seps=(";",)),
    arrival=Arrival.DAY,
    event=Event(event_time="at", user_id="who", action="'click'", object_id="coalesce(note, 'none')"),
    sessions=SessionRule(timeout=timedelta(minutes=30)),
    source_zone="Europe/Berlin",
    first_date=date(2025, 2, 1),
    look_back_days=0,
)
RECORDS = replace(LINES, name="records", landing="records/{arrival}/*", format=JsonArray())
WHOLE = replace(LINES, name="whole", landing="whole/{arrival}/*", format=Csv(), event_key=WHOLE_ROW)
NAMES = ("who", "at", "clicks", "seen", "price", "note")
ROWS = [
    ("ann", f"{DAY} 10:00:00", "1", "2", "1.5", "plain"),
    ("ann", f"{DAY} 10:00:00", "1", "2", "1.5", "plain"),
    ("ann", f"{DAY} 10:00:00.123456", "51", "60", "", ""),  # accepted, then rejected
    ("bob", f"{DAY} 11:00:00", "-5", "2", "1", "won"),  # rejected, then accepted
    ("bob", f"{DAY} 11:00:01", "3", "", "1", "without seen"),
    ("Cid", "2025-02-27 11:00:00", "3", "9", "1e308", "late, of two reasons and a price at the end"),
    ("cid", f"{DAY} 12:00:00", "3", "2", "1e301", ""),  # breaks the row rule
    ("dan", f"{DAY} 12:00:00", "3", "4", "1e301", "warned"),
    ("eve", f"{DAY} 12:00:00", "three", "4", "1", "rejected by both"),
    ("eve", "2026-03-01 12:00:00", "3", "4", "1", "of the future, by both"),
    ("", f"{DAY} 12:00:00", "3", "4", "1", "nobody"),
    ("fay", f"{DAY} 23:30:00", "7", "8", "", 'with "quotes"'),
]


def line(row: tuple[str, ...], sep: str = ",") -> str:
    quoted = [f'"{text.replace(chr(34), chr(34) * 2)}"' if {sep, '"'} & {*text} else text for text in row]
    return sep.join(quoted)


def land(root: Path, feed: Feed) -> None:
    """Two arrivals of the same rows in all ways of writing them that the feed's format has."""
    for arrival in (DAY, NEXT):
        folder = root / feed.name / arrival
        folder.mkdir(parents=True)
        if isinstance(feed.format, JsonArray):
            records: list[Any] = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
            (folder / "a.json").write_text(json.dumps([*records, "no object", None]))
            (folder / "b.json").write_text("{}")
            continue
        header = [line(NAMES)] if feed.format.header else []
        lines = [*header, *map(line, ROWS), "too,few"]
        (folder / "a.csv").write_bytes("\n".join(lines).encode() + b"\nann,\xff\xfe,1,2,3,4\n")
        if feed.format.header:
            turned = [line(tuple(reversed(row)), ";") for row in (NAMES, *ROWS)]
            (folder / "b.csv").write_text("\n".join([*turned, "too;few"]))
            (folder / "c.csv").write_text("who,what\nann,this\n")


def world_of(root: Path, feed: Feed, spark: Spark, landing: Path, **ends: Any) -> World:
    made = EndsAfter(root=str(root / "lakehouse"), spark=spark, lease_wait_s=0, **({"commits": -1} | ends))
    return World(feed, Landing(root=str(landing)), made, run_id="test")


def read(root: Path, feed: Feed, spark: Spark, landing: Path) -> World:
    """Bronze of all that landed."""
    made = world_of(root, feed, spark, landing)
    build_bronze(made, pending_arrivals(made))
    return made


def verdicts(world: World) -> Counter[str]:
    """Bronze without what an accepted row has lost: rows by all else."""
    rows = rows_of(Path(world.lakehouse.root), world.feed.name, "bronze")
    for row in rows:
        for name in ("raw", "line_number", "header"):
            row.pop(name)
    return Counter(map(repr, rows))


@pytest.fixture(params=[LINES, RECORDS, WHOLE], ids=lambda feed: feed.name)
def worlds(request: pytest.FixtureRequest, tmp_path: Path, quick_spark: Spark) -> Iterator[tuple[World, World]]:
    """The same landing, read under the old and under the new contract."""
    feed: Feed = request.param
    land(tmp_path / "landing", feed)
    both = (
        read(tmp_path / "old", feed, quick_spark, tmp_path / "landing"),
        read(tmp_path / "new", replace(feed, contract=New), quick_spark, tmp_path / "landing"),
    )
    yield both
    for world in both:
        world.lakehouse.let_go()


def test_from_bronze_a_contract_gives_the_verdicts_that_it_gives_from_landing_and_back(
    worlds: tuple[World, World],
) -> None:
    old, new = worlds
    before, wanted = verdicts(old), verdicts(new)
    assert before != wanted
    landed = {arrival: sums[0] for arrival, sums in sums_by_arrival(old.counts()).items()}
    again = replace(old, feed=new.feed)
    assert under_another_contract(again) == [DAY, NEXT]
    rejudge(again, [DAY])
    assert contracts_of(again) == {DAY: {contract_version(new.feed)}, NEXT: {contract_version(old.feed)}}
    rejudge(again, [DAY, NEXT])
    assert verdicts(again) == wanted
    assert under_another_contract(again) == []
    assert {arrival: sums[0] for arrival, sums in sums_by_arrival(again.counts()).items()} == landed
    assert sums_by_arrival(again.counts()) == sums_by_arrival(new.counts())
    back = replace(old, feed=old.feed)
    rejudge(back, [DAY, NEXT])
    assert verdicts(back) == before
    assert not unaccounted(back.counts())


def test_what_is_rejected_from_bronze_is_shown_as_its_values_and_a_text_stays_a_text(
    tmp_path: Path, quick_spark: Spark
) -> None:
    land(tmp_path / "landing", LINES)
    old = read(tmp_path, LINES, quick_spark, tmp_path / "landing")
    world = replace(old, feed=replace(LINES, contract=New))
    before = list(rejected_lines(world, "clicks_odd", [DAY], 10))
    assert f"clicks/{DAY}/a.csv line 5 (arrival {DAY}, under an earlier contract)" in before
    assert "  clicks_odd: now it says: clicks is not at most 50." in before
    rejudge(world, [DAY])
    after = list(rejected_lines(world, "clicks_odd", [DAY], 10))
    assert f"clicks/{DAY}/a.csv (arrival {DAY})" in after
    assert "  clicks_odd: clicks is not at most 50." in after
    rows = [row for row in rows_of(tmp_path / "lakehouse", "clicks", "bronze") if row["arrival"] == DAY]
    of_file = [row for row in rows if row["file"].endswith("b.csv") and row["standing"] == "rejected"]
    values = [row["raw"] for row in of_file if row["violations"] == ("seen_missing",) and row["line_number"] is None]
    assert [json.loads(raw) for raw in values] == [
        {
            "who": "bob", "at": f"{DAY}T11:00:01.000Z", "clicks": 3, "seen": None, "price": 1.0, "note": "without seen",
        }
    ]  # fmt: skip
    texts = {row["raw"]: (row["line_number"], row["header"]) for row in of_file if row["line_number"] is not None}
    assert texts["too;few"] == (14, "note;price;seen;clicks;at;who")
    accepted = [row for row in rows if row["standing"] != "rejected"]
    assert {(row["raw"], row["line_number"], row["header"]) for row in accepted} == {(None, None, None)}
    world.lakehouse.let_go()


def test_judged_twice_under_one_contract_nothing_is_written_and_no_date_is_touched(
    tmp_path: Path, quick_spark: Spark
) -> None:
    land(tmp_path / "landing", LINES)
    old = read(tmp_path, LINES, quick_spark, tmp_path / "landing")
    world = replace(old, feed=replace(LINES, contract=New))
    first = rejudge(world, [DAY])
    assert {"2025-02-27", DAY} <= set(first.touched)
    commits = len(world.lakehouse.names)
    again = rejudge(world, [DAY])
    assert (again.written, again.touched, len(world.lakehouse.names)) == (None, {}, commits)
    world.lakehouse.let_go()


def test_values_that_bronze_keeps_under_another_name_are_not_guessed(tmp_path: Path, quick_spark: Spark) -> None:
    land(tmp_path / "landing", LINES)
    old = read(tmp_path, LINES, quick_spark, tmp_path / "landing")
    moved = replace(LINES, source_zone="UTC")
    with pytest.raises(UserError, match=f"arrival {DAY} was read when the contract's columns had other names"):
        rejudge(replace(old, feed=moved), [DAY])
    old.lakehouse.let_go()


def test_rows_of_one_arrival_under_two_contracts_fail_a_check(tmp_path: Path, quick_spark: Spark) -> None:
    land(tmp_path / "landing", LINES)
    world = read(tmp_path, LINES, quick_spark, tmp_path / "landing")
    bronze = world.tables["bronze"]
    assert not BRONZE_LAW.failed(judge_bronze(world, [DAY, NEXT]))
    other = F.when((F.col("arrival") == DAY) & (F.col("standing") == "rejected"), "other")
    rows = world.lakehouse.read(bronze).withColumn("contract_version", F.coalesce(other, "contract_version"))
    world.lakehouse.replace(bronze, rows, [DAY, NEXT], run_id="test")
    assert BRONZE_LAW.failed(judge_bronze(world, [DAY, NEXT])) == {DAY}
    world.lakehouse.let_go()


def silver(place: Path) -> set[str]:
    return {row["object_id"] for row in rows_of(place / "lakehouse", "clicks", "silver")}


@pytest.mark.long
def test_a_pass_retries_from_landing_what_is_there_from_bronze_what_is_not_and_finishes_what_was_killed(
    tmp_path: Path, quick_spark: Spark
) -> None:
    place = Place(tmp_path, tmp_path / "landing")
    land(place.landing, LINES)
    place.run(LINES, quick_spark)
    before = rows_of(place.lakehouse, "clicks", "bronze")
    assert "won" not in silver(tmp_path)
    feed = replace(LINES, contract=New)
    shutil.rmtree(place.landing / "clicks" / DAY)
    world = world_of(tmp_path, feed, quick_spark, place.landing)
    assert from_where(world, [NEXT, DAY]).archived == [DAY]
    with pytest.raises(UserError, match=f"saw arrival {THIRD}, expected one that was read"):
        from_where(world, [DAY, THIRD])

    ending = world_of(tmp_path, feed, quick_spark, place.landing, table="bronze", commits=1)
    with pytest.raises(ProcessEndedError):
        run_pass(ending, Observer(), [], retry=[DAY])
    assert left_unfinished(world) == [DAY]
    place.run(feed, quick_spark, retry=[NEXT])
    assert left_unfinished(world) == under_another_contract(world) == []
    assert not unaccounted(world.counts())
    assert "won" in silver(tmp_path)
    assert "without seen" not in silver(tmp_path)

    rebuilt = Place(tmp_path / "again", tmp_path / "again" / "landing")
    land(rebuilt.landing, LINES)
    rebuilt.run(feed, quick_spark)
    assert verdicts(world) == verdicts(world_of(rebuilt.root, feed, quick_spark, rebuilt.landing))
    assert len(rows_of(place.lakehouse, "clicks", "bronze")) == len(before)
    for table in ("sessions", "user_days"):
        one, other = (
            [{**row, "input_version": ""} for row in rows_of(root / "lakehouse", "clicks", table)]
            for root in (tmp_path, rebuilt.root)
        )
        assert one == other
