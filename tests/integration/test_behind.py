"""What the sensor finds behind: tables that a run wrote last, and did not come to."""

import json
import shutil
from pathlib import Path

import pytest
from places import Place

from analytics_assets.feeds.aqua import FEED
from analytics_assets.layers.behind import behind
from analytics_assets.layers.world import World
from resources.spark import Spark


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Place:
    """Aqua with one event on a closed date."""
    root = tmp_path_factory.mktemp("aqua")
    event = {"distinct_id": "ann", "event": "open", "timestamp": "2025-01-30T10:00:00.000Z", "uuid": "u1"}
    for pulled, records in (("20250130-100100", [event]), ("20250131-100100", [])):
        file = root / "landing" / "aqua" / f"{pulled[:4]}-{pulled[4:6]}-{pulled[6:8]}" / f"{pulled}.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(records))
    made = Place(root, root / "landing")
    made.run(FEED, quick_spark)
    return made


def found(place: Place, spark: Spark) -> dict[str, dict[str, str]]:
    places = place.resources(spark)
    return behind(World(FEED, places["landing"], places["lakehouse"], ""))


def test_nothing_is_behind_after_a_pass(place: Place, quick_spark: Spark) -> None:
    assert found(place, quick_spark) == {}


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ("dau", {"dau": {"2025-01-30": "1"}}),
        (
            "restatements",
            {
                "restatements": {
                    f"{metric} 2025-01-30": "1" for metric in ("dau", "events", "retention_day_0", "sessions")
                }
            },
        ),
    ],
)
def test_what_was_not_published_is_behind(
    place: Place, quick_spark: Spark, tmp_path: Path, lost: str, expected: dict[str, dict[str, str]]
) -> None:
    kept = tmp_path / lost
    shutil.move(place.lakehouse / "aqua" / lost, kept)
    try:
        assert found(place, quick_spark) == expected
    finally:
        shutil.move(kept, place.lakehouse / "aqua" / lost)


def test_events_that_were_not_published_are_behind_with_the_version_of_silver(
    place: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    versions = place.lakehouse / "aqua" / "published_versions"
    shutil.move(versions, tmp_path / "kept")
    try:
        assert [*found(place, quick_spark)["event_data"]] == ["2025-01-30"]
    finally:
        shutil.move(tmp_path / "kept", versions)
