"""Files that Spark wrote aside become files of a table in a folder: described as Delta's log wants them, and moved.

Belongs here: the way of a file from Spark's hands into the table's folder. Does not: the commit, without which no
reader sees it (lakehouse.py).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from resources.delta_log import TableLike

STAGED = "_staged-"
"""Begin of a folder's name. Readers and VACUUM pass over what begins so."""
NULL = "__HIVE_DEFAULT_PARTITION__"


def new_folder(location: str) -> Path:
    """A folder to write into, beside a table's files. What killed runs left is removed: the lease must be held."""
    for left in Path(location).glob(f"{STAGED}*"):
        shutil.rmtree(left)
    return Path(location) / f"{STAGED}{uuid4().hex}"


def adopt(table: TableLike, folder: Path, partitions: Sequence[str] | None) -> list[AddAction]:
    """Move what Spark wrote to where the table's files stand, and say of each file what a commit must say.

    partitions: values of the first partition column; None: any. Raises ValueError, with nothing moved, for a row of
    another one. A run that is killed before its commit leaves files that VACUUM removes.
    """
    read = {path: _added(table, folder, path) for path in sorted(folder.rglob("*.parquet"))}
    found = {path: added for path, added in read.items() if rows_of(added)}
    if partitions is not None:
        values = {str(added.partition_values[table.partition_by[0]]) for added in found.values()}
        if others := sorted(values - set(partitions)):
            raise ValueError(f"{table.feed}/{table.name}: rows of {', '.join(others)}, which are not to be replaced")
    for path, added in found.items():
        place = folder.parent / added.path
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    shutil.rmtree(folder)
    return list(found.values())


def rows_of(added: AddAction) -> int:
    """Rows of a file."""
    return int(json.loads(added.stats)["numRecords"])


def _added(table: TableLike, folder: Path, path: Path) -> AddAction:
    inside, found = path.relative_to(folder), path.stat()
    return AddAction(
        path=str(inside),
        size=found.st_size,
        partition_values=_partition_values(inside),
        modification_time=int(found.st_mtime * 1000),
        data_change=True,
        stats=json.dumps(_statistics(path, table.statistics), default=_date),
    )


def _partition_values(inside: Path) -> Mapping[str, str | None]:
    named = [folder.partition("=") for folder in inside.parts[:-1]]
    return {name: None if value == NULL else unquote(value) for name, _, value in named}


def _statistics(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """What the file's footer says of columns, in the words of Delta's protocol ("Per-file Statistics")."""
    footer = pq.read_metadata(path)
    groups = [footer.row_group(at) for at in range(footer.num_row_groups)]
    least: dict[str, Any] = {}
    greatest: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for at, column in enumerate(footer.schema.names):
        if column not in names:
            continue
        said = [group.column(at).statistics for group in groups]
        if any(one is None or not one.has_null_count for one in said):
            continue
        nulls[column] = sum(one.null_count for one in said)
        # A group of nothing but nulls has no least value.
        known = [one for one, group in zip(said, groups, strict=True) if one.null_count < group.num_rows]
        if known and all(one.has_min_max for one in known):
            least[column] = min(one.min for one in known)
            greatest[column] = max(one.max for one in known)
    return {"numRecords": footer.num_rows, "minValues": least, "maxValues": greatest, "nullCount": nulls}


def _date(value: object) -> str:
    if type(value) is date:
        return value.isoformat()
    raise TypeError(f"statistics are kept of dates, numbers and texts, not of {type(value).__name__}")
