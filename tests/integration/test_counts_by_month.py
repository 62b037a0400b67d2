"""Counts stand by month: what lands touches those of its month alone, however much landed before."""

from pathlib import Path

import pytest
from deltalake import DeltaTable

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import bronze
from analytics_assets.layers.counting import OF_SUMS, counts_of
from analytics_assets.layers.world import World
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
JANUARY, FEBRUARY = "2025-01-31", "2025-02-01"


@pytest.fixture
def world(quick_spark: Spark, tmp_path: Path) -> World:
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=quick_spark, lease_wait_s=0)
    made = World(FEED, Landing(root=str(tmp_path / "landing")), lakehouse, "run")
    for arrival in (JANUARY, FEBRUARY):
        land(made, arrival, 1)
    bronze.build_bronze(made, [JANUARY, FEBRUARY])
    return made


def land(world: World, arrival: str, rows: int) -> None:
    path = Path(world.landing.root) / "notes" / "events" / arrival / "a.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(f"ann,{arrival} {hour:02}:00:00,view,p1,10,5.1.0\n" for hour in range(rows)))


def files_of(world: World, month: str) -> set[str]:
    paths = DeltaTable(world.lakehouse.location(world.tables["counts"])).get_add_actions(flatten=True)["path"]
    return {path for path in paths.to_pylist() if f"arrival_month={month}" in path}


def test_what_lands_leaves_the_counts_of_other_months_as_they_stand(world: World) -> None:
    january, february = files_of(world, "2025-01"), files_of(world, "2025-02")
    land(world, FEBRUARY, 3)
    bronze.build_bronze(world, [FEBRUARY])
    world.lakehouse.let_go()
    assert (files_of(world, "2025-01"), files_of(world, "2025-02") & february) == (january, set())


def test_counts_of_arrivals_are_all_of_theirs_and_no_others(world: World) -> None:
    land(world, FEBRUARY, 3)
    bronze.build_bronze(world, [FEBRUARY])
    world.lakehouse.let_go()
    rows = counts_of(world, [FEBRUARY], OF_SUMS).to_pylist()
    found = sorted((row["arrival"], row["standing"], row["rows"]) for row in rows)
    assert found == [(FEBRUARY, "landed", 3), *[(FEBRUARY, "on_time", 1)] * 3], "an hour a row"
    assert counts_of(world, []).num_rows == 0
