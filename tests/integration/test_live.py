"""A live run counts load times as files land; no stop, kill or change of a file loses or doubles a load."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable
from live_recount import HEADER, Cell, file_of, land, lines_at, recount
from places import LONGEST_S, Place, kill_group
from tables import rows_of

from analytics_assets.attempts import FEED_TAG
from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers.world import World
from analytics_assets.live import run_live
from analytics_assets.live_jobs import live_jobs
from analytics_assets.live_progress import Progress
from asset_checks.live_checks import LIVE_AGREES, judge
from resources.errors import UserError
from resources.landing import LandingError
from resources.lease import LeaseError
from resources.spark import Spark, SparkError

pytestmark = pytest.mark.timeout(1800)

TABLE = "live_latency_buckets"
HOURS = 6
DAY = datetime(2025, 3, 2)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, tmp_path / "landing")


def some_files(place: Place, number: int, hour: int = 9, day: datetime = DAY, seed: int = 0) -> list[Path]:
    """Files of half an hour each that land one after the other."""
    made = [file_of(place.landing, f"{day:%Y-%m-%d}", f"{hour:02d}-{at}.csv") for at in range(number)]
    for at, path in enumerate(made):
        land(path, lines_at(seed + at, day + timedelta(hours=hour, minutes=30 * at)))
    return made


def once(place: Place, spark: Spark, watching: Callable[[Progress], None] | None = None) -> list[Progress]:
    """A live run, in this process, of what has landed by now; what it told."""
    told: list[Progress] = []
    places = place.resources(spark)
    run_live(
        NOTES,
        places["landing"],
        places["lakehouse"],
        place.root / "state",
        hours=HOURS,
        once=True,
        watching=watching or told.append,
        is_stopped=lambda: False,
    )
    return told


def counted(place: Place) -> dict[Cell, int]:
    """Loads in the live table by cell."""
    cells: dict[Cell, int] = {}
    for row in rows_of(place.lakehouse, "notes", TABLE):
        minute = row["minute"].replace(tzinfo=None)
        cell = (row["file"], minute, row["app_version"], row["device_type"], row["bucket"])
        assert cell not in cells, f"{cell} stands twice"
        cells[cell] = row["loads"]
    return cells


def test_what_landed_is_counted_once_however_often_it_is_read(place: Place, quick_spark: Spark) -> None:
    some_files(place, 4)
    told = once(place, quick_spark)
    expected = recount(place.landing, HOURS)
    assert counted(place) == expected and sum(expected.values()) > 100
    assert sum(progress.files for progress in told) == 4
    assert sum(progress.rejected for progress in told) == 3 * 4
    assert sum(progress.accepted for progress in told) == 66 * 4
    assert once(place, quick_spark) == [], "the checkpoint knows what was read"
    some_files(place, 2, hour=13, seed=50)
    assert [progress.files for progress in once(place, quick_spark)] == [2]
    assert counted(place) == recount(place.landing, HOURS)


def test_a_micro_batch_that_was_written_and_not_noted_comes_again_and_doubles_nothing(
    place: Place, quick_spark: Spark
) -> None:
    some_files(place, 3)

    def die(progress: Progress) -> None:
        raise RuntimeError("the process ends here")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="the process ends here"):
            once(place, quick_spark, die)
    some_files(place, 2, hour=12, seed=7)
    once(place, quick_spark)
    assert counted(place) == recount(place.landing, HOURS)


def test_live_load_times_are_compared_with_those_of_their_date(place: Place, quick_spark: Spark) -> None:
    some_files(place, 4)
    land(file_of(place.landing, f"{DAY + timedelta(days=1):%Y-%m-%d}", "next.csv"), [])
    once(place, quick_spark)
    place.run(NOTES, quick_spark)
    places = place.resources(quick_spark)
    world = World(NOTES, places["landing"], places["lakehouse"], "test")
    key = f"{DAY:%Y-%m-%d}"
    found = judge(world, [key])[LIVE_AGREES.name][key]
    assert found.passed and found.figures["live_loads"] == found.figures["loads"] > 100
    assert found.figures["live_p95_ms"] == found.figures["p95_ms"]
    table = world.tables[TABLE]
    rows = world.lakehouse.arrow(table)
    slower = pc.add(rows["bucket"], pa.scalar(10, pa.int32()))
    world.lakehouse.put(table, rows.set_column(rows.column_names.index("bucket"), "bucket", slower), "test", [])
    world.lakehouse.let_go()
    assert not judge(world, [key])[LIVE_AGREES.name][key].passed
    assert judge(world, ["2025-03-01"])[LIVE_AGREES.name]["2025-03-01"].passed, "no minute of that date is known"


def test_a_lost_checkpoint_costs_time_and_no_load(place: Place, quick_spark: Spark) -> None:
    some_files(place, 3)
    once(place, quick_spark)
    (place.root / "state" / "live").rename(place.root / "lost")
    assert sum(progress.files for progress in once(place, quick_spark)) == 3
    assert counted(place) == recount(place.landing, HOURS)


def test_a_lost_table_is_counted_anew_from_what_landed(place: Place, quick_spark: Spark) -> None:
    some_files(place, 3)
    once(place, quick_spark)
    (place.lakehouse / "notes" / TABLE).rename(place.root / "lost")
    once(place, quick_spark)
    assert counted(place) == recount(place.landing, HOURS)


def test_a_file_that_was_read_half_written_is_read_again(place: Place, quick_spark: Spark) -> None:
    [*_, growing] = some_files(place, 2)
    whole = growing.read_text()
    growing.write_text(whole[: len(whole) // 2])
    once(place, quick_spark)
    half = counted(place)
    growing.write_text(whole)
    [progress] = once(place, quick_spark)
    assert (progress.files, progress.again) == (1, True)
    assert counted(place) == recount(place.landing, HOURS) != half


def test_a_file_that_was_empty_when_it_was_listed_is_read_when_it_is_not(place: Place, quick_spark: Spark) -> None:
    """Spark's source takes note of an empty file, and says nothing of it, now or later."""
    some_files(place, 1)
    slow = file_of(place.landing, "2025-03-02", "slow.csv")
    slow.write_bytes(b"")
    once(place, quick_spark)
    slow.write_text(f"{HEADER}\nu1,2025-03-02 09:20:00,page_view,p1,0,5.9.0\n")
    assert [(progress.files, progress.landed) for progress in once(place, quick_spark)] == [(1, 1)]
    assert counted(place) == recount(place.landing, HOURS)


