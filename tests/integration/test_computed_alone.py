"""Tables that somebody computes alone, as the UI lets one do: of what they hold, and not of what others hold by now."""

import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandera.pyspark as pa
import pyspark.sql.types as T
import pytest
from tables import rows_of

from analytics_assets.feeds.notes import FEED, Interaction
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers import bronze, duration_cuts, from_silver, power_users, retention, silver
from analytics_assets.layers.behind import behind
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)


class MaybeTimed(Interaction):
    """An interaction that may have no duration."""

    duration_ms: T.LongType = pa.Field(nullable=True)


HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
DAYS = [f"{date(2025, 1, 1) + timedelta(days=n)}" for n in range(30)]
FIRST, LATER = DAYS[0], DAYS[9]


def land(root: Path, arrival: str, *lines: str) -> Path:
    file = root / "landing/notes/events" / arrival / "a.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([HEADER, *lines, ""]))
    return file


def on(user: str, day: str, duration_ms: int | str = 1000) -> str:
    return f"{user},{day} 10:00:00,edit,p1,{duration_ms},5.9.0"


def world_at(root: Path, spark: Spark, feed: Feed = FEED) -> World:
    lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=spark, lease_wait_s=0)
    return World(feed, Landing(root=str(root / "landing")), lakehouse, "test")


@pytest.fixture
def world(quick_spark: Spark, tmp_path: Path) -> World:
    """Two users over thirty dates, of which the last is open."""
    for day in DAYS:
        land(tmp_path, day)
    land(tmp_path, FIRST, on("ann", FIRST), on("bob", FIRST))
    land(tmp_path, LATER, on("ann", LATER), on("bob", LATER, 5000))
    made = world_at(tmp_path, quick_spark)
    assert run_pass(made, Observer()).failed == {}
    return made


def test_retention_that_was_computed_before_the_user_history_is_behind(world: World, tmp_path: Path) -> None:
    land(tmp_path, FIRST, on("ann", FIRST))
    bronze.build_bronze(world, [FIRST])
    silver.build_silver(world, [FIRST])
    from_silver.build_user_days(world, [FIRST])
    retention.build_retention(world, again=True)
    assert retention.behind(world) != {}
    assert run_pass(world, Observer()).failed == {}
    assert retention.behind(world) == {}
    sizes = {
        (row["cohort_start"], row["size"])
        for row in rows_of(tmp_path / "lakehouse", "notes", "retention")
        if (row["period"], row["dimension"]) == ("day", "all") and row["size"]
    }
    assert sizes == {(date(2025, 1, 1), 1), (date(2025, 1, 10), 1)}
    world.lakehouse.let_go()


def test_power_users_that_were_computed_of_newer_events_are_behind(
    world: World, quick_spark: Spark, tmp_path: Path
) -> None:
    """Long events are cut in silver, whole times stand in user days: here of one they are, of the other not yet."""
    before = power_users.recorded_versions(world)
    file = tmp_path / f"landing/notes/events/{LATER}/a.csv"
    content, times = file.read_bytes(), (0, file.stat().st_mtime_ns)
    land(tmp_path, LATER, on("ann", LATER), on("bob", LATER, 7000))
    bronze.build_bronze(world, [LATER])
    silver.build_silver(world, [LATER])
    power_users.build_power_users(world, again=True)
    assert power_users.recorded_versions(world) != before
    file.write_bytes(content)
    os.utime(file, ns=times)
    assert run_pass(world, Observer()).failed == {}
    assert power_users.recorded_versions(world) == before
    world.lakehouse.let_go()


def test_a_period_whose_events_have_no_duration_is_not_behind(quick_spark: Spark, tmp_path: Path) -> None:
    feed = replace(FEED, contract=MaybeTimed, page_views=(), dimensions=(), examples=())
    for day in DAYS:
        land(tmp_path, day, on("ann", day, ""))
    world = world_at(tmp_path, quick_spark, feed)
    for duration, periods in (("", set()), (50, {"rolling_28"}), ("", set())):
        land(tmp_path, LATER, on("ann", LATER, duration), on("bob", LATER, ""))
        assert run_pass(world, Observer()).failed == {}
        assert {*duration_cuts.recorded_versions(world)} == periods
        assert behind(world) == {}
    world.lakehouse.let_go()
