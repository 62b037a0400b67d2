"""A tick of a sensor over many files: `python -m benchmarks.sensor_tick [--files N] [--root s3a://BUCKET/PREFIX]`.

Needs no JVM. In a bucket that exists, with TIDEBOOK_S3_ENDPOINT and the AWS_ variables of its server.

Belongs here: making files and the counts of those that were read, ticking, and printing seconds and memory. Does
not: what a tick does (analytics_assets/sensors.py).
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import boto3
import dagster as dg

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers import profiles
from analytics_assets.layers.landed import events_source
from analytics_assets.layers.world import World, stamped
from analytics_assets.sensors import tick
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.object_store import split
from resources.settings import load_settings
from resources.spark import Spark

FEED = replace(NOTES, look_back_days=34)
DAYS, TICKS, PUTS_AT_ONCE = 35, 5, 8
LONG_AGO_S = 1_700_000_000


def main() -> None:
    """Make files, tick over them new, record them as read, and tick again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--root", default="", help="where landing and lakehouse are; by default a folder of its own")
    chosen = parser.parse_args()
    number = chosen.files
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        root = chosen.root or folder
        if chosen.root:
            put_files(*split(chosen.root), number)
        else:
            make_files(Path(root) / "landing", number)
        store = {"s3_endpoint": load_settings().s3_endpoint}
        lakehouse = Lakehouse(root=f"{root}/lakehouse", spark=Spark(master="local[1]"), **store)
        world = World(FEED, Landing(root=f"{root}/landing", **store), lakehouse, "bench")
        print(f"{number:,} files in {DAYS} arrivals")
        print(f"before the first tick: {peak_mb():,.0f} MB")
        cursor = measured("nothing read yet", instance, world, None)
        record_as_read(world)
        print(f"with all of them recorded as read: {peak_mb():,.0f} MB")
        for turn in range(1, TICKS + 1):
            cursor = measured(f"all read, tick {turn}", instance, world, cursor)


def paths(number: int) -> list[str]:
    """Where so many files land, over the arrivals of the look-back."""
    days = [(date(2025, 1, 1) + timedelta(days=day)).isoformat() for day in range(DAYS)]
    return [f"notes/events/{days[place * DAYS // number]}/{place:06}.csv" for place in range(number)]


def make_files(landing: Path, number: int) -> None:
    """Files of a line in a folder."""
    for path in paths(number):
        file = landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x\n")
        os.utime(file, (LONG_AGO_S, LONG_AGO_S))


def put_files(bucket: str, prefix: str, number: int) -> None:
    """Files of a line in a bucket. They are as young as they are: the sensor waits until they have settled."""
    client = boto3.client("s3", endpoint_url=load_settings().s3_endpoint or None)
    with ThreadPoolExecutor(PUTS_AT_ONCE) as threads:
        keys = [f"{prefix}/landing/{path}" for path in paths(number)]
        list(threads.map(lambda key: client.put_object(Bucket=bucket, Key=key, Body=b"x\n"), keys))
    time.sleep(FEED.settle.total_seconds())


def record_as_read(world: World) -> None:
    """What the table counts holds when all files have been read: a row a file."""
    source = events_source(world.feed)
    files = world.landing.files(source.pattern)
    table = world.tables["counts"]
    columns: dict[str, list[object]] = {name: [None] * len(files) for name in table.schema.fieldNames()}
    columns |= {
        "arrival_month": [file.arrival[:7] for file in files],
        "source": [EVENTS_SOURCE] * len(files),
        "arrival": [file.arrival for file in files],
        "file": [file.path for file in files],
        "fingerprint": [stamped(file, source.version) for file in files],
        "standing": [LANDED] * len(files),
        "rows": [1] * len(files),
    }
    world.lakehouse.put(table, columns, "bench", [])
    record_as_profiled(world)
    world.lakehouse.let_go()


def record_as_profiled(world: World) -> None:
    """What the table profiles holds then, as far as a tick looks at it: a row an arrival."""
    table, wanted = world.tables[profiles.TABLE], profiles.wanted_versions(world)
    columns: dict[str, list[object]] = {name: [None] * len(wanted) for name in table.schema.fieldNames()}
    columns |= {
        "arrival_month": [arrival[:7] for arrival in wanted],
        "arrival": [*wanted],
        "column_name": ["event_time"] * len(wanted),
        "input_version": [*wanted.values()],
    }
    world.lakehouse.put(table, columns, "bench", [])


def measured(what: str, instance: dg.DagsterInstance, world: World, cursor: str | None) -> str | None:
    """Tick once and print what it took; the cursor after it."""
    began = time.monotonic()
    with dg.build_sensor_context(instance, cursor=cursor) as context:
        result = tick(context, world, time.time())
    said = (
        f"asks for {len(result.run_requests or [])} run"
        if result.skip_reason is None
        else result.skip_reason.skip_message
    )
    print(f"{what:<18} {time.monotonic() - began:5.1f} s  {peak_mb():6,.0f} MB at most so far  {said[:70]}")
    return result.cursor


def peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
