"""The vocabulary of the device effect: its columns, declared once, with type and sentence.

Belongs here: columns that no other table has. Does not: all others (columns.py).
"""

from __future__ import annotations

import pyspark.sql.types as T

from analytics_assets.transforms.columns import column

REPLICATES = column(
    "replicates", T.ArrayType(T.LongType()), "Loads as each of the 500 replicates of the bootstrap counts them."
)
EPSILON_SQUARED = column(
    "epsilon_squared", T.DoubleType(), "Share of the variance of the loads' ranks that lies between devices, 0 to 1."
)
EPSILON_SQUARED_LOW = column("epsilon_squared_low", T.DoubleType(), "Lower end of its 95 % interval (bootstrap).")
EPSILON_SQUARED_HIGH = column("epsilon_squared_high", T.DoubleType(), "Upper end of its 95 % interval (bootstrap).")
EFFECT_SIZE = column("effect_size", T.StringType(), "Epsilon squared in a word: negligible, small, medium or large.")
P50_RATIO = column("p50_ratio", T.DoubleType(), "p50 on the device / the median of the devices' p50s.")
P50_RATIO_LOW = column("p50_ratio_low", T.DoubleType(), "Lower end of its 95 % interval (bootstrap).")
P50_RATIO_HIGH = column("p50_ratio_high", T.DoubleType(), "Upper end of its 95 % interval (bootstrap).")
IN_WORDS = column("in_words", T.StringType(), "The ratio as a sentence.")
OTHER_DEVICE_TYPE = column("other_device_type", T.StringType(), "The device that it is compared with.")
CLIFFS_DELTA = column(
    "cliffs_delta", T.DoubleType(), "P(a load on the device takes longer than one on the other) - P(shorter), -1 to 1."
)
CLIFFS_DELTA_LOW = column("cliffs_delta_low", T.DoubleType(), "Lower end of its 95 % interval (bootstrap).")
CLIFFS_DELTA_HIGH = column("cliffs_delta_high", T.DoubleType(), "Upper end of its 95 % interval (bootstrap).")
