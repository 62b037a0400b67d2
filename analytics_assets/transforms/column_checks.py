"""Checks of a column: pandera's, each with its words and its form in Spark.

Belongs here: what a check of pandera asks of a value. Does not: which checks a column has (feeds/), what a value that
fails one does to its row (contract.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyspark.sql.functions as F
from pyspark.sql import Column


def fails(name: str, check: str, statistics: dict[str, Any]) -> Column:
    """Whether the value of a column fails a check. A check says nothing of a missing value, as in pandera."""
    return F.coalesce(~CHECKS[check][1](F.col(name), **statistics), F.lit(False))


def words(check: str, statistics: dict[str, Any]) -> str:
    """What the check expects, to be read after "is not"."""
    said = CHECKS[check][0]
    return said.format(**statistics) if isinstance(said, str) else said(**statistics)


def _range_words(min_value: Any, max_value: Any, include_min: bool = True, include_max: bool = True) -> str:
    low, high = "at least" if include_min else "above", "at most" if include_max else "below"
    return f"{low} {min_value} and {high} {max_value}"


def _in_range(value: Column, min_value: Any, max_value: Any, include_min: bool = True, include_max: bool = True) -> Any:
    low = value >= min_value if include_min else value > min_value
    return low & (value <= max_value if include_max else value < max_value)


def _length_words(min_value: int | None = None, max_value: int | None = None, exact_value: int | None = None) -> str:
    if exact_value is not None:
        return f"{exact_value} characters long"
    parts = [("at least", min_value), ("at most", max_value)]
    return " and ".join(f"{word} {limit}" for word, limit in parts if limit is not None) + " characters long"


def _has_length(
    value: Column, min_value: int | None = None, max_value: int | None = None, exact_value: int | None = None
) -> Column:
    length = F.length(value)
    if exact_value is not None:
        return length == exact_value
    low = F.lit(True) if min_value is None else length >= min_value
    return low if max_value is None else low & (length <= max_value)


def _pattern(pattern: Any) -> str:
    return str(getattr(pattern, "pattern", pattern))


def _anchored(pattern: str) -> str:
    # As pandera has it: of several alternatives, only the first must stand at the start.
    return pattern if pattern.startswith("^") else f"^{pattern}"


CHECKS: dict[str, tuple[str | Callable[..., str], Callable[..., Column]]] = {
    "equal_to": ("{value}", lambda c, value: c == value),
    "not_equal_to": ("other than {value}", lambda c, value: c != value),
    "greater_than": ("above {min_value}", lambda c, min_value: c > min_value),
    "greater_than_or_equal_to": ("at least {min_value}", lambda c, min_value: c >= min_value),
    "less_than": ("below {max_value}", lambda c, max_value: c < max_value),
    "less_than_or_equal_to": ("at most {max_value}", lambda c, max_value: c <= max_value),
    "in_range": (_range_words, _in_range),
    "isin": ("one of {allowed_values}", lambda c, allowed_values: c.isin(*allowed_values)),
    "notin": ("none of {forbidden_values}", lambda c, forbidden_values: ~c.isin(*forbidden_values)),
    "str_startswith": ("text that starts with {string}", lambda c, string: c.startswith(string)),
    "str_endswith": ("text that ends in {string}", lambda c, string: c.endswith(string)),
    "str_length": (_length_words, _has_length),
    "str_matches": ("text that matches {pattern}", lambda c, pattern: c.rlike(_anchored(_pattern(pattern)))),
    "str_contains": ("text that contains {pattern}", lambda c, pattern: c.rlike(_pattern(pattern))),
}
