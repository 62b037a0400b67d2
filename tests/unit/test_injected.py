"""What a sample has on purpose is looked for in the tables: what is found, what is not, and cells that differ."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.commands.injected import injected, retention_differences
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers.world import World
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.truth import AnomalousDay, Cohort, NotesTruth
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

DAY = date(2025, 3, 13)
ALARM = {"metric": "dau", "granularity": "day", "dimension": "all", "direction": "up", "start_date": DAY}
CELL = {"period": "week", "cohort_by": "first_activity", "dimension": "all", "cohort_start": date(2025, 3, 3)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> NotesTruth:
    options = NotesOptions(start=date(2025, 3, 3), end=date(2025, 3, 4), events=60, users=30)
    return generate_notes(tmp_path_factory.mktemp("landing"), options)


@pytest.fixture
def world(tmp_path: Path) -> World:
    lakehouse = Lakehouse(root=str(tmp_path), spark=Spark(master="sc://127.0.0.1:1"))
    return World(NOTES, Landing(root=str(tmp_path / "landing")), lakehouse, run_id="")


def write(world: World, name: str, *rows: dict[str, Any]) -> None:
    write_deltalake(world.lakehouse.location(world.tables[name]), pa.Table.from_pylist([*rows]))


def truth(sample: NotesTruth, **said: Any) -> NotesTruth:
    return NotesTruth(**{**vars(sample), "anomalous_days": [], "bots": [], "retention": [], **said})


def spike(factor: float = 2.5) -> AnomalousDay:
    return AnomalousDay(date=DAY.isoformat(), kind="spike", first_hour=0, last_hour=23, factor=factor)


@pytest.mark.parametrize(
    ("alarm", "is_found"),
    [
        ({"end_date": DAY}, True),
        ({"end_date": None}, True),
        ({"end_date": DAY, "direction": "down"}, False),
        ({"end_date": DAY, "dimension": "country"}, False),
        ({"start_date": date(2025, 3, 10), "end_date": date(2025, 3, 12)}, False),
        ({"start_date": date(2025, 3, 7), "end_date": date(2025, 3, 20)}, False),
    ],
)
def test_an_anomalous_date_is_found_where_a_short_alarm_in_all_is_on_it_and_on_its_side(
    world: World, sample: NotesTruth, alarm: dict[str, Any], is_found: bool
) -> None:
    far = {**ALARM, "start_date": date(2024, 1, 1), "end_date": date(2024, 1, 1)}
    write(world, "anomalies", far, {**ALARM, **alarm})
    write(world, "unlikely_users", {"user_id": "bot1"})
    seen, missed = injected(world, truth(sample, anomalous_days=[spike()]))
    assert seen == (["the spike of 2025-03-13 in dau by day"] if is_found else [])
    assert missed == ([] if is_found else ["the spike of 2025-03-13"])


def test_bots_are_found_among_unlikely_users(world: World, sample: NotesTruth) -> None:
    write(world, "anomalies", {**ALARM, "end_date": DAY})
    write(world, "unlikely_users", {"user_id": "bot1"}, {"user_id": "bot1"})
    assert injected(world, truth(sample, bots=["bot1", "bot2"])) == (["the bot bot1"], ["the bot bot2"])


def test_a_cell_of_retention_that_is_not_what_the_sample_holds_is_told(world: World, sample: NotesTruth) -> None:
    by_value = {**CELL, "dimension": "country", "periods_after": 1, "size": 1, "retained": 1}
    cells = [{**CELL, "periods_after": place, "size": 9, "retained": found} for place, found in enumerate((9, 4, None))]
    write(world, "retention", by_value, *cells)
    cohort = Cohort(week="2025-03-03", active=[9, 5, 2])
    assert retention_differences(world, truth(sample, retention=[cohort])) == [
        "retention of 2025-03-03 after 1 weeks: saw 4 of 9, expected (9, 5)"
    ]
    assert len(retention_differences(world, truth(sample))) == 2  # no such cohort
