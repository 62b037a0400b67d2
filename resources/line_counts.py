"""Lines of text files, counted from their bytes.

Belongs here: what the bytes of a file say: its lines, its first line, what its reader need not look for. Does not:
reading rows (lines.py), with which it shares no code: conservation compares the two.
"""

from __future__ import annotations

import codecs
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyspark.sql.types as T
from pyarrow.fs import FileSystem
from pyspark import cloudpickle
from pyspark.sql import SparkSession

from resources import arrow_files
from resources.landing import LandedFile

PIECE = 4 * 1024 * 1024
FIRST_LINE_LIMIT = 64 * 1024
COUNTED_HERE = 1 << 30
"""Bytes: about a second's work of one core."""
BOM = codecs.BOM_UTF8

Block = dict[str, Any]
"""What the bytes of one block say, as COUNTED names it."""

BLOCK = T.StructType(
    [T.StructField("path", T.StringType()), T.StructField("start", T.LongType()), T.StructField("size", T.LongType())]
)
COUNTED = (
    "path string, start long, newlines long, lines long,"
    " has_cr boolean, has_quote boolean, is_utf8 boolean, first_line string, content string"
)


@dataclass(frozen=True, kw_only=True)
class FileLines:
    """What the bytes of a file say: non-empty physical lines, the first of them, and traits of the text.

    newlines_before: line ends before each block of the file, by the block's start in bytes.
    content: digest of the bytes.
    """

    lines: int
    first_line: str
    has_cr: bool
    has_quote: bool
    is_utf8: bool
    newlines_before: Mapping[int, int]
    content: str


def count_lines(spark: SparkSession, files: Sequence[LandedFile]) -> dict[str, FileLines]:
    """Count the lines of each file from its bytes, by block; result by the file's path.

    Few bytes are counted here, which takes less time than to start Python beside Spark; more by all tasks.
    """
    size = block_size(spark)
    blocks = [(file.arrow_uri, start, file.size) for file in files for start in range(0, max(file.size, 1), size)]
    is_little = sum(file.size for file in files) <= COUNTED_HERE
    counted = _count_blocks(blocks, size) if is_little else _counted_by_tasks(spark, blocks, size)
    by_uri: dict[str, list[Block]] = {}
    for block in counted:
        by_uri.setdefault(block["path"], []).append(block)
    return {file.path: _whole_file(sorted(by_uri[file.arrow_uri], key=lambda block: block["start"])) for file in files}


def _count_blocks(blocks: Iterable[tuple[str, int, int]], size: int) -> list[Block]:
    opened: dict[str, FileSystem] = {}
    return [_count_block(opened, uri, start, size, file_size) for uri, start, file_size in blocks]


def _counted_by_tasks(spark: SparkSession, blocks: Sequence[tuple[str, int, int]], size: int) -> list[Block]:
    # By value: an executor of a cluster need not have this package.
    for module in (sys.modules[__name__], arrow_files):
        cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = _count_blocks(zip(*(column.to_pylist() for column in batch.columns), strict=True), size)
            yield pa.RecordBatch.from_pylist(rows, schema=_COUNTED_ARROW)

    made = spark.createDataFrame(list(blocks), BLOCK).mapInArrow(count, COUNTED)
    return [row.asDict() for row in made.collect()]  # a row a block


def _whole_file(blocks: list[Block]) -> FileLines:
    before, newlines = {}, 0
    for block in blocks:
        before[block["start"]] = newlines
        newlines += block["newlines"]
    return FileLines(
        lines=sum(block["lines"] for block in blocks),
        first_line=blocks[0]["first_line"],
        has_cr=any(block["has_cr"] for block in blocks),
        has_quote=any(block["has_quote"] for block in blocks),
        is_utf8=all(block["is_utf8"] for block in blocks),
        newlines_before=before,
        content=hashlib.sha256("".join(block["content"] for block in blocks).encode()).hexdigest()[:16],
    )


_COUNTED_ARROW = pa.schema(
    [
        ("path", pa.string()),
        ("start", pa.int64()),
        ("newlines", pa.int64()),
        ("lines", pa.int64()),
        ("has_cr", pa.bool_()),
        ("has_quote", pa.bool_()),
        ("is_utf8", pa.bool_()),
        ("first_line", pa.string()),
        ("content", pa.string()),
    ]
)


def _count_block(opened: dict[str, FileSystem], uri: str, start: int, size: int, file_size: int) -> Block:
    """Lines that end in bytes [start, start + size) of a file, the unfinished last one included."""
    newlines = lines = 0
    has_cr, has_quote, is_utf8, first_line = False, False, True, ""
    content = hashlib.sha256()
    tail = b"\n\n"  # what stands before the piece: a file begins as if after a line end
    with arrow_files.open_file(uri, opened) as source:
        if start:
            source.seek(start - 2)
            tail = source.read(2)
        left = min(size, max(file_size - start, 0))
        is_first = start == 0
        while left > 0 and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
            content.update(piece)
            if is_first:
                is_first = False
                first_line = piece.removeprefix(BOM).split(b"\n", 1)[0][:FIRST_LINE_LIMIT].decode("utf-8", "replace")
                piece = piece.removeprefix(BOM)
            newlines += piece.count(b"\n")
            lines += piece.count(b"\n") - _empty_lines(tail + piece)
            has_cr = has_cr or b"\r" in piece
            has_quote = has_quote or b'"' in piece
            is_utf8 = is_utf8 and _is_utf8(piece)
            tail = (tail + piece)[-2:]
        is_last = start + size >= file_size
        if is_last and not tail.endswith(b"\n") and tail != b"\n\r":
            lines += 1
    return {
        "path": uri,
        "start": start,
        "newlines": newlines,
        "lines": lines,
        "has_cr": has_cr,
        "has_quote": has_quote,
        "is_utf8": is_utf8,
        "first_line": first_line,
        "content": content.hexdigest(),
    }


def _empty_lines(text: bytes) -> int:
    """Line ends from the third byte on that end an empty line: after another, a carriage return between or not."""
    empty, at = 0, 1
    if b"\n\n" in text or b"\n\r\n" in text:
        while (at := text.find(b"\n", at + 1)) != -1:
            before = text[:at][-2:] if at < 2 else text[at - 2 : at]
            empty += before.endswith(b"\n") or before == b"\n\r"
    return empty


def _is_utf8(piece: bytes) -> bool:
    """False where a piece may hold bytes that are not UTF-8; a character cut by its edge counts as such."""
    if piece.isascii():
        return True
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def block_size(spark: SparkSession) -> int:
    """Bytes of a block that one task reads."""
    return int(str(spark.conf.get("spark.sql.files.maxPartitionBytes")).removesuffix("b"))
