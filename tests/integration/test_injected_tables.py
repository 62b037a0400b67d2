"""What the generator puts into a sample is found in the tables that come out of it, and its retention is there."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tables import rows_of

from analytics_assets.commands.injected import injected, retention_differences
from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.truth import AnomalousDay, NotesTruth
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

# One pass over ten weeks makes all tables before the first test.
pytestmark = [pytest.mark.timeout(900), pytest.mark.long]

SAMPLE = NotesOptions(
    start=date(2025, 1, 6), end=date(2025, 3, 16), events=100_000, users=10_000, bots=1, outages=1, spikes=1, seed=1
)
SLOW = "5.10.0"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("injected")


@pytest.fixture(scope="module")
def truth(root: Path) -> NotesTruth:
    return generate_notes(root / "landing", SAMPLE)


@pytest.fixture(scope="module")
def world(root: Path, truth: NotesTruth, quick_spark: Spark) -> World:
    tables = Lakehouse(root=str(root / "lakehouse"), spark=quick_spark)
    made = World(FEED, Landing(root=str(root / "landing")), tables, "test")
    assert run_pass(made, Observer()).failed == {}
    tables.let_go()
    return made


def rows(world: World, table: str, **where: Any) -> list[dict[str, Any]]:
    found = rows_of(Path(world.lakehouse.root), "notes", table)
    return [row for row in found if all(row[name] == value for name, value in where.items())]


def day_of(truth: NotesTruth, kind: str) -> AnomalousDay:
    (found,) = (day for day in truth.anomalous_days if day.kind == kind)
    return found


def test_the_spike_is_an_alarm_of_its_date_in_events_users_and_sessions(world: World, truth: NotesTruth) -> None:
    spike = day_of(truth, "spike")
    alarms = rows(world, "anomalies", granularity="day", dimension="all", start_date=date.fromisoformat(spike.date))
    up = {alarm["metric"]: alarm for alarm in alarms if alarm["direction"] == "up"}
    assert {"events", "dau", "sessions"} <= up.keys()
    assert up["dau"]["carried_by"][0]["value"] == spike.country


def test_the_outage_is_an_alarm_of_its_hours(world: World, truth: NotesTruth) -> None:
    outage = day_of(truth, "outage")
    alarms = rows(world, "anomalies", granularity="hour", metric="events", direction="down")
    hours = range(outage.first_hour, outage.last_hour + 1)
    assert [alarm["start_hour"] in hours for alarm in alarms if f"{alarm['start_date']}" == outage.date] == [True]


def test_the_bot_alone_is_unlikely(world: World, truth: NotesTruth) -> None:
    assert {row["user_id"] for row in rows(world, "unlikely_users")} == {*truth.bots}


def test_the_slow_version_is_slower_than_every_other_by_its_factor(world: World, truth: NotesTruth) -> None:
    p95 = {row["value"]: row["p95"] for row in rows(world, "latency", period="all", dimension="app_version")}
    slow = p95.pop(SLOW)
    assert truth.slow_versions == {SLOW: 1.3}
    assert slow > max(p95.values())
    assert slow / ((p95["5.9.1"] + p95["5.10.1"]) / 2) == pytest.approx(1.3, rel=0.07)


def test_all_that_was_injected_is_found_and_told(world: World, truth: NotesTruth) -> None:
    findings = injected(world, truth)
    assert (findings.missed, findings.unclear) == ([], [])
    told = [f"the {day.kind} of {day.date}" for day in truth.anomalous_days]
    told += [f"the bot {truth.bots[0]}", f"the slow version {SLOW}"]
    assert [found.split(" in ")[0] for found in findings.found] == told


def test_what_is_not_in_the_tables_is_missed(world: World, truth: NotesTruth) -> None:
    spike = replace(day_of(truth, "spike"), date="2025-03-05")
    busiest = max(rows(world, "user_days"), key=lambda row: row["events"] * (row["user_id"] not in truth.bots))
    wrong = replace(truth, anomalous_days=[spike], bots=[busiest["user_id"]], slow_versions={"5.9.1": 1.3})
    findings = injected(world, wrong)
    assert findings.found == []
    assert findings.missed == ["the spike of 2025-03-05", "the slow version 5.9.1"]
    assert findings.unclear == [f"the bot {busiest['user_id']}"]


def test_retention_is_that_of_the_truth_file_and_within_its_intervals(world: World, truth: NotesTruth) -> None:
    assert retention_differences(world, truth) == []
    shown = rows(world, "retention", period="week", cohort_by="first_activity", dimension="all")
    cells = [cell for cell in shown if cell["retained"] is not None]
    assert len(cells) == sum(range(1, 11))  # of ten weeks, for each those that have come
    active = {cohort.week: cohort.active for cohort in truth.retention}
    later = [cell for cell in cells if cell["periods_after"]]
    for cell in later:
        of_cohort = active[f"{cell['cohort_start']}"]
        assert cell["rate_low"] <= of_cohort[cell["periods_after"]] / of_cohort[0] <= cell["rate_high"]
    assert all(cell["rate_high"] - cell["rate_low"] < 0.1 for cell in later)


def test_a_changed_truth_is_told(world: World, truth: NotesTruth) -> None:
    first = truth.retention[0]
    other = replace(first, active=[first.active[0], first.active[1] + 1, *first.active[2:]])
    differences = retention_differences(world, replace(truth, retention=[other, *truth.retention[1:]]))
    assert len(differences) == 1 and first.week in differences[0]
