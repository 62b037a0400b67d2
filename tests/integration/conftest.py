"""What several integration tests share: landings, tables made of them once, and a warm engine.

Belongs here: what is made once for all. Does not: anything that one test alone needs.
"""

import os
import re
import sys
from collections.abc import Iterator
from datetime import date

import pytest
from buckets import VERSITYGW, Server, find_versitygw
from places import REAL_LOG, Place

from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from resources import engine
from resources.session_config import session_config
from resources.settings import Settings
from resources.spark import Spark

collect_ignore_glob = ["test_versitygw.py"] if os.environ.get("TIDEBOOK_NO_VERSITYGW") == "1" else []

LOG_DAY = re.compile(rb"\[(\d\d)/May/2015:")

# The end of February and the beginning of March: two months, two weeks, two snapshots of the users.
SAMPLE = NotesOptions(
    start=date(2025, 2, 26),
    end=date(2025, 3, 4),
    events=3_000,
    users=400,
    late_share=0.05,
    duplicate_share=0.03,
    broken_share=0.01,
    dimension_duplicate_share=0.05,
    change_share=0.3,
    seed=5,
)


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory, spark_resource: Spark) -> Place:
    """Generated notes of seven dates, and all tables of them from one undisturbed pass. To be read only."""
    root = tmp_path_factory.mktemp("notes")
    generate_notes(root / "landing", SAMPLE)
    place = Place(root, root / "landing")
    place.run(NOTES, spark_resource)
    return place


@pytest.fixture(scope="session")
def log_days() -> dict[str, list[bytes]]:
    """The lines of the real log by the day that they name, each with its line end."""
    days: dict[str, list[bytes]] = {}
    for line in REAL_LOG.read_bytes().splitlines(keepends=True):
        found = LOG_DAY.search(line)
        assert found is not None
        days.setdefault(f"2015-05-{found.group(1).decode()}", []).append(line)
    return days


@pytest.fixture(scope="session")
def access_log(
    tmp_path_factory: pytest.TempPathFactory, spark_resource: Spark, log_days: dict[str, list[bytes]]
) -> Place:
    """The real log as a file a day, and all tables of it from one undisturbed pass. To be read only."""
    root = tmp_path_factory.mktemp("access_log")
    for day, lines in log_days.items():
        file = root / "landing" / "access_log" / day / "access.log"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"".join(lines))
    place = Place(root, root / "landing")
    place.run(ACCESS_LOG, spark_resource)
    return place


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a warm engine, on a free port."""
    state = tmp_path_factory.mktemp("engine")
    started = engine.start(session_config(Settings(state=str(state), spark_memory="1g")), state, port=0)
    assert started.url is not None
    yield started.url
    engine.stop(state)


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An object store in memory, with the bucket of the tests. It takes any keys."""
    server = Server(tmp_path_factory.mktemp("moto") / "data", "moto")
    server.start()
    server.make_bucket()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def versitygw(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An object store on disk, with the bucket of the tests, that checks keys. TIDEBOOK_NO_VERSITYGW leaves it out."""
    program = find_versitygw()
    if program is None:
        pytest.fail(
            f"versitygw is not installed: GOBIN={sys.prefix}/bin CGO_ENABLED=0 go install {VERSITYGW}. "
            "To leave these tests out on this machine: TIDEBOOK_NO_VERSITYGW=1"
        )
    server = Server(tmp_path_factory.mktemp("versitygw") / "data", program)
    server.start()
    server.make_bucket()
    yield server
    server.kill()
