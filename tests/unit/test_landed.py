"""What must be read: files that are new, changed or removed, and arrivals that stay as they were read."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import landed
from analytics_assets.layers.world import Compared, World, compared, look_back_begin, stamped
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.lakehouse import Lakehouse
from resources.landing import LandedFile, Landing, LandingError
from resources.spark import Spark

OLD, NEW = "2025-01-03", "2025-03-01"
SINCE = "2025-02-01"


def files(*names: str) -> list[LandedFile]:
    """Files "arrival/name", whose fingerprint follows a sign = in the name, if there is one."""
    found = []
    for text in names:
        path, _, fingerprint = text.partition("=")
        found.append(
            LandedFile(arrival=path[:10], path=path, uri="", arrow_uri="", size=1, fingerprint=fingerprint or "f")
        )
    return found


def read(*names: str) -> pa.Table:
    """What counts holds after these files were read."""
    rows = [
        {
            "source": EVENTS_SOURCE,
            "standing": LANDED,
            "arrival": file.arrival,
            "file": file.path,
            "fingerprint": stamped(file, "v"),
        }
        for file in files(*names)
    ]
    columns = ("source", "standing", "arrival", "file", "fingerprint")
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})


def standing(here: list[str], before: list[str], accepted: tuple[str, ...] = ()) -> Compared:
    return compared(files(*here), read(*before), EVENTS_SOURCE, "v", SINCE, accepted)


def test_what_was_read_as_it_stands_is_not_read_again() -> None:
    assert standing([f"{NEW}/a", f"{OLD}/a"], [f"{NEW}/a", f"{OLD}/a"]) == Compared([], {})


@pytest.mark.parametrize("arrival", [OLD, NEW])
def test_a_new_or_changed_file_is_read_in_any_arrival(arrival: str) -> None:
    assert standing([f"{arrival}/a"], []) == Compared([arrival], {})
    assert standing([f"{arrival}/a", f"{arrival}/b"], [f"{arrival}/a"]) == Compared([arrival], {})
    assert standing([f"{arrival}/a=changed"], [f"{arrival}/a"]) == Compared([arrival], {})


def test_a_file_that_is_missing_from_the_look_back_was_removed() -> None:
    assert standing([f"{NEW}/a"], [f"{NEW}/a", f"{NEW}/b"]) == Compared([NEW], {})
    assert standing([f"{SINCE}/a"], [f"{SINCE}/a", f"{SINCE}/b"]) == Compared([SINCE], {})


def test_an_older_arrival_with_a_missing_file_is_archived_whatever_else_changed() -> None:
    assert standing([f"{OLD}/a"], [f"{OLD}/a", f"{OLD}/b"]) == Compared([], {OLD: [f"{OLD}/b"]})
    assert standing([f"{OLD}/a=changed", f"{OLD}/c"], [f"{OLD}/a", f"{OLD}/b"]) == Compared([], {OLD: [f"{OLD}/b"]})


def test_a_person_may_say_that_an_older_file_was_removed() -> None:
    assert standing([f"{OLD}/a"], [f"{OLD}/a", f"{OLD}/b"], (OLD,)) == Compared([OLD], {})


@pytest.mark.parametrize("gone", ["2025-01-04", "2025-02-28"])
def test_an_arrival_without_any_file_stays(gone: str) -> None:
    assert standing([f"{NEW}/x"], [f"{NEW}/x", f"{gone}/a"]) == Compared([], {})
    assert standing([], [f"{gone}/a"]) == Compared([], {})


def test_other_rules_ask_for_all_arrivals() -> None:
    found = compared(files(f"{NEW}/a", f"{OLD}/a"), read(f"{NEW}/a", f"{OLD}/a"), EVENTS_SOURCE, "w", SINCE, ())
    assert found == Compared([OLD, NEW], {})


def test_the_look_back_counts_from_an_arrival_and_not_from_the_clock() -> None:
    assert look_back_begin("2025-03-01", 35) == "2025-01-25"
    assert look_back_begin("2025-03-01T05", 0) == "2025-03-01"
    assert look_back_begin("2025-03-01T05", 0) <= "2025-03-01T00"


def test_a_line_names_what_is_missing_and_what_to_do() -> None:
    [line] = landed.archived_lines(FEED, {OLD: [f"{OLD}/b", f"{OLD}/c"]})
    assert line == (
        f"arrival {OLD} stays as it was read: {OLD}/b (and 1 more) is no longer in landing, and the arrival is older "
        f"than 35 days before the newest. If it was removed: tidebook run notes --accept-removed {OLD}"
    )


def world_of(root: Path, **changes: object) -> World:
    lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=Spark(master="local[1]"))
    return World(replace(FEED, **changes), Landing(root=str(root / "landing")), lakehouse, "test")


def put(root: Path, written: Mapping[str, float]) -> None:
    """Write files of arrivals, each with the time when it was last written."""
    for name, at_s in written.items():
        path = root / "landing" / "notes" / "events" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
        os.utime(path, (at_s, at_s))


NOW = 1_740_000_000.0


def looked(world: World, now_s: float = NOW) -> landed.Found:
    source = landed.events_source(world.feed)
    names = world.landing.names(source.pattern)
    return landed.look(world, source, names, names[-1], now_s)


def test_a_file_that_is_still_young_holds_back_its_arrival_alone(tmp_path: Path) -> None:
    put(tmp_path, {f"{OLD}/a.csv": NOW - 60, f"{NEW}/a.csv": NOW - 500, f"{NEW}/b.csv": NOW - 59})
    world = world_of(tmp_path)
    found = looked(world)
    assert found.pending == [OLD]
    assert found.unsettled == {NEW: f"{NEW} waits for notes/events/{NEW}/b.csv to be 60 s old"}
    assert looked(world, NOW + 1).pending == [OLD, NEW]


def test_a_clock_that_runs_ahead_is_not_waited_for(tmp_path: Path) -> None:
    put(tmp_path, {f"{NEW}/a.csv": NOW + 86_400})
    assert looked(world_of(tmp_path)).pending == [NEW]


def test_where_a_marker_is_declared_it_alone_says_that_an_arrival_is_complete(tmp_path: Path) -> None:
    put(tmp_path, {f"{NEW}/a.csv": NOW})
    world = world_of(tmp_path, marker="_SUCCESS")
    assert looked(world, NOW + 9_999).unsettled == {NEW: f"{NEW} waits for notes/events/{NEW}/_SUCCESS"}
    put(tmp_path, {f"{NEW}/_SUCCESS": NOW})
    assert looked(world).pending == [NEW]


def test_more_arrivals_than_are_listed_together_are_all_looked_at(tmp_path: Path) -> None:
    days = [f"2025-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 29)]
    put(tmp_path, {f"{day}/a.csv": 1.0 for day in days})
    found = looked(world_of(tmp_path))
    assert (found.pending, found.files) == (days, 56)
    assert {len(fingerprints) for fingerprints in found.fingerprints.values()} == {1}


def test_a_landing_without_a_file_is_an_error_for_events(tmp_path: Path) -> None:
    (tmp_path / "landing" / "notes" / "events" / NEW).mkdir(parents=True)
    world = world_of(tmp_path)
    with pytest.raises(LandingError, match="saw no file of feed notes, expected notes/events"):
        landed.look_at_all(world, landed.events_source(FEED))


def test_names_are_given_without_a_look_into_them(tmp_path: Path) -> None:
    put(tmp_path, {f"{OLD}/a.csv": 1.0, "not-a-date/a.csv": 1.0})
    (tmp_path / "landing" / "notes" / "events" / NEW).mkdir()
    assert Landing(root=str(tmp_path / "landing")).names(FEED.landing) == [OLD, NEW]
