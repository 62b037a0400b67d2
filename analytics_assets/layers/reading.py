"""Reading landed files: which can be read as their format, and the rows of those that can.

Belongs here: which files are read alike. Does not: what is wrong with a file (quarantine.py, layouts.py), counting rows
(counting.py), judging rows (transforms/bronze.py, transforms/records.py), listing (resources/landing.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame, SparkSession

from analytics_assets.feeds.formats import ARRIVAL_FIELD, UTF_8, Csv, Format, JsonArray
from analytics_assets.layers.arrivals import DATE_LENGTH
from analytics_assets.layers.layouts import HeaderFault, Layout, layout
from analytics_assets.layers.quarantine import Quarantined, by_lines, by_name, by_records, header_of
from analytics_assets.transforms.bronze import PLACES, WIDTH, judge
from analytics_assets.transforms.contract import Contract
from analytics_assets.transforms.records import judge_records
from resources.arrow_files import GONE
from resources.landing import LandedFile, Landing
from resources.line_counts import FileLines, count_lines
from resources.lines import one_file_a_task, read_lines
from resources.local_frames import frame_of
from resources.records import count_records, read_records
from resources.spark import Spark, spark_config

SMALL_FILE_COST = 128 * 1024
MOST_DRIFTS = 20


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Files of arrivals, counted from their bytes; quarantined ones apart, and those that were there no longer.

    rows: that a file landed, by its path; a quarantined file is one. content: digest of a file's bytes.
    lines, layouts: of formats with lines; a quarantined file has no layout.
    """

    files: list[LandedFile]
    rows: Mapping[str, int]
    content: Mapping[str, str]
    quarantined: list[Quarantined]
    gone: list[LandedFile] = field(default_factory=list)
    lines: Mapping[str, FileLines] = field(default_factory=dict)
    layouts: Mapping[str, Layout] = field(default_factory=dict)

    def drift_of(self, path: str) -> str | None:
        """How a file's header differs from the contract; None where it does not, or the file has none."""
        return (self.layouts[path].drift or None) if path in self.layouts else None

    def of_arrivals(self, arrivals: Collection[str]) -> Reading:
        """What was read of some of the arrivals."""
        return replace(self, files=[file for file in self.files if file.arrival in arrivals])

    def of_files(self, paths: Collection[str]) -> Reading:
        """The same of these files alone."""
        return replace(
            self,
            files=[file for file in self.files if file.path in paths],
            quarantined=[found for found in self.quarantined if found.file.path in paths],
        )

    @property
    def drift(self) -> list[str]:
        """How headers differ from the contract, a line for all files in which they do alike; those that are read."""
        alike: dict[str, list[str]] = {}
        for path, found in self.layouts.items():
            if found.drift:
                alike.setdefault(found.drift, []).append(path)
        return [
            paths[0] + (f" and {len(paths) - 1:,} more files" if len(paths) > 1 else "") + f": {said}"
            for said, paths in list(alike.items())[:MOST_DRIFTS]
        ]


def examine(
    spark: Spark,
    files: Sequence[LandedFile],
    contract: Contract,
    file_format: Format,
    misnamed: Mapping[str, str] | None = None,
) -> Reading:
    """Count the rows of files and look at their names and headers; Spark's session starts beside it.

    misnamed: path -> what is wrong with its name, where something is.
    """
    spark.begin()
    faults = by_name(files, misnamed or {})
    layouts: dict[str, Layout] = {}
    lines: dict[str, FileLines] = {}
    to_open = [file for file in files if not file.fault]
    if isinstance(file_format, JsonArray):
        records = count_records(spark, to_open)
        gone = {path for path, found in records.items() if found.fault == GONE}
        for file in to_open:
            if file.path not in faults and file.path not in gone and (fault := by_records(file, records[file.path])):
                faults[file.path] = fault
        rows = {path: found.records for path, found in records.items()}
        content = {path: found.content for path, found in records.items()}
    else:
        lines = count_lines(spark.session, to_open, file_format.encodings)
        gone = {path for path, counted in lines.items() if counted.fault == GONE}
        for file in to_open:
            if file.path not in faults and file.path not in gone:
                found = _layout_of(file, lines[file.path], contract, file_format)
                if isinstance(found, Quarantined):
                    faults[file.path] = found
                else:
                    layouts[file.path] = found
        rows = {path: counted.lines - file_format.header for path, counted in lines.items()}
        content = {path: counted.content for path, counted in lines.items()}
    there = [file for file in files if file.path not in gone]
    return Reading(
        files=there,
        rows={**rows, **dict.fromkeys(faults, 1)},
        content={**dict.fromkeys(faults, ""), **content},
        quarantined=[faults[file.path] for file in there if file.path in faults],
        gone=[file for file in files if file.path in gone],
        lines=lines,
        layouts=layouts,
    )


