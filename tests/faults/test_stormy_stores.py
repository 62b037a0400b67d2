"""An object store that answers 500 or 503, late, not at all, in half, or with old listings: a run stops or goes on."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from beds import Bed, unclear
from buckets import BUCKET, BucketPlace, Server, free_port
from comparing import NOT_COMPARED
from looked import neither, versions
from storms import SORTS, Proxy
from tables import differences, table_names
from test_s3 import FINGERPRINTS
from told import STOPPED, WENT_ON, Record, Told

from resources.spark import Spark

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

FEW = 8
ALL = None
CASES = [(sort, seed) for sort in SORTS for seed in range(2)]


@dataclass
class Shore:
    """A bucket behind a proxy, and an engine whose every request goes through it. stands: as Bed.stands."""

    bed: Bed
    place: BucketPlace
    proxy: Proxy
    engine_port: int
    stands: int = 0
    requests: int = 0

    @property
    def lakehouse(self) -> Path:
        """The bucket's tables: the server keeps objects as files."""
        return self.place.server.folder / BUCKET / self.place.lake

    def land(self, which: int) -> None:
        """Land a content in the bucket, past the proxy."""
        contents, client, prefix = self.bed.turns.contents, self.place.server.client(), f"{self.place.prefix}/landing/"
        for path in contents[1 - which].keys() - contents[which].keys():
            client.delete_object(Bucket=BUCKET, Key=prefix + path)
        self.place.server.put({prefix + path: body for path, body in contents[which].items()})

    def command(self, *words: str) -> tuple[int, str]:
        """A command through the proxy: its exit code, and what it printed as an error."""
        settings = {
            "TIDEBOOK_S3_ENDPOINT": f"http://127.0.0.1:{self.proxy.port}",
            "TIDEBOOK_SPARK_MASTER": "auto",
            "TIDEBOOK_ENGINE_PORT": str(self.engine_port),
        }
        ended = self.place.command(*words, **settings)
        assert "Traceback" not in ended.stdout + ended.stderr, ended.stderr
        return ended.returncode, ended.stderr.removeprefix("error: ").strip()

    def run(self) -> None:
        """A run in fair weather, after which the tables are those of a rebuild."""
        assert self.command("run", self.bed.feed.name) == (0, "")
        rebuilt, feed = self.bed.rebuilt(1 - self.stands), self.bed.feed.name
        names = table_names(rebuilt, feed)
        without = {name: (*NOT_COMPARED.get(name, ()), *FINGERPRINTS) for name in names}
        assert differences(rebuilt, self.lakehouse, feed, names, without) == []
        self.stands = 1 - self.stands


@pytest.fixture(scope="module")
def shore(
    ide_bed: Bed, quick_spark: Spark, versitygw: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shore]:
    """The bucket, with the tables of one content in it."""
    place = BucketPlace(tmp_path_factory.mktemp("shore"), ide_bed.turns.landing, versitygw, "shore")
    made = Shore(ide_bed, place, Proxy(versitygw.port), free_port())
    _ = ide_bed.expected
    try:
        assert made.command("engine", "start") == (0, "")
        for which in (1, 0):
            made.stands = 1 - which
            made.land(which)
            made.proxy.requests()
            made.run()
            made.requests = made.proxy.requests()
        yield made
    finally:
        made.command("engine", "stop")
        made.proxy.stop()


@pytest.mark.parametrize(("sort", "seed"), CASES)
def test_a_run_in_a_storm_stops_or_goes_on_and_the_next_repairs(
    sort: str, seed: int, shore: Shore, record: Record
) -> None:
    draw = random.Random(f"{sort} {seed}")
    feed, bed = shore.bed.feed.name, shore.bed
    since = versions(shore.lakehouse, feed)
    shore.land(1 - shore.stands)
    # What is slow or old passes; the rest does in half of the storms, and in the others lasts until the run ends.
    number = ALL if seed % 2 == 0 and sort not in ("slow", "stale") else draw.randint(1, FEW)
    after = draw.randrange(shore.requests)
    shore.proxy.begin(sort, after, number, f"{sort} {seed}")
    code, said = shore.command("run", feed)
    struck = shore.proxy.end()
    assert code in (0, 1) and (code == 0) == (said == ""), said
    assert not said or unclear(said) == []
    assert neither(shore.lakehouse, feed, since, bed.expected[shore.stands], bed.expected[1 - shore.stands]) == []
    began = time.monotonic()
    shore.run()
    how_many = "all" if number is ALL else str(struck)
    moment = f"{how_many} requests after {after}"
    record.add(Told(f"store: {sort}", moment, STOPPED if said else WENT_ON, said, time.monotonic() - began))
