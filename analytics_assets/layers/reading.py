"""Reading landed files: which can be read as their format, and the rows of those that can.

Belongs here: headers, quarantine. Does not: counting what was read (counting.py), judging rows
(transforms/bronze.py, transforms/records.py), listing (resources/landing.py).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, SparkSession

from analytics_assets.feeds.formats import ARRIVAL_FIELD, Csv, Format, JsonArray
from analytics_assets.layers.arrivals import DATE_LENGTH
from analytics_assets.transforms.bronze import judge
from analytics_assets.transforms.contract import Contract
from analytics_assets.transforms.records import judge_records
from resources.landing import LandedFile, Landing
from resources.line_counts import FileLines, count_lines
from resources.lines import one_file_a_task, read_lines
from resources.records import count_records, read_records
from resources.spark import spark_config

UNREADABLE_SIGN = ":"
"""Hadoop takes what stands before it in a file's name for the scheme of an address."""
SMALL_FILE_COST = 128 * 1024


@dataclass(frozen=True)
class Quarantined:
    """A file that cannot be read as its format: the rule, and what was seen in place of what."""

    file: LandedFile
    rule: str
    seen: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Files of arrivals, counted from their bytes; quarantined ones apart.

    rows: that a file landed, by its path; a quarantined file is one. content: digest of a file's bytes.
    lines: of formats with lines.
    """

    files: list[LandedFile]
    rows: Mapping[str, int]
    content: Mapping[str, str]
    quarantined: list[Quarantined]
    lines: Mapping[str, FileLines] = field(default_factory=dict)


def examine(
    spark: SparkSession,
    files: Sequence[LandedFile],
    contract: Contract,
    file_format: Format,
    misnamed: Mapping[str, str] | None = None,
) -> Reading:
    """Count the rows of files and look at their names and headers.

    misnamed: path -> what is wrong with its name, where something is.
    """
    faults = {
        path: Quarantined(file, "file_name", path, said) for path, said, file in _bad_names(files, misnamed or {})
    }
    if isinstance(file_format, JsonArray):
        records = count_records(spark, files)
        for file in files:
            seen = records[file.path].seen
            if seen is not None and file.path not in faults:
                faults[file.path] = Quarantined(file, "file_not_json", seen, f"{seen}; the file is kept as one row")
        rows = {path: found.records for path, found in records.items()}
        content = {path: found.content for path, found in records.items()}
        lines: dict[str, FileLines] = {}
    else:
        lines = count_lines(spark, files)
        expected = [column.name for column in contract.columns]
        for file in files if file_format.header else ():
            if file.path not in faults and (fault := _header_fault(file, lines[file.path], expected, file_format.sep)):
                faults[file.path] = fault
        rows = {path: found.lines - file_format.header for path, found in lines.items()}
        content = {path: found.content for path, found in lines.items()}
    return Reading(
        files=list(files),
        rows={**rows, **dict.fromkeys(faults, 1)},
        content=content,
        quarantined=[faults[file.path] for file in files if file.path in faults],
        lines=lines,
    )


def _bad_names(files: Sequence[LandedFile], misnamed: Mapping[str, str]) -> list[tuple[str, str, LandedFile]]:
    unreadable = f"saw {UNREADABLE_SIGN!r} in the name, which Spark cannot read. Give the file another name"
    said = {file.path: unreadable for file in files if UNREADABLE_SIGN in file.path} | dict(misnamed)
    return [(file.path, said[file.path], file) for file in files if file.path in said]


def _header_fault(file: LandedFile, lines: FileLines, expected: list[str], sep: str) -> Quarantined | None:
    if lines.lines == 0:
        return Quarantined(file, "file_empty", "", "saw no line, expected a header")
    header = lines.first_line.removesuffix("\r")
    if _header_fields(header, sep) == expected:
        return None
    return Quarantined(file, "file_header", header, f"saw the header {header!r}, expected {sep.join(expected)!r}")


def _header_fields(header: str, sep: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=sep), [])
    except csv.Error:  # such as carriage returns in the middle: what was seen is shown
        return []


def judged_rows(
    spark: SparkSession,
    landing: Landing,
    reading: Reading,
    pattern: str,
    contract: Contract,
    file_format: Format,
) -> DataFrame:
    """The rows of all files that can be read, with the contract's verdict, and one row a quarantined file.

    Out: arrival, file, line_number, raw, the contract's columns, violations. Run its plan inside `reading_config`.
    """
    bad = {q.file.path for q in reading.quarantined}
    good = [file for file in reading.files if file.path not in bad]
    structure = "arrival string, file string, line_number long, raw string"
    files = [(q.file.arrival, q.file.path, 1, q.seen, q.rule) for q in reading.quarantined]
    rejected = spark.createDataFrame(files, f"{structure}, _rule string")
    typed_nulls = [F.lit(None).cast(column.data_type).alias(column.name) for column in contract.columns]
    rejected = rejected.select(
        "arrival", "file", "line_number", "raw", *typed_nulls, F.array("_rule").alias("violations")
    )
    if not good:
        return rejected
    if isinstance(file_format, JsonArray):
        judged = judge_records(read_records(spark, landing, good), contract, file_format.rest)
    else:
        lines = read_lines(spark, landing.uri, good, reading.lines, file_format.header)
        traits = [reading.lines[file.path] for file in good]
        judged = judge(
            _with_arrival(lines, good, pattern),
            contract,
            file_format.sep,
            check_utf8=not all(file.is_utf8 for file in traits),
            has_quotes=any(file.has_quote for file in traits),
        )
    return judged.unionByName(rejected, allowMissingColumns=True) if reading.quarantined else judged


def reading_config(spark: SparkSession, file_format: Format) -> spark_config:
    """The session's settings within which files of the format are read: which of them share a task."""
    if isinstance(file_format, Csv):
        return one_file_a_task(spark)
    return spark_config(spark, {"spark.sql.files.openCostInBytes": str(SMALL_FILE_COST)})


def _with_arrival(rows: DataFrame, files: Sequence[LandedFile], pattern: str) -> DataFrame:
    columns: list[str | Column] = ["file", "line_number", "raw"]
    if any(len(file.arrival) > DATE_LENGTH for file in files):
        arrivals = rows.sparkSession.createDataFrame(
            [(file.path, file.arrival) for file in files], "file string, arrival string"
        )
        return rows.join(F.broadcast(arrivals), "file").select("arrival", *columns)
    # As bytes: a part of a text is found by counting its characters, row after row.
    arrival_at = len(pattern.partition(ARRIVAL_FIELD)[0].encode()) + 1
    arrival = F.substring(F.col("file").cast("binary"), arrival_at, DATE_LENGTH).cast("string")
    return rows.select(arrival.alias("arrival"), *columns)
