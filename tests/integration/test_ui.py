"""The Dagster UI: a started webserver and daemon, driven as the browser drives them, through GraphQL.

Belongs here: that the UI loads, shows the tables, runs what a person starts there, and ends with all of its
processes. Does not: what the tables hold (test_access_log.py, test_oracle.py).
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from places import Place
from webserver import BACKFILL, BACKFILL_STATUS, ENDS_S, LOCATIONS, Ui, alive, group_of, started_ui, until

from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions

RUN_S = 240
ASSETS = ("bronze", "tide", "silver", "sessions", "user_days")
ASSETS += ("active_users", "active_users_week", "active_users_month")
EVENTS = {"2015-05-17": 1632, "2015-05-18": 2893 - 1, "2015-05-19": 2896, "2015-05-20": 2579}
SEVEN = [f"2025-03-0{day}" for day in range(1, 8)]
WARNING = re.compile(r"warning", re.IGNORECASE)
# Said once in the life of an instance, by a daemon that looks for its place in an empty log.
FIRST_START = re.compile(r"No cursor for event type .*, ignoring older events")

LAUNCH = """mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
RUN = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, log_days: dict[str, list[bytes]]) -> Place:
    """A folder with the real log, which has been run, and with seven days of notes, which have not."""
    root: Path = tmp_path_factory.mktemp("ui")
    made = Place(root, root / "landing")
    for day, lines in log_days.items():
        file = made.landing / "access_log" / day / "access.log"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"".join(lines))
    options = NotesOptions(start=date(2025, 3, 1), end=date(2025, 3, 7), events=1_000, users=200, seed=7)
    generate_notes(made.landing, options)
    made.done("run", "access_log")
    return made


@pytest.fixture(scope="module")
def ui(place: Place) -> Iterator[Ui]:
    """`tidebook ui`, as a process of its own, loaded. Sensors would do what these tests do by hand."""
    with started_ui(place, TIDEBOOK_SENSORS="false") as started:
        yield started


def test_the_location_loads_without_an_error_or_a_warning(ui: Ui) -> None:
    entries = ui.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
    assert [(entry["name"], entry["locationOrLoadError"]["__typename"]) for entry in entries] == [
        ("tidebook", "RepositoryLocation")
    ]
    lines = [line for line in ui.printed().splitlines() if WARNING.search(line) and not FIRST_START.search(line)]
    assert lines == []


def test_assets_say_what_they_are(ui: Ui) -> None:
    nodes = ui.nodes("access_log", ASSETS, "2015-05-18")
    assert nodes.keys() == set(ASSETS)
    tables = feed_tables(ACCESS_LOG)
    for name, node in nodes.items():
        assert node["groupName"] == "access_log"
        assert node["description"].startswith(tables[name].description)
        assert node["owners"] == [{"team": "web"}]
        assert set(node["kinds"]) == ({"delta"} if name == "tide" else {"delta", "spark"})
        assert node["isMaterializable"] == (name != "tide")
        schema = next(entry for entry in node["metadataEntries"] if entry["label"] == "dagster/column_schema")
        columns = schema["schema"]["columns"]
        assert [column["name"] for column in columns] == tables[name].schema.fieldNames()
        assert all(column["description"] for column in columns)


def test_the_run_of_the_command_is_shown_with_rows_and_checks(ui: Ui) -> None:
    for day, rows in EVENTS.items():
        node = ui.nodes("access_log", ("bronze",), day)["bronze"]
        [made] = node["latestMaterializationByPartition"]
        counted = {entry["label"]: entry.get("intValue") for entry in made["metadataEntries"]}
        # Line 8,899 of the log is rejected; bronze holds it all the same.
        assert counted["dagster/partition_row_count"] == (rows + 1 if day == "2015-05-18" else rows)
    nodes = ui.nodes("access_log", ASSETS, "2015-05-18")
    assert nodes["silver"]["partitionStats"] == {"numMaterialized": 4, "numFailed": 0}
    verdicts = {
        check["name"]: (check["executionForLatestMaterialization"] or {}).get("status")
        for node in nodes.values()
        for check in node["assetChecksOrError"].get("checks", [])
    }
    assert set(verdicts.values()) == {"SUCCEEDED"}
    assert {"landed_is_accepted_and_rejected", "event_key_is_unique", "session_id_is_unique"} <= verdicts.keys()


