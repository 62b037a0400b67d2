"""Files of our places: which of them hold a person's id, and taking it out of logs and notes.

Belongs here: walking over a place, how a file is looked into by its ending. Does not: which places there are
(commands/forget.py), Parquet (parquet.py), databases (databases.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from analytics_assets.traces import databases, parquet
from analytics_assets.traces.person import NOT_UTF8, WITHHELD, Person

PIECE, OVERLAP, EDGE = 8 * 1024 * 1024, 4096, 1024
OF_WORDS = (".log", ".json", ".jsonl", ".err", ".out", ".txt")
"""Endings of files that may be written while they are read: what is taken out of them is overwritten in its place."""
SQLITE = b"SQLite format 3\0"
Watching = Callable[[str], None]
BESIDE_DATABASE = ("-wal", "-shm")


@dataclass(frozen=True)
class Trace:
    """Where an id stands. rows: how many, of a table or a database."""

    path: str
    what: str
    rows: int = 1


@dataclass(frozen=True)
class Place:
    """Files below a root of a file system. address: what stands before a path where it is shown.

    without: names of folders in it that are not looked into.
    """

    files: FileSystem
    root: str = ""
    address: str = ""
    without: tuple[str, ...] = ()

    def shown(self, path: str) -> str:
        """A path with the address."""
        return f"{self.address}/{path}" if self.address else path


def folder(path: Path, without: tuple[str, ...] = ()) -> Place:
    """A folder of this machine."""
    return Place(LocalFileSystem(), str(path), without=without)


@dataclass
class Searched:
    """What a search looked at, and found. untold: where the id may be just a number."""

    files: int = 0
    octets: int = 0
    found: list[Trace] = field(default_factory=list)
    untold: list[Trace] = field(default_factory=list)


def search(place: Place, person: Person, into: Searched, watching: Watching = lambda _path: None) -> None:
    """Look into all files of a place; one that is gone by then is passed over. watching: is told of each."""
    for path, size in _below(place):
        watching(path)
        try:
            traces, untold = _look(place, path, person)
        except FileNotFoundError:
            continue
        if person.certain(path):
            traces.append(Trace(place.shown(path), "its name"))
        into.files += 1
        into.octets += size
        into.found += traces
        into.untold += untold


def blank_out(top: Path, person: Person, without: tuple[str, ...] = ()) -> int:
    """Overwrite the id in logs and notes below a folder, in its place; in how many files.

    without: names of folders in it that are left alone.
    """
    changed = 0
    for path in sorted(top.rglob("*")):
        if path.suffix not in OF_WORDS or path.is_symlink() or path.relative_to(top).parts[0] in without:
            continue
        if path.is_file() and _blank(path, person):
            changed += 1
    return changed


def _blank(path: Path, person: Person) -> bool:
    is_changed = False
    with path.open("rb") as source, path.open("r+b") as file:
        for at, text in _pieces(source.read):
            # As many bytes as there were: what another process appends meanwhile stays where it is.
            for begin, end in person.certain(text):
                place, octets = (len(part.encode("utf-8", NOT_UTF8)) for part in (text[:begin], text[begin:end]))
                file.seek(at + place)
                file.write(WITHHELD.encode() * octets)
                is_changed = True
    return is_changed


def _below(place: Place) -> Iterator[tuple[str, int]]:
    left_out = tuple(f"{place.root}/{name}/" for name in place.without)
    found = place.files.get_file_info(FileSelector(place.root, recursive=True, allow_not_found=True))
    for info in sorted(found, key=lambda one: one.path):
        is_looked_into = not info.path.endswith(BESIDE_DATABASE) and not info.path.startswith(left_out)
        if info.type == FileType.File and is_looked_into:
            yield info.path, info.size or 0


def _look(place: Place, path: str, person: Person) -> tuple[list[Trace], list[Trace]]:
    files, shown = place.files, place.shown(path)
    if path.endswith(".parquet"):
        with files.open_input_file(path) as source:
            try:
                rows = parquet.rows_with(source, person)
                return _by_column(shown, rows.certain), _by_column(shown, rows.untold)
            except pa.ArrowInvalid:
                pass  # A file that was not written to its end: its bytes are looked at.
    if path.endswith(".db") and isinstance(files, LocalFileSystem) and _begins_with(path, SQLITE):
        certain = databases.rows_with(Path(path), person)
        others = databases.rows_with(Path(path), person, is_certain=False) if person.is_number else []
        untold = [row for row in others if row not in certain]
        return [Trace(shown, f"table {row.table}") for row in certain], [Trace(shown, row.table) for row in untold]
    is_certain, is_mentioned = _look_at_words(files, path, person)
    found = [Trace(shown, "its text")]
    return (found if is_certain else []), (found if is_mentioned and not is_certain else [])


def _begins_with(path: str, sign: bytes) -> bool:
    with Path(path).open("rb") as file:
        return file.read(len(sign)) == sign


def _look_at_words(files: FileSystem, path: str, person: Person) -> tuple[bool, bool]:
    is_mentioned = False
    with files.open_input_stream(path) as source:  # unpacked, where the name says that it is packed
        for _, text in _pieces(source.read):
            if person.certain(text):
                return True, True
            is_mentioned = is_mentioned or person.is_mentioned(text)
    return False, is_mentioned


def _pieces(read: Callable[[int], bytes]) -> Iterator[tuple[int, str]]:
    """A file's bytes as texts that overlap, each with where it begins. No word at an edge is taken for a whole one."""
    at, before, octets = 0, b"", read(PIECE)
    while octets:
        after = read(PIECE)
        # The edges are of words that the texts before and after have whole.
        begin = EDGE if at else 0
        whole = before + octets
        end = len(whole) - EDGE if after else len(whole)
        yield at + begin, whole[begin:end].decode("utf-8", NOT_UTF8)
        before = whole[-OVERLAP:]
        at += len(whole) - len(before)
        octets = after


def _by_column(path: str, rows: dict[str, int]) -> list[Trace]:
    return [Trace(path, f"column {name}", number) for name, number in sorted(rows.items()) if number]
