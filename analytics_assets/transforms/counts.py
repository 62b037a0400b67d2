"""Counts: how many rows stand where, and what stands for each event date.

Belongs here: the narrow aggregate over bronze from which checks, versions and status read, and the
version of a date. Does not: counting lines in files (resources/lines.py).
"""

from __future__ import annotations

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.transforms.bronze import ACCEPTED, local_hour

EVENTS_SOURCE = "events"


def event_counts(bronze: DataFrame, fingerprints: DataFrame, zone: str) -> DataFrame:
    """Rows by (arrival, file, event date, hour, standing, rule).

    In: bronze; fingerprints (file string, fingerprint string). Out: the columns of the table counts.
    A rejected row counts once, under the first rule that it broke.
    """
    counted = bronze.groupBy(
        "arrival",
        "file",
        "event_date",
        local_hour(F.col("event_time"), zone).alias("hour"),
        "standing",
        F.col("violations")[0].alias("rule"),
    ).agg(F.count(F.lit(1)).alias("rows"))
    return counted.join(F.broadcast(fingerprints), "file", "left").select(
        F.substring("arrival", 1, 7).alias("arrival_month"),
        F.lit(EVENTS_SOURCE).alias("source"),
        "arrival",
        "file",
        "fingerprint",
        "event_date",
        "hour",
        "standing",
        "rule",
        "rows",
    )


def tide(counts: DataFrame, contract_version: str) -> DataFrame:
    """The version of each event date that has accepted rows.

    Out: event_date date, input_version string (16 hex digits), rows bigint. The version is a digest of the
    sorted (file, fingerprint, accepted rows) of the date and of the contract's version: it does not depend on
    the order of processing, and changes when a file with rows of the date does.
    """
    by_file = (
        counts.where(F.col("standing").isin(*ACCEPTED) & (F.col("source") == EVENTS_SOURCE))
        .groupBy("event_date", "file", "fingerprint")
        .agg(F.sum("rows").alias("rows"))
    )
    line = F.concat_ws("|", "file", "fingerprint", F.col("rows").cast("string"))
    digest = F.sha2(F.concat_ws("\n", F.lit(contract_version), F.sort_array(F.collect_list(line))), 256)
    return by_file.groupBy("event_date").agg(
        F.substring(digest, 1, 16).alias("input_version"), F.sum("rows").alias("rows")
    )
