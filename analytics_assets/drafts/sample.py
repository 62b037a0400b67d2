"""A sample of a file: its format and the first of its rows, for drafting a feed.

Belongs here: telling separators, headers, encodings and JSON arrays apart. Does not: what the values are (values.py);
files that land, which are read as their feed declares and never guessed (layers/reading.py).
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics_assets.drafts.values import Kind, kind_of
from resources.errors import UserError

SAMPLE_BYTES = 4 * 1024 * 1024
MOST_ROWS = 10_000
MOST_COLUMNS = 1_000
SEPS = (",", ";", "\t", "|", " ")

Value = str | None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Rows of a file as texts, None where there is no value. names: of its columns. lines: each row as it stands there.

    sep: None of a JSON array. is_whole: whether the rows are all that the file has.
    """

    names: list[str]
    rows: list[list[Value]]
    lines: list[str]
    sep: str | None
    has_header: bool
    encoding: str
    is_whole: bool

    def values(self, place: int) -> list[Value]:
        """The values of a column."""
        return [row[place] for row in self.rows]


def read_sample(path: Path) -> Sample:
    """The first rows of a file, 10,000 or 4 MB at most. Raises UserError for what holds no row of any format."""
    try:
        with path.open("rb") as file:
            octets = file.read(SAMPLE_BYTES)
            is_whole = not file.read(1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    text, encoding = _decoded(octets, is_whole)
    if text.lstrip().startswith("["):
        return _records(path, text, is_whole)
    return _lines(path, text, encoding, is_whole)


def _decoded(octets: bytes, is_whole: bool) -> tuple[str, str]:
    if octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace").decode(octets, is_whole), "utf-16"
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(octets, is_whole), "utf-8"
    except UnicodeDecodeError:
        return octets.decode("latin-1"), "latin-1"


def _records(path: Path, text: str, is_whole: bool) -> Sample:
    decoder, at, found = json.JSONDecoder(), text.index("[") + 1, list[dict[str, Any]]()
    while len(found) < MOST_ROWS:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break  # the end of the array, or of the sample, or what no reader takes
        if isinstance(record, dict):
            found.append(record)
    if not found:
        raise UserError(f"{path}: saw a JSON array without an object in its first 4 MB, expected one of objects")
    names = list(dict.fromkeys(name for record in found for name in record))
    _check_width(path, len(names))
    rows = [[_text(record.get(name)) for name in names] for record in found]
    lines = [_writable(json.dumps(record, ensure_ascii=False)) for record in found]
    return Sample(
        names=[_writable(name) for name in names],
        rows=rows,
        lines=lines,
        sep=None,
        has_header=False,
        encoding="utf-8",
        is_whole=is_whole and len(found) < MOST_ROWS,
    )


def _lines(path: Path, text: str, encoding: str, is_whole: bool) -> Sample:
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if not is_whole and len(lines) > 1:
        lines.pop()  # cut off
    lines = [line for line in lines if line][: MOST_ROWS + 1]
    if not lines:
        raise UserError(f"{path}: saw no line, expected a sample with some rows")
    sep, split = max(((sep, _split(lines, sep)) for sep in SEPS), key=lambda found: _fit(found[1]))
    width = max(map(len, split), key=[len(fields) for fields in split].count)
    _check_width(path, width)
    good = [(line, fields) for line, fields in zip(lines, split, strict=True) if len(fields) == width]
    first = good[0][1]
    has_header = len(split[0]) == width and len({*first}) == width and all(map(_is_name, first))
    names = first if has_header else [f"column_{place}" for place in range(1, width + 1)]
    rows = good[has_header:]
    if not rows:
        raise UserError(f"{path}: saw a header alone, expected a sample with some rows")
    return Sample(
        names=names,
        rows=[[value or None for value in fields] for _, fields in rows],
        lines=[line for line, _ in rows],
        sep=sep,
        has_header=has_header,
        encoding=encoding,
        is_whole=is_whole and len(lines) <= MOST_ROWS,
    )


def _check_width(path: Path, columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise UserError(f"{path}: saw {columns:,} columns, expected at most {MOST_COLUMNS:,}")


def _split(lines: Sequence[str], sep: str) -> list[list[str]]:
    """Each line alone, since a row never spans lines; one that is malformed has no fields."""
    found = []
    for line in lines:
        try:
            found.append(next(csv.reader([line], delimiter=sep, strict=True)))
        except (csv.Error, StopIteration):
            found.append([])
    return found


def _fit(split: Sequence[Sequence[str]]) -> tuple[float, int]:
    """How well lines are split: the share of them with the most usual number of fields, if that is above one."""
    sizes = [len(fields) for fields in split]
    usual = max({*sizes}, key=sizes.count)
    return (sizes.count(usual) / len(sizes) if usual > 1 else 0.0), usual


def _is_name(text: str) -> bool:
    return bool(text) and kind_of(text) is Kind.TEXT


def _text(value: Any) -> Value:
    if value is None or isinstance(value, str):
        return _writable(value) if value else None
    return _writable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _writable(text: str) -> str:
    """Text without lone halves of characters, which JSON may name and no file can hold: Spark reads them as ?, too."""
    return text.encode("utf-8", "replace").decode()
