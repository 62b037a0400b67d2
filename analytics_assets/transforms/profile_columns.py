"""The vocabulary of profiles: its columns, declared once, with type and sentence.

Belongs here: columns that no other table has. Does not: all others (columns.py).
"""

from __future__ import annotations

import pyspark.sql.types as T

from analytics_assets.transforms.columns import column

COLUMN_NAME = column("column_name", T.StringType(), "Name of the column of bronze.")
ACCEPTED_ROWS = column("rows", T.LongType(), "Accepted rows of the arrival.")
NULLS = column("nulls", T.LongType(), "Rows of these without a value.")
DISTINCT = column("distinct", T.LongType(), "Different values; null for times.")
MINIMUM = column("minimum", T.StringType(), "Least value, as text; of users' ids none is told.")
MAXIMUM = column("maximum", T.StringType(), "Greatest value, as text; of users' ids none is told.")
TOP_VALUES = column(
    "top_values",
    T.ArrayType(T.StructType([T.StructField("value", T.StringType()), T.StructField("rows", T.LongType())])),
    "The ten most frequent values that at least one row in 200 has, the most frequent first.",
)
HISTOGRAM = column(
    "histogram",
    T.ArrayType(T.StructType([T.StructField("low", T.DoubleType()), T.StructField("rows", T.LongType())])),
    "Of numbers rows by power of two, told by its end towards 0; of times by hour of the day in the feed's time zone.",
)
