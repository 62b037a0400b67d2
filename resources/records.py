"""JSON files, each one array: their elements counted from the bytes, and read as rows that know their file and place.

Belongs here: files and their top-level elements. Does not: what an element means (analytics_assets/transforms),
files of lines (lines.py).

The count and the reader share no code: conservation compares the two.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import pyarrow as pa
import pyspark.sql.functions as F
from pyarrow.fs import FileSystem
from pyspark import cloudpickle
from pyspark.sql import Column, DataFrame, SparkSession

from resources import arrow_files
from resources.landing import LandedFile, Landing
from resources.line_counts import COUNTED_HERE
from resources.lines import relative_path
from resources.spark import literal_path

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes: such a file is read as one text."""
BOM = "\ufeff"
COUNTED = "uri string, records long, seen string, content string"
_COUNTED_ARROW = pa.schema(
    [("uri", pa.string()), ("records", pa.int64()), ("seen", pa.string()), ("content", pa.string())]
)


@dataclass(frozen=True, kw_only=True)
class FileRecords:
    """What the bytes of a file say. records: elements of its array. seen: why it is none, else None.

    content: digest of the bytes.
    """

    records: int
    seen: str | None
    content: str


def count_records(spark: SparkSession, files: Sequence[LandedFile]) -> dict[str, FileRecords]:
    """Count the records of each file from its bytes; result by the file's path.

    Few bytes are counted here, which takes less time than to start Python beside Spark; more by all tasks.
    """
    uris = [(file.arrow_uri, file.size) for file in files]
    is_little = sum(size for _, size in uris) <= COUNTED_HERE
    counted = _count_all(uris) if is_little else _counted_by_tasks(spark, uris)
    by_uri = {uri: FileRecords(records=records, seen=seen, content=content) for uri, records, seen, content in counted}
    return {file.path: by_uri[file.arrow_uri] for file in files}


def read_records(spark: SparkSession, landing: Landing, files: Sequence[LandedFile]) -> DataFrame:
    """The elements of the files' arrays, as their JSON texts; files of an arrival side by side.

    Out: arrival string; file string, relative to landing; line_number bigint, the element's place in the file from
    1; raw string, null for an element null.
    """
    addresses = [literal_path(unquote(address)) for address in landing.addresses(files)]
    # As bytes: Spark's reader of texts copies its whole configuration for each file (docs/decisions.md).
    source = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(addresses)
    placed = source.select(relative_path(F.input_file_name(), landing.uri, files).alias("file"), "content")
    known = spark.createDataFrame([(file.path, file.arrival) for file in files], "file string, arrival string")
    together = placed.join(F.broadcast(known), "file")
    if len({file.arrival for file in files}) > 1:
        # Small files come to tasks in the order of their sizes: each would write a file for each arrival.
        together = together.repartition("arrival")
    text: Column = F.col("content").cast("string")
    text = F.when(text.startswith(BOM), F.substring(text, 2, LARGEST_FILE)).otherwise(text)
    elements = together.select("arrival", "file", F.from_json(text, "array<string>").alias("_all"))
    exploded = elements.select("arrival", "file", F.posexplode("_all").alias("_place", "raw"))
    return exploded.select("arrival", "file", (F.col("_place") + 1).cast("long").alias("line_number"), "raw")


def _counted_by_tasks(spark: SparkSession, uris: Sequence[tuple[str, int]]) -> list[tuple[str, int, str | None, str]]:
    # By value: an executor of a cluster need not have this package.
    for module in (sys.modules[__name__], arrow_files):
        cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = _count_all(zip(*(column.to_pylist() for column in batch.columns), strict=True))
            yield pa.RecordBatch.from_pylist(
                [dict(zip(_COUNTED_ARROW.names, row, strict=True)) for row in rows], schema=_COUNTED_ARROW
            )

    made = spark.createDataFrame(list(uris), "uri string, size long").mapInArrow(count, COUNTED)
    return [(row.uri, row.records, row.seen, row.content) for row in made.collect()]  # a row a file


def _count_all(uris: Iterable[tuple[str, int]]) -> list[tuple[str, int, str | None, str]]:
    opened: dict[str, FileSystem] = {}
    return [_count(opened, uri, size) for uri, size in uris]


def _count(opened: dict[str, FileSystem], uri: str, size: int) -> tuple[str, int, str | None, str]:
    if size > LARGEST_FILE:
        return (uri, 0, f"saw {size:,} bytes, expected at most {LARGEST_FILE:,} in one array", "")
    with arrow_files.open_file(uri, opened) as source:
        octets = source.read()
    content = hashlib.sha256(octets).hexdigest()[:16]
    try:
        found = json.loads(octets.removeprefix(codecs.BOM_UTF8).decode("utf-8"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        return (uri, 0, f"saw a byte at {error.start} that is not UTF-8", content)
    except RecursionError:
        return (uri, 0, "saw arrays or objects inside each other a thousand deep", content)
    except ValueError as error:
        return (uri, 0, f"saw {error}" if octets.strip() else "saw nothing", content)
    if not isinstance(found, list):
        return (uri, 0, f"saw one {type(found).__name__}, expected an array of records", content)
    return (uri, len(found), None, content)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant}, which is no JSON")
