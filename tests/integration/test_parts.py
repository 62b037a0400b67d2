"""Many files are read in parts: each stands by itself, and all together are what one reading makes."""

from pathlib import Path

import pytest
from places import Place
from tables import differences

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import bronze
from analytics_assets.layers.bronze import BuiltBronze, parts
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from resources.landing import LandedFile
from resources.spark import Spark

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
ARRIVALS = ["2025-02-27", "2025-02-28", "2025-03-01"]


def files(*numbers: int) -> list[LandedFile]:
    """So many files of ten bytes of each arrival."""
    return [
        LandedFile(arrival=f"a{arrival}", path=f"{arrival}/{n}", uri="", arrow_uri="", size=10, fingerprint="")
        for arrival, number in enumerate(numbers)
        for n in range(number)
    ]


def arrivals_of(part: list[LandedFile]) -> dict[str, int]:
    return {file.arrival: sum(other.arrival == file.arrival for other in part) for file in part}


def test_a_part_has_whole_arrivals_and_at_most_so_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bronze, "MOST_FILES", 4)
    landed = files(1, 3, 1, 9, 2)
    assert [arrivals_of(part) for part in parts(landed[::-1])] == [{"a0": 1, "a1": 3}, {"a2": 1}, {"a3": 9}, {"a4": 2}]
    assert list(parts([])) == []


def test_a_part_has_at_most_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bronze, "MOST_BYTES", 30)
    assert [arrivals_of(part) for part in parts(files(2, 1, 4))] == [{"a0": 2, "a1": 1}, {"a2": 4}]


def land(root: Path) -> Path:
    """Three arrivals of two files each, each with a row of its date, a late one, a double and a broken one."""
    for arrival in ARRIVALS:
        folder = root / "landing" / "notes" / "events" / arrival
        folder.mkdir(parents=True)
        rows = [
            f"{user},{day} 09:00:00,view,p1,10,5.1.0\n" for user in ("ann", "bob") for day in (arrival, ARRIVALS[0])
        ]
        (folder / "a.csv").write_text(HEADER + "".join(rows))
        (folder / "b.csv").write_text(HEADER + rows[0] + f"ann,soon,view,{arrival},10,5.1.0\n")
    return root / "landing"


def test_a_reading_in_parts_makes_the_tables_of_one(
    quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = land(tmp_path)
    at_once, by_parts = Place(tmp_path / "once", landing), Place(tmp_path / "parts", landing)
    at_once.run(FEED, quick_spark)
    monkeypatch.setattr(bronze, "MOST_FILES", 2)
    by_parts.run(FEED, quick_spark)
    assert differences(at_once.lakehouse, by_parts.lakehouse, "notes") == []


def test_what_stands_of_a_part_stays_where_a_later_one_fails(
    quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, land(tmp_path))
    resources = place.resources(quick_spark)
    world = World(FEED, resources["landing"], resources["lakehouse"], "run")
    read: list[str] = []
    build_part = bronze._build_part

    def disturbed(world: World, own: list[LandedFile]) -> BuiltBronze:
        if len(read) == 2:
            raise OSError("No space left on device")
        read.append(own[0].arrival)
        return build_part(world, own)

    monkeypatch.setattr(bronze, "MOST_FILES", 2)
    monkeypatch.setattr(bronze, "_build_part", disturbed)
    with pytest.raises(OSError, match="No space"):
        run_pass(world, Observer())
    assert read == ARRIVALS[:2]
    assert bronze.pending_arrivals(world) == ARRIVALS[2:]
    read.clear()
    assert run_pass(world, Observer()).failed == {}
    assert read == ARRIVALS[2:]
    world.lakehouse.let_go()
    monkeypatch.undo()
    rebuilt = Place(tmp_path / "rebuilt", place.landing)
    rebuilt.run(FEED, quick_spark)
    assert differences(rebuilt.lakehouse, place.lakehouse, "notes") == []
