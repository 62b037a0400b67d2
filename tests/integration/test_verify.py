"""Verification: a good lakehouse equals its rebuild; a row that was altered, lost or added is named."""

import io
import os
import shutil
import signal
import time
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from places import LONGEST_S, Place, kill_group
from rich.console import Console

from analytics_assets.commands.verify import print_verified
from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.verification import Verified, verify
from resources.errors import UserError
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(1200)

TABLES = {
    *("bronze", "counts", "tide", "silver", "sessions", "user_days", "users", "users_rejected"),
    *("active_users", "active_users_week", "active_users_month"),
    *("session_days", "user_history", "user_history_versions", "retention_versions", "retention"),
    *("latency_buckets", "latency", "device_effect", "device_differences", "device_pairs", "device_loads"),
    *("duration_buckets", "duration_cuts", "power_users", "engagement_concentration"),
    *("series_points", "anomalies", "unlikely_users", "likely_days"),
    *("activity_mix", "object_days", "session_frequency", "entry_exit_actions", "session_hours", "profiles"),
}
ARCHIVED = "2025-02-27"


def copy_of(place: Place, root: Path, landing: bool = False) -> Place:
    shutil.copytree(place.lakehouse, root / "lakehouse")
    if landing:
        shutil.copytree(place.landing, root / "landing")
    return Place(root, root / "landing" if landing else place.landing)


def verified(
    place: Place, spark: Spark, observer: Observer | None = None, first: date | None = None, last: date | None = None
) -> Verified:
    lakehouse = Lakehouse(root=str(place.lakehouse), spark=spark, lease_wait_s=0)
    world = World(FEED, Landing(root=str(place.landing)), lakehouse, run_id="")
    scratch = place.root / "scratch"
    try:
        return verify(world, scratch, observer or Observer(), first, last)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def words(found: Verified) -> str:
    out = io.StringIO()
    print_verified("notes", found, Console(file=out, width=100))
    return out.getvalue()


def table(place: Place, name: str) -> DeltaTable:
    return DeltaTable(str(place.lakehouse / "notes" / name))


def put(place: Place, name: str, rows: pa.Table) -> None:
    write_deltalake(str(place.lakehouse / "notes" / name), rows, mode="overwrite")


@pytest.mark.long
def test_a_good_lakehouse_is_equal_to_its_rebuild(notes: Place, quick_spark: Spark, tmp_path: Path) -> None:
    place = copy_of(notes, tmp_path)
    found = verified(place, quick_spark)
    assert found.is_equal and found.notes == []
    rows = {one.table: one.live for one in found.tables}
    assert rows.keys() == TABLES
    assert rows["silver"] == table(place, "silver").to_pyarrow_table().num_rows > 0
    assert f"equal: bronze {rows['bronze']:,} rows" in words(found)


