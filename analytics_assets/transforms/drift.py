"""Drift: how an arrival's columns differ from those of the arrivals before.

Belongs here: distances between profiles and where they are told. Does not: profiles (profile.py), verdicts
(asset_checks/profile_checks.py). Plain Python: a profile is a few values a column.

Distance of distributions: Jensen-Shannon, with logarithms to base 2: 0 for equal ones, 1 for such without a common
value. Its square root is a metric. Source: J. Lin, IEEE Transactions on Information Theory 37 (1991), 145-151;
D. M. Endres and J. E. Schindelin, the same 49 (2003), 1858-1860.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BEFORE = 7
"""How many arrivals before are compared with: a week of days. Of hours those of the same hour of the day."""
FEWEST_BEFORE = 4
FEWEST_ROWS = 200
"""With fewer rows chance alone moves a distribution by as much as is told."""
NULLS, DISTRIBUTION, ROWS = "nulls", "distribution", "rows"
THRESHOLDS = {NULLS: 0.05, DISTRIBUTION: 0.3, ROWS: math.log(3)}
"""Beyond: nulls by 5 rows in 100; a Jensen-Shannon distance of 0.3; three times as many rows or a third of them."""
OTHERS = None
"""Stands for all values that are not frequent; no value is null."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A measure of a column beside the mean of the arrivals before. distance: in the unit of its threshold."""

    column: str
    measure: str
    value: float | None
    before: float | None
    distance: float

    @property
    def is_beyond(self) -> bool:
        """Whether it is told."""
        return self.distance > THRESHOLDS[self.measure]


def arrivals_before(arrival: str, arrivals: Iterable[str]) -> list[str]:
    """The arrivals that one is compared with, of the same hour where hours arrive; the latest last."""
    return sorted(one for one in arrivals if one < arrival and one[10:] == arrival[10:])[-BEFORE:]


def drifts(profile: Sequence[Row], before: Sequence[Sequence[Row]]) -> list[Drift]:
    """Measures of an arrival's columns; empty where too few arrivals, or rows, are there to compare.

    profile: rows of the table profiles of the arrival; before: the same of the arrivals before, each by itself.
    """
    enough = [rows for rows in before if rows and rows[0]["rows"] >= FEWEST_ROWS]
    if len(enough) < FEWEST_BEFORE or not profile:
        return []
    number = profile[0]["rows"]
    usual = sum(rows[0]["rows"] for rows in enough) / len(enough)
    found = [Drift(column="", measure=ROWS, value=number, before=usual, distance=_times(number, usual))]
    if number < FEWEST_ROWS:
        return found
    for row in profile:
        own = [one for rows in enough for one in rows if one["column_name"] == row["column_name"]]
        if not own:
            continue
        nulls, usual_nulls = _nulls(row), sum(map(_nulls, own)) / len(own)
        of_column = {"column": row["column_name"]}
        found.append(
            Drift(**of_column, measure=NULLS, value=nulls, before=usual_nulls, distance=abs(nulls - usual_nulls))
        )
        shares = [part for part in map(_shares, own) if part]
        if shares and (now := _shares(row)):
            distance = jensen_shannon(now, mean(shares))
            found.append(Drift(**of_column, measure=DISTRIBUTION, value=None, before=None, distance=distance))
    return found


def jensen_shannon(one: Mapping[Any, float], other: Mapping[Any, float]) -> float:
    """The distance, in [0, 1], of two distributions: value -> share."""
    total = 0.0
    for value in {*one, *other}:
        p, q = one.get(value, 0.0), other.get(value, 0.0)
        middle = (p + q) / 2
        total += sum(part * math.log2(part / middle) for part in (p, q) if part > 0)
    return math.sqrt(min(max(total / 2, 0.0), 1.0))


def mean(shares: Sequence[Mapping[Any, float]]) -> dict[Any, float]:
    """The mean of distributions."""
    values = {value for part in shares for value in part}
    return {value: sum(part.get(value, 0.0) for part in shares) / len(shares) for value in values}


def _shares(row: Row) -> dict[Any, float]:
    """Share of each bin of the histogram, else of each frequent value, of the rows that have one."""
    known = row["rows"] - row["nulls"]
    if row["distinct"] == known:
        return {}  # ids: each arrival has others
    bins: Sequence[Row] = row["histogram"]
    if known and bins:
        return {one["low"]: one["rows"] / known for one in bins}
    if not known or not row["top_values"]:
        return {}
    frequent = {one["value"]: one["rows"] for one in row["top_values"]}
    others = known - sum(frequent.values())  # in whole rows: shares might add up to more than 1
    # Nothing of a column is compared that is mostly rare values, such as ids.
    return {value: rows / known for value, rows in {**frequent, OTHERS: others}.items()} if others * 2 < known else {}


def _nulls(row: Row) -> float:
    return row["nulls"] / row["rows"] if row["rows"] else 0.0


def _times(number: float, usual: float) -> float:
    return abs(math.log(max(number, 0.5) / max(usual, 0.5)))
