"""The Dagster UI: a started webserver and daemon, driven as the browser drives them, through GraphQL.

Belongs here: that the UI loads, shows the tables, runs what a person starts there, and ends with all of its
processes. Does not: what the tables hold (test_access_log.py, test_oracle.py).
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest
from places import Place, kill_group

from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions

LOADS_S, RUN_S, ENDS_S = 120, 240, 60
ASSETS = ("bronze", "tide", "silver", "sessions", "user_days")
ASSETS += ("active_users", "active_users_week", "active_users_month")
EVENTS = {"2015-05-17": 1632, "2015-05-18": 2893 - 1, "2015-05-19": 2896, "2015-05-20": 2579}
SEVEN = [f"2025-03-0{day}" for day in range(1, 8)]
WARNING = re.compile(r"warning", re.IGNORECASE)
# Said once in the life of an instance, by a daemon that looks for its place in an empty log.
FIRST_START = re.compile(r"No cursor for event type .*, ignoring older events")

NODES = """query($keys: [AssetKeyInput!], $day: String!) { assetNodes(assetKeys: $keys) {
  assetKey { path } groupName description kinds isMaterializable
  owners { ... on TeamAssetOwner { team } }
  metadataEntries { label ... on TableSchemaMetadataEntry { schema { columns { name type description } } } }
  latestMaterializationByPartition(partitions: [$day]) {
    runId timestamp metadataEntries { label ... on IntMetadataEntry { intValue } } }
  partitionStats { numMaterialized numFailed }
  assetChecksOrError { ... on AssetChecks { checks { name executionForLatestMaterialization { status } } } }
} }"""
LOCATIONS = """{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus
  locationOrLoadError { __typename ... on PythonError { message } } } } } }"""
LAUNCH = """mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
RUN = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
BACKFILL_STATUS = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status error { message } runs(limit: 20) { status } } } }"""


@dataclass(frozen=True)
class Ui:
    """A UI that runs: its command, where its tables stand, and its port."""

    place: Place
    process: subprocess.Popen[str]
    port: int

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The data of a GraphQL answer; a query that is not understood fails the test."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        data: dict[str, Any] = found["data"]
        return data

    def nodes(self, feed: str, tables: tuple[str, ...], day: str) -> dict[str, dict[str, Any]]:
        """Assets by the name of their table, with the newest materialization of one partition."""
        found = self.ask(NODES, keys=[{"path": [feed, table]} for table in tables], day=day)["assetNodes"]
        return {node["assetKey"]["path"][1]: node for node in found}

    def printed(self) -> str:
        """What the command and Dagster have printed."""
        return (self.place.root / "out").read_text() + (self.place.root / "err").read_text()


def until(seconds: float, look: Callable[[], Any], what: Callable[[], str]) -> Any:
    """What `look` gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.5)
    return pytest.fail(f"not within {seconds:.0f} s: {what()}")


def group_of(leader: int) -> set[int]:
    """Living processes that descend from a process: they were started in its session or in one below it."""
    try:
        children = psutil.Process(leader).children(recursive=True)
    except psutil.NoSuchProcess:
        return set()
    return {leader, *(child.pid for child in children)}


def alive(pids: set[int]) -> list[str]:
    """Names of those processes that still run."""
    found = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline())[:200])
        except psutil.NoSuchProcess:
            continue
    return found


pytestmark = pytest.mark.timeout(900)


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
    """`tidebook ui`, as a process of its own, loaded."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = Ui(place, place.start("ui", "--no-warm", "--port", str(port), TIDEBOOK_SENSORS="false"), port)
    seen: set[int] = set()

    def location() -> Any:
        assert started.process.poll() is None, started.printed()
        try:
            entries = started.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]
        except OSError:
            return None
        return entries if entries and all(entry["loadStatus"] == "LOADED" for entry in entries) else None

    try:
        until(LOADS_S, location, started.printed)
        yield started
    finally:
        seen |= group_of(started.process.pid)
        started.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            started.process.wait(ENDS_S)
        kill_group(started.process)
        for pid in seen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


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
    assert statuses == ["SUCCEEDED", "SUCCEEDED"]


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
    assert [check["executionForLatestMaterialization"]["status"] for check in node["assetChecksOrError"]["checks"]] == [
        "SUCCEEDED"
    ]


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
