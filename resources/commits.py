"""Commits: who wrote what, in Delta's log; and joining and deleting files, which changes no row.

Belongs here: what `Lakehouse` says in a commit, and its upkeep of a table's files. Does not: rows (lakehouse.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import SparkSession

from resources.delta_log import TableLike

COMMIT_WORDS = "spark.databricks.delta.commitInfo.userMetadata"


def commit_words(table: TableLike, run_id: str, partitions: Sequence[str]) -> str:
    """What a commit says of itself, as its userMetadata."""
    return json.dumps({"run_id": run_id, "asset": f"{table.feed}/{table.name}", "partitions": summary(partitions)})


def summary(partitions: Sequence[str]) -> Mapping[str, Any]:
    """Partitions in few words: how many, the first and the last, and each where they are few."""
    few = sorted(partitions)[:20] if len(partitions) <= 20 else []
    return {
        "number": len(partitions),
        "first": min(partitions, default=None),
        "last": max(partitions, default=None),
    } | ({"keys": few} if few else {})


def compact_and_vacuum(session: SparkSession, location: str, words: str) -> None:
    """OPTIMIZE, then VACUUM with Delta's own retention of 7 days. words: the userMetadata of what it commits."""
    quoted = location.replace("`", "``")
    session.conf.set(COMMIT_WORDS, words)
    try:
        session.sql(f"OPTIMIZE delta.`{quoted}`").collect()  # a row
        session.sql(f"VACUUM delta.`{quoted}`").collect()  # a row
    finally:
        session.conf.unset(COMMIT_WORDS)
