"""Local frames: rows that this process holds, as frames of Spark.

Belongs here: handing few rows over. Does not: rows that grow with the events, which Spark reads itself (lakehouse.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType


def frame_of(spark: SparkSession, rows: Iterable[Sequence[Any]], schema: StructType | str) -> DataFrame:
    """Rows with the columns of a schema, in its order. No times: their zone would hang on the way they are handed over.

    Handed over as Arrow. Of a list of rows Spark would have each task ask Python, which a session in the process starts
    for that alone, and again for each frame (docs/decisions.md).
    """
    import pandas as pd  # takes its time, and who starts no session does not need it

    known = schema if isinstance(schema, StructType) else spark.createDataFrame([], schema).schema
    return spark.createDataFrame(pd.DataFrame(list(rows), columns=known.fieldNames(), dtype=object), known)


def empty_frame(spark: SparkSession, schema: StructType) -> DataFrame:
    """No rows, with the columns of a schema."""
    return frame_of(spark, [], schema)
