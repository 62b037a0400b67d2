"""`tidebook ui` as a process of its own, asked as the browser asks it, through GraphQL.

Belongs here: starting it, asking it, ending it with all of its processes. Does not: what is expected of it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
from places import Place, kill_group

LOADS_S, ENDS_S = 120, 60

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
BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
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


def kill_all(pids: set[int]) -> None:
    """SIGKILL to those of the processes that still run."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


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


@contextmanager
def started_ui(place: Place, **more: str) -> Iterator[Ui]:
    """`tidebook ui`, loaded. more: settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = Ui(place, place.start("ui", "--no-warm", "--port", str(port), **more), port)
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
        kill_all(seen)
