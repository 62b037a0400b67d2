"""Commits: who wrote what, kept with each commit of a table.

Belongs here: what a commit says of itself. Does not: committing (lakehouse.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from resources.delta_log import TableLike


def commit_metadata(table: TableLike, run_id: str, partitions: Sequence[str]) -> str:
    """Who wrote what, as a commit's userMetadata has it."""
    return json.dumps({"run_id": run_id, "asset": f"{table.feed}/{table.name}", "partitions": summary(partitions)})


def summary(partitions: Sequence[str]) -> Mapping[str, Any]:
    """Partitions in few words: how many, the first and the last, and each where they are few."""
    few = sorted(partitions)[:20] if len(partitions) <= 20 else []
    return {
        "number": len(partitions),
        "first": min(partitions, default=None),
        "last": max(partitions, default=None),
    } | ({"keys": few} if few else {})
