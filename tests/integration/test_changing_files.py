"""Files that grow, shrink or vanish while they are read: their arrival is not counted, the others are, and the next
reading is that of what then stands there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile_shapes import NOTES
from tables import differences, rows_of

from analytics_assets.discovery import find_feed
from analytics_assets.layers import bronze, dimension
from analytics_assets.layers.world import World
from resources.lakehouse import Lakehouse
from resources.landing import Landing, LandingError
from resources.spark import Spark

FEED = find_feed("notes")
CHANGED, OTHER = "2025-01-02", "2025-01-03"
USERS = b"user_id,join_date,country,device_type,subscription_type\n"

WINDOWS = {
    "after the listing": "examine",
    "after the count": "judged_rows",
    "after Spark listed it": "reading_config",
}
"""When, and before which step of bronze that is."""


def grow(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(NOTES.row("late", place=9) + b"\n" + NOTES.row("later", place=10) + b"\n")


def shrink(file: Path) -> None:
    file.write_bytes(NOTES.file(NOTES.row("other", place=8)))


CHANGES: dict[str, Callable[[Path], None]] = {"grows": grow, "is replaced by less": shrink, "vanishes": Path.unlink}


def landing(root: Path) -> Path:
    """Two arrivals; what is given is the file that changes."""
    folder = root / "landing" / "notes" / "events"
    for arrival, name, users in ((CHANGED, "a", 3), (CHANGED, "b", 2), (OTHER, "c", 2)):
        file = folder / arrival / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(NOTES.file(*[NOTES.row(f"{name}{place}", place=place) for place in range(users)]))
    return folder / CHANGED / "a.csv"


def world(root: Path, lakehouse: str, spark: Spark) -> World:
    return World(FEED, Landing(root=str(root / "landing")), Lakehouse(root=str(root / lakehouse), spark=spark), "run")


def before(monkeypatch: pytest.MonkeyPatch, module: Any, step: str, change: Callable[[], None]) -> None:
    """Change a file before the first call of a step, once."""
    real, done = getattr(module, step), []

    def changing(*arguments: Any, **named: Any) -> Any:
        if not done:
            done.append(change())
        return real(*arguments, **named)

    monkeypatch.setattr(module, step, changing)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("window", WINDOWS)
def test_a_file_that_changes_costs_its_arrival_one_reading_and_no_row(
    window: str, change: str, quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, made = landing(tmp_path), world(tmp_path, "lakehouse", quick_spark)
    before(monkeypatch, bronze, WINDOWS[window], lambda: CHANGES[change](file))
    try:
        built = bronze.build_changed(made, [CHANGED, OTHER])
    except LandingError as error:
        assert f"{CHANGED}/a.csv changed while it was read" in str(error)
        assert change == "vanishes" and "\n" not in str(error)
    else:
        assert [line.partition(" changed ")[0] for line in built.told] == [f"notes/events/{CHANGED}/a.csv"]
        landed = {
            row["arrival"] for row in rows_of(tmp_path / "lakehouse", "notes", "counts") if row["source"] == "events"
        }
        assert landed == {OTHER}, "the other arrival goes on"
    assert CHANGED in bronze.pending_arrivals(made)
    again = bronze.build_changed(made, bronze.pending_arrivals(made))
    assert again.told == []
    assert bronze.pending_arrivals(made) == []
    fresh = world(tmp_path, "fresh", quick_spark)
    bronze.build_bronze(fresh, bronze.pending_arrivals(fresh))
    assert differences(tmp_path / "lakehouse", tmp_path / "fresh", "notes", ["bronze", "counts", "tide"]) == []


def test_an_arrival_that_changes_alone_is_one_message(
    quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, made = landing(tmp_path), world(tmp_path, "lakehouse", quick_spark)
    before(monkeypatch, bronze, "judged_rows", lambda: grow(file))
    with pytest.raises(LandingError, match=r"a\.csv changed while it was read\. Arrival 2025-01-02 is not counted"):
        bronze.build_changed(made, [CHANGED])
    assert bronze.pending_arrivals(made) == [CHANGED, OTHER]


def test_an_arrival_that_changes_in_a_part_of_its_own_stops_no_other(
    quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, made = landing(tmp_path), world(tmp_path, "lakehouse", quick_spark)
    monkeypatch.setattr(bronze, "MOST_FILES", 1)
    before(monkeypatch, bronze, "judged_rows", lambda: grow(file))
    built = bronze.build_changed(made, [CHANGED, OTHER])
    assert [line.partition(" changed ")[0] for line in built.told] == [f"notes/events/{CHANGED}/a.csv"]
    assert bronze.pending_arrivals(made) == [CHANGED]


def test_a_snapshot_that_changes_is_read_again(
    quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world(tmp_path, "lakehouse", quick_spark)
    file = tmp_path / "landing" / "notes" / "users" / CHANGED / "users.csv"
    file.parent.mkdir(parents=True)
    file.write_bytes(USERS + b"ann,2025-01-01,DE,tv,pro\n")
    before(monkeypatch, dimension, "judged_rows", lambda: file.write_bytes(USERS + b"bob,,FR,,\ncarl,,US,,\n"))
    with pytest.raises(LandingError, match=r"users\.csv changed while it was read"):
        dimension.build_dimension(made, [CHANGED])
    assert dimension.pending_snapshots(made) == [CHANGED]
    dimension.build_dimension(made, [CHANGED])
    assert dimension.pending_snapshots(made) == []
    assert {row["user_id"] for row in rows_of(tmp_path / "lakehouse", "notes", "users")} == {"bob", "carl"}


def test_an_error_that_no_file_explains_is_told_as_it_is(
    quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing(tmp_path)
    made = world(tmp_path, "lakehouse", quick_spark)

    def fail(*_: Any, **__: Any) -> None:
        raise ArithmeticError("of another kind")

    monkeypatch.setattr(Lakehouse, "replace", fail)
    with pytest.raises(ArithmeticError, match="of another kind"):
        bronze.build_changed(made, [CHANGED])
