"""What the faults share: beds of two feeds, the record of a soak and its table at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from beds import Bed
from buckets import VERSITYGW, Server, find_versitygw
from places import Place
from told import Record, table
from turns import Turns, ide_turns, notes_turns

from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.spec import Feed
from resources.spark import Spark

collect_ignore_glob = ["test_stormy_*.py"] if os.environ.get("TIDEBOOK_NO_VERSITYGW") == "1" else []

RECORD = pytest.StashKey[Record]()


@pytest.fixture(scope="session")
def record(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The faults of this run of the tests."""
    made = request.config.stash[RECORD] = Record(tmp_path_factory.getbasetemp())
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table of faults, as docs/reliability.md has it."""
    found = config.stash.get(RECORD, None)
    if found is not None and (faults := found.read()):
        terminalreporter.write_sep("=", "faults")
        terminalreporter.write_line(table(faults))


@pytest.fixture(scope="session")
def notes_bed(tmp_path_factory: pytest.TempPathFactory, spark_resource: Spark) -> Bed:
    """Notes, on the tests' own session."""
    root = tmp_path_factory.mktemp("notes-bed")
    return _bed(NOTES, notes_turns(root), root, spark_resource)


@pytest.fixture(scope="session")
def ide_bed(tmp_path_factory: pytest.TempPathFactory, spark_resource: Spark) -> Bed:
    """Sessions past midnight, on the tests' own session."""
    root = tmp_path_factory.mktemp("ide-bed")
    return _bed(IDE, ide_turns(root), root, spark_resource)


def _bed(feed: Feed, turns: Turns, root: Path, spark: Spark) -> Bed:
    return Bed(feed, Place(root, turns.landing), turns, spark)


@pytest.fixture(scope="session")
def versitygw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An object store on disk that keeps objects as files, with the bucket of the tests."""
    program = find_versitygw()
    if program is None:
        pytest.fail(f"versitygw is not installed: GOBIN={sys.prefix}/bin CGO_ENABLED=0 go install {VERSITYGW}")
    server = Server(tmp_path_factory.mktemp("versitygw") / "objects", program)
    server.start()
    server.make_bucket()
    yield server
    server.kill()


@pytest.fixture
def bed(request: pytest.FixtureRequest, quick_spark: Spark) -> Bed:
    """Sessions past midnight, and of each four of a test's seeds one time notes, whose tables are twice as many."""
    seed = request.getfixturevalue("seed")
    found: Bed = request.getfixturevalue("notes_bed" if seed % 4 == 3 else "ide_bed")
    return found
