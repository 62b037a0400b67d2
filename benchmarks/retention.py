"""How long retention of many users over many weeks takes, and one more week. User days are made directly.

Belongs here: user history and retention on their own. Does not: a pass from landing (pipeline.py, feeds.py).

python -m benchmarks.retention --users 5000000 --weeks 104
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import pyspark.sql.functions as F

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import retention, user_history
from analytics_assets.layers.world import World
from benchmarks.measure import measure
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

START = date(2023, 1, 2)  # a Monday
DAY = timedelta(days=1)
# Weeks after the first in which a user is active with this likelihood, so that a user has some five weeks in all.
LIKELIHOOD = 0.08
STEPS = ("make", "whole", "make_week", "week")


def main() -> None:
    """Parse the command line, run each step in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=5_000_000)
    parser.add_argument("--weeks", type=int, default=104)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        _step(chosen.step, chosen.root, chosen.users, chosen.weeks, chosen.threads)
        return
    with tempfile.TemporaryDirectory(prefix="tidebook-retention-") as folder:
        for step in STEPS:
            sizes = ["--users", str(chosen.users), "--weeks", str(chosen.weeks), "--threads", str(chosen.threads)]
            command = [sys.executable, "-m", "benchmarks.retention", *sizes, "--step", step, "--root", folder]
            log = Path(folder) / f"{step}.log"
            measured = measure(command, {"TIDEBOOK_STATE": folder}, Path.cwd(), log)
            said = next(line for line in log.read_text().splitlines() if line.startswith(step))
            print(f"{said}; process {measured.wall_s:.1f} s, largest {measured.driver_peak_mb:,.0f} MB", flush=True)


def _step(step: str, root: Path, users: int, weeks: int, threads: int) -> None:
    os.environ.setdefault("TIDEBOOK_SPARK_MEMORY", "3g")
    lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=Spark(master=f"local[{threads}]"))
    world = World(FEED, Landing(root=str(root)), lakehouse, run_id=step)
    lakehouse.hold(FEED.name)
    began = time.monotonic()
    if step == "make":
        _make(world, users, 0, weeks)
    elif step == "make_week":
        _make(world, users, weeks, weeks + 1)
    else:
        world.lakehouse.spark.session.range(1).count()  # an engine that runs, as in a pass
        began = time.monotonic()
        histories = user_history.build_user_history(world)
        middle = time.monotonic()
        cells = retention.build_retention(world)
        parts = f"user_history {middle - began:.1f} s, retention {time.monotonic() - middle:.1f} s"
        print(f"{step}: {parts}; {histories.rows['']:,} users, {cells.rows['']:,} cells")
        lakehouse.let_go()
        return
    rows = sum(lakehouse.rows(world.tables["user_days"]).values())
    lakehouse.let_go()
    print(f"{step}: {rows:,} user days, {time.monotonic() - began:.1f} s")


def _make(world: World, users: int, first_week: int, end_week: int) -> None:
    """User days of some weeks: a user begins in a week of its own, and is active on one day of a week."""
    table, session = world.tables["user_days"], world.lakehouse.spark.session
    user, week = F.col("id"), F.col("week")
    begins = F.pmod(F.xxhash64("id", F.lit(1)), F.lit(104))
    chance = F.pmod(F.xxhash64("id", "week"), F.lit(10_000)) / 10_000
    day = F.pmod(F.xxhash64("week", "id", F.lit(2)), F.lit(7))
    rows = (
        session.range(users)
        .crossJoin(F.broadcast(session.range(first_week, end_week).withColumnRenamed("id", "week")))
        .where((week == begins) | ((week > begins) & (chance < LIKELIHOOD)))
        .select(
            F.format_string("user-%09d", user).alias("user_id"),
            F.date_add(F.lit(START), (week * 7 + day).cast("int")).alias("event_date"),
            F.lit(1).cast("bigint").alias("events"),
            F.concat(F.lit("c"), F.pmod(user, F.lit(30)).cast("string")).alias("country"),
            F.concat(F.lit("d"), F.pmod(user, F.lit(4)).cast("string")).alias("device_type"),
            F.concat(F.lit("s"), F.pmod(user, F.lit(3)).cast("string")).alias("subscription_type"),
            F.lit("v1").alias("input_version"),
        )
    )
    missing = {field.name: F.lit(None).cast(field.dataType) for field in table.schema if field.name not in rows.columns}
    days = [START + DAY * n for n in range(first_week * 7, end_week * 7)]
    rows = rows.withColumns(missing).repartition("event_date").select(table.schema.fieldNames())
    world.lakehouse.replace(table, rows, [day.isoformat() for day in days], run_id=world.run_id)
    closes = [*days, days[-1] + DAY]
    counts = {
        "arrival_month": [f"{day:%Y-%m}" for day in closes],
        "source": ["events"] * len(closes),
        "arrival": [day.isoformat() for day in closes],
        "event_date": closes,
        "standing": ["on_time"] * len(closes),
        "rows": [1] * len(closes),
    }
    stands = world.counts().to_pydict()
    fields = world.tables["counts"].schema.fieldNames()
    fresh = {name: stands[name] + counts.get(name, [None] * len(closes)) for name in fields}
    world.lakehouse.put(world.tables["counts"], fresh, world.run_id, [])


if __name__ == "__main__":
    main()
