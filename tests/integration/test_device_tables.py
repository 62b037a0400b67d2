"""The device effect of landed files: the sample's is found; late rows change their month and all alone."""

import shutil
from collections.abc import Callable
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
from analytics_assets.samples.truth import NotesTruth, read_truth
from analytics_assets.transforms.buckets import GAMMA
from asset_checks.device_checks import DEVICE_LAW
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(1200)

SAMPLE = NotesOptions(
    start=date(2025, 1, 1), end=date(2025, 3, 2), events=20_000, users=1_500, bots=0, spikes=0, late_share=0, seed=11
)
TABLES = ("device_effect", "device_differences", "device_pairs", "device_loads")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def world(quick_spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> World:
    """January and February complete, March begun."""
    root = tmp_path_factory.mktemp("devices")
    generate_notes(root / "landing", SAMPLE)
    made = world_at(root, quick_spark)
    assert run_pass(made, Observer()).failed == {}
    made.lakehouse.let_go()
    return made


@pytest.fixture(scope="module")
def truth(world: World) -> NotesTruth:
    found = read_truth(Path(world.landing.root) / "notes" / "truth.json")
    assert isinstance(found, NotesTruth)
    return found


def world_at(root: Path, spark: Spark) -> World:
    lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=spark)
    return World(FEED, Landing(root=str(root / "landing")), lakehouse, "test")


def copy_of(world: World, root: Path) -> World:
    shutil.copytree(Path(world.landing.root).parent, root, dirs_exist_ok=True)
    return world_at(root, world.lakehouse.spark)


def rows_of(world: World, table: str = "device_effect") -> list[Row]:
    return list(world.lakehouse.arrow(world.tables[table]).to_pylist())


def versions(world: World, table: str) -> dict[str, str]:
    return world.lakehouse.versions(world.tables[table])


@pytest.mark.parametrize("version", ["all", "stratified"])
def test_the_slower_devices_of_the_sample_are_found(world: World, truth: NotesTruth, version: str) -> None:
    """Each p50 is known to within 1 %, and so a ratio of two to within a bucket's width."""
    found = {
        row["device_type"]: row
        for row in rows_of(world, "device_differences")
        if (row["period"], row["app_version"]) == ("all", version)
    }
    assert found.keys() == truth.device_load.keys()
    middle = sorted(truth.device_load.values())[2]
    for device, load in truth.device_load.items():
        row = found[device]
        assert row["p50_ratio_low"] / GAMMA <= load / middle <= row["p50_ratio_high"] * GAMMA, (device, row)
    assert found["Android"]["p50_ratio_low"] > 1 > found["Mac"]["p50_ratio_high"]
    assert found["Android"]["in_words"].startswith("Android pages take ")


def test_each_period_has_a_row_in_all_and_one_without_figures_while_it_is_open(world: World) -> None:
    in_all = {row["period_month"]: row for row in rows_of(world) if row["app_version"] == "all"}
    assert [(key, in_all[key]["is_complete"]) for key in sorted(in_all)] == [
        ("2025-01", True),
        ("2025-02", True),
        ("2025-03", False),
        ("all", True),
    ]
    assert (in_all["2025-03"]["loads"], in_all["2025-03"]["epsilon_squared"]) == (None, None)
    assert in_all["all"]["loads"] == in_all["2025-01"]["loads"] + in_all["2025-02"]["loads"]
    assert in_all["all"]["period_start"] == date(2025, 1, 1)


def test_a_version_stands_alone_where_two_devices_have_a_hundred_loads(world: World) -> None:
    of_versions = {(row["period_month"], row["app_version"]) for row in rows_of(world, "device_differences")}
    for key, version in of_versions - {(key, name) for key, _ in of_versions for name in ("all", "stratified")}:
        by_device = [
            row["loads"]
            for row in rows_of(world, "device_differences")
            if (row["period_month"], row["app_version"]) == (key, version)
        ]
        assert sorted(by_device)[-2] >= 100
    assert len(of_versions) > 8


