"""How long p95 of many loads by many versions takes. Buckets are made directly: so many loads, Zipf over versions.

Belongs here: the tables of load times on their own. Does not: a pass from landing (pipeline.py, feeds.py).

python -m benchmarks.latency --loads 100000000 --versions 5000 --days 1
"""

import argparse
import math
import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyspark.sql.functions as F

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import latency
from analytics_assets.layers.world import World
from analytics_assets.transforms.buckets import GAMMA, estimate, quantile_buckets
from benchmarks.measure import measure
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

START = date(2025, 1, 6)
DAY = timedelta(days=1)
DEVICES = {"iPhone": 0.35, "Android": 0.25, "Windows": 0.2, "Mac": 0.15, "iPad": 0.05}
MEDIAN_MS, SPREAD = 900, 0.6
STEPS = ("make", "buckets", "table")


def main() -> None:
    """Parse the command line, run each step in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=100_000_000)
    parser.add_argument("--versions", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        _step(chosen)
        return
    with tempfile.TemporaryDirectory(prefix="tidebook-latency-") as folder:
        for step in STEPS:
            sizes = [f"--{name}={getattr(chosen, name)}" for name in ("loads", "versions", "days", "threads")]
            command = [sys.executable, "-m", "benchmarks.latency", *sizes, "--step", step, "--root", folder]
            log = Path(folder) / f"{step}.log"
            measured = measure(command, {"TIDEBOOK_STATE": folder}, Path.cwd(), log)
            said = next(line for line in log.read_text().splitlines() if line.startswith(f"{step}: "))
            took = (
                f"process {measured.wall_s:.1f} s, {measured.cpu_s:.1f} CPU s, others {measured.others_cpu_s:.0f} CPU s"
            )
            print(f"{said}; {took}, largest {measured.driver_peak_mb:,.0f} MB", flush=True)


def _step(chosen: argparse.Namespace) -> None:
    os.environ.setdefault("TIDEBOOK_SPARK_MEMORY", "3g")
    lakehouse = Lakehouse(root=str(chosen.root / "lakehouse"), spark=Spark(master=f"local[{chosen.threads}]"))
    world = World(FEED, Landing(root=str(chosen.root)), lakehouse, run_id=chosen.step)
    lakehouse.spark.session.range(1).count()  # an engine that runs, as in a pass
    began = time.monotonic()
    if chosen.step == "make":
        rows, loads = _make(world, chosen)
        print(f"make: {loads:,} loads in {rows:,} rows of buckets, {time.monotonic() - began:.1f} s")
    elif chosen.step == "buckets":
        print(f"buckets: p95 by version from buckets, {_from_buckets(world):.1f} s, again {_from_buckets(world):.1f} s")
    else:
        built = latency.build_latency(world)
        middle = time.monotonic()
        wanted = (pc.field("period") == "all") & (pc.field("dimension") == "app_version")
        found = lakehouse.arrow(world.tables[latency.TABLE], ["value", "version_order", "p95"], wanted)
        read = time.monotonic() - middle
        print(f"table: {built.rows['']:,} rows, {middle - began:.1f} s; {len(found):,} p95 read from it, {read:.2f} s")
    lakehouse.let_go()


def _from_buckets(world: World) -> float:
    began = time.monotonic()
    buckets = world.lakehouse.read(world.tables[latency.BUCKETS]).where("bucket IS NOT NULL")
    found = quantile_buckets(buckets, ["app_version"], "loads", {"p95": 950})
    rows = found.select("app_version", "loads", estimate(F.col("p95")).alias("p95")).collect()
    assert all(row.p95 > 0 for row in rows)
    return time.monotonic() - began


def _make(world: World, chosen: argparse.Namespace) -> tuple[int, int]:
    """Buckets of lognormal times. A cell's expected loads are rounded up or down by a hash, so that they add up."""
    table, session = world.tables[latency.BUCKETS], world.lakehouse.spark.session
    first, last = (round(math.log(ms) / math.log(GAMMA)) for ms in (60, 60_000))
    weights = sum(1 / k for k in range(1, chosen.versions + 1))
    share = F.col("share_of_device") * F.lit(1 / weights) / (F.col("version") + 1)
    place = F.col("bucket") * math.log(GAMMA) - math.log(MEDIAN_MS)
    density = F.exp(-(place**2) / (2 * SPREAD**2)) * (math.log(GAMMA) / (SPREAD * math.sqrt(2 * math.pi)))
    chance = F.pmod(F.xxhash64("day", "version", "device_type", "bucket"), F.lit(1_000_000)) / 1_000_000
    devices = session.createDataFrame([*DEVICES.items()], "device_type string, share_of_device double")
    days = [START + DAY * n for n in range(chosen.days)]
    rows = (
        session.range(chosen.days * chosen.versions, numPartitions=4 * chosen.threads)
        .select(
            F.floor(F.col("id") / chosen.versions).cast("int").alias("day"),
            (F.col("id") % chosen.versions).alias("version"),
        )
        .crossJoin(F.broadcast(devices))
        .select("*", F.explode(F.sequence(F.lit(first), F.lit(last))).alias("bucket"))
        .withColumn("loads", F.floor(share * density * (chosen.loads / chosen.days) + chance))
        .where("loads > 0")
        .select(
            F.date_add(F.lit(START), F.col("day")).alias("event_date"),
            F.format_string("%d.%d.%d", F.col("version") % 9, F.col("version") % 40, F.col("version")).alias(
                "app_version"
            ),
            "device_type",
            F.lit("page_view").alias("action"),
            "bucket",
            "loads",
            F.lit("v1").alias("input_version"),
        )
    )
    written = world.lakehouse.replace(table, rows, [day.isoformat() for day in days], run_id=world.run_id)
    closes = [*days, days[-1] + DAY]
    counts = {
        "arrival_month": [f"{day:%Y-%m}" for day in closes],
        "source": ["events"] * len(closes),
        "arrival": [day.isoformat() for day in closes],
        "event_date": closes,
        "standing": ["on_time"] * len(closes),
        "rows": [1] * len(closes),
    }
    fields = world.tables["counts"].schema.fieldNames()
    every = {name: counts.get(name, [None] * len(closes)) for name in fields}
    world.lakehouse.put(world.tables["counts"], every, world.run_id, [])
    loads = pc.sum(world.lakehouse.arrow(table, ["loads"])["loads"]).as_py()
    return written.rows, loads


if __name__ == "__main__":
    main()
