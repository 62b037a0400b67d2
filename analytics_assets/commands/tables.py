"""`tidebook show` and `tidebook export`: rows of a table, for people and for other programs. Needs no JVM."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from deltalake import QueryBuilder
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from analytics_assets.discovery import find_feed
from analytics_assets.feeds.table import Table
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.feeds.views import feed_views
from resources.errors import UserError
from resources.lakehouse import Lakehouse, MissingTableError
from resources.open import open_places
from resources.settings import load_settings

WIDEST = 48
RULE = " | "


def show(name: str, where: str | None, limit: int, console: Console) -> None:
    """Print rows of a table. Raises UserError for a table or a condition that is not one."""
    table = _find(name)
    found = [row for batch in _rows(table, where, limit + 1) for row in batch.to_pylist()]
    console.print(f"{name}: {table.description}", style="italic")
    names = table.columns or list(found[0] if found else [])
    rows = [[_text(row[column]) for column in names] for row in found[:limit]]
    cut = [[text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}\u2026" for text in row] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(names, *cut, strict=True)]
    if sum(widths) + len(RULE) * (len(widths) + 1) <= console.width:
        _print_grid(names, cut, console)
    else:
        _print_one_below_the_other(names, rows, console)
    if len(found) > limit:
        console.print(f"More rows: --limit, or tidebook export {name} --to rows.csv")


def _print_grid(names: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    grid = Grid()
    for name in names:
        grid.add_column(name, no_wrap=True)
    for row in rows:
        grid.add_row(*map(escape, row))
    console.print(grid)


def _print_one_below_the_other(names: Sequence[str], rows: Sequence[Sequence[str]], console: Console) -> None:
    """Where a row is wider than the terminal: a line a column, an empty line between rows."""
    longest = max(map(len, names))
    for row in rows:
        for name, text in zip(names, row, strict=True):
            console.print(f"[bold]{name:<{longest}}[/bold]  {escape(text)}")
        console.print()


def export(name: str, to: Path, where: str | None, console: Console) -> None:
    """Write rows of a table to a file, whole or not at all."""
    writers: dict[str, Callable[[Iterable[pa.RecordBatch], Path], int]] = {
        ".csv": _write_csv,
        ".parquet": _write_parquet,
        ".jsonl": _write_jsonl,
    }
    if to.suffix not in writers:
        raise UserError(f"--to {to}: saw the ending {to.suffix!r}, expected one of {', '.join(writers)}")
    table = _find(name)
    unfinished = to.with_name(f".{to.name}.{os.getpid()}.tmp")
    try:
        rows = writers[to.suffix](_rows(table, where, None), unfinished)
        unfinished.replace(to)
    except OSError as error:
        raise UserError(f"{to} cannot be written: {error.strerror or error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    console.print(f"{rows:,} rows of {name} in {to}")


@dataclass(frozen=True)
class _Source:
    """What `show` and `export` read: a table, or a view over tables. columns: in order."""

    description: str
    columns: list[str]
    sql: str
    tables: list[Table]


def _find(name: str) -> _Source:
    feed_name, _, table_name = name.partition("/")
    feed = find_feed(feed_name, load_settings().feeds)
    tables = feed_tables(feed)
    if table_name in tables:
        table = tables[table_name]
        columns = table.schema.fieldNames()
        listed = ", ".join(f'"{column}"' for column in columns)
        return _Source(table.description, columns, f'SELECT {listed} FROM "{table_name}"', [table])
    views = feed_views(feed)
    if table_name not in views:
        known = ", ".join(f"{feed_name}/{known}" for known in (*tables, *views))
        raise UserError(f"saw table {name!r}, expected one of: {known}")
    view = views[table_name]
    used = [table for table in tables.values() if re.search(rf"\b{table.name}\b", view.sql)]
    return _Source(view.description, [], view.sql, used)


def _rows(source: _Source, where: str | None, limit: int | None) -> Iterable[pa.RecordBatch]:
    _, lakehouse = open_places(load_settings())
    sql = f"SELECT * FROM ({source.sql}) AS t"
    sql += (f" WHERE {where}" if where else "") + (f" LIMIT {limit}" if limit else "")
    try:
        yield from queried(lakehouse, source.tables, sql)
    except MissingTableError:
        raise
    except Exception as error:
        raise UserError(f"--where {where!r} cannot be read: {str(error).splitlines()[0]}") from error


def queried(lakehouse: Lakehouse, tables: Iterable[Table], sql: str) -> Iterable[pa.RecordBatch]:
    """Rows of a query over tables, which it calls by their names. Raises MissingTableError."""
    query = QueryBuilder()
    for table in tables:
        query = query.register(table.name, lakehouse.table_reader(table))
    for batch in query.execute(sql):
        yield pa.record_batch(batch)


def _write_csv(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    flat = (
        pa.RecordBatch.from_arrays([_flat(c) for c in batch.columns], names=batch.schema.names) for batch in batches
    )
    return _write(flat, path, pa.csv.CSVWriter)


def _write_parquet(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    return _write(batches, path, pa.parquet.ParquetWriter)


def _write(batches: Iterable[pa.RecordBatch], path: Path, make_writer: Callable[[str, pa.Schema], Any]) -> int:
    rows, writer = 0, None
    try:
        for batch in batches:
            writer = writer or make_writer(str(path), batch.schema)
            writer.write_batch(batch)
            rows += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    path.touch()
    return rows


def _write_jsonl(batches: Iterable[pa.RecordBatch], path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        for batch in batches:
            for row in batch.to_pylist():
                file.write(json.dumps(row, default=_text, ensure_ascii=False) + "\n")
            rows += batch.num_rows
    return rows


def _flat(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return pa.array([None if value is None else _text(value) for value in column.to_pylist()], pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_string_view(column.type)):
        return column
    return column.cast(pa.string())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " ".join(json.dumps(part, default=str) if isinstance(part, dict) else str(part) for part in value)
    return value.isoformat(" ") if hasattr(value, "hour") else str(value)
