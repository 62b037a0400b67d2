"""Lines of text files, counted from their bytes.

Belongs here: what the bytes of a file say: its encoding, its lines, the first, what its reader need not look for. Does
not: reading rows (lines.py), with which it shares no code: conservation compares the two.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyspark.sql.types as T
from pyarrow.fs import FileSystem
from pyspark import cloudpickle
from pyspark.sql import SparkSession

from resources import arrow_files, line_lengths, packed, text_pieces
from resources.landing import LandedFile
from resources.limits import LONGEST_HEADER
from resources.line_lengths import LineLengths, first_too_long
from resources.text_pieces import Utf8, Wide

PIECE = 4 * 1024 * 1024
COUNTED_HERE = 1 << 30
"""Bytes: about a second's work of one core."""
BOM = codecs.BOM_UTF8
EMPTY_LINE = re.compile(rb"\n(?:(?<=\n\n)|(?<=\n\r\n))")
UTF_8, UTF_16, LATIN_1 = "utf-8", "utf-16", "latin-1"
LONGEST_REST = 3
"""Bytes of a character in UTF-8 without its last."""

Block = dict[str, Any]
"""What the bytes of one block say, as COUNTED names it."""

BLOCK = T.StructType(
    [T.StructField("path", T.StringType()), T.StructField("start", T.LongType()), T.StructField("size", T.LongType())]
)
COUNTED = (
    "path string, start long, newlines long, lines long,"
    " has_cr boolean, has_quote boolean, is_text boolean, bom string, first_line binary, content string,"
    " first_bytes long, last_bytes long, long_at long, long_bytes long, packed string, fault string"
)


@dataclass(frozen=True, kw_only=True)
class FileLines:
    """What the bytes of a file say: non-empty physical lines, the first of them, and traits of the text.

    encoding: of those that are declared. is_text: whether all bytes are of that encoding.
    newlines_before: line ends before each block of the file, by the block's start in bytes.
    content: digest of the bytes. too_long: number and bytes of the first line that is above LONGEST_LINE.
    packed: with what, if the file is not text but packed. fault: GONE or FORBIDDEN, where it could not be opened.
    """

    lines: int
    first_line: str
    has_cr: bool
    has_quote: bool
    is_text: bool
    encoding: str
    newlines_before: Mapping[int, int]
    content: str
    too_long: tuple[int, int] | None = None
    packed: str = ""
    fault: str = ""


def count_lines(
    spark: SparkSession, files: Sequence[LandedFile], encodings: Sequence[str] = (UTF_8,)
) -> dict[str, FileLines]:
    """Count the lines of each file from its bytes, by block; result by the file's path.

    encodings: what a file may have. Few bytes are counted here, which takes less time than to start Python beside
    Spark; more by all tasks.
    """
    size = block_size(spark)
    blocks = [(file.arrow_uri, start, file.size) for file in files for start in range(0, max(file.size, 1), size)]
    is_little = sum(file.size for file in files) <= COUNTED_HERE
    has_wide = UTF_16 in encodings
    counted = _count_blocks(blocks, size, has_wide) if is_little else _counted_by_tasks(spark, blocks, size, has_wide)
    by_uri: dict[str, list[Block]] = {}
    for block in counted:
        by_uri.setdefault(block["path"], []).append(block)
    of_file = {uri: sorted(found, key=lambda block: block["start"]) for uri, found in by_uri.items()}
    return {file.path: _whole_file(of_file[file.arrow_uri], encodings) for file in files}


def _count_blocks(blocks: Iterable[tuple[str, int, int]], size: int, has_wide: bool) -> list[Block]:
    opened: dict[str, FileSystem] = {}
    return [_count_block(opened, uri, start, size, file_size, has_wide) for uri, start, file_size in blocks]


def _counted_by_tasks(
    spark: SparkSession, blocks: Sequence[tuple[str, int, int]], size: int, has_wide: bool
) -> list[Block]:
    # By value: an executor of a cluster need not have this package.
    for module in (sys.modules[__name__], arrow_files, line_lengths, packed, text_pieces):
        cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = _count_blocks(zip(*(column.to_pylist() for column in batch.columns), strict=True), size, has_wide)
            yield pa.RecordBatch.from_pylist(rows, schema=_COUNTED_ARROW)

    made = spark.createDataFrame(list(blocks), BLOCK).mapInArrow(count, COUNTED)
    return [row.asDict() for row in made.collect()]  # a row a block


