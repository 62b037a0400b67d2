"""Dates as columns of texts: what is known of each date, for each row.

Belongs here: looking up by date. Does not: which dates there are (history.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pyspark.sql.functions as F
from pyspark.sql import Column


def by_date(day: Column, days: Sequence[str], texts: Mapping[str, str]) -> Column:
    """The text of a date, null where it has none. days: ISO forms, sorted, of all dates that rows may have.

    By place: a map of a year's dates would be searched for each row.
    """
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    every = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    listed = F.array(*[F.lit(texts.get(known)) for known in every])
    return F.get(listed, F.datediff(day, F.lit(first))).cast("string")
