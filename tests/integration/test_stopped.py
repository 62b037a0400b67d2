"""Commands that are stopped with Ctrl-C while Spark works for them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from places import LONGEST_S, Place, kill_group


def test_a_run_that_is_stopped_says_so_leaves_no_spark_and_is_finished_by_the_next(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "landing")
    place.done("generate", "notes", "--events", "60000", "--start", "2025-03-01", "--end", "2025-03-03")
    child = place.start("run", "notes", "--arrival", "2025-03-02")
    try:
        until = time.monotonic() + LONGEST_S
        while not list((place.lakehouse / "notes" / "bronze").glob("_staged-*")):
            assert child.poll() is None and time.monotonic() < until, (place.root / "err").read_text()
            time.sleep(0.02)
        started = psutil.Process(child.pid).children(recursive=True)
        names = {name_of(process) for process in started}
        os.kill(child.pid, signal.SIGINT)
        assert child.wait(timeout=60) == 130, (place.root / "err").read_text()
        _, left = psutil.wait_procs(started, timeout=30)
    finally:
        kill_group(child)
    assert "java" in names, "Spark ran in it"
    assert left == [], "of what Spark started"
    told = (place.root / "out").read_text() + (place.root / "err").read_text()
    assert "stopped. What was written is whole" in told and "Traceback" not in told
    assert "bronze" in place.done("run", "notes", "--arrival", "2025-03-02")


def name_of(process: psutil.Process) -> str:
    """Its name, none of one that has ended meanwhile."""
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


STOPPED = """
import os, signal, sys, threading, time
import pyspark.sql.functions as F
from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.tables import feed_tables
from resources.lakehouse import Lakehouse
from resources.spark import Spark

def stop(*_):
    raise KeyboardInterrupt

spark = Spark(master="local[2]")
session, table = spark.session, feed_tables(FEED)["user_days"]
endless = session.range(10**15).agg(F.sum(F.hash("id")).alias("user_id"))
rows = endless.select(
    *[F.col("user_id").cast(f.dataType) if f.name == "user_id" else F.lit(None).cast(f.dataType).alias(f.name)
      for f in table.schema]
)
tracker = session.sparkContext.statusTracker()

def stop_it():
    while not tracker.getActiveJobsIds():
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGALRM)

signal.signal(signal.SIGALRM, stop)
threading.Thread(target=stop_it).start()
try:
    Lakehouse(root=sys.argv[1], spark=spark).replace(table, rows, None, run_id="run")
except KeyboardInterrupt:
    print("stopped")

def watch():
    until = time.monotonic() + 20
    while tracker.getActiveJobsIds() and time.monotonic() < until:
        time.sleep(0.1)
    print("still runs" if tracker.getActiveJobsIds() else "nothing runs")

watching = threading.Thread(target=watch)  # this one has an answer on its way
watching.start()
watching.join()
spark.stop()
print("ended")
"""


def test_what_a_stopped_write_asked_of_spark_ends_with_it(tmp_path: Path) -> None:
    environment = {**os.environ, "TIDEBOOK_STATE": str(tmp_path / "state"), "TIDEBOOK_SPARK_MEMORY": "1g"}
    program = [sys.executable, "-c", STOPPED, str(tmp_path / "lakehouse")]
    done = subprocess.run(program, env=environment, check=True, timeout=120, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["stopped", "nothing runs", "ended"]
