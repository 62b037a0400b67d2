"""Kept values: rows of bronze as the contract's values that were read of them, to be judged again.

Belongs here: values out of what bronze keeps, the verdict of a contract on values. Does not: the verdict on texts
(bronze.py), which rows of bronze have values (layers/rejudging.py).

An accepted row has no text in bronze, but each of its values came from a text that is written as its type: a value is
null where there was no text, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.contract import Contract, rules, with_violations
from analytics_assets.transforms.row_rules import REJECT, WARN


def kept_values(rows: DataFrame, contract: Contract, kept_as: Mapping[str, str], source_zone: str) -> DataFrame:
    """Rows of bronze as arrival, file, line_number, raw and the contract's columns.

    kept_as: columns that bronze keeps as an event's -> their names there. source_zone: of times without a zone.
    raw: as it stands there; where there is none, the values as a JSON object, for rows that will be rejected.
    """

    def value(name: str) -> Column:
        kept = F.col(kept_as.get(name, name))
        is_moved = kept_as.get(name) == "event_time" and source_zone != "UTC"
        return F.from_utc_timestamp(kept, source_zone) if is_moved else kept

    columns = [value(column.name).cast(column.data_type).alias(column.name) for column in contract.columns]
    found = rows.select("arrival", "file", "line_number", "raw", *columns)
    values = F.to_json(F.struct(*[column.name for column in contract.columns]), {"ignoreNullFields": "false"})
    return found.withColumn("raw", F.coalesce("raw", values))


def judge_values(rows: DataFrame, contract: Contract) -> DataFrame:
    """Rows with the contract's verdict on the values of its columns: violations, and warnings where it warns.

    As `judge` has them for lines.
    """
    asked = rules(contract, F.col)
    judged = with_violations(rows, [rule for rule in asked if rule.severity == REJECT])
    if contract.warns:
        judged = with_violations(judged, [rule for rule in asked if rule.severity == WARN], "warnings")
        judged = judged.withColumn("warnings", F.when(F.col("violations").isNull(), F.col("warnings")))
    return judged
