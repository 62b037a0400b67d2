"""How much work a pass may have is known before Spark starts: from what landed, and from the events that stand."""

from pathlib import Path
from typing import ClassVar

import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import bronze
from analytics_assets.layers.world import World
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

DAY, LATER = "2025-02-28", "2025-03-01"
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"


class Begun(Spark):
    """Keeps what it was told of the work."""

    told: ClassVar[list[bool]] = []

    def begin(self, is_little: bool = False) -> None:
        self.told.append(is_little)
        super().begin(is_little)


def land(world: World, arrival: str, events: int) -> None:
    path = Path(world.landing.root) / "notes" / "events" / arrival / "a.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(f"ann,{arrival} {hour:02}:00:00,view,p1,10,5.1.0\n" for hour in range(events)))


def first_told(world: World, events: int, *arrivals: str) -> bool:
    """What Spark was told first of a reading of so many events in a file, of the arrivals."""
    arrivals = arrivals or (DAY,)
    land(world, arrivals[-1], events)
    Begun.told.clear()
    bronze.build_changed(world, arrivals)
    world.lakehouse.let_go()
    return Begun.told[0]


@pytest.fixture
def world(quick_spark: Spark, tmp_path: Path) -> World:
    (tmp_path / "landing").mkdir()
    spark = Begun(master=quick_spark.master)
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=spark, lease_wait_s=0)
    return World(FEED, Landing(root=str(tmp_path / "landing")), lakehouse, "run")


def test_few_bytes_beside_few_events_are_little_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of events that stand in bronze alone, as a run leaves them that was killed there."""
    assert first_told(world, 3)
    monkeypatch.setattr(bronze, "FEW_EVENTS", 2)
    assert not first_told(world, 4), "three stand"
    monkeypatch.setattr(bronze, "FEW_EVENTS", 4)
    assert first_told(world, 5)
    monkeypatch.setattr(bronze, "FEW_EVENTS", 9)
    monkeypatch.setattr(bronze, "FEW_BYTES", 100)
    assert not first_told(world, 6), "a file of more bytes landed"


def test_what_landed_anew_counts_beside_what_was_only_touched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert first_told(world, 3)
    monkeypatch.setattr(bronze, "FEW_BYTES", 400)
    land(world, DAY, 3)
    assert not first_told(world, 12, DAY, LATER)
