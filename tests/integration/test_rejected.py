"""Rejected rows: what `tidebook rejected` tells of them, and the view that has them all."""

from pathlib import Path

import pytest
from deltalake import QueryBuilder
from places import Place
from tables import rows_of

from analytics_assets.commands.rejected import LONGEST_RAW, rejected_lines
from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.feeds.views import feed_views
from analytics_assets.layers.bronze import build_bronze, pending_arrivals
from analytics_assets.layers.rules import contract_version
from analytics_assets.layers.world import World
from resources.errors import UserError
from resources.printable import printable
from resources.spark import Spark

DAY, NEXT = "2025-03-01", "2025-03-02"
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
TURNED = "timestamp,user_id,action_type,page_id,duration_ms,app_version"
HOSTILE = f"eve,{DAY} 10:00:00,view,\x1b[31m<b>[red]\u202e,-5,5.1.0"


def land(root: Path, arrival: str, name: str, *lines: str) -> None:
    path = root / "landing" / "notes" / "events" / arrival / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> World:
    """Bronze of two arrivals, with rows that broke rules of a line, of the contract and of a file. To be read only."""
    root = tmp_path_factory.mktemp("rejected")
    land(root, DAY, "a.csv", HEADER, f"ann,{DAY} 10:00:00,view,p1,10,5.1.0", f",{DAY},view,p1,-1,5.1.0", HOSTILE)
    land(root, DAY, "b.csv", TURNED, f"{DAY} 10:00:00,bob,view,p1,10,5.1.0", f"{DAY} 10:00:00,bob")
    land(root, NEXT, "c.csv", HEADER, f"cid,{NEXT} 10:00:00,view,p1,9000000,5.1.0")
    land(root, NEXT, "d.csv", "who,when", "dan,now")
    places = Place(root, root / "landing").resources(quick_spark)
    made = World(FEED, places["landing"], places["lakehouse"], run_id="test")
    build_bronze(made, pending_arrivals(made))
    places["lakehouse"].let_go()
    return made


def test_the_view_has_each_rejected_row_with_its_text_header_reasons_and_the_contract(world: World) -> None:
    view = feed_views(FEED)["rejected"]
    query = QueryBuilder().register("bronze", world.lakehouse.table_reader(feed_tables(FEED)["bronze"]))
    found = {
        (row["arrival"], row["file"].rpartition("/")[2], row["line_number"]): (row["raw"], row["header"])
        for batch in query.execute(view.sql)
        for row in batch.to_struct_array().to_pylist()
    }
    assert found == {
        (DAY, "a.csv", 3): (f",{DAY},view,p1,-1,5.1.0", HEADER),
        (DAY, "a.csv", 4): (HOSTILE, HEADER),
        (DAY, "b.csv", 3): (f"{DAY} 10:00:00,bob", TURNED),
        (NEXT, "c.csv", 2): (f"cid,{NEXT} 10:00:00,view,p1,9000000,5.1.0", HEADER),
        (NEXT, "d.csv", 1): ("who,when", None),
    }


def test_every_row_of_bronze_names_the_contract_and_accepted_ones_no_header(world: World) -> None:
    rows = rows_of(Path(world.lakehouse.root), "notes", "bronze")
    assert {row["contract_version"] for row in rows} == {contract_version(FEED)}
    assert {row["header"] for row in rows if row["standing"] != "rejected"} == {None}
    assert dict(world.lakehouse.logged(world.tables["bronze"], "min.contract_version")) == {
        DAY: contract_version(FEED),
        NEXT: contract_version(FEED),
    }


def test_counts_come_by_the_first_rule_then_rows_of_the_newest_arrival_first(world: World) -> None:
    lines = list(rejected_lines(world, None, [], limit=3))
    assert lines[0] == "notes: 5 rejected rows, by the first rule that each broke:"
    assert lines[1] == f"          2  duration_out_of_range: {_sentence('duration_out_of_range')}"
    assert lines[2] == f"             {NEXT} 1, {DAY} 1"
    assert lines[3].split(":")[0].split() == ["1", "file_header"]
    shown = [line for line in lines if line.startswith("notes/events/")]
    assert [line.split("/")[3] for line in shown] == [
        f"c.csv line 2 (arrival {NEXT})",
        f"d.csv line 1 (arrival {NEXT})",
        f"a.csv line 3 (arrival {DAY})",
    ]
    assert lines[-1] == "More rows: --limit, or all of them: tidebook export notes/rejected --to rejected.csv"


def test_a_rule_and_an_arrival_choose_rows_also_by_a_reason_that_is_not_the_first(world: World) -> None:
    lines = list(rejected_lines(world, "duration_out_of_range", [DAY], limit=10))
    assert [line.split("/")[3] for line in lines if line.startswith("notes/events/")] == [
        f"a.csv line 3 (arrival {DAY})",
        f"a.csv line 4 (arrival {DAY})",
    ]
    assert f"  user_id_missing: {_sentence('user_id_missing')}" in lines
    assert lines[-1] == rf"  eve,{DAY} 10:00:00,view,\u001b[31m<b>[red]\u202e,-5,5.1.0"


def test_a_rule_or_an_arrival_that_is_none_is_answered_with_those_there_are(world: World) -> None:
    with pytest.raises(UserError, match="saw the rule 'nothing', expected one of: action_type_missing, "):
        list(rejected_lines(world, "nothing", [], 1))
    with pytest.raises(UserError, match="saw arrival 2025-01-01, expected one that was read"):
        list(rejected_lines(world, None, ["2025-01-01"], 1))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain, \u4e16 \u00e9", "plain, \u4e16 \u00e9"),
        ("tab\tnul\x00del\x7f", r"tab\tnul\u0000del\u007f"),
        ("\x9b2J\u2028", r"\u009b2J\u2028"),
        ("x" * 501, "x" * 500 + "\u2026 (501 characters)"),
    ],
)
def test_a_text_that_landed_is_shown_in_one_line_without_signs_that_a_terminal_obeys(raw: str, shown: str) -> None:
    assert printable(raw, LONGEST_RAW) == shown


def _sentence(rule: str) -> str:
    from analytics_assets.layers.reasons import reasons

    return reasons(FEED)[rule]