def test_a_name_for_which_spark_cannot_list_the_folder_hides_no_other_file(place: Place, quick_spark: Spark) -> None:
    some_files(place, 2)
    land(file_of(place.landing, "2025-03-02", "10:00.csv"), lines_at(3, DAY + timedelta(hours=9)))
    told = once(place, quick_spark)
    assert [line.split(": ")[1] for progress in told for line in progress.quarantined] == ["file_name"]
    expected = recount(place.landing, HOURS)
    assert counted(place) == {cell: loads for cell, loads in expected.items() if ":" not in cell[0]} != expected


def test_files_that_cannot_be_read_are_told_and_the_rest_is_counted(place: Place, quick_spark: Spark) -> None:
    some_files(place, 1)
    land(file_of(place.landing, "2025-03-02", "header.csv"), ["u1,2025-03-02 09:00:00"], header="user,time")
    file_of(place.landing, "2025-03-02", "bytes.csv").write_bytes(bytes(range(256)) * 20)
    file_of(place.landing, "2025-03-02", "empty.csv").write_bytes(b"")
    file_of(place.landing, "2025-03-02", "notes.csv.tmp").write_text("unfinished")
    told = once(place, quick_spark)
    quarantined = sorted(line.split(": ")[1] for progress in told for line in progress.quarantined)
    assert quarantined == ["file_empty", "file_header", "file_header"]
    assert sum(progress.files for progress in told) == 4 and sum(progress.rejected for progress in told) == 3 + 3, (
        "a file is one row"
    )
    assert {cell[0] for cell in counted(place)} == {"notes/events/2025-03-02/09-0.csv"}


