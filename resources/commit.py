"""A commit: what it says of itself, and how small tables merge.

Belongs here: words and conditions of commits. Does not: writing (lakehouse.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from resources.delta_log import TableLike, values_by_partition
from resources.spark import spark_config

COMMIT_WORDS = "spark.databricks.delta.commitInfo.userMetadata"
MOST_FILES = 16
"""Files of a partition of a small table; more are made one, or reading it would take longer from day to day."""


def metadata(table: TableLike, run_id: str, partitions: Sequence[str]) -> str:
    """Who wrote what, for a commit's userMetadata."""
    return json.dumps({"run_id": run_id, "asset": f"{table.feed}/{table.name}", "partitions": summary(partitions)})


def summary(partitions: Sequence[str]) -> Mapping[str, Any]:
    """Partitions in few words: how many, the first and the last, and each where they are few."""
    few = sorted(partitions)[:20] if len(partitions) <= 20 else []
    return {
        "number": len(partitions),
        "first": min(partitions, default=None),
        "last": max(partitions, default=None),
    } | ({"keys": few} if few else {})


def values_of_first_partition(table: TableLike, rows: pa.Table) -> list[str]:
    """Values of the table's first partition column that stand in the rows, sorted; none where there is no such."""
    if not table.partition_by:
        return []
    return sorted(str(value) for value in pc.unique(rows[table.partition_by[0]]).to_pylist())


def merge_condition(table: TableLike, rows: pa.Table, on: Sequence[str]) -> str:
    """Which rows `t` of a table are the rows `s`: those with equal keys, in the partitions of `rows` alone."""
    values = ", ".join("'" + value.replace("'", "''") + "'" for value in values_of_first_partition(table, rows))
    within = [f"t.{table.partition_by[0]} IN ({values})"] if values else []
    return " AND ".join([*within, *[f"t.{name} = s.{name}" for name in on]])


def compact(delta: DeltaTable, table: TableLike, rows: pa.Table) -> None:
    """Make one file of many in each of the rows' partitions that has more than MOST_FILES."""
    files = [key for key, _ in values_by_partition(delta, table, "path")]
    crowded = [value for value in values_of_first_partition(table, rows) if files.count(value) > MOST_FILES]
    if crowded:
        delta.optimize.compact(partition_filters=[(table.partition_by[0], "in", crowded)])


def compact_and_vacuum(session: SparkSession, location: str, words: str) -> None:
    """OPTIMIZE, then VACUUM with Delta's own retention of 7 days. words: the userMetadata of what it commits."""
    quoted = location.replace("`", "``")
    with spark_config(session, {COMMIT_WORDS: words}):
        session.sql(f"OPTIMIZE delta.`{quoted}`").collect()  # a row
        session.sql(f"VACUUM delta.`{quoted}`").collect()  # a row
