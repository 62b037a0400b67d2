"""How much work a pass may have is known before Spark starts: from what landed, and from the events that stand."""

from pathlib import Path
from typing import ClassVar

import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import bronze, silver
from analytics_assets.layers.world import World
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

DAY = "2025-02-28"
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"


class Begun(Spark):
    """Keeps what it was told of the work."""

    told: ClassVar[list[bool]] = []

    def begin(self, is_little: bool = False) -> None:
        self.told.append(is_little)
        super().begin(is_little)


def first_told(world: World, events: int) -> bool:
    """What Spark was told first of a reading of so many events."""
    path = Path(world.landing.root) / "notes" / "events" / DAY / "a.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(f"ann,{DAY} {hour:02}:00:00,view,p1,10,5.1.0\n" for hour in range(events)))
    Begun.told.clear()
    bronze.build_bronze(world, [DAY])
    silver.build_silver(world, [DAY])
    world.lakehouse.let_go()
    return Begun.told[0]


def test_few_bytes_beside_few_events_are_little_work(
    quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "landing").mkdir()
    spark = Begun(master=quick_spark.master)
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=spark, lease_wait_s=0)
    world = World(FEED, Landing(root=str(tmp_path / "landing")), lakehouse, "run")
    assert first_told(world, 3)
    monkeypatch.setattr(bronze, "FEW_EVENTS", 2)
    assert not first_told(world, 4), "three stand"
    monkeypatch.setattr(bronze, "FEW_EVENTS", 4)
    assert first_told(world, 5)
    monkeypatch.setattr(bronze, "FEW_EVENTS", 9)
    monkeypatch.setattr(bronze, "FEW_BYTES", 100)
    assert not first_told(world, 6), "a file of more bytes landed"
