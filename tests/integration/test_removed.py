"""Files that are gone: what leaves the tables, what stays, and what a person must say first."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import DeltaTable
from places import Place
from tables import differences, rows_of

from analytics_assets.feeds.notes import FEED as NOTES
from resources.errors import UserError
from resources.spark import Spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
FEED = replace(NOTES, look_back_days=1)
OLD, NEW, NEWEST = "2025-03-01", "2025-03-03", "2025-03-04"


def land(place: Place, arrival: str, name: str, *days: str) -> Path:
    """A file of an arrival with one event of each of the days, by a user named after the file."""
    path = place.landing / "notes" / "events" / arrival / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(f"{name},{day} 10:00:00,view,p1,10,5.1.0\n" for day in days))
    os.utime(path, (1_740_000_000, 1_740_000_000))
    return path


@pytest.fixture
def place(tmp_path: Path, quick_spark: Spark) -> Place:
    """Three arrivals with two files each, which were read."""
    made = Place(tmp_path, tmp_path / "landing")
    for arrival in (OLD, NEW, NEWEST):
        land(made, arrival, "ann", arrival)
        land(made, arrival, "bob", arrival)
    made.run(FEED, quick_spark)
    return made


def users(place: Place) -> dict[str, set[str]]:
    """Users by the date on which they stand in silver."""
    found: dict[str, set[str]] = {}
    for row in rows_of(place.lakehouse, "notes", "silver"):
        found.setdefault(row["event_date"].isoformat(), set()).add(row["user_id"])
    return found


def assert_equals_a_rebuild(place: Place, spark: Spark, root: Path) -> None:
    rebuilt = Place(root, place.landing)
    rebuilt.run(FEED, spark)
    assert differences(rebuilt.lakehouse, place.lakehouse, "notes", without={"touched": ["event_date"]}) == []


def warnings(place: Place) -> list[str]:
    """What the newest run of the pass warned of."""
    with place.instance() as instance:
        [record] = instance.get_run_records(limit=1)
        entries = instance.all_logs(record.dagster_run.run_id)
        return [entry.user_message for entry in entries if entry.level == 30]


def test_what_was_removed_in_the_look_back_disappears_and_older_losses_wait_for_a_person(
    place: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    for arrival in (OLD, NEW):
        (place.landing / "notes" / "events" / arrival / "bob.csv").unlink()
    place.run(FEED, quick_spark)
    assert users(place) == {OLD: {"ann", "bob"}, NEW: {"ann"}, NEWEST: {"ann", "bob"}}
    [line] = warnings(place)
    assert line.startswith(f"arrival {OLD} stays as it was read: notes/events/{OLD}/bob.csv is no longer in landing")
    place.run(FEED, quick_spark, arrivals=[OLD])
    assert users(place)[OLD] == {"ann", "bob"}, "to read it again is not to say that a file was removed"
    place.materialize(FEED, quick_spark, ["bronze"], OLD)
    assert users(place)[OLD] == {"ann", "bob"}
    place.run(FEED, quick_spark, accept_removed=[OLD])
    assert users(place) == {OLD: {"ann"}, NEW: {"ann"}, NEWEST: {"ann", "bob"}}
    assert_equals_a_rebuild(place, quick_spark, tmp_path / "again")


def test_an_arrival_that_is_gone_as_a_whole_stays_until_a_person_says_that_it_was_removed(
    place: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    shutil.rmtree(place.landing / "notes" / "events" / NEW)
    place.run(FEED, quick_spark)
    assert users(place)[NEW] == {"ann", "bob"}
    place.run(FEED, quick_spark, accept_removed=[NEW])
    assert users(place) == {OLD: {"ann", "bob"}, NEWEST: {"ann", "bob"}}
    assert_equals_a_rebuild(place, quick_spark, tmp_path / "again")
    with pytest.raises(UserError, match=f"saw arrival {NEW} neither in landing nor in what was read"):
        place.run(FEED, quick_spark, accept_removed=[NEW])


def test_a_run_that_ended_between_tide_and_counts_is_finished_by_the_next(place: Place, quick_spark: Spark) -> None:
    counts = str(place.lakehouse / "notes" / "counts")
    silver = str(place.lakehouse / "notes" / "silver")
    before, silver_before = DeltaTable(counts).version(), DeltaTable(silver).version()
    land(place, NEWEST, "cid", OLD)
    place.run(FEED, quick_spark)
    DeltaTable(counts).restore(before)  # as if the run had ended there, before silver looked
    DeltaTable(silver).restore(silver_before)
    assert "cid" not in users(place)[OLD]
    place.run(FEED, quick_spark)
    assert "cid" in users(place)[OLD]
