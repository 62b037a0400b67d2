"""Reading landed files: which can be read as their format, and the lines of those that can.

Belongs here: headers, quarantine, the table counts for what was landed. Does not: judging rows
(transforms/bronze.py), listing (resources/landing.py).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import pyspark.sql.functions as F
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.feeds.spec import ARRIVAL_FIELD, Csv
from analytics_assets.layers.world import stamped
from analytics_assets.transforms import columns as c
from analytics_assets.transforms.bronze import LANDED, judge
from analytics_assets.transforms.contract import ContractColumn
from resources.landing import LandedFile, Landing
from resources.lines import FileLines, count_lines, read_lines

ARRIVAL_LENGTH = len("2025-01-31")
UNREADABLE_SIGN = ":"
"""Hadoop takes what stands before it in a file's name for the scheme of an address."""


@dataclass(frozen=True)
class Quarantined:
    """A file that cannot be read as its format: the rule, and what was seen in place of what."""

    file: LandedFile
    rule: str
    seen: str
    explanation: str


@dataclass(frozen=True)
class Reading:
    """Files of arrivals, counted from their bytes; quarantined ones apart."""

    files: list[LandedFile]
    counted: dict[str, FileLines]
    quarantined: list[Quarantined]
    has_header: bool

    def landed_rows(self, file: LandedFile) -> int:
        """Rows that a file landed: a quarantined file is one."""
        if any(q.file is file for q in self.quarantined):
            return 1
        lines = self.counted[file.path].lines
        return lines - 1 if self.has_header else lines


def examine(
    spark: SparkSession, files: Sequence[LandedFile], contract: Sequence[ContractColumn], file_format: Csv
) -> Reading:
    """Count the lines of files and look at their names and headers."""
    counted = count_lines(spark, files)
    expected = [column.name for column in contract]
    quarantined = []
    for file in files:
        if UNREADABLE_SIGN in file.path:
            explanation = f"saw {UNREADABLE_SIGN!r} in the name, which Spark cannot read. Give the file another name"
            quarantined.append(Quarantined(file, "file_name", file.path, explanation))
            continue
        if not file_format.header:
            continue
        lines = counted[file.path]
        if lines.lines == 0:
            quarantined.append(Quarantined(file, "file_empty", "", "saw no line, expected a header"))
            continue
        header = lines.first_line.removesuffix("\r")
        if _header_fields(header, file_format.sep) != expected:
            wanted = file_format.sep.join(expected)
            quarantined.append(
                Quarantined(file, "file_header", header, f"saw the header {header!r}, expected {wanted!r}")
            )
    return Reading(list(files), counted, quarantined, file_format.header)


def _header_fields(header: str, sep: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=sep), [])
    except csv.Error:  # such as carriage returns in the middle: what was seen is shown
        return []


def judged_lines(
    spark: SparkSession,
    landing: Landing,
    reading: Reading,
    pattern: str,
    contract: Sequence[ContractColumn],
    file_format: Csv,
) -> DataFrame:
    """The rows of all files that can be read, with the contract's verdict, and one row a quarantined file.

    Out: arrival, file, line_number, raw, the contract's columns, violations.
    """
    bad = {q.file.path for q in reading.quarantined}
    good = [file for file in reading.files if file.path not in bad]
    structure = "arrival string, file string, line_number long, raw string"
    files = [(q.file.arrival, q.file.path, 1, q.seen, q.rule) for q in reading.quarantined]
    rejected = spark.createDataFrame(files, f"{structure}, _rule string")
    typed_nulls = [F.lit(None).cast(column.data_type).alias(column.name) for column in contract]
    rejected = rejected.select(
        "arrival", "file", "line_number", "raw", *typed_nulls, F.array("_rule").alias("violations")
    )
    if not good:
        return rejected
    lines = read_lines(spark, landing.uri, good, reading.counted, file_format.header)
    # As bytes: a part of a text is found by counting its characters, row after row.
    arrival_at = len(pattern.partition(ARRIVAL_FIELD)[0].encode()) + 1
    arrival = F.substring(F.col("file").cast("binary"), arrival_at, ARRIVAL_LENGTH).cast("string")
    lines = lines.select(arrival.alias("arrival"), "file", "line_number", "raw")
    traits = [reading.counted[file.path] for file in good]
    judged = judge(
        lines,
        contract,
        file_format.sep,
        check_utf8=not all(file.is_utf8 for file in traits),
        has_quotes=any(file.has_quote for file in traits),
    )
    return judged.unionByName(rejected) if reading.quarantined else judged


def landed_counts(spark: SparkSession, reading: Reading, source: str, version: str) -> DataFrame:
    """A row of the table counts for each file, from its bytes."""
    rows = [
        (file.arrival[:7], source, file.arrival, file.path, stamped(file, version), LANDED, reading.landed_rows(file))
        for file in reading.files
    ]
    texts = ("arrival_month", "source", "arrival", "file", "fingerprint", "standing")
    structure = ", ".join([*[f"{name} string" for name in texts], "rows long"])
    return spark.createDataFrame(rows, structure).select(
        "arrival_month",
        "source",
        "arrival",
        "file",
        "fingerprint",
        F.lit(None).cast(c.EVENT_DATE.dataType).alias("event_date"),
        F.lit(None).cast(c.HOUR.dataType).alias("hour"),
        "standing",
        F.lit(None).cast(c.RULE.dataType).alias("rule"),
        "rows",
    )
