"""JSON files, each one array: their elements counted from the bytes, and read as rows that know their file and place.

Belongs here: files and their top-level elements. Does not: what an element means (analytics_assets/transforms),
files of lines (lines.py).

The count and the reader share no code: conservation compares the two.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import pyarrow as pa
import pyspark.sql.functions as F
from pyarrow.fs import FileSystem
from pyspark import cloudpickle
from pyspark.sql import Column, DataFrame, SparkSession

from resources import arrow_files, json_elements, packed
from resources.json_elements import BOM, NoArray, TooLarge, count_elements
from resources.landing import LandedFile, Landing
from resources.limits import LARGEST_FILE
from resources.line_counts import COUNTED_HERE
from resources.lines import relative_path
from resources.local_frames import frame_of
from resources.spark import Spark, literal_path

NO_ARRAY, TOO_LARGE, PACKED = "no array", "too large", "packed"
"""What a file is in place of an array, beside GONE and FORBIDDEN."""
COUNTED = "uri string, records long, fault string, seen string, content string"
_COUNTED_ARROW = pa.schema(
    [
        ("uri", pa.string()),
        ("records", pa.int64()),
        ("fault", pa.string()),
        ("seen", pa.string()),
        ("content", pa.string()),
    ]
)
Counted = tuple[str, int, str | None, str | None, str]
"""A row of it."""


@dataclass(frozen=True, kw_only=True)
class FileRecords:
    """What the bytes of a file say. records: elements of its array. content: digest of the bytes.

    fault: what it is in place of an array within the limits, and seen: in words; else None.
    """

    records: int
    fault: str | None
    seen: str | None
    content: str


def count_records(spark: Spark, files: Sequence[LandedFile]) -> dict[str, FileRecords]:
    """Count the records of each file from its bytes; result by the file's path.

    Few bytes are counted here, which takes less time than to start Python beside Spark; more by all tasks.
    """
    uris = [(file.arrow_uri, file.size) for file in files]
    is_little = sum(size for _, size in uris) <= COUNTED_HERE
    counted = _count_all(uris) if is_little else _counted_by_tasks(spark.session, uris)
    by_uri = {
        uri: FileRecords(records=records, fault=fault, seen=seen, content=content)
        for uri, records, fault, seen, content in counted
    }
    return {file.path: by_uri[file.arrow_uri] for file in files}


def read_records(
    spark: SparkSession, landing: Landing, files: Sequence[LandedFile], counted: Mapping[str, int]
) -> DataFrame:
    """The elements of the files' arrays, as their JSON texts; files of an arrival side by side.

    counted: how many each file has, by its path. A file that Spark's own reader of JSON refuses has as many that are
    null: it reads an array as a whole or not at all, and no row may be missing.
    Out: arrival string; file string, relative to landing; line_number bigint, the element's place in the file from
    1; raw string, null for an element null.
    """
    addresses = [literal_path(unquote(address)) for address in landing.addresses(files)]
    # As bytes: Spark's reader of texts copies its whole configuration for each file (docs/decisions.md).
    source = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(addresses)
    placed = source.select(relative_path(F.input_file_name(), landing.uri, files).alias("file"), "content")
    known = frame_of(
        spark,
        [(file.path, file.arrival, counted[file.path]) for file in files],
        "file string, arrival string, _counted int",
    )
    together = placed.join(F.broadcast(known), "file")
    if len({file.arrival for file in files}) > 1:
        # Small files come to tasks in the order of their sizes: each would write a file for each arrival.
        together = together.repartition("arrival")
    text: Column = F.col("content").cast("string")
    text = F.when(text.startswith(BOM), F.substring(text, 2, LARGEST_FILE)).otherwise(text)
    refused = F.array_repeat(F.lit(None).cast("string"), F.col("_counted"))
    read = F.coalesce(F.from_json(text, "array<string>"), refused)
    elements = together.select("arrival", "file", read.alias("_all"))
    # Not posexplode: that an array is not empty Spark would ask before, of the file's text, parsed twice more for it.
    exploded = elements.select("arrival", "file", F.posexplode_outer("_all").alias("_place", "raw"))
    exploded = exploded.where(F.col("_place").isNotNull())
    return exploded.select("arrival", "file", (F.col("_place") + 1).cast("long").alias("line_number"), "raw")


def _counted_by_tasks(spark: SparkSession, uris: Sequence[tuple[str, int]]) -> list[Counted]:
    # By value: an executor of a cluster need not have this package.
    for module in (sys.modules[__name__], arrow_files, json_elements, packed):
        cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = _count_all(zip(*(column.to_pylist() for column in batch.columns), strict=True))
            yield pa.RecordBatch.from_pylist(
                [dict(zip(_COUNTED_ARROW.names, row, strict=True)) for row in rows], schema=_COUNTED_ARROW
            )

    made = spark.createDataFrame(list(uris), "uri string, size long").mapInArrow(count, COUNTED)
    return [(row.uri, row.records, row.fault, row.seen, row.content) for row in made.collect()]  # a row a file


def _count_all(uris: Iterable[tuple[str, int]]) -> list[Counted]:
    opened: dict[str, FileSystem] = {}
    return [_count(opened, uri, size) for uri, size in uris]


def _count(opened: dict[str, FileSystem], uri: str, size: int) -> Counted:
    if size > LARGEST_FILE:
        return (uri, 0, TOO_LARGE, f"saw {size:,} bytes, expected at most {LARGEST_FILE:,} in one array", "")
    content = hashlib.sha256()
    try:
        with arrow_files.open_file(uri, opened) as source:
            begin = source.read(packed.LONGEST_SIGN)
            source.seek(0)

            def read(most: int) -> bytes:
                octets: bytes = source.read(most)
                content.update(octets)
                return octets

            records, fault, seen = 0, None, None
            if name := packed.packed_as(begin):
                fault, seen = PACKED, name
            else:
                try:
                    records = count_elements(read)
                except NoArray as error:
                    fault, seen = NO_ARRAY, str(error)
                except TooLarge as error:
                    fault, seen = TOO_LARGE, str(error)
            while read(json_elements.PIECE):
                pass  # the digest is of all of it
    except (FileNotFoundError, PermissionError) as error:
        return (uri, 0, arrow_files.why_not(error), None, "")
    return (uri, records, fault, seen, content.hexdigest()[:16])
