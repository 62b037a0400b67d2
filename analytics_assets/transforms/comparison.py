"""Comparison: which rows stand in one of two tables more often than in the other.

Belongs here: counting equal rows of both. Does not: which tables are compared, and why (verification.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

LIVE, REBUILT = "_live", "_rebuilt"
"""How often a row stands in the live table, and in the rebuilt one."""


def tallied(live: DataFrame, rebuilt: DataFrame) -> DataFrame:
    """Each distinct row once, with how often it stands in both. Nulls are equal to nulls.

    In: two tables of the same columns. Out: these columns, LIVE and REBUILT.
    """
    both = live.withColumns({LIVE: F.lit(1), REBUILT: F.lit(0)}).unionByName(
        rebuilt.withColumns({LIVE: F.lit(0), REBUILT: F.lit(1)})
    )
    return both.groupBy(*live.columns).agg(F.sum(LIVE).alias(LIVE), F.sum(REBUILT).alias(REBUILT))


def sums(tally: DataFrame) -> DataFrame:
    """One row: rows of the live and of the rebuilt table, and those that stand in one of them alone."""
    more = F.col(LIVE) - F.col(REBUILT)
    return tally.agg(
        *[
            F.coalesce(F.sum(of), F.lit(0)).alias(name)
            for name, of in (
                ("live", F.col(LIVE)),
                ("rebuilt", F.col(REBUILT)),
                ("live_alone", F.greatest(more, F.lit(0))),
                ("rebuilt_alone", F.greatest(-more, F.lit(0))),
            )
        ]
    )


def first_differences(tally: DataFrame, key: Sequence[str], limit: int) -> DataFrame:
    """The first rows, in the order of the key, that do not stand in both equally often."""
    return tally.where(F.col(LIVE) != F.col(REBUILT)).orderBy(*key, F.desc(LIVE)).limit(limit)
