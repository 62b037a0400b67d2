"""Databases of Dagster's instance: rows that hold a person's id, and taking it out of them.

Belongs here: SQLite files, whatever tables they have. Does not: what Dagster keeps in them; another server that keeps
it (files.py names it).

Neither a run nor an event is deleted: partitions would look as if they had never been made. Texts stay as they are but
for the id.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics_assets.traces.person import NOT_UTF8, Person
from resources.errors import UserError

BUSY_S = 60
PIECE, OVERLAP = 8 * 1024 * 1024, 1024


@dataclass(frozen=True)
class Row:
    """A value of a database in which an id stands."""

    table: str
    column: str
    row: int
    text: str
    is_text: bool


def rows_with(path: Path, person: Person, *, is_certain: bool = True) -> list[Row]:
    """Values in which the id stands; is_certain: and means the person. Raises UserError where it is locked."""
    with closing(_opened(path)) as database:
        return list(_rows(path, database, person, is_certain))


def take_out(path: Path, person: Person) -> int:
    """Take the id out of all texts of a database, and what deleted rows left of it; how many texts."""
    with closing(_opened(path)) as database:
        try:
            found = [row for row in _rows(path, database, person, True) if row.is_text]
            for row in found:
                changed = (_without(row.text, person), row.row)
                database.execute(f'UPDATE "{row.table}" SET "{row.column}" = ? WHERE rowid = ?', changed)
            database.commit()
            if found or _is_in_bytes(path, person):
                # What was there before stands in free pages and in the log until then.
                database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            raise _refused(path, error) from error
    return len(found)


def _without(text: str, person: Person) -> str:
    try:
        return json.dumps(_cleaned(json.loads(text), person))
    except ValueError:
        return person.without(text)


def _cleaned(value: Any, person: Person) -> Any:
    if isinstance(value, str):
        return person.without(value)
    if isinstance(value, list):
        return [_cleaned(part, person) for part in value]
    if isinstance(value, dict):
        # A number that is a value of its own says whose it is by its name alone.
        return {
            person.without(name): "*" if name in person.columns and str(part) == person.id else _cleaned(part, person)
            for name, part in value.items()
        }
    return value


def _rows(path: Path, database: sqlite3.Connection, person: Person, is_certain: bool) -> Iterator[Row]:
    try:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for _, column, *_rest in database.execute(f'PRAGMA table_info("{table}")').fetchall():
                yield from _rows_of_column(database, table, column, person, is_certain)
    except sqlite3.OperationalError as error:
        raise _refused(path, error) from error


def _rows_of_column(
    database: sqlite3.Connection, table: str, column: str, person: Person, is_certain: bool
) -> Iterator[Row]:
    has_form = " OR ".join([f'instr("{column}", ?) > 0'] * len(person.forms))
    wanted = f"typeof(\"{column}\") = 'blob' OR (typeof(\"{column}\") = 'text' AND ({has_form}))"
    for row, value in database.execute(f'SELECT rowid, "{column}" FROM "{table}" WHERE {wanted}', person.forms):
        is_text = isinstance(value, str)
        text = value if is_text else _unpacked(value).decode("utf-8", NOT_UTF8)
        if person.certain(text) or (not is_certain and person.is_mentioned(text)):
            yield Row(table, column, row, text, is_text)


def _unpacked(octets: bytes) -> bytes:
    try:
        return zlib.decompress(octets)
    except zlib.error:
        return octets


def _is_in_bytes(path: Path, person: Person) -> bool:
    if person.is_number:
        return False
    before = b""
    with path.open("rb") as file:
        while octets := file.read(PIECE):
            if any(form.encode() in before + octets for form in person.forms):
                return True
            before = octets[-OVERLAP:]
    return False


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_S)


def _refused(path: Path, error: sqlite3.OperationalError) -> UserError:
    return UserError(f"{path} cannot be written: {error}. Stop the daemon and the UI, and run the same command again")
