"""Retention: of the users who began in a week (or on a day), how many came back in each later one.

Belongs here: counting over user histories, and the cells of the table: rates, intervals, what a cell may say yet. Does
not: user histories (user_history.py), which periods there are (history.py).

Counting gives a row a cohort and value of a dimension, however many users there are; the cells are made of these in
memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.active_users import SERIES, by_dimension
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.history import Period

DAY = timedelta(days=1)
PeriodName = Literal["week", "day"]
FIRST_ACTIVITY, SIGN_UP = "first_activity", "sign_up"
OPEN, SETTLED = "open", "settled"
Z = NormalDist().inv_cdf(0.975)

CELLS = pa.schema(
    [
        ("period", pa.string()),
        ("cohort_by", pa.string()),
        ("dimension", pa.string()),
        ("value", pa.string()),
        ("cohort_start", pa.date32()),
        ("periods_after", pa.int32()),
        ("size", pa.int64()),
        *[
            (f"{kind}{name}", data_type)
            for kind in ("", "unbounded_")
            for name, data_type in (
                ("retained", pa.int64()),
                ("rate", pa.float64()),
                ("rate_low", pa.float64()),
                ("rate_high", pa.float64()),
                ("state", pa.string()),
            )
        ],
    ]
)
"""Columns of the table retention, as Arrow has them."""
COHORTS = pa.schema(
    [
        ("period", pa.string()),
        ("cohort_start", pa.date32()),
        ("dimension", pa.string()),
        ("value", pa.string()),
        ("size", pa.int64()),
        ("bounded", pa.list_(pa.int64())),
        ("unbounded", pa.list_(pa.int64())),
    ]
)
"""Columns of `cohort_counts`, as Arrow has them."""

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def cohort_counts(
    histories: DataFrame,
    attributes: Sequence[str],
    lengths: Mapping[PeriodName, int],
    since: Mapping[PeriodName, date] | None = None,
) -> DataFrame:
    """How many users of each cohort were active in each of the periods after their first.

    In: `user_history`. lengths: of each kind of period, the last that counts. since: of each, where cohorts of earlier
    starts are left out. Out: period string, cohort_start date (a Monday, or the first date itself), dimension string,
    value string, size bigint, bounded array<bigint> (active in the k-th period), unbounded array<bigint> (active in the
    k-th or one of those after it, up to the last).
    """
    first = F.col("first_date")
    starts = {"week": F.date_sub(first, F.weekday(first)), "day": first}
    kinds = [
        F.struct(
            F.lit(period).alias("period"),
            starts[period].alias("cohort_start"),
            F.col(f"{period}_bits").bitwiseAND(F.lit(2 ** (last + 1) - 1)).alias("_bits"),
        )
        for period, last in lengths.items()
    ]
    split = histories.select(*attributes, F.explode(F.array(*kinds)).alias("_kind")).select(*attributes, "_kind.*")
    for period, start in (since or {}).items():
        split = split.where((F.col("period") != period) | (F.col("cohort_start") >= F.lit(start)))
    after = range(max(lengths.values()) + 1)
    # All attributes at once: a user is read once, and has one value of each, so that sums add up.
    counted = split.groupBy("period", "cohort_start", *attributes).agg(
        F.count(F.lit(1)).alias("size"),
        *[F.sum(_is_set(k)).alias(f"_in_{k}") for k in after],
        *[F.sum((F.col("_bits") >= 2**k).cast("bigint")).alias(f"_from_{k}") for k in after],
    )
    measures = [name for name in counted.columns if name not in ("period", "cohort_start", *attributes)]
    of_series = by_dimension(counted, attributes, "period", "cohort_start", *measures)
    summed = of_series.groupBy("period", "cohort_start", *SERIES)
    return summed.agg(*[F.sum(name).alias(name) for name in measures]).select(
        "period",
        "cohort_start",
        *SERIES,
        "size",
        F.array(*[f"_in_{k}" for k in after]).alias("bounded"),
        F.array(*[f"_from_{k}" for k in after]).alias("unbounded"),
    )


def _is_set(k: int) -> Column:
    return F.shiftright("_bits", k).bitwiseAND(F.lit(1).cast("bigint"))


@dataclass(frozen=True, kw_only=True)
class Closed:
    """What of the cohorts may be said. periods: of the history, in order. settled_through: the last date of which no
    late data of the usual lateness may still come."""

    period: PeriodName
    periods: Sequence[Period]
    settled_through: date

    def known(self, start: date, last: int) -> tuple[Flags, Flags, Flags, Flags]:
        """Which cells of a cohort, 0 to `last`: bounded and unbounded known, bounded and unbounded settled."""
        found = self._complete
        length = DAY * (7 if self.period == "week" else 1)
        starts = [start + length * k for k in range(last + 1)]
        complete = np.array([found.get(day, False) for day in starts])
        # A cohort whose own period has not ended, or misses dates, is no cohort yet.
        bounded = complete & complete[0]
        unbounded = np.logical_and.accumulate(complete[::-1])[::-1] & complete[0]
        ends = [day + length - DAY for day in starts]
        settled = np.array([end <= self.settled_through for end in ends])
        return bounded, unbounded, settled, np.full(last + 1, settled[-1])

    def since(self, start: date) -> Closed:
        """The same of the cohorts that begin on a date or later."""
        return replace(self, periods=[period for period in self.periods if period.start >= start])

    @property
    def _complete(self) -> Mapping[date, bool]:
        return {period.start: period.is_complete for period in self.periods}


def cells(counts: pa.Table, closed: Closed, last: int, cohort_by: str = FIRST_ACTIVITY) -> pa.Table:
    """The cells of the table retention (CELLS) for one kind of period, and of cohort.

    counts: `cohort_counts` of that kind as Arrow. A cohort in all has cells for each period of the history, one of a
    value where it has users. Null: what the history cannot show yet. Intervals: 95 %, Wilson; none for the own
    period of cohorts by first activity, where all users are active. Source: METRICS "Retention".
    """
    rows = {(row["cohort_start"], row["dimension"], row["value"]): row for row in counts.to_pylist()}
    nobody = {"size": 0, "bounded": [0] * (last + 1), "unbounded": [0] * (last + 1)}
    for period in closed.periods:
        rows.setdefault((period.start, TOTAL, TOTAL), nobody)
    keys = sorted(rows, key=lambda key: (key[1], key[2], key[0]))
    if not keys:
        return CELLS.empty_table()
    number = len(keys) * (last + 1)
    by_cohort = {start: closed.known(start, last) for start in {key[0] for key in keys}}
    known = [np.concatenate([by_cohort[key[0]][place] for key in keys]) for place in range(4)]
    is_cohort = np.repeat([by_cohort[key[0]][0][0] for key in keys], last + 1)
    size = np.repeat(np.array([rows[key]["size"] for key in keys], np.int64), last + 1)
    after = np.tile(np.arange(last + 1, dtype=np.int32), len(keys))
    columns: dict[str, Any] = {
        "period": [closed.period] * number,
        "cohort_by": [cohort_by] * number,
        **{
            name: pa.array([key[place] for key in keys]).take(pa.array(np.repeat(np.arange(len(keys)), last + 1)))
            for name, place in (("cohort_start", 0), ("dimension", 1), ("value", 2))
        },
        "periods_after": after,
        "size": pa.array(size, mask=~is_cohort),
    }
    has_interval = np.full(number, True) if cohort_by == SIGN_UP else after > 0
    for kind, counted, place in (("", "bounded", 0), ("unbounded_", "unbounded", 1)):
        retained = np.array([rows[key][counted][: last + 1] for key in keys], np.int64).reshape(-1)
        columns |= _measured(kind, retained, size, known[place], known[place + 2], has_interval)
    return pa.table([columns[name] for name in CELLS.names], schema=CELLS)


def counted_apart(users: int, cohort_by: str) -> pa.Table:
    """The row (CELLS) of active users who are in no cohort, since it is not known in which: `size` says how many."""
    named = {"period": "week", "cohort_by": cohort_by, "dimension": TOTAL, "value": TOTAL, "size": users}
    return pa.Table.from_pylist([dict.fromkeys(CELLS.names) | named], CELLS)


def _measured(
    kind: str, retained: Ints, size: Ints, known: Flags, settled: Flags, has_interval: Flags
) -> dict[str, pa.Array]:
    has_rate = known & (size > 0)
    low, high = wilson(retained, np.maximum(size, 1))
    return {
        f"{kind}retained": pa.array(retained, mask=~known),
        f"{kind}rate": pa.array(retained / np.maximum(size, 1), mask=~has_rate),
        f"{kind}rate_low": pa.array(low, mask=~(has_rate & has_interval)),
        f"{kind}rate_high": pa.array(high, mask=~(has_rate & has_interval)),
        f"{kind}state": states(known, settled),
    }


def states(known: Flags, settled: Flags) -> pa.Array:
    """What is said of cells: nothing of those that are not known."""
    return pa.array(np.where(settled, SETTLED, OPEN), pa.string(), mask=~known)


def wilson(successes: Ints, trials: Ints) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The 95 % score interval of a share. Source: E. B. Wilson, JASA 22 (1927), 209-212."""
    share = successes / trials
    middle = (share + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z / (1 + Z**2 / trials) * np.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    # Where none or all succeeded an end is 0 or 1 exactly; as computed it may lie a last digit beyond.
    low, high = np.where(successes == 0, 0.0, middle - half), np.where(successes == trials, 1.0, middle + half)
    return low, high
