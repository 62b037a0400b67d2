"""A file is read half written, the run ends between two commits, and the file is again what it was: so are the tables.

What was recorded before the run is what should be recorded after it. Only what stands in between tells that tables
hold something else.
"""

import os
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from endings import EndsAfter, ProcessEndedError
from tables import differences

from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.spec import Feed, Published, UnlikelyRule
from analytics_assets.layers.behind import behind
from analytics_assets.layers.bronze import pending_arrivals
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(1200)

# All that is written in more commits than one.
FEED = replace(
    NOTES, published=(Published(name="event_data", source="silver"),), unlikely=UnlikelyRule(minute=5, hour=50)
)
DAYS = [date(2025, 1, 1) + timedelta(days=n) for n in range(33)]
EMPTY = date(2025, 1, 15)
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
DEVICES = {"ann": "mobile", "bob": "desktop", "cyd": "mobile", "dan": "desktop"}
FILE = "notes/events/2025-01-20/a.csv"
SNAPSHOT = "notes/users/2025-01-01/a.csv"
STAMP = {"event_data": ["dl_updated_at"]}
# They follow from how user days came about.
VERSIONS = {
    table: ["input_version"]
    for table in (
        *("active_users", "active_users_week", "active_users_month", "session_days", "latency", "likely_days"),
        *("device_effect", "device_loads", "duration_cuts", "engagement_concentration", "session_frequency"),
        *("entry_exit_actions", "table_versions", "user_history_versions", "retention_versions", "published_versions"),
    )
}


def lines_of(day: date) -> list[str]:
    if day == EMPTY:
        return []
    return [
        f"{user},{day} 10:{minute:02d}:00,page_view,p{minute},{(number + 1) * (minute + day.day + 1)},5.9.0"
        for number, user in enumerate(DEVICES)
        for minute in (0, 10, 20, 30)
    ] + [f"fay,{day} 10:00:00,page_view,p1,1,5.9.0"] * (day == date(2025, 1, 28))


HALF = lines_of(date(2025, 1, 20))[:8] + [f"eve,{EMPTY} 10:00:{second:02d},page_view,p1,9,5.9.0" for second in range(9)]
"""The file without its second half, and with rows of a date and a user that no other file has."""


def world_at(root: Path, spark: Spark, feed: Feed = FEED, lakehouse: str = "lakehouse", **ends: object) -> World:
    places = {"root": str(root / lakehouse), "spark": spark, "lease_wait_s": 0}
    tables = EndsAfter(**places, **ends) if ends else Lakehouse(**places)
    return World(feed, Landing(root=str(root / "landing")), tables, "test")


def finished(world: World) -> None:
    assert run_pass(world, Observer()).failed == {}
    world.lakehouse.let_go()


def write(file: Path, *lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([*lines, ""]))


