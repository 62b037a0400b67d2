"""Text files as lines: counted from their bytes, and read as rows that know their file and line.

Belongs here: physical lines. Does not: which files there are (landing.py), what a line means (transforms).

The count and the reader share no code: conservation compares the two.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyarrow.fs import FileSystem
from pyspark import cloudpickle
from pyspark.sql import Column, DataFrame, SparkSession

from resources import arrow_files
from resources.landing import LandedFile
from resources.spark import literal_path, spark_config

PIECE = 4 * 1024 * 1024
FIRST_LINE_LIMIT = 64 * 1024
COUNTED_HERE = 1 << 30
"""Bytes: about a second's work of one core."""
BOM = codecs.BOM_UTF8
LONGEST_PATH = 1 << 20
INDEX_MASK = (1 << 33) - 1
"""monotonically_increasing_id() keeps the row's index within its partition in the lower 33 bits."""

Block = dict[str, Any]
"""What the bytes of one block say, as COUNTED names it."""

BLOCK = T.StructType(
    [T.StructField("path", T.StringType()), T.StructField("start", T.LongType()), T.StructField("size", T.LongType())]
)
COUNTED = (
    "path string, start long, newlines long, lines long,"
    " has_cr boolean, has_quote boolean, is_utf8 boolean, first_line string"
)


@dataclass(frozen=True, kw_only=True)
class FileLines:
    """What the bytes of a file say: non-empty physical lines, the first of them, and traits of the text.

    newlines_before: line ends before each block of the file, by the block's start in bytes.
    """

    lines: int
    first_line: str
    has_cr: bool
    has_quote: bool
    is_utf8: bool
    newlines_before: Mapping[int, int]


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
    ]
)


def _count_block(opened: dict[str, FileSystem], uri: str, start: int, size: int, file_size: int) -> Block:
    """Lines that end in bytes [start, start + size) of a file, the unfinished last one included."""
    newlines = lines = 0
    has_cr, has_quote, is_utf8, first_line = False, False, True, ""
    tail = b"\n\n"  # what stands before the piece: a file begins as if after a line end
    with arrow_files.open_file(uri, opened) as source:
        if start:
            source.seek(start - 2)
            tail = source.read(2)
        left = min(size, max(file_size - start, 0))
        is_first = start == 0
        while left > 0 and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
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


def read_lines(
    spark: SparkSession, root_uri: str, files: Sequence[LandedFile], counted: Mapping[str, FileLines], header: bool
) -> DataFrame:
    """The non-empty lines of the files, without headers.

    Out: file string, relative to landing; line_number bigint, from 1; raw string, without its line end.
    Run its plan inside `one_file_a_task`, or line numbers are wrong.
    """
    names = [literal_path(unquote(file.uri)) for file in files]
    source = spark.read.option("lineSep", "\n").text(names)
    # These functions, not the column _metadata, which would be copied into each row.
    lines = source.select(
        _relative(F.input_file_name(), root_uri, files).alias("file"),
        F.expr("input_file_block_start()").alias("_start"),
        F.monotonically_increasing_id().bitwiseAND(F.lit(INDEX_MASK)).alias("_index"),
        _without_cr(F.col("value"), any(counted[file.path].has_cr for file in files)).alias("raw"),
    )
    wanted = F.col("raw") != ""
    if header:
        wanted = wanted & ~((F.col("_start") == 0) & (F.col("_index") == 0))
    return lines.where(wanted).select("file", _line_number(files, counted).alias("line_number"), "raw")


def one_file_a_task(spark: SparkSession) -> spark_config:
    """Within it no task reads from two blocks of files, so that a row's index is its line in the block."""
    return spark_config(spark, {"spark.sql.files.openCostInBytes": str(block_size(spark))})


def _relative(path: Column, root_uri: str, files: Sequence[LandedFile]) -> Column:
    if all(unquote(file.uri) == file.uri for file in files):
        # As bytes: a part of a text is found by counting its characters, row after row.
        return F.substring(path.cast("binary"), len(root_uri) + 2, LONGEST_PATH).cast("string")
    # Spark encodes other characters than Python does: both are decoded before they are compared.
    # url_decode is for forms, where a plus is a blank; in a path it is a plus.
    plain = F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B")))
    return F.substring(plain, len(unquote(root_uri)) + 2, LONGEST_PATH)


def _without_cr(line: Column, has_cr: bool) -> Column:
    if not has_cr:
        return line
    # As bytes: a character cut off before the carriage return would go with it.
    without = line.cast("binary").substr(F.lit(1), F.octet_length(line) - 1).cast("string")
    return F.when(line.endswith("\r"), without).otherwise(line)


def _line_number(files: Sequence[LandedFile], counted: Mapping[str, FileLines]) -> Column:
    # A block that is not the first begins with the rest of a line that the block before reads.
    first = F.col("_index") + 1
    before = [
        (f"{file.path}\n{start}", newlines + 2)
        for file in files
        for start, newlines in counted[file.path].newlines_before.items()
        if start
    ]
    if not before:
        return first
    lookup = F.create_map(*[F.lit(part) for pair in before for part in pair])
    key = F.concat(F.col("file"), F.lit("\n"), F.col("_start").cast("string"))
    return F.when(F.col("_start") == 0, first).otherwise(F.col("_index") + F.element_at(lookup, key))
