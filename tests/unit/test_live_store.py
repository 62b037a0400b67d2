"""What stays in the live table: files set as a whole, the last hours, and no date that is closed. Without a JVM."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_assets.feeds.live_tables import LIVE
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers.behind import state
from analytics_assets.layers.live import LiveRead, file_id, horizon, newest_minute, standing, store
from analytics_assets.layers.world import World
from analytics_assets.verification import NOT_COMPARED
from resources.delta_tables import arrow_schema
from resources.landing import LandedFile, Landing
from resources.lease import LeaseError
from resources.live_lakehouse import SHORT_LIVED, LiveLakehouse
from resources.spark import Spark

NOON = datetime(2025, 3, 2, 12, tzinfo=timezone.utc)
Loads = Mapping[int, int]
"""Loads by minutes after noon."""


def world_at(root: Path) -> World:
    lakehouse = LiveLakehouse(root=str(root / "lakehouse"), spark=Spark(master="local[2]"), lease_wait_s=0)
    return World(NOTES, Landing(root=str(root / "landing")), lakehouse, run_id="test")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path)


def read(world: World, files: Mapping[str, Loads], mark: str = "1") -> LiveRead:
    """What was read of files, by their names."""
    rows = [
        {
            "file_id": file_id(name),
            "minute": NOON + timedelta(minutes=minute),
            "app_version": "5.9.0",
            "device_type": "iPad",
            "bucket": 300,
            "loads": loads,
            "file": name,
            "fingerprint": mark,
        }
        for name, found in files.items()
        for minute, loads in found.items()
    ]
    landed = [LandedFile(arrival="", path=name, uri="", arrow_uri="", size=0, fingerprint=mark) for name in files]
    cells = pa.Table.from_pylist(rows, arrow_schema(world.tables[LIVE]))
    return LiveRead(files=landed, cells=cells, landed=0, accepted=0, ahead=0, quarantined=[])


def stands(world: World) -> dict[tuple[str, int], int]:
    """Loads in the table by file and minutes after noon."""
    rows = world.lakehouse.arrow(world.tables[LIVE]).to_pylist()
    return {(row["file"], (row["minute"] - NOON) // timedelta(minutes=1)): row["loads"] for row in rows}


def test_a_file_that_is_read_again_is_set_and_not_added(world: World) -> None:
    store(world, read(world, {"a": {0: 5, 1: 6}, "b": {0: 1}}), 6, None)
    store(world, read(world, {"a": {1: 7, 2: 1}}, "2"), 6, None)
    assert stands(world) == {("b", 0): 1, ("a", 1): 7, ("a", 2): 1}
    assert standing(world) == {file_id("a"): "2", file_id("b"): "1"}


def test_a_file_that_has_no_loads_any_more_leaves_no_row(world: World) -> None:
    store(world, read(world, {"a": {0: 5}}), 6, None)
    store(world, read(world, {"a": {}}, "2"), 6, None)
    assert stands(world) == {}


def test_minutes_before_the_last_hours_go_in_the_same_commit(world: World) -> None:
    store(world, read(world, {"a": {0: 1, 1: 2, 2: 3}, "b": {-1: 9}}), 1, None)
    before = world.lakehouse.version(world.tables[LIVE])
    store(world, read(world, {"c": {61: 4}}), 1, None)
    assert stands(world) == {("a", 2): 3, ("c", 61): 4}
    assert world.lakehouse.version(world.tables[LIVE]) == before + 1


def test_a_load_that_comes_too_late_for_the_hours_is_left_out(world: World) -> None:
    store(world, read(world, {"a": {120: 1}}), 1, None)
    store(world, read(world, {"b": {60: 1, 61: 1}}), 1, None)
    assert stands(world) == {("a", 120): 1, ("b", 61): 1}


def test_minutes_of_closed_dates_go_also_where_nothing_landed(world: World) -> None:
    store(world, read(world, {"a": {-1: 1, 0: 1}}), 6, None)
    assert store(world, None, 6, NOON)
    assert stands(world) == {("a", 0): 1}
    assert store(world, None, 6, NOON + timedelta(days=1))
    assert stands(world) == {} and newest_minute(world) is None


def test_nothing_is_written_where_nothing_changes(world: World) -> None:
    assert store(world, read(world, {"a": {0: 1}}), 6, None)
    assert not store(world, None, 6, None)
    assert not store(world, read(world, {"b": {}}), 6, None)
    assert not store(world, read(world, {"b": {-1000: 1}}), 6, None)


def test_a_first_batch_without_loads_makes_the_table(world: World) -> None:
    assert store(world, read(world, {"a": {}}), 6, None)
    assert stands(world) == {}
    store(world, read(world, {"b": {0: 1}}), 6, None)
    assert stands(world) == {("b", 0): 1}


@pytest.mark.parametrize("name", ["it's.csv", "a b%2F+é.csv", 'quo"te\\.csv'])
def test_a_file_may_have_any_name(world: World, name: str) -> None:
    store(world, read(world, {name: {0: 1}}), 6, None)
    store(world, read(world, {name: {0: 2}}, "2"), 6, None)
    assert stands(world) == {(name, 0): 2}


def test_the_hours_end_with_the_newest_minute() -> None:
    assert horizon(NOON, 1, None) == NOON - timedelta(minutes=59)
    assert horizon(NOON, 1, NOON - timedelta(minutes=5)) == NOON - timedelta(minutes=5)


@settings(max_examples=15, deadline=None)
@given(
    files=st.dictionaries(
        st.sampled_from("abcdef"),
        st.dictionaries(st.integers(0, 130), st.integers(1, 9), max_size=4),
        min_size=1,
        max_size=6,
    ),
    data=st.data(),
)
def test_any_order_grouping_and_repetition_of_files_gives_the_same_table(
    files: dict[str, dict[int, int]], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = world_at(tmp_path_factory.mktemp("live"))
    order = data.draw(st.lists(st.sampled_from(sorted(files)), max_size=8)) + data.draw(st.permutations(sorted(files)))
    while order:
        size = data.draw(st.integers(1, len(order)))
        store(world, read(world, {name: files[name] for name in order[:size]}), 1, None)
        order = order[size:]
    newest = max((minute for found in files.values() for minute in found), default=0)
    assert stands(world) == {
        (name, minute): loads
        for name, found in files.items()
        for minute, loads in found.items()
        if minute > newest - 60
    }


def test_there_is_one_live_run_of_a_feed_beside_the_writer_of_its_tables(world: World, tmp_path: Path) -> None:
    world.lakehouse.hold("notes")
    other = world_at(tmp_path).lakehouse
    with pytest.raises(LeaseError, match=r"a live run of notes is under way: process \d+ .*tidebook live notes --show"):
        other.hold("notes")
    super(LiveLakehouse, other).hold("notes")  # the pass's own lease is free
    other.let_go()
    world.lakehouse.let_go()
    other.hold("notes")
    other.let_go()


def test_a_sensor_has_nothing_new_to_look_at_when_the_live_table_is_written(world: World) -> None:
    before = state(world)
    store(world, read(world, {"a": {0: 1}}), 6, None)
    assert state(world) == before and LIVE in NOT_COMPARED


def test_tidying_keeps_the_rows_and_shortens_what_is_kept_of_old_versions(world: World) -> None:
    assert isinstance(world.lakehouse, LiveLakehouse)
    for minute in range(3):
        store(world, read(world, {"a": {minute: 1}}), 6, None)
    for _ in range(2):
        world.lakehouse.tidy(world.tables[LIVE])
        assert stands(world) == {("a", 2): 1}
    kept = world.lakehouse.table_reader(world.tables[LIVE]).metadata().configuration
    assert SHORT_LIVED.items() <= kept.items()
