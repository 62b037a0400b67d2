"""Conditions on rows: as SQL, and as what Delta's log must say of a file that may hold such rows.

Belongs here: conditions that both Spark and Delta's log understand. Does not: reading (lakehouse.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Condition:
    """Which rows. files: for Delta's log, of whose form it is told; see `Lakehouse.read`.

    sql: for Spark, and for deltalake where no text has a quote or a backslash.

    A file that `files` leaves out holds no such row; one that it lets through may hold some.
    """

    sql: str
    files: Callable[[pa.Schema], pc.Expression]

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"({self.sql} AND {other.sql})", lambda log: self.files(log) & other.files(log))

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"({self.sql} OR {other.sql})", lambda log: self.files(log) | other.files(log))


def one_of(column: str, values: Collection[str]) -> Condition:
    """The column of texts is one of the values."""
    return _one_of(column, sorted(set(values)), "'{}'")


def one_of_dates(column: str, days: Collection[str]) -> Condition:
    """The column of dates is one of the days, given in their ISO forms."""
    wanted = sorted(set(days))
    if len(wanted) > 1 and _is_without_gap(wanted):
        return between(column, date.fromisoformat(wanted[0]), date.fromisoformat(wanted[-1]))
    return _one_of(column, wanted, "date'{}'")


def between(column: str, first: date | str, last: date | str) -> Condition:
    """The column lies between both, these included: dates for a column of dates, texts for one of texts."""
    low, high = (f"date'{end}'" if isinstance(end, date) else f"'{end}'" for end in (first, last))
    return Condition(
        f"({column} >= {low} AND {column} <= {high})", lambda log: _may_lie_between(log, column, str(first), str(last))
    )


def _one_of(column: str, wanted: Sequence[str], literal: str) -> Condition:
    if not wanted:
        return Condition("false", lambda log: pc.scalar(False))
    listed = ", ".join(literal.format(value.replace("\\", "\\\\").replace("'", "\\'")) for value in wanted)

    def files(log: pa.Schema) -> pc.Expression:
        name = f"partition.{column}"
        if name in log.names:
            return pc.field(name).isin(pa.array(wanted).cast(log.field(name).type))
        return _may_lie_between(log, column, wanted[0], wanted[-1])

    return Condition(f"{column} IN ({listed})", files)


def _is_without_gap(days: Sequence[str]) -> bool:
    return (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days == len(days) - 1


def _may_lie_between(log: pa.Schema, column: str, first: str, last: str) -> pc.Expression:
    """Without a partition value or statistics a file may hold anything."""
    least, greatest = f"min.{column}", f"max.{column}"
    if f"partition.{column}" in log.names:
        least = greatest = f"partition.{column}"
    if least not in log.names or greatest not in log.names:
        return pc.scalar(True)
    low, high = (pa.scalar(end).cast(log.field(least).type) for end in (first, last))
    fits = (pc.field(least) <= high) & (pc.field(greatest) >= low)
    return fits | pc.field(least).is_null() | pc.field(greatest).is_null()
