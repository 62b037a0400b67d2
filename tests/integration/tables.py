"""Tables of a lakehouse as plain rows, and what differs between two lakehouses, to the row. Needs no JVM.

Belongs here: reading and comparing. Does not: making the tables (places.py), what should stand in them.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

Row = tuple[Any, ...]

LINEAGE = ("arrival", "file", "input_version")
LEDGER = "restatements"
"""When a figure changed is outside the law of convergence: only `rows_of` reads it."""

BEFORE_DASH = (
    *("silver", "sessions", "user_days", "activity_mix", "object_days", "interaction_counts"),
    *("duration_buckets", "latency_buckets", "session_hours"),
)
"""Tables whose input_version has a second part: the snapshots that were known when a date was built."""


def table_names(lakehouse: Path, feed: str) -> list[str]:
    """Tables of a feed that have been written, but the ledger."""
    folder = lakehouse / feed
    names = [path.name for path in folder.iterdir() if DeltaTable.is_deltatable(str(path))]
    return sorted(name for name in names if name != LEDGER)


def columns_and_rows(
    lakehouse: Path, feed: str, table: str, without: Collection[str] = (), version: int | None = None
) -> tuple[list[str], list[Row]]:
    """Names of a table's columns in order, and its rows, sorted; without some columns. version: not the newest."""
    found = DeltaTable(str(lakehouse / feed / table), version=version).to_pyarrow_table()
    names = sorted(name for name in found.column_names if name not in without)
    columns = [_values(found[name]) for name in names]
    rows = [tuple(_plain(value) for value in row) for row in zip(*columns, strict=True)]
    if table in BEFORE_DASH and "input_version" in names:
        at = names.index("input_version")
        rows = [(*row[:at], (row[at] or "").split("-")[0], *row[at + 1 :]) for row in rows]
    return names, sorted(rows, key=repr)


def rows_of(lakehouse: Path, feed: str, table: str) -> list[dict[str, Any]]:
    """Rows of a table as dictionaries."""
    names, rows = columns_and_rows(lakehouse, feed, table)
    return [dict(zip(names, row, strict=True)) for row in rows]


def differences(
    one: Path,
    other: Path,
    feed: str,
    tables: Collection[str] = (),
    without: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """What stands in one lakehouse alone: missing tables, other columns, the first rows. Empty if they are equal.

    tables: these; by default all that either has. without: table -> columns that are not compared.
    """
    here, there = table_names(one, feed), table_names(other, feed)
    found = []
    if not tables and here != there:
        found.append(f"tables: saw {here} and {there}")
    for table in tables or sorted({*here} & {*there}):
        left_out = (without or {}).get(table, ())
        names, rows = columns_and_rows(one, feed, table, left_out)
        other_names, other_rows = columns_and_rows(other, feed, table, left_out)
        if names != other_names:
            found.append(f"{table}: saw columns {names} and {other_names}")
            continue
        left, right = Counter(map(repr, rows)), Counter(map(repr, other_rows))
        for title, alone in (("in the first alone", left - right), ("in the second alone", right - left)):
            if alone:
                found.append(f"{table} {tuple(names)}: {alone.total()} rows {title}, such as {sorted(alone)[:3]}")
    return found


def _values(column: pa.ChunkedArray) -> list[Any]:
    # A rejected row keeps what landed, also where it is no UTF-8, which Arrow's texts must be.
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return [None if value is None else value.decode("utf-8", "replace") for value in _bytes(column)]
    return column.to_pylist()


def _bytes(column: pa.ChunkedArray) -> list[bytes | None]:
    return column.cast(pa.binary()).to_pylist()


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
