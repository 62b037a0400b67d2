"""Published events: rows that know when they last changed.

Belongs here: which time a row keeps. Does not: which dates are published again (layers/published.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce

import pyspark.sql.functions as F
from pyspark.sql import DataFrame


def with_update_time(rows: DataFrame, before: DataFrame, key: Sequence[str], now: datetime) -> DataFrame:
    """Rows with dl_updated_at timestamp: that of the equal row before, `now` where there is none.

    In: rows, one for each key; before: the same columns and dl_updated_at.
    """
    old = before.select(*[F.col(name).alias(f"_old_{name}") for name in (*rows.columns, "dl_updated_at")])
    same_key = reduce(lambda left, right: left & right, [F.col(name).eqNullSafe(F.col(f"_old_{name}")) for name in key])
    others = [F.col(name).eqNullSafe(F.col(f"_old_{name}")) for name in rows.columns if name not in key]
    is_same = reduce(lambda left, right: left & right, others, F.col("_old_dl_updated_at").isNotNull())
    stamp = F.when(is_same, F.col("_old_dl_updated_at")).otherwise(F.lit(now).cast("timestamp"))
    return rows.join(old, same_key, "left").select(*rows.columns, stamp.alias("dl_updated_at"))