def _layout_of(file: LandedFile, lines: FileLines, contract: Contract, file_format: Csv) -> Layout | Quarantined:
    if fault := by_lines(file, lines, file_format):
        return fault
    header = header_of(lines) if file_format.header else None
    try:
        return layout(header, contract, file_format)
    except HeaderFault as fault:
        return Quarantined(file, "file_header", header or "", str(fault))


def judged_rows(
    spark: SparkSession,
    landing: Landing,
    reading: Reading,
    pattern: str | None,
    contract: Contract,
    file_format: Format,
) -> DataFrame:
    """The rows of all files that can be read, with the contract's verdict, and one row a quarantined file.

    pattern: of the files' paths, None where these do not tell the arrival.
    Out: arrival, file, line_number, raw, the contract's columns, violations. Run its plan inside `reading_config`.
    """
    bad = {q.file.path for q in reading.quarantined}
    good = [file for file in reading.files if file.path not in bad]
    structure = "arrival string, file string, line_number long, raw string"
    files = [(q.file.arrival, q.file.path, 1, q.seen, q.rule) for q in reading.quarantined]
    rejected = frame_of(spark, files, f"{structure}, _rule string")
    typed_nulls = [F.lit(None).cast(column.data_type).alias(column.name) for column in contract.columns]
    rejected = rejected.select(
        "arrival", "file", "line_number", "raw", *typed_nulls, F.array("_rule").alias("violations")
    )
    if not good:
        return rejected
    if isinstance(file_format, JsonArray):
        judged = judge_records(read_records(spark, landing, good, reading.rows), contract, file_format.rest)
    else:
        alike: dict[tuple[str, str, bool], list[LandedFile]] = {}
        for file in good:
            found = reading.layouts[file.path]
            alike.setdefault((reading.lines[file.path].encoding, found.sep, found.is_usual), []).append(file)
        parts = [_judged_lines(spark, landing, reading, pattern, contract, file_format, own) for own in alike.values()]
        judged = reduce(DataFrame.unionByName, parts)
    return judged.unionByName(rejected, allowMissingColumns=True) if reading.quarantined else judged


def _judged_lines(
    spark: SparkSession,
    landing: Landing,
    reading: Reading,
    pattern: str | None,
    contract: Contract,
    file_format: Csv,
    files: Sequence[LandedFile],
) -> DataFrame:
    """The rows of files of one encoding and separator, all of the usual layout or none."""
    traits = [reading.lines[file.path] for file in files]
    encoding, first = traits[0].encoding, reading.layouts[files[0].path]
    lines = _with_arrival(
        read_lines(spark, landing.uri, files, reading.lines, file_format.header, encoding), files, pattern
    )
    if not first.is_usual:
        places = [(file.path, [*(found := reading.layouts[file.path]).places], found.width) for file in files]
        known = frame_of(spark, places, f"file string, {PLACES} array<int>, {WIDTH} int")
        lines = lines.join(F.broadcast(known), "file")
    return judge(
        lines,
        contract,
        first.sep,
        check_utf8=encoding == UTF_8 and not all(file.is_text for file in traits),
        has_quotes=any(file.has_quote for file in traits),
        has_places=not first.is_usual,
    )


def reading_config(spark: SparkSession, file_format: Format) -> spark_config:
    """The session's settings within which files of the format are read: which of them share a task."""
    if isinstance(file_format, Csv):
        return one_file_a_task(spark)
    return spark_config(spark, {"spark.sql.files.openCostInBytes": str(SMALL_FILE_COST)})


def _with_arrival(rows: DataFrame, files: Sequence[LandedFile], pattern: str | None) -> DataFrame:
    columns: list[str | Column] = ["file", "line_number", "raw"]
    if pattern is None or any(len(file.arrival) > DATE_LENGTH for file in files):
        arrivals = frame_of(
            rows.sparkSession, [(file.path, file.arrival) for file in files], "file string, arrival string"
        )
        return rows.join(F.broadcast(arrivals), "file").select("arrival", *columns)
    # As bytes: a part of a text is found by counting its characters, row after row.
    arrival_at = len(pattern.partition(ARRIVAL_FIELD)[0].encode()) + 1
    arrival = F.substring(F.col("file").cast("binary"), arrival_at, DATE_LENGTH).cast("string")
    return rows.select(arrival.alias("arrival"), *columns)