def test_dates_that_a_pass_has_closed_give_way_and_users_have_the_devices_of_the_newest_snapshot(
    place: Place, quick_spark: Spark
) -> None:
    next_day = DAY + timedelta(days=1)
    some_files(place, 2, hour=23)
    users = place.landing / "notes" / "users" / "2025-03-02" / "users.csv"
    land(users, ["u1,2025-01-01,DE,iPad,free"], header="user_id,join_date,country,device_type,subscription_type")
    once(place, quick_spark)
    assert counted(place) == recount(place.landing, HOURS), "before the first pass no user is known"
    some_files(place, 2, hour=0, day=next_day, seed=9)
    place.run(NOTES, quick_spark)
    once(place, quick_spark)
    expected = recount(place.landing, HOURS, open_since=next_day, devices={"u1": "iPad"})
    late = {cell for cell in expected if "2025-03-02/" in cell[0]}
    assert not any(cell[1] < next_day for cell in counted(place))
    # Files that were read before keep the devices that were known then.
    told = {cell: loads for cell, loads in counted(place).items() if "2025-03-03/" in cell[0]}
    assert told == {cell: loads for cell, loads in expected.items() if cell not in late} and told


def test_what_cannot_be_followed_is_said(place: Place, quick_spark: Spark) -> None:
    places: Any = place.resources(quick_spark)

    def follow(**other: Any) -> None:
        given = {"feed": NOTES, "landing": places["landing"], "lakehouse": places["lakehouse"], **other}
        run_live(
            **given,
            state=place.root / "state",
            hours=HOURS,
            once=True,
            watching=lambda progress: None,
            is_stopped=lambda: False,
        )

    with pytest.raises(UserError, match="ide has no load times"):
        follow(feed=IDE)
    with pytest.raises(LandingError, match="notes/events"):
        follow()
    engine = place.resources(Spark(master="sc://127.0.0.1:15002"))["lakehouse"]
    with pytest.raises(SparkError, match=r"cannot use the engine at sc://127.0.0.1:15002.*local\[\*\]"):
        follow(lakehouse=engine)
    some_files(place, 1)
    with pytest.raises(LeaseError, match="a live run of notes is under way"):
        once(place, quick_spark, lambda progress: follow())


def wait_until(is_so: Callable[[], bool], child: "subprocess.Popen[str]", place: Place) -> None:
    until = time.monotonic() + LONGEST_S
    while not is_so():
        said = (place.root / "out").read_text() + (place.root / "err").read_text()
        assert child.poll() is None and time.monotonic() < until, said
        time.sleep(0.02)


def commits(place: Place) -> int:
    location = str(place.lakehouse / "notes" / TABLE)
    return DeltaTable(location).version() if DeltaTable.is_deltatable(location) else -1


@pytest.mark.long
def test_a_run_that_is_killed_at_any_moment_and_runs_beside_a_pass_loses_and_doubles_nothing(
    place: Place, quick_spark: Spark
) -> None:
    some_files(place, 2)
    for kill in range(3):
        child = place.start("live", "notes")
        try:
            before = commits(place)
            wait_until(lambda before=before: commits(place) > before, child, place)  # type: ignore[misc]
            some_files(place, 2, hour=10 + kill, seed=20 * kill)
            time.sleep(0.7 * kill)
        finally:
            kill_group(child)
        some_files(place, 1, hour=13 + kill, seed=100 + kill)
    child = place.start("live", "notes")
    try:
        place.run(NOTES, quick_spark)
        wait_until(lambda: counted(place) == recount(place.landing, HOURS), child, place)
        before = commits(place)
        some_files(place, 1, hour=17, seed=300)
        wait_until(lambda: commits(place) > before, child, place)
        os.kill(child.pid, signal.SIGTERM)
        assert child.wait(LONGEST_S) == 0
    finally:
        kill_group(child)
    said = (place.root / "out").read_text()
    assert "stopped: what was counted is whole" in said and "lag " in said
    assert "Traceback" not in (place.root / "err").read_text()
    assert counted(place) == recount(place.landing, HOURS)
    shown = place.done("live", "notes", "--show")
    assert "notes, live: " in shown and "5.10.0" in shown


def test_the_job_counts_the_same_and_is_no_run_for_which_a_pass_waits(place: Place, quick_spark: Spark) -> None:
    some_files(place, 2)
    with place.instance() as instance:
        [job] = live_jobs(NOTES)
        ended = job.execute_in_process(
            instance=instance,
            resources=place.resources(quick_spark),
            run_config={
                "ops": {"notes_live_minutes": {"config": {"once": True}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
        said = [str(event.message) for event in instance.all_logs(ended.run_id)]
        assert FEED_TAG not in instance.get_run_by_id(ended.run_id).tags  # type: ignore[union-attr]
    assert counted(place) == recount(place.landing, HOURS)
    assert any("2 files, " in line and " lag " in line for line in said)
