"""What the two ways to a small Delta table cost in a warm session: python -m benchmarks.delta_log.

Belongs here: reading after a commit, and a commit of a few rows. Does not: rows in number (pipeline.py).
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import pyspark.sql.types as T

from resources.conditions import one_of
from resources.lakehouse import Lakehouse
from resources.spark import Spark

ROUNDS = 7
KEYS = [f"2025-01-{day:02}" for day in range(1, 29)]
SCHEMA = T.StructType([T.StructField("key", T.StringType()), T.StructField("n", T.LongType())])


@dataclass(frozen=True)
class Table:
    """A table of a row a key."""

    name: str
    partition_by: tuple[str, ...]
    schema: T.StructType = SCHEMA
    statistics: tuple[str, ...] = ("n",)
    feed: str = "benchmark"
    made_by: str = "this benchmark"


def main() -> None:
    """Print the median seconds of each way."""
    with tempfile.TemporaryDirectory() as root:
        lakehouse = Lakehouse(root=root, spark=Spark(master="local[2]"))
        session, partitioned, flat = lakehouse.spark.session, Table("by_key", ("key",)), Table("flat", ())
        rows = session.createDataFrame([(key, 1) for key in KEYS], partitioned.schema)
        half = one_of("key", KEYS[:14])
        lakehouse.replace(partitioned, rows, None, run_id="")

        def commit() -> None:
            lakehouse.replace(partitioned, rows.where(half.sql), KEYS[:14], run_id="")

        def by_delta() -> None:
            session.read.format("delta").load(lakehouse.location(partitioned)).where(half.sql).collect()

        ways: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "read after a commit, by Spark's Delta": (commit, by_delta),
            "read after a commit, by Lakehouse.read": (commit, lambda: lakehouse.read(partitioned, half).collect()),
            "write 28 rows, by Lakehouse.replace": (
                lambda: None,
                lambda: lakehouse.replace(flat, rows.coalesce(1), None, run_id=""),
            ),
            "write 28 rows, by Lakehouse.put": (
                lambda: None,
                lambda: lakehouse.put(flat, {"key": KEYS, "n": [1] * len(KEYS)}, "", KEYS),
            ),
        }
        for name, (before, way) in ways.items():
            print(f"{name:<40} {median([_seconds(before, way) for _ in range(ROUNDS)]):6.3f} s", flush=True)


def _seconds(before: Callable[[], object], way: Callable[[], object]) -> float:
    before()
    began = time.monotonic()
    way()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