@pytest.fixture(scope="module")
def notes(quick_spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notes of a month and two days, with all tables of them."""
    root = tmp_path_factory.mktemp("notes")
    for day in DAYS:
        write(root / f"landing/notes/events/{day}/a.csv", HEADER, *lines_of(day))
    users = [f"{user},2025-01-01,DE,{device},free" for user, device in DEVICES.items()]
    write(root / "landing" / SNAPSHOT, "user_id,join_date,country,device_type,subscription_type", *users)
    finished(world_at(root, quick_spark))
    return root


def assert_is_as_before(
    before: Path, root: Path, spark: Spark, file: str, lines: list[str], feed: Feed = FEED, **ends: object
) -> None:
    """Land lines for a file, end the run that reads them, put the file back with its time, and run again."""
    shutil.copytree(before, root, dirs_exist_ok=True)
    landed = root / "landing" / file
    content, times = landed.read_bytes(), (landed.stat().st_atime_ns, landed.stat().st_mtime_ns)
    write(landed, content.decode().splitlines()[0], *lines)
    with pytest.raises(ProcessEndedError):
        run_pass(world_at(root, spark, feed, **ends), Observer())
    landed.write_bytes(content)
    os.utime(landed, ns=times)
    world = world_at(root, spark, feed)
    finished(world)
    assert differences(before / "lakehouse", root / "lakehouse", feed.name, without=STAMP) == []
    assert behind(world) == {} and pending_arrivals(world) == []


OF_EVENTS = ("bronze", "tide", "event_data", "user_history")
OF_METRICS = ("retention", "device_differences", "power_users", "series_points", "unlikely_users")


@pytest.mark.parametrize("table", [*OF_EVENTS, *[pytest.param(name, marks=pytest.mark.long) for name in OF_METRICS]])
def test_a_run_that_ends_after_it_wrote_a_table_leaves_nothing_of_what_it_read(
    notes: Path, quick_spark: Spark, tmp_path: Path, table: str
) -> None:
    assert_is_as_before(notes, tmp_path, quick_spark, FILE, HALF, table=table)


def test_a_snapshot_that_was_half_read_leaves_nothing_in_the_dimension(
    notes: Path, quick_spark: Spark, tmp_path: Path
) -> None:
    assert_is_as_before(notes, tmp_path, quick_spark, SNAPSHOT, ["ann,2025-01-01,DE,mobile,free"], table="users")


def test_another_arrival_is_computed_while_a_file_is_half_read(notes: Path, quick_spark: Spark, tmp_path: Path) -> None:
    """The half-read file is read with it: dates would be computed with half of it, and their checks would fail."""
    shutil.copytree(notes, tmp_path, dirs_exist_ok=True)
    landed = tmp_path / "landing" / FILE
    content, times = landed.read_bytes(), (landed.stat().st_atime_ns, landed.stat().st_mtime_ns)
    write(landed, HEADER, *HALF)
    with pytest.raises(ProcessEndedError):
        run_pass(world_at(tmp_path, quick_spark, table="bronze"), Observer())
    # Of two dates of the file, one of which counts do not know to be its own.
    late = [f"dan,{day} 11:00:00,page_view,p1,1,5.9.0" for day in (EMPTY, date(2025, 1, 20))]
    write(tmp_path / "landing/notes/events/2025-02-02/late.csv", HEADER, *late)
    world = world_at(tmp_path, quick_spark)
    assert run_pass(world, Observer(), ["2025-02-02"]).failed == {}
    assert pending_arrivals(world) == []
    silver = world.lakehouse.rows(world.tables["silver"])
    assert (silver[EMPTY.isoformat()], silver["2025-01-20"]) == (10, 9)
    landed.write_bytes(content)
    os.utime(landed, ns=times)
    finished(world)
    finished(world_at(tmp_path, quick_spark, lakehouse="rebuilt"))
    assert differences(tmp_path / "rebuilt", tmp_path / "lakehouse", FEED.name, without=STAMP | VERSIONS) == []
    assert behind(world) == {} and pending_arrivals(world) == []


def test_a_new_arrival_that_was_half_read_and_is_gone_can_be_told_to_be_removed(
    notes: Path, quick_spark: Spark, tmp_path: Path
) -> None:
    shutil.copytree(notes, tmp_path, dirs_exist_ok=True)
    arrival = tmp_path / "landing/notes/events/2025-02-03"
    write(arrival / "a.csv", HEADER, "ann,2025-02-02 23:00:00,page_view,p1,1,5.9.0")
    with pytest.raises(ProcessEndedError):
        run_pass(world_at(tmp_path, quick_spark, table="tide"), Observer())
    shutil.rmtree(arrival)
    world = world_at(tmp_path, quick_spark)
    history = world.history()
    assert history is not None and history.as_of == DAYS[-2], "it is not read, so it closes no date"
    assert run_pass(world, Observer(), accept_removed=["2025-02-03"]).failed == {}
    world.lakehouse.let_go()
    assert differences(notes / "lakehouse", tmp_path / "lakehouse", FEED.name, without=STAMP) == []


def test_users_of_a_new_date_that_a_run_half_wrote_may_not_be_of_it(
    notes: Path, quick_spark: Spark, tmp_path: Path
) -> None:
    shutil.copytree(notes, tmp_path, dirs_exist_ok=True)
    late = tmp_path / "landing/notes/events/2025-01-20/late.csv"
    on = "{},{} 10:00:00,page_view,p1,1,5.9.0".format
    write(late, HEADER, on("eve", EMPTY), on("fay", EMPTY))
    with pytest.raises(ProcessEndedError):
        run_pass(world_at(tmp_path, quick_spark, table="user_history"), Observer())
    write(late, HEADER, on("fay", "2025-01-16"))
    world = world_at(tmp_path, quick_spark)
    finished(world)
    histories = world.lakehouse.arrow(world.tables["user_history"], ["user_id", "first_date", "day_bits"]).to_pylist()
    assert {row["user_id"]: (row["first_date"], row["day_bits"]) for row in histories if row["user_id"] > "e"} == {
        "fay": (date(2025, 1, 16), 1 + 2**12)
    }
    finished(world_at(tmp_path, quick_spark, lakehouse="rebuilt"))
    assert differences(tmp_path / "rebuilt", tmp_path / "lakehouse", FEED.name, without=STAMP | VERSIONS) == []


def test_a_date_whose_open_sessions_were_other_ones_is_computed_again(quick_spark: Spark, tmp_path: Path) -> None:
    """Silver of the second date has the version that it had, since no file of it changed: the edges tell."""
    before, root = tmp_path / "before", tmp_path / "after"
    header = "user_id,event_id,product_code,timestamp"
    write(
        before / "landing/ide/2025-01-28/a.csv", header, "ann,a,IU,2025-01-27 23:55:00", "ann,a,IU,2025-01-27 23:59:00"
    )
    write(before / "landing/ide/2025-01-29/a.csv", header, "ann,a,IU,2025-01-28 00:02:00")
    write(before / "landing/ide/2025-01-30/a.csv", header)
    finished(world_at(before, quick_spark, IDE))
    half = ["ann,a,IU,2025-01-27 23:55:00"]
    assert_is_as_before(before, root, quick_spark, "ide/2025-01-28/a.csv", half, feed=IDE, table="silver")
