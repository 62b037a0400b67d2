"""A daemon that runs as `tidebook ui` starts it: files land, and nobody does anything."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from places import Place, materialized
from receivers import Mail
from tables import differences, rows_of
from webserver import BACKFILL, BACKFILL_STATUS, Ui, started_ui, until

from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
RUN_S, TWO_TICKS_S = 400, 75
LONG_AGO = 1_700_000_000
SUCCESS = dg.DagsterRunStatus.SUCCESS
MAIL_S = 120
STRICT_FILE = """\
from dataclasses import replace
from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.quality_rule import QualityRule

FEED = replace(
    IDE, name="strict", landing="strict/{arrival}/*.csv", quality=QualityRule(holds_back=("no_file_is_quarantined",))
)
"""
STRICT_HEADER = "user_id,event_id,product_code,timestamp\n"
SEVEN = [f"2025-03-0{day}" for day in range(1, 8)]


@pytest.fixture(scope="module")
def mail() -> Iterator[Mail]:
    """Where the daemon's alerts go."""
    with Mail() as server:
        yield server


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory, mail: Mail) -> Iterator[Ui]:
    """Seven days of notes that were read, and then a webserver and a daemon."""
    root: Path = tmp_path_factory.mktemp("daemon")
    place = Place(root, root / "landing")
    options = NotesOptions(start=date(2025, 3, 1), end=date(2025, 3, 7), events=500, users=50, seed=7)
    generate_notes(place.landing, options)
    for path in place.landing.rglob("*.csv"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    place.done("run", "notes")
    strict = root / "strict.py"
    strict.write_text(STRICT_FILE)
    for arrival in SEVEN[:3]:
        land_strict(place, arrival, "events", "ann")
    place.done("run", "strict", TIDEBOOK_FEEDS=str(strict))
    settings = {"TIDEBOOK_LEASE_WAIT_S": "5", "TIDEBOOK_ALERTS": mail.url, "TIDEBOOK_FEEDS": str(strict)}
    with started_ui(place, **settings) as started:
        yield started


def land(place: Place, arrival: str, name: str, *days: str, header: str = HEADER) -> None:
    """A file appears under its name when it is whole, written long ago."""
    lines = [f"{name},{day} 10:00:00,view,p1,10,5.1.0\n" for day in days]
    appear(place.landing / "notes" / "events" / arrival / f"{name}.csv", header + "".join(lines))


def land_strict(place: Place, arrival: str, name: str, user: str, header: str = STRICT_HEADER) -> None:
    """The same of the feed that holds back."""
    appear(place.landing / "strict" / arrival / f"{name}.csv", f"{header}{user},a,p1,{arrival} 10:00:00\n")


def appear(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_text(text)
    os.utime(unfinished, (LONG_AGO, LONG_AGO))
    unfinished.rename(path)


def daily(place: Place) -> dict[str, int | None]:
    """DAU of the closed dates of the feed that holds back."""
    rows = rows_of(place.lakehouse, "strict", "active_users")
    return {f"{row['event_date']}": row["dau"] for row in rows if row["dimension"] == "all"}


def passes(place: Place) -> list[dg.DagsterRun]:
    """Runs of the pass, the newest first."""
    with place.instance() as instance:
        return list(instance.get_runs(dg.RunsFilter(job_name="notes_pass")))


def sensor_ticks(place: Place) -> list[str]:
    """What the sensor's last ticks said."""
    with place.instance() as instance:
        [state] = [s for s in instance.all_instigator_state() if s.instigator_name == "notes_sensor"]
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=5)
        return [f"{tick.status.value}: {tick.skip_reason or tick.error or tick.run_ids}" for tick in ticks]


def test_a_late_file_brings_a_run_over_exactly_the_dates_that_it_touches_with_no_hand_on_it(ui: Ui) -> None:
    before = {run.run_id for run in passes(ui.place)}
    land(ui.place, "2025-03-07", "late", "2025-03-03")

    def new_run() -> dg.DagsterRun | None:
        [*found] = [run for run in passes(ui.place) if run.run_id not in before and run.is_finished]
        return found[0] if found else None

    run = until(RUN_S, new_run, lambda: f"{sensor_ticks(ui.place)} {ui.printed()}")
    assert run.status == SUCCESS, ui.printed()
    assert run.tags["dagster/sensor_name"] == "notes_sensor"
    on, week, month = ["2025-03-03"], ["2025-03-03"], ["2025-03-01"]
    with ui.place.instance() as instance:
        made = materialized(instance, run.run_id)
    assert (
        made
        == {
            "bronze": Counter(["2025-03-07"]),
            "tide": Counter(on),
            "silver": Counter(on),
            "sessions": Counter(on),
            "user_days": Counter(on),
            "duration_buckets": Counter(on),
            "active_users": Counter(SEVEN[2:]),  # the rolling windows of the dates after it
            "active_users_week": Counter(week),
            "active_users_month": Counter(month),
            "latency_buckets": Counter(on),
            "session_days": Counter(on),
            "user_history": Counter([None]),
            "retention": Counter([None]),
            "latency": Counter([None]),
            "anomalies": Counter([None]),
            "unlikely_users": Counter(on),
            "restatements": Counter([None]),
            "activity_mix": Counter(on),
            "object_days": Counter(on),
            "session_frequency": Counter(SEVEN[2:]),  # the dates after it that look back on it
            "entry_exit_actions": Counter(on),
            "session_hours": Counter(on),
            "profiles": Counter(["2025-03-07"]),
        }
    )
    time.sleep(TWO_TICKS_S)
    assert {found.run_id for found in passes(ui.place)} == {*before, run.run_id}, sensor_ticks(ui.place)


def test_a_bad_file_is_told_by_mail_and_its_correction_gives_an_all_clear(ui: Ui, mail: Mail) -> None:
    def subject(news: str) -> str | None:
        wanted = f"[tidebook] notes: {news}1 file of events quarantined: file_header"
        return next((subject for subject in mail.subjects if subject == wanted), None)

    def known() -> str:
        return f"{mail.subjects} {sensor_ticks(ui.place)} {ui.printed()}"

    land(ui.place, "2025-03-07", "bad", "2025-03-07", header=HEADER.replace("user_id", "user"))
    until(RUN_S, lambda: subject(""), known)
    [letter] = [letter for letter in mail.letters if letter["Subject"] == subject("")]
    assert "notes/events/2025-03-07/bad.csv: saw 'user,timestamp,action_type," in letter.get_content()
    land(ui.place, "2025-03-07", "bad", "2025-03-07")
    until(RUN_S, lambda: subject("all clear: "), known)
    assert len([subject for subject in mail.subjects if "quarantined" in subject]) == 2


def test_a_bad_file_holds_its_date_back_is_told_within_two_minutes_and_all_is_clear_when_it_is_mended(
    ui: Ui, mail: Mail
) -> None:
    def subject(news: str) -> str | None:
        wanted = f"[tidebook] strict: {news}1 arrival of bronze fails no_file_is_quarantined, {SEVEN[1]}"
        return next((subject for subject in mail.subjects if subject == wanted), None)

    def known() -> str:
        return f"{mail.subjects} {ui.printed()}"

    assert daily(ui.place) == {SEVEN[0]: 1, SEVEN[1]: 1}
    land_strict(ui.place, SEVEN[1], "bad", "bob", header=STRICT_HEADER.replace("user_id", "who"))
    until(MAIL_S, lambda: subject(""), known)
    [letter] = [letter for letter in mail.letters if letter["Subject"] == subject("")]
    words = " ".join(letter.get_content().split())
    assert f"{SEVEN[1]}: broken 1, first strict/{SEVEN[1]}/bad.csv: file_header" in words, words
    until(RUN_S, lambda: daily(ui.place) == {SEVEN[0]: 1, SEVEN[1]: None}, known)
    land_strict(ui.place, SEVEN[1], "bad", "bob")
    until(RUN_S, lambda: subject("all clear: "), known)
    assert daily(ui.place) == {SEVEN[0]: 1, SEVEN[1]: 2}


def test_a_backfill_from_the_ui_the_sensor_and_two_commands_at_once_end_well(ui: Ui, tmp_path: Path) -> None:
    land(ui.place, "2025-03-07", "later", "2025-03-02", "2025-03-05")
    params = {"assetSelection": [{"path": ["notes", "bronze"]}], "partitionNames": SEVEN, "title": "seven days"}
    launched = ui.ask(BACKFILL, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    # Each keeps its output in a folder of its own; the tables and the instance are the daemon's.
    shared = {"TIDEBOOK_LAKEHOUSE": str(ui.place.lakehouse), "DAGSTER_HOME": str(ui.place.root / "dagster")}
    commands = [
        (Place(tmp_path / name, ui.place.landing), words)
        for name, words in (
            ("run", ["run", "notes"]),
            ("backfill", ["backfill", "notes", "--from", SEVEN[0], "--to", SEVEN[-1]]),
        )
    ]
    started = [place.start(*words, **shared, TIDEBOOK_LEASE_WAIT_S="400") for place, words in commands]
    for (place, words), process in zip(commands, started, strict=True):
        assert process.wait(RUN_S) == 0, (words, (place.root / "err").read_text(), (place.root / "out").read_text())

    def backfilled() -> str | None:
        status: str = ui.ask(BACKFILL_STATUS, id=launched["backfillId"])["partitionBackfillOrError"]["status"]
        return status if status not in ("REQUESTED", "COMPLETING", "FAILING") else None

    assert until(RUN_S, backfilled, ui.printed) in ("COMPLETED_SUCCESS", "COMPLETED_FAILED")

    def is_quiet() -> bool:
        return sensor_ticks(ui.place)[0].startswith("SKIPPED: Nothing to do")

    until(RUN_S, is_quiet, lambda: f"{sensor_ticks(ui.place)} {ui.printed()}")
    with ui.place.instance() as instance:
        runs = instance.get_runs()
    assert [run for run in runs if not run.is_finished] == []
    rebuilt = Place(tmp_path / "rebuilt", ui.place.landing)
    rebuilt.done("run", "notes")
    assert differences(rebuilt.lakehouse, ui.place.lakehouse, "notes") == []
