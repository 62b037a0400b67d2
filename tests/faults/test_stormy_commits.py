"""Commits of small tables in a store in trouble: each is there once, as a whole, or not at all. No Spark."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from beds import unclear
from buckets import BUCKET, Server
from deltalake import DeltaTable
from storms import SORTS, Proxy
from told import STOPPED, WENT_ON, Record, Told

from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.tables import feed_tables
from resources.errors import UserError
from resources.lakehouse import Lakehouse
from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)

TABLE = feed_tables(FEED)["tide"]
ROWS = 40
REQUESTS = 12
"""Of a commit, about."""
COMMITS = 4
CASES = [(sort, seed) for sort in SORTS for seed in range(2)]
Row = tuple[date, str, int]


@pytest.fixture(scope="module")
def proxy(versitygw: Server) -> Iterator[Proxy]:
    """A proxy before the store."""
    made = Proxy(versitygw.port)
    yield made
    made.stop()


@pytest.fixture
def lakehouse(
    proxy: Proxy, versitygw: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Lakehouse]:
    """Tables in the bucket, through the proxy."""
    for name, value in versitygw.credentials.items():
        monkeypatch.setenv(name, value)
    root = f"s3a://{BUCKET}/commits-{request.node.name.partition('[')[2].rstrip(']').replace(' ', '-')}"
    made = Lakehouse(
        root=root,
        spark=Spark(master="sc://127.0.0.1:1"),
        lease_wait_s=60,
        s3_endpoint=f"http://127.0.0.1:{proxy.port}",
    )
    yield made
    proxy.end()
    made.let_go()


def rows_of(folder: Path) -> list[Row]:
    """The table as any reader sees it, past the proxy; the server keeps objects as files."""
    found = DeltaTable(str(folder)).to_pyarrow_table()
    return sorted(zip(*(found[name].to_pylist() for name in ("event_date", "input_version", "rows")), strict=True))


def content(number: int) -> list[Row]:
    """Content number so many of the table."""
    return sorted((date(2025, 1, 1 + at % 28), f"{number}-{at}", number) for at in range(ROWS))


def commit(lakehouse: Lakehouse, number: int) -> list[Row]:
    """Replace the table by a content."""
    rows = content(number)
    names = ("event_date", "input_version", "rows")
    values = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    lakehouse.put(TABLE, values, "run", ["2025-01-01"])
    return rows


@pytest.mark.parametrize(
    ("sort", "seed"), [case if case == CASES[0] else pytest.param(*case, marks=pytest.mark.soak) for case in CASES]
)
def test_a_commit_in_a_storm_is_there_once_or_not_at_all(
    sort: str, seed: int, lakehouse: Lakehouse, proxy: Proxy, versitygw: Server, record: Record
) -> None:
    draw = random.Random(f"{sort} {seed}")
    folder = versitygw.folder / BUCKET / lakehouse.root.partition(f"{BUCKET}/")[2] / FEED.name / TABLE.name
    before = commit(lakehouse, 0)
    for number in range(1, COMMITS + 1):
        after = draw.randrange(REQUESTS)
        number_of_faults = None if sort in ("500", "503", "reset", "cut off") and number % 2 else draw.randint(1, 5)
        proxy.begin(sort, after, number_of_faults, f"{sort} {seed} {number}")
        said = ""
        try:
            commit(lakehouse, number)
        except UserError as error:
            said = str(error)
        struck = proxy.end()
        assert not said or unclear(said) == []
        assert rows_of(folder) in ([before, content(number)] if said else [content(number)])
        began = time.monotonic()
        before = commit(lakehouse, number + COMMITS)
        assert rows_of(folder) == before
        if struck:
            how_many = "all" if number_of_faults is None else str(struck)
            moment = f"{how_many} requests after {after}"
            seconds = time.monotonic() - began
            record.add(Told(f"store, a small table: {sort}", moment, STOPPED if said else WENT_ON, said, seconds))
