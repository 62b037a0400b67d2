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


def lines_of(day: date) -> list[str]:
    if day == EMPTY:
        return []
    return [
        f"{user},{day} 10:{minute:02d}:00,page_view,p{minute},{(number + 1) * (minute + day.day + 1)},5.9.0"
        for number, user in enumerate(DEVICES)
        for minute in (0, 10, 20, 30)
    ]


HALF = lines_of(date(2025, 1, 20))[:8] + [f"eve,{EMPTY} 10:00:{second:02d},page_view,p1,9,5.9.0" for second in range(9)]
"""The file without its second half, and with rows of a date and a user that no other file has."""


def world_at(root: Path, spark: Spark, feed: Feed = FEED, **ends: object) -> World:
    places = {"root": str(root / "lakehouse"), "spark": spark, "lease_wait_s": 0}
    lakehouse = EndsAfter(**places, **ends) if ends else Lakehouse(**places)
    return World(feed, Landing(root=str(root / "landing")), lakehouse, "test")


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


def assert_is_as_before(before: Path, root: Path, spark: Spark, file: str, lines: list[str], **ends: object) -> None:
    """Land lines for a file, end the run that reads them, put the file back with its time, and run again."""
    shutil.copytree(before, root, dirs_exist_ok=True)
    landed = root / "landing" / file
    content, times = landed.read_bytes(), (landed.stat().st_atime_ns, landed.stat().st_mtime_ns)
    write(landed, content.decode().splitlines()[0], *lines)
    with pytest.raises(ProcessEndedError):
        run_pass(world_at(root, spark, **ends), Observer())
    landed.write_bytes(content)
    os.utime(landed, ns=times)
    world = world_at(root, spark)
    finished(world)
    assert differences(before / "lakehouse", root / "lakehouse", FEED.name, without=STAMP) == []
    assert behind(world) == {} and pending_arrivals(world) == []


TABLES = (
    "bronze",
    "tide",
    "event_data",
    "user_history",
    "retention",
    "device_differences",
    "power_users",
    "series_points",
    "unlikely_users",
)


@pytest.mark.parametrize("table", TABLES)
def test_a_run_that_ends_after_a_table_and_what_it_read_is_gone(
    notes: Path, quick_spark: Spark, tmp_path: Path, table: str
) -> None:
    assert_is_as_before(notes, tmp_path, quick_spark, FILE, HALF, table=table)