def test_a_late_row_changes_its_month_and_all_alone(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    before = {table: versions(live, table) for table in ("device_effect", "device_loads")}
    user = next(row for row in live.lakehouse.arrow(live.tables["users"]).to_pylist() if row["device_type"] == "iPad")
    file = tmp_path / "landing/notes/events/2025-03-03/late.csv"
    line = f"{user['user_id']},2025-01-20 10:00:00,page_view,p1,900,5.9.0"
    file.write_text(f"user_id,timestamp,action_type,page_id,duration_ms,app_version\n{line}\n")
    old = {(row["period_month"], row["app_version"]): row["loads"] for row in rows_of(live)}
    assert run_pass(live, Observer()).failed == {}
    new = {(row["period_month"], row["app_version"]): row["loads"] for row in rows_of(live)}
    now = {table: versions(live, table) for table in before}
    changed = {table: {key for key in found if found[key] != before[table][key]} for table, found in now.items()}
    assert changed == {"device_effect": {"2025-01", "all"}, "device_loads": {"2025-01"}}
    assert {key: new[key, "all"] - old[key, "all"] for key in ("2025-01", "2025-02", "all")} == {
        "2025-01": 1,
        "2025-02": 0,
        "all": 1,
    }
    live.lakehouse.let_go()


def test_a_pass_without_anything_new_writes_nothing(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    before = [live.lakehouse.version(live.tables[name]) for name in TABLES]
    run_pass(live, Observer())
    assert [live.lakehouse.version(live.tables[name]) for name in TABLES] == before
    live.lakehouse.let_go()


def test_a_run_that_was_killed_after_the_sums_is_mended(world: World, tmp_path: Path) -> None:
    """The sums stand as of a version of the events that is gone again; what was told of them does not."""
    live = copy_of(world, tmp_path)
    table = live.tables["device_loads"]
    sums = live.lakehouse.arrow(table)
    expected = sorted(map(repr, rows_of(live, "device_loads")))
    place = sums.schema.get_field_index("input_version")
    wrong = sums.set_column(place, sums.schema.field(place), pa.array(["other"] * len(sums))).slice(1)
    live.lakehouse.put(table, wrong, "test", [])
    run_pass(live, Observer())
    assert sorted(map(repr, rows_of(live, "device_loads"))) == expected
    live.lakehouse.let_go()


IN_ALL = {"app_version": "all", "period": "all"}
FAULTS: list[tuple[str, str, dict[str, object], str, Callable[[Any], Any]]] = [
    ("device_effect_bounds", "device_effect", IN_ALL, "epsilon_squared", lambda e: e + 1),
    ("device_effect_bounds", "device_effect", IN_ALL, "epsilon_squared_low", lambda _: 1.0),
    ("device_effect_bounds", "device_pairs", IN_ALL, "cliffs_delta_low", lambda _: None),
    ("device_effect_bounds", "device_differences", {"app_version": "stratified"}, "p50_ratio", lambda ratio: -ratio),
    ("device_loads_add_up", "device_differences", {"app_version": "stratified"}, "loads", lambda loads: loads - 1),
    ("device_loads_add_up", "device_effect", IN_ALL, "loads", lambda loads: loads + 1),
    (
        "device_loads_are_those_of_latency",
        "device_differences",
        {"app_version": "all", "period": "month"},
        "device_type",
        lambda device: f"{device}2",
    ),
]


@pytest.mark.parametrize(("check", "table", "where", "column", "wrong"), FAULTS)
def test_a_wrong_figure_fails_its_check(
    world: World, tmp_path: Path, check: str, table: str, where: Row, column: str, wrong: Callable[[Any], Any]
) -> None:
    live = copy_of(world, tmp_path)
    assert failing(live) == set()
    rows = rows_of(live, table)
    row = next(row for row in rows if all(row[name] == value for name, value in where.items()))
    row[column] = wrong(row[column])
    schema = live.lakehouse.arrow(live.tables[table]).schema
    live.lakehouse.put(live.tables[table], pa.Table.from_pylist(rows, schema), "test", [])
    live.lakehouse.let_go()
    assert check in failing(live)


def failing(world: World) -> set[str]:
    return {name for name, found in DEVICE_LAW.judge(world, [""]).items() if not found[""].passed}
