"""Counts: how many rows stand where, and what stands for each event date.

Belongs here: the narrow aggregate over bronze from which checks, versions and status read, and the
version of a date. Does not: counting lines in files (resources/lines.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.bronze import ACCEPTED, REJECTED, WARNED, local_hour

EVENTS_SOURCE = "events"


def being_read(source: str) -> str:
    """The source of rows of counts that name arrivals of another source, from when bronze or the dimension is written
    until their counts are: what stands there is neither what it was nor what it will be."""
    return f"{source} being read"


def event_counts(bronze: DataFrame, zone: str, warns: bool = False) -> DataFrame:
    """Rows by (arrival, file, event date, hour, standing, rule).

    In: bronze. Out: those columns and rows bigint. A rejected row counts once, under the first rule that it broke.
    warns: whether accepted rows may have warnings. Such a row counts once under its standing, and beside that once
    as WARNED under each of its warnings: they say nothing about how many rows there are.
    """
    if not warns:
        return _counted(bronze, zone, F.col("standing"), F.col("violations")[0])
    is_rejected = F.col("standing") == REJECTED
    rows = _counted(bronze, zone, F.col("standing"), F.when(is_rejected, F.col("violations")[0]))
    warned = bronze.where(~is_rejected & F.col("violations").isNotNull())
    warned = warned.select("file", "event_date", "event_time", F.explode("violations").alias("_warning"))
    return rows.unionByName(_counted(warned, zone, F.lit(WARNED), F.col("_warning")))


def _counted(rows: DataFrame, zone: str, standing: Column, rule: Column) -> DataFrame:
    # The arrival follows from the file: one text less to compare for each row.
    hour = local_hour(F.col("event_time"), zone).alias("hour")
    by = rows.groupBy("file", "event_date", hour, standing.alias("standing"), rule.alias("rule"))
    return by.agg(F.count(F.lit(1)).alias("rows"))


def by_rule(counts: pa.Table, standing: str) -> dict[str, dict[str, int]]:
    """Rows of a standing by rule and arrival: the rules with most rows first.

    In: the table counts, or part of it: arrival, standing, rule and rows.
    """
    found: dict[str, dict[str, int]] = {}
    grouped = counts.filter(pc.equal(counts["standing"], standing)).group_by(["rule", "arrival"])
    for row in grouped.aggregate([("rows", "sum")]).to_pylist():
        found.setdefault(row["rule"], {})[row["arrival"]] = row["rows_sum"]
    return dict(sorted(found.items(), key=lambda part: (-sum(part[1].values()), part[0])))


def rows_by_rule(counts: pa.Table, standing: str) -> dict[str, int]:
    """As `by_rule`, over all arrivals."""
    return {rule: sum(rows.values()) for rule, rows in by_rule(counts, standing).items()}


def tide(counts: pa.Table, version: str, keys: Mapping[date, str] | None = None) -> dict[date, tuple[str, int]]:
    """For each event date with accepted rows its version (16 hex digits), and how many they are.

    In: the table counts; version: of the rules by which rows are read; keys: for dates with rows whose key stands on
    other dates too, a digest of where each is kept. A date's version is a digest of all that and of the sorted (file,
    content, accepted rows) of the date: it does not depend on the order of processing, and changes when the bytes of
    a file with rows of the date do.
    """
    accepted = pc.and_(
        pc.is_in(counts["standing"], pa.array(ACCEPTED)), pc.equal(counts["source"], pa.scalar(EVENTS_SOURCE))
    )
    by_file = counts.filter(accepted).group_by(["event_date", "file", "content"]).aggregate([("rows", "sum")])
    lines: dict[date, list[str]] = {}
    rows: dict[date, int] = {}
    for row in by_file.to_pylist():
        day = row["event_date"]
        lines.setdefault(day, []).append(f"{row['file']}|{row['content']}|{row['rows_sum']}")
        rows[day] = rows.get(day, 0) + row["rows_sum"]
    for day, digest in (keys or {}).items():
        lines.get(day, []).append(f"keys|{digest}")
    return {
        day: (hashlib.sha256("\n".join([version, *sorted(lines[day])]).encode()).hexdigest()[:16], rows[day])
        for day in sorted(lines)
    }
