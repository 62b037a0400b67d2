"""A feed may let what is wrong with an arrival hold its dates back: their figures are unknown, others go on."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from comparing import NOT_COMPARED
from places import Place
from tables import differences, rows_of

from analytics_assets.commands.why import explanation
from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.quality_rule import FILES_ARE_READ, QualityRule
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer, Outcome
from analytics_assets.passes import run_pass
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

FEED = replace(IDE, quality=QualityRule(holds_back=(FILES_ARE_READ,)))
FIRST = date(2025, 1, 6)
DAYS = [(FIRST + timedelta(days=n)).isoformat() for n in range(4)]
BAD = DAYS[1]
HEADER = "user_id,event_id,product_code,timestamp\n"


def land(landing: Path, arrival: str, name: str, user: str, header: str = HEADER) -> None:
    file = landing / "ide" / arrival / f"{name}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{header}{user},a,p1,{arrival} 10:00:00\n")


def passed(place: Place, spark: Spark) -> Outcome:
    lakehouse = Lakehouse(root=str(place.lakehouse), spark=spark)
    try:
        return run_pass(World(FEED, Landing(root=str(place.landing)), lakehouse, "test"), Observer())
    finally:
        lakehouse.let_go()


def daily(place: Place) -> dict[str, tuple[int | None, bool]]:
    """DAU of each date, and whether it is missing."""
    rows: list[dict[str, Any]] = rows_of(place.lakehouse, "ide", "active_users")
    return {f"{row['event_date']}": (row["dau"], row["is_missing"]) for row in rows if row["dimension"] == "all"}


@pytest.fixture
def place(tmp_path: Path, quick_spark: Spark) -> Place:
    """Three closed dates that were read, and the arrival that closes the last of them."""
    made = Place(tmp_path, tmp_path / "landing")
    for day in DAYS:
        land(made.landing, day, "events", "ann")
    assert not passed(made, quick_spark).has_failed
    return made


def test_a_bad_file_holds_its_date_back_and_no_other_until_it_is_mended(place: Place, quick_spark: Spark) -> None:
    assert daily(place) == dict.fromkeys(DAYS[:3], (1, False))
    land(place.landing, BAD, "more", "bob", header=HEADER.replace("user_id", "who"))
    land(place.landing, DAYS[2], "more", "bob")
    held = passed(place, quick_spark)
    assert held.failed == {"bronze": [BAD]}
    assert daily(place) == {DAYS[0]: (1, False), BAD: (None, True), DAYS[2]: (2, False)}
    lakehouse = Lakehouse(root=str(place.lakehouse), spark=quick_spark)
    world = World(FEED, Landing(root=str(place.landing)), lakehouse, "test")
    told = "\n".join(explanation(world, date.fromisoformat(BAD), ["dau"]))
    assert f"closed, but held back: its figures are null until arrival {BAD} is as it should be" in told
    assert f"{BAD} dau 1 -> " in told
    again = passed(place, quick_spark)
    assert (again.failed, again.partitions) == ({"bronze": [BAD]}, {}), "it is said again, and nothing is computed"
    land(place.landing, BAD, "more", "bob")
    assert not passed(place, quick_spark).has_failed
    assert daily(place) == {DAYS[0]: (1, False), BAD: (2, False), DAYS[2]: (2, False)}
    fresh = Place(place.root / "fresh", place.landing)
    passed(fresh, quick_spark)
    assert not differences(fresh.lakehouse, place.lakehouse, "ide", without=NOT_COMPARED)