def _whole_file(blocks: list[Block], encodings: Sequence[str]) -> FileLines:
    before, newlines = {}, 0
    is_text = all(block["is_text"] for block in blocks)
    encoding = blocks[0]["bom"] or (UTF_8 if is_text or LATIN_1 not in encodings else LATIN_1)
    for block in blocks:
        before[block["start"]] = newlines
        newlines += block["newlines"]
    return FileLines(
        lines=sum(block["lines"] for block in blocks),
        first_line=bytes(blocks[0]["first_line"]).decode(LATIN_1 if encoding == LATIN_1 else UTF_8, "replace"),
        has_cr=any(block["has_cr"] for block in blocks),
        has_quote=any(block["has_quote"] for block in blocks),
        is_text=is_text or encoding == LATIN_1,
        encoding=encoding,
        newlines_before=before,
        too_long=first_too_long(blocks),
        packed=blocks[0]["packed"],
        fault=max(block["fault"] for block in blocks),
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
        ("is_text", pa.bool_()),
        ("bom", pa.string()),
        ("first_line", pa.binary()),
        ("content", pa.string()),
        ("first_bytes", pa.int64()),
        ("last_bytes", pa.int64()),
        ("long_at", pa.int64()),
        ("long_bytes", pa.int64()),
        ("packed", pa.string()),
        ("fault", pa.string()),
    ]
)


def _count_block(
    opened: dict[str, FileSystem], uri: str, start: int, size: int, file_size: int, has_wide: bool
) -> Block:
    """Lines that end in bytes [start, start + size) of a file, the unfinished last one included.

    has_wide: whether files may be UTF-16. Such a file is counted as a whole, as the UTF-8 that it would be, with its
    first block.
    """
    newlines = lines = 0
    has_cr, has_quote, bom, first_line, packed_as = False, False, "", b"", ""
    content, lengths = hashlib.sha256(), LineLengths()
    tail = b"\n\n"  # what stands before the piece: a file begins as if after a line end
    try:
        source = arrow_files.open_file(uri, opened)
    except (FileNotFoundError, PermissionError) as error:
        return _NOTHING | {"path": uri, "start": start, "fault": arrow_files.why_not(error)}
    with source:
        begin = source.read(packed.LONGEST_SIGN)
        wide = Wide() if has_wide and begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None
        text: Wide | Utf8 = wide or Utf8()
        packed_as = packed.packed_as(begin)
        source.seek(max(start - LONGEST_REST, 0))
        if start:
            before = source.read(min(start, LONGEST_REST))
            text.begin(before)
            tail = before[-2:]
        if wide is not None:
            bom, size = UTF_16, 0 if start else file_size
        left = min(size, max(file_size - start, 0))
        is_first, is_last = start == 0, start + size >= file_size
        while left > 0 and (read := source.read(min(PIECE, left))):
            left -= len(read)
            content.update(read)
            piece = text.taken(read, is_last and left <= 0)
            if is_first:
                is_first = False
                if wide is None and piece.startswith(BOM):
                    bom, piece = UTF_8, piece.removeprefix(BOM)
                first_line = piece.split(b"\n", 1)[0][:LONGEST_HEADER]
            line_ends = piece.count(b"\n")
            newlines += line_ends
            # From the third byte on: those before it were in the piece before.
            lines += line_ends - len(EMPTY_LINE.findall(tail + piece, 2))
            lengths.taken(piece)
            has_cr = has_cr or b"\r" in piece
            has_quote = has_quote or b'"' in piece
            tail = (tail + piece)[-2:]
        if is_last and size and not tail.endswith(b"\n") and tail != b"\n\r":
            lines += 1
    return _NOTHING | {
        "path": uri,
        "start": start,
        "newlines": newlines,
        "lines": lines,
        "has_cr": has_cr,
        "has_quote": has_quote,
        "is_text": text.is_valid,
        "bom": bom,
        "first_line": first_line,
        "content": content.hexdigest(),
        "packed": packed_as,
        **lengths.told(),
    }


_NOTHING: Block = {
    "newlines": 0,
    "lines": 0,
    "has_cr": False,
    "has_quote": False,
    "is_text": True,
    "bom": "",
    "first_line": b"",
    "content": "",
    "packed": "",
    "fault": "",
    **LineLengths().told(),
}
"""What is said of no byte."""


def block_size(spark: SparkSession) -> int:
    """Bytes of a block that one task reads."""
    return int(str(spark.conf.get("spark.sql.files.maxPartitionBytes")).removesuffix("b"))
