"""What a sample has on purpose is looked for in the tables: found, missed, too little of it, and cells that differ."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from rich.console import Console

from analytics_assets.commands.demo import equals_truth
from analytics_assets.commands.figures import Figures
from analytics_assets.commands.injected import Findings, injected, retention_differences
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers.world import World
from analytics_assets.samples.kinds import rejected_by_rule
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.truth import AnomalousDay, Cohort, NotesTruth
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

DAY = date(2025, 3, 13)
HOURS = {"start_hour": None, "end_hour": None}
ALARM = {"metric": "dau", "granularity": "day", "dimension": "all", "direction": "up", "start_date": DAY, **HOURS}
FAR = {**ALARM, "start_date": date(2024, 1, 1), "end_date": date(2024, 1, 1), **dict.fromkeys(HOURS, 1)}
BAND = {"expected": 100.0, "expected_low": 80.0, "expected_high": 120.0, "score": 1.0}
POINT = {"metric": "dau", "granularity": "day", "dimension": "all", "event_date": DAY, "hour": 1, **BAND}
VERSION = {"period": "all", "dimension": "app_version", "loads": 1_000}
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
    return replace(sample, **{"anomalous_days": [], "bots": [], "retention": [], "slow_versions": {}, **said})


def tables(world: World, **rows: list[dict[str, Any]]) -> None:
    """Tables with these rows, each beside one of something else."""
    usual = {
        "anomalies": [FAR],
        "series_points": [{**POINT, "event_date": date(2024, 1, 1)}],
        "unlikely_users": [{"user_id": "other"}],
        "user_days": [{"user_id": "other", "events": 900}],
        "latency": [{**VERSION, "value": version, "p95": 1_000.0} for version in ("5.9.0", "5.9.1")],
    }
    for name, others in usual.items():
        write(world, name, *others, *rows.get(name, []))


def spike(factor: float = 2.5) -> AnomalousDay:
    return AnomalousDay(date=DAY.isoformat(), kind="spike", first_hour=0, last_hour=23, factor=factor)


OUTAGE = AnomalousDay(date=DAY.isoformat(), kind="outage", first_hour=9, last_hour=11, factor=0.85)


@pytest.mark.parametrize(
    ("alarm", "is_found"),
    [
        ({"end_date": DAY}, True),
        ({"end_date": None}, True),
        ({"end_date": DAY, "metric": "events"}, True),
        ({"end_date": DAY, "metric": "late_share"}, False),
        ({"end_date": DAY, "direction": "down"}, False),
        ({"end_date": DAY, "dimension": "country"}, False),
        ({"start_date": date(2025, 3, 10), "end_date": date(2025, 3, 12)}, False),
        ({"start_date": date(2025, 3, 7), "end_date": date(2025, 3, 20)}, False),
    ],
)
def test_an_anomalous_date_is_found_where_a_short_alarm_of_how_much_in_all_is_on_it_and_on_its_side(
    world: World, sample: NotesTruth, alarm: dict[str, Any], is_found: bool
) -> None:
    told = {**ALARM, **alarm}
    tables(world, anomalies=[told], series_points=[POINT])
    found = [f"the spike of 2025-03-13 in {told['metric']} by day"]
    expected = Findings(found=found) if is_found else Findings(missed=["the spike of 2025-03-13"])
    assert injected(world, truth(sample, anomalous_days=[spike()])) == expected


@pytest.mark.parametrize(("hours", "is_found"), [((8, 8), False), ((8, 9), True), ((11, 11), True), ((12, 14), False)])
def test_an_outage_is_found_in_its_hours_alone(
    world: World, sample: NotesTruth, hours: tuple[int, int], is_found: bool
) -> None:
    its = {"start_hour": hours[0], "end_hour": hours[1], "end_date": DAY, "granularity": "hour", "direction": "down"}
    tables(world, anomalies=[{**ALARM, **its}])
    assert bool(injected(world, truth(sample, anomalous_days=[OUTAGE])).found) == is_found


@pytest.mark.parametrize(
    ("day", "point", "is_enough"),
    [
        (spike(), {"expected_high": 158.0}, True),
        (spike(), {"expected_high": 159.0}, False),  # half of it is 158.1
        (spike(), {"granularity": "hour"}, False),
        (spike(), {"score": None}, False),
        (spike(), {"event_date": date(2025, 3, 12)}, False),
        (OUTAGE, {}, False),
        (OUTAGE, {"expected_low": 93.0}, True),
        (OUTAGE, {"granularity": "hour", "hour": 9, "expected_low": 15.0}, True),
        (OUTAGE, {"granularity": "hour", "hour": 9, "expected_low": 14.0}, False),
        (OUTAGE, {"granularity": "hour", "hour": 8, "expected_low": 15.0}, False),
    ],
)
def test_a_date_is_missed_where_half_of_what_was_done_to_it_would_have_shown(
    world: World, sample: NotesTruth, day: AnomalousDay, point: dict[str, Any], is_enough: bool
) -> None:
    tables(world, series_points=[{**POINT, **point}])
    findings = injected(world, truth(sample, anomalous_days=[day]))
    told = [f"the {day.kind} of 2025-03-13"]
    assert findings == (Findings(missed=told) if is_enough else Findings(unclear=told))


def test_bots_are_found_among_unlikely_users_and_missed_where_they_did_enough(world: World, sample: NotesTruth) -> None:
    did = {"bot1": 600, "bot2": 270, "bot3": 269}
    days = [{"user_id": bot, "events": events} for bot, most in did.items() for events in (1, most)]
    tables(world, unlikely_users=[{"user_id": "bot1"}, {"user_id": "bot1"}], user_days=days)
    findings = injected(world, truth(sample, bots=["bot1", "bot2", "bot3", "bot4"]))
    assert findings.found == ["the bot bot1 in unlikely_users"]
    assert (findings.missed, findings.unclear) == (["the bot bot2"], ["the bot bot3", "the bot bot4"])


@pytest.mark.parametrize(
    ("version", "findings"),
    [
        ({"p95": 1_150.0}, Findings(found=["the slow version 5.10.0 in latency: p95 1.15 times that of the others"])),
        ({"p95": 1_140.0}, Findings(missed=["the slow version 5.10.0"])),  # nearer to 1 than to 1.3
        ({"p95": 1_300.0, "loads": 999}, Findings(unclear=["the slow version 5.10.0"])),
        ({"p95": 1_300.0, "period": "month"}, Findings(unclear=["the slow version 5.10.0"])),
    ],
)
def test_a_slow_version_is_found_by_its_p95_over_that_of_the_others(
    world: World, sample: NotesTruth, version: dict[str, Any], findings: Findings
) -> None:
    tables(world, latency=[{**VERSION, "value": "5.10.0", **version}])
    assert injected(world, truth(sample, slow_versions={"5.10.0": 1.3})) == findings


@pytest.mark.parametrize(
    ("bot", "cell", "silver", "is_true", "words"),
    [
        ({"user_id": "bot1", "events": 600}, {}, 0, False, "NOT found, and there is enough of it: the bot bot1"),
        ({"user_id": "bot1", "events": 5}, {}, 0, True, "too little of it to be sure: the bot bot1"),
        ({"user_id": "bot1", "events": 5}, {"retained": 8}, 0, False, "saw 8 of 9, expected (9, 9)"),
        ({"user_id": "bot1", "events": 5}, {}, 1, False, "silver: saw 61, expected 60"),
    ],
)
def test_the_demo_fails_where_something_differs_or_is_missed_and_not_where_there_is_too_little(
    world: World, sample: NotesTruth, bot: dict[str, Any], cell: dict[str, Any], silver: int, is_true: bool, words: str
) -> None:
    tables(world, user_days=[bot])
    write(world, "retention", {**CELL, "periods_after": 0, "size": 9, "retained": 9, **cell})
    told = truth(sample, bots=["bot1"], retention=[Cohort(week="2025-03-03", active=[9])])
    figures = Figures(
        landed=told.landed,
        accepted=told.accepted,
        rejected=sum(told.rejected.values()),
        late=told.late,
        reasons=rejected_by_rule("notes", told.rejected),
        warnings={},
        silver=told.silver + silver,
        sessions=told.sessions,
        dau=told.dau,
        last_wau=None,
        last_mau=None,
        stickiness=None,
    )
    console = Console(record=True, width=500)
    assert equals_truth(world, figures, told, console) == is_true
    assert words in console.export_text()


def test_a_cell_of_retention_that_is_not_what_the_sample_holds_is_told(world: World, sample: NotesTruth) -> None:
    by_value = {**CELL, "dimension": "country", "periods_after": 1, "size": 1, "retained": 1}
    cells = [{**CELL, "periods_after": place, "size": 9, "retained": found} for place, found in enumerate((9, 4, None))]
    write(world, "retention", by_value, *cells)
    cohort = Cohort(week="2025-03-03", active=[9, 5, 2])
    assert retention_differences(world, truth(sample, retention=[cohort])) == [
        "retention of 2025-03-03 after 1 weeks: saw 4 of 9, expected (9, 5)"
    ]
    assert len(retention_differences(world, truth(sample))) == 2  # no such cohort
