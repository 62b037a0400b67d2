"""Text files as rows that know their file and line.

Belongs here: reading physical lines. Does not: counting them (line_counts.py), which files there are (landing.py),
what a line means (analytics_assets/transforms).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import unquote

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, SparkSession

from resources.landing import LandedFile
from resources.line_counts import LATIN_1, UTF_8, UTF_16, FileLines, block_size
from resources.spark import literal_path, spark_config

LONGEST_PATH = 1 << 20
INDEX_MASK = (1 << 33) - 1
"""monotonically_increasing_id() keeps the row's index within its partition in the lower 33 bits."""


def read_lines(
    spark: SparkSession,
    root_uri: str,
    files: Sequence[LandedFile],
    counted: Mapping[str, FileLines],
    header: bool,
    encoding: str = UTF_8,
) -> DataFrame:
    """The non-empty lines of the files, without headers.

    encoding: of all of the files. Out: file string, relative to landing; line_number bigint, from 1; raw string,
    without its line end. Run its plan inside `one_file_a_task`, or line numbers are wrong.
    """
    if encoding == UTF_16:
        return _read_wide_lines(spark, root_uri, files, header)
    names = [literal_path(unquote(file.uri)) for file in files]
    source = spark.read.option("lineSep", "\n").text(names)
    # These functions, not the column _metadata, which would be copied into each row.
    lines = source.select(
        relative_path(F.input_file_name(), root_uri, files).alias("file"),
        F.expr("input_file_block_start()").alias("_start"),
        F.monotonically_increasing_id().bitwiseAND(F.lit(INDEX_MASK)).alias("_index"),
        _without_cr(F.col("value"), any(counted[file.path].has_cr for file in files)).alias("raw"),
    )
    wanted = F.col("raw") != ""
    if header:
        wanted = wanted & ~((F.col("_start") == 0) & (F.col("_index") == 0))
    raw = F.decode(F.col("raw").cast("binary"), "ISO-8859-1").alias("raw") if encoding == LATIN_1 else F.col("raw")
    return lines.where(wanted).select("file", _line_number(files, counted).alias("line_number"), raw)


def _read_wide_lines(spark: SparkSession, root_uri: str, files: Sequence[LandedFile], header: bool) -> DataFrame:
    """As `read_lines`, of files in UTF-16: each is read as one text, since Spark finds line ends in bytes."""
    source = spark.read.format("binaryFile").load([literal_path(unquote(file.uri)) for file in files])
    text = F.split(F.decode("content", "UTF-16"), "\n", -1)
    placed = source.select(relative_path(F.input_file_name(), root_uri, files).alias("file"), text.alias("_lines"))
    lines = placed.select("file", F.posexplode("_lines").alias("_index", "_line"))
    raw = F.regexp_replace("_line", "\r\\z", "")
    wanted = (raw != "") & (F.col("_index") > 0 if header else F.lit(True))
    return lines.where(wanted).select("file", (F.col("_index") + 1).cast("long").alias("line_number"), raw.alias("raw"))


def one_file_a_task(spark: SparkSession) -> spark_config:
    """Within it no task reads from two blocks of files, so that a row's index is its line in the block."""
    return spark_config(spark, {"spark.sql.files.openCostInBytes": str(block_size(spark))})


def relative_path(path: Column, root_uri: str, files: Sequence[LandedFile]) -> Column:
    """The path of an input file, as Spark tells it, relative to landing."""
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