@pytest.mark.long
def test_rows_that_were_altered_lost_and_added_are_named_in_the_range_that_is_asked_for(
    notes: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    place = copy_of(notes, tmp_path)
    sessions = table(place, "sessions")
    rows = sessions.to_pyarrow_table().sort_by("session_id").to_pylist()
    altered = next(row for row in rows if row["session_date"] == date(2025, 3, 1))
    lost = next(row for row in rows if row["session_date"] == date(2025, 3, 2))
    sessions.update(predicate=f"session_id = '{altered['session_id']}'", updates={"actions": "77"})
    sessions.delete(f"session_id = '{lost['session_id']}'")
    found = verified(place, quick_spark)
    (different,) = [one for one in found.tables if not one.is_equal]
    assert (different.table, different.live_alone, different.rebuilt_alone) == ("sessions", 1, 2)
    told = words(found)
    assert f"session_id '{altered['session_id']}': actions: saw 77, expected {altered['actions']}" in told
    assert f"session_id '{lost['session_id']}': in the rebuild alone: user_id '{lost['user_id']}'" in told
    assert "equal: bronze, " in told and "equal: sessions" not in told

    one_day = verified(place, quick_spark, first=date(2025, 3, 2), last=date(2025, 3, 2))
    (different,) = [one for one in one_day.tables if not one.is_equal]
    assert (different.live_alone, different.rebuilt_alone) == (0, 1)


@pytest.mark.long
def test_an_archived_arrival_is_taken_from_bronze_and_tables_after_it_are_compared(
    notes: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    place = copy_of(notes, tmp_path, landing=True)
    shutil.rmtree(place.landing / "notes/events" / ARCHIVED)
    user_days = table(place, "user_days")
    on_date = user_days.to_pyarrow_table(filters=[("event_date", "=", date.fromisoformat(ARCHIVED))])
    (row,) = on_date.slice(0, 1).to_pylist()
    user_days.delete(f"user_id = '{row['user_id']}' AND event_date = '{ARCHIVED}'")
    found = verified(place, quick_spark)
    assert [note.split(":")[0] for note in found.notes] == [f"1 arrival ({ARCHIVED}) of events gone from landing"]
    (different,) = [one for one in found.tables if not one.is_equal]
    assert (different.table, different.live_alone, different.rebuilt_alone) == ("user_days", 0, 1)
    assert different.first[0]["user_id"] == row["user_id"]


@pytest.mark.long
def test_a_landing_that_is_empty_leaves_all_to_bronze(notes: Place, quick_spark: Spark, tmp_path: Path) -> None:
    place = copy_of(notes, tmp_path)
    (tmp_path / "empty").mkdir()
    found = verified(Place(place.root, tmp_path / "empty"), quick_spark)
    assert found.is_equal, words(found)
    assert [note.split(" gone")[0] for note in found.notes] == [
        "8 arrivals (2025-02-26 to 2025-03-05) of events",
        "2 arrivals (2025-02-26 to 2025-03-01) of users",
    ]


class Writes(Observer):
    """Writes into a live table while verification compares."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def stage(self, name: str, partitions: int) -> None:
        if name == "comparing silver":
            table(self._place, "silver").delete("user_id = 'nobody'")
            days = table(self._place, "tide").to_pyarrow_table()
            put(self._place, "tide", days)


@pytest.mark.long
def test_it_says_what_explains_a_difference(notes: Place, quick_spark: Spark, tmp_path: Path) -> None:
    place = copy_of(notes, tmp_path, landing=True)
    file = next((place.landing / "notes/events" / ARCHIVED).iterdir())
    file.write_bytes(b"\n".join(file.read_bytes().splitlines()[:-5]) + b"\n")
    found = verified(place, quick_spark, Writes(place))
    assert not found.is_equal
    told = words(found)
    assert f"note: landing has 1 arrival ({ARCHIVED}) that the live tables have not read as they are" in told
    assert "note: the live tables were written meanwhile (tide)" in told


def test_it_ends_with_one_sentence_where_there_is_nothing(notes: Place, quick_spark: Spark, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing has been read yet, so there is nothing to verify"):
        verified(Place(tmp_path, notes.landing), quick_spark)


@pytest.mark.long
def test_the_command_ends_with_1_and_names_the_row_and_leaves_nothing_behind(
    notes: Place, engine_url: str, tmp_path: Path
) -> None:
    place = copy_of(notes, tmp_path)
    assert "equal: bronze" in place.done("verify", "notes", TIDEBOOK_SPARK_MASTER=engine_url)
    silver = table(place, "silver")
    row = silver.to_pyarrow_table().sort_by([("user_id", "ascending"), ("event_time", "ascending")]).to_pylist()[0]
    silver.update(
        predicate=f"user_id = '{row['user_id']}' AND event_time = '{row['event_time'].isoformat()}'",
        updates={"duration_ms": "7199999"},
    )
    left = place.root / "state" / f"verify-notes-{2**22 + 1}"  # of a process that cannot be there
    left.mkdir()
    ended = place.command("verify", "notes", "--to", str(row["event_date"]), TIDEBOOK_SPARK_MASTER=engine_url)
    assert ended.returncode == 1
    assert "different: notes/silver has" in ended.stdout and row["user_id"] in ended.stdout
    assert "duration_ms" in ended.stdout and "Traceback" not in ended.stdout + ended.stderr
    assert not list((place.root / "state").glob("verify-*"))


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_verification_that_is_stopped_removes_its_rebuild(
    notes: Place, engine_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    place = copy_of(notes, tmp_path)
    child = place.start("verify", "notes", TIDEBOOK_SPARK_MASTER=engine_url)
    try:
        until = time.monotonic() + LONGEST_S
        while not list((place.root / "state").glob("verify-notes-*/notes/bronze")):
            assert child.poll() is None and time.monotonic() < until, (place.root / "err").read_text()
            time.sleep(0.05)
        os.kill(child.pid, number)
        assert child.wait(timeout=120) == 130, (place.root / "err").read_text()
    finally:
        kill_group(child)
    assert not list((place.root / "state").glob("verify-*"))
    told = (place.root / "out").read_text() + (place.root / "err").read_text()
    assert "the live tables were only read" in " ".join(told.lower().split()) and "Traceback" not in told
