"""Delta's log without a JVM: which files hold a table's rows, and what it says of each.

Belongs here: reading the log. Does not: reading rows, writing (lakehouse.py).
"""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from pyspark.sql.types import StructType

from resources.conditions import Condition


class TableLike(Protocol):
    """What the lakehouse needs to know of a table."""

    @property
    def feed(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def schema(self) -> StructType: ...
    @property
    def partition_by(self) -> tuple[str, ...]: ...
    @property
    def statistics(self) -> tuple[str, ...]: ...
    @property
    def made_by(self) -> str: ...


def is_plain(delta: DeltaTable) -> bool:
    """Whether each row of the table's files is a row of the table: no deletion vectors, no renamed columns."""
    return bool(delta.protocol().min_reader_version == 1)


def data_files(delta: DeltaTable, location: str, where: Condition | None) -> list[str]:
    """Paths of the files of the table at a location that may hold rows of the condition."""
    log = _log(delta)
    if where is not None:
        log = log.filter(where.files(log.schema))
    # In the log a path is percent-encoded, over the encoding of partition values that is part of its name.
    return [f"{location}/{unquote(path)}" for path in log["path"].to_pylist()]


def values_by_partition(delta: DeltaTable, table: TableLike, column: str) -> list[tuple[str, Any]]:
    """For each file the value of the table's first partition column ("" without one), and what the log says."""
    log = _log(delta)
    if column not in log.column_names:
        return []
    keys = [""] * log.num_rows
    if table.partition_by:
        keys = [str(key) for key in log[f"partition.{table.partition_by[0]}"].to_pylist()]
    return list(zip(keys, log[column].to_pylist(), strict=True))


def _log(delta: DeltaTable) -> pa.Table:
    return pa.table(delta.get_add_actions(flatten=True))
