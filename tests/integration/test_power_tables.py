"""Power users of landed files: which periods have them, and which of them a late row, a correction or a day changes."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(1200)

SAMPLE = NotesOptions(
    start=date(2025, 1, 1), end=date(2025, 3, 2), events=20_000, users=1_500, spikes=0, late_share=0, seed=12
)
TABLES = ("duration_buckets", "duration_cuts", "power_users", "engagement_concentration")
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def world(quick_spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> World:
    """January and February complete, March begun."""
    root = tmp_path_factory.mktemp("power")
    generate_notes(root / "landing", SAMPLE)
    made = world_at(root, quick_spark)
    assert run_pass(made, Observer()).failed == {}
    made.lakehouse.let_go()
    return made


def world_at(root: Path, spark: Spark) -> World:
    lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=spark)
    return World(FEED, Landing(root=str(root / "landing")), lakehouse, "test")


def copy_of(world: World, root: Path) -> World:
    shutil.copytree(Path(world.landing.root).parent, root, dirs_exist_ok=True)
    return world_at(root, world.lakehouse.spark)


def land(world: World, arrival: str, name: str, *lines: str) -> None:
    path = Path(world.landing.root) / "notes/events" / arrival / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *lines, ""]))


def rows_of(world: World, table: str) -> dict[str, list[Row]]:
    """By the name of the period."""
    found: dict[str, list[Row]] = {}
    for row in world.lakehouse.arrow(world.tables[table]).to_pylist():
        found.setdefault(row["period_month"], []).append(row)
    return found


def versions(world: World) -> dict[str, str]:
    return {name: rows[0]["input_version"] for name, rows in rows_of(world, "engagement_concentration").items()}


def files(world: World) -> dict[str, set[str]]:
    """The files of each period's power users: those of a period that is not written stay."""
    found: dict[str, set[str]] = {}
    for uri in world.lakehouse.table_reader(world.tables["power_users"]).file_uris():
        found.setdefault(uri.split("period_month=")[1].split("/")[0], set()).add(uri)
    return found


def differing(before: dict[str, Any], now: dict[str, Any]) -> set[str]:
    return {key for key in {*before, *now} if before.get(key) != now.get(key)}


def test_an_open_month_has_no_power_users_and_a_curve_without_figures(world: World) -> None:
    assert rows_of(world, "power_users").keys() == {"2025-01", "2025-02", "rolling_28"}
    assert rows_of(world, "duration_cuts").keys() == {"2025-01", "2025-02", "rolling_28"}
    curves = rows_of(world, "engagement_concentration")
    assert {name: len(rows) for name, rows in curves.items()} == dict.fromkeys([*sorted(curves)], 100)
    figures = [row[name] for row in curves["2025-03"] for name in ("users", "top_users", "top_ms", "share")]
    assert {*figures} == {None}
    assert {name: rows[0]["is_complete"] for name, rows in curves.items()} == {
        "2025-01": True,
        "2025-02": True,
        "2025-03": False,
        "rolling_28": True,
    }
    assert [rows_of(world, "power_users")["rolling_28"][0][end] for end in ("period_start", "period_end")] == [
        date(2025, 2, 3),
        date(2025, 3, 2),
    ]


def test_a_late_row_changes_its_month_alone(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    versions_before, files_before, users = versions(live), files(live), rows_of(live, "power_users")
    views = [f"nobody-before,2025-01-20 10:00:0{n},page_view,p1,7200000,5.9.0" for n in (1, 2)]
    land(live, "2025-03-03", "late", *views, "nobody-before,2025-01-20 10:00:00,edit,p1,1000000,5.9.0")
    assert run_pass(live, Observer()).failed == {}
    assert differing(versions_before, versions(live)) == {"2025-01"}
    assert differing(files_before, files(live)) == {"2025-01"}
    curve = rows_of(live, "engagement_concentration")["2025-01"][0]
    assert curve["users"] == rows_of(world, "engagement_concentration")["2025-01"][0]["users"] + 1
    # Pages that were open for two hours are cut at the month's p99.9 of views.
    [user] = [row for row in rows_of(live, "power_users")["2025-01"] if row["user_id"] == "nobody-before"]
    [cut] = [row for row in rows_of(live, "duration_cuts")["2025-01"] if row["action"] == "page_view"]
    assert cut["threshold_ms"] < 7_200_000 and cut["events_cut"] >= 2
    assert user["capped_ms"] == 1_000_000 + 2 * cut["threshold_ms"]
    assert (user["active_days"], user["sessions"], user["main_device_type"]) == (1, 1, "unknown")
    assert user["user_id"] not in {row["user_id"] for row in users["2025-01"]}
    live.lakehouse.let_go()


def test_a_closed_date_more_moves_the_last_28_days_alone(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    versions_before, files_before = versions(live), files(live)
    land(live, "2025-03-04", "next", "u0000001,2025-03-04 10:00:00,edit,p1,1000,5.9.0")
    assert run_pass(live, Observer()).failed == {}
    assert differing(versions_before, versions(live)) == {"rolling_28"}
    assert differing(files_before, files(live)) == {"rolling_28"}
    assert {row["period_end"] for row in rows_of(live, "power_users")["rolling_28"]} == {date(2025, 3, 3)}
    live.lakehouse.let_go()


def test_a_pass_without_anything_new_writes_nothing(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    before = [live.lakehouse.version(live.tables[name]) for name in TABLES]
    run_pass(live, Observer())
    assert [live.lakehouse.version(live.tables[name]) for name in TABLES] == before
    live.lakehouse.let_go()


def test_a_run_that_was_killed_before_the_curve_is_mended(world: World, tmp_path: Path) -> None:
    """The power users stand as of other events; the curve, which says of which, was not written."""
    live = copy_of(world, tmp_path)
    table, curve = live.tables["power_users"], live.tables["engagement_concentration"]
    expected = [sorted(map(repr, live.lakehouse.arrow(found).to_pylist())) for found in (table, curve)]
    live.lakehouse.put(table, live.lakehouse.arrow(table).slice(5), "test", [""])
    rows = live.lakehouse.arrow(curve)
    place = rows.schema.get_field_index("input_version")
    live.lakehouse.put(curve, rows.set_column(place, rows.schema.field(place), pa.array(["x"] * len(rows))), "test", [])
    run_pass(live, Observer())
    assert [sorted(map(repr, live.lakehouse.arrow(found).to_pylist())) for found in (table, curve)] == expected
    live.lakehouse.let_go()