def test_one_date_is_materialized(ui: Ui) -> None:
    day = "2015-05-18"
    [before] = ui.nodes("access_log", ("silver",), day)["silver"]["latestMaterializationByPartition"]
    params = {
        "selector": {
            "repositoryLocationName": "tidebook",
            "repositoryName": "__repository__",
            "pipelineName": "__ASSET_JOB",
            "assetSelection": [{"path": ["access_log", "silver"]}],
        },
        "mode": "default",
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": day}]},
    }
    launched = ui.ask(LAUNCH, params=params)["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]

    def ended() -> str | None:
        status: str = ui.ask(RUN, id=run)["runOrError"]["status"]
        return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

    assert until(RUN_S, ended, ui.printed) == "SUCCESS", ui.printed()
    node = ui.nodes("access_log", ("silver",), day)["silver"]
    [after] = node["latestMaterializationByPartition"]
    assert after["runId"] == run
    assert rows(after) == rows(before)
    statuses = [check["executionForLatestMaterialization"]["status"] for check in node["assetChecksOrError"]["checks"]]
    assert statuses == ["SUCCEEDED"] * 4


def test_seven_dates_are_backfilled(ui: Ui) -> None:
    truth = json.loads((ui.place.landing / "notes" / "truth.json").read_text())
    params = {"assetSelection": [{"path": ["notes", "bronze"]}], "partitionNames": SEVEN, "title": "seven days"}
    launched = ui.ask(BACKFILL, params=params)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = ui.ask(BACKFILL_STATUS, id=launched["backfillId"])["partitionBackfillOrError"]
        return found if found["status"] not in ("REQUESTED", "COMPLETING") else None

    found = until(RUN_S, ended, ui.printed)
    assert found["status"] == "COMPLETED_SUCCESS", (found, ui.printed())
    assert [run["status"] for run in found["runs"]] == ["SUCCESS"], "a range is one run"
    node = ui.nodes("notes", ("bronze",), SEVEN[0])["bronze"]
    assert node["partitionStats"] == {"numMaterialized": 7, "numFailed": 0}
    landed = 0
    for day in SEVEN:
        [made] = ui.nodes("notes", ("bronze",), day)["bronze"]["latestMaterializationByPartition"]
        assert rows(made) > 0
        landed += rows(made)
    # One more arrival holds late rows alone; it was not asked for.
    assert 0.8 * truth["landed"] < landed <= truth["landed"]
    verdicts = {
        check["name"]: check["executionForLatestMaterialization"]["status"]
        for check in node["assetChecksOrError"]["checks"]
    }
    # Files of 2025 are long overdue: that holds nothing back.
    of_arrivals = ("landed_is_accepted_and_rejected", "arrival_has_one_contract")
    of_arrivals += ("few_rows_are_rejected", "few_rows_are_late", "columns_are_those_of_the_contract")
    assert verdicts == {**dict.fromkeys(of_arrivals, "SUCCEEDED"), "arrival_is_there": "FAILED"}


def test_a_port_that_is_taken_is_one_message(ui: Ui, tmp_path: Path) -> None:
    ended = Place(tmp_path, ui.place.landing).command("ui", "--no-warm", "--port", str(ui.port))
    assert ended.returncode == 1
    assert f"port {ui.port} cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_signal_ends_it_with_all_of_its_processes(ui: Ui) -> None:
    family = group_of(ui.process.pid)
    assert len(family) >= 5, "the command, dagster dev, the webserver, the daemon, the code server"
    ui.process.send_signal(signal.SIGTERM)
    assert ui.process.wait(ENDS_S) == 0, ui.printed()
    assert alive(family) == []
    assert "Traceback" not in ui.printed()


def rows(materialization: dict[str, Any]) -> int:
    """Rows of the partition that was materialized."""
    found = {entry["label"]: entry.get("intValue") for entry in materialization["metadataEntries"]}
    return int(found["dagster/partition_row_count"])
