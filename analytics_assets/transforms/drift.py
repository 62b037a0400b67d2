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
MOST_TIMES = 3
"""Told where rows are more than so many times their mean, or less than one part in so many."""
MOST_NULLS = 0.05
"""Told where the share of nulls moves by more: 5 rows in 100."""
LEAST_DISTANCE, MOST_SPREADS = 0.1, 1.5
"""Told where a distribution is further away than this, and than so many times the farthest of those before is from the
others: how much a column moves of itself (hours of few users, versions that are released) is what it did before."""
OTHERS = None
"""Stands for all values that are not frequent; no value is null."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A measure of a column beside the arrivals before. column: empty for rows.

    value, before: rows, and their mean; the share of nulls, and its mean; the distance of the distribution from the
    mean of those before, and the largest of one of those from the mean of the others. is_beyond: whether it is told.
    """

    column: str
    measure: str
    value: float
    before: float
    is_beyond: bool


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
    is_beyond = not usual / MOST_TIMES <= number <= usual * MOST_TIMES
    found = [Drift(column="", measure=ROWS, value=number, before=usual, is_beyond=is_beyond)]
    if number < FEWEST_ROWS:
        return found
    for row in profile:
        own = [one for rows in enough for one in rows if one["column_name"] == row["column_name"]]
        if own:
            found += [_of_nulls(row, own), *_of_distribution(row, own)]
    return found


def _of_nulls(row: Row, before: Sequence[Row]) -> Drift:
    now, usual = _nulls(row), sum(map(_nulls, before)) / len(before)
    is_beyond = abs(now - usual) > MOST_NULLS
    return Drift(column=row["column_name"], measure=NULLS, value=now, before=usual, is_beyond=is_beyond)


def _of_distribution(row: Row, before: Sequence[Row]) -> list[Drift]:
    now, parts = shares(row), [part for part in map(shares, before) if part]
    if not now or len(parts) < FEWEST_BEFORE:
        return []
    distance = jensen_shannon(now, mean(parts))
    farthest = max(jensen_shannon(part, mean([*parts[:at], *parts[at + 1 :]])) for at, part in enumerate(parts))
    is_beyond = distance > max(LEAST_DISTANCE, MOST_SPREADS * farthest)
    return [
        Drift(column=row["column_name"], measure=DISTRIBUTION, value=distance, before=farthest, is_beyond=is_beyond)
    ]


def jensen_shannon(one: Mapping[Any, float], other: Mapping[Any, float]) -> float:
    """The distance, in [0, 1], of two distributions: value -> share."""
    total = 0.0
    for value in {*one, *other}:
        p, q = one.get(value, 0.0), other.get(value, 0.0)
        middle = (p + q) / 2
        total += sum(part * math.log2(part / middle) for part in (p, q) if part > 0)
    return math.sqrt(min(max(total / 2, 0.0), 1.0))


def mean(parts: Sequence[Mapping[Any, float]]) -> dict[Any, float]:
    """The mean of distributions."""
    values = {value for part in parts for value in part}
    return {value: sum(part.get(value, 0.0) for part in parts) / len(parts) for value in values}


def shares(row: Row) -> dict[Any, float]:
    """Share of each bin of the histogram, else of each frequent value, of the rows that have one; OTHERS: of the rest.

    Empty where nothing can be compared: of ids, and of columns that are mostly rare values.
    """
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
