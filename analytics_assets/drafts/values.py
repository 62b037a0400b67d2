"""Kinds of values in a sample: which type of a contract the values of a column have.

Belongs here: the written forms, as transforms/values.py reads them, asked in Python of a sample. Does not: rows that
land (transforms/values.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
WHOLE = re.compile(r"[+-]?(0|[1-9]\d*)", re.ASCII)  # 007 is a name that would lose its zeros
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
LEADING_ZERO = re.compile(r"[+-]?0\d", re.ASCII)
LARGEST = 2**63
USUAL_SHARE = 0.95
"""Of the values of a column: so many are of its kind, and the others are taken for broken."""
SECONDS = range(10**8, 10**10)
MILLIS = range(10**11, 10**13)


class Kind(Enum):
    """What a value is written as; its value is the type's name in a contract."""

    TIME = "TimestampType"
    DATE = "DateType"
    WHOLE = "LongType"
    NUMBER = "DoubleType"
    TRUTH = "BooleanType"
    TEXT = "StringType"


def kind_of(text: str) -> Kind:
    """The narrowest kind of a value."""
    if DATE.fullmatch(text) and _reads(date.fromisoformat, text):
        return Kind.DATE
    if TIME.fullmatch(text) and _reads(datetime.fromisoformat, text[:19]):
        return Kind.TIME
    if WHOLE.fullmatch(text) and -LARGEST <= int(text[:25]) < LARGEST:
        return Kind.WHOLE
    if NUMBER.fullmatch(text) and not LEADING_ZERO.match(text):
        return Kind.NUMBER
    return Kind.TRUTH if text.lower() in ("true", "false") else Kind.TEXT


def common_kind(values: Iterable[str | None]) -> Kind:
    """The kind of the values of a column: of all, or of all but a few that may be broken; TEXT where they differ."""
    kinds = Counter(kind_of(value) for value in values if value is not None)
    if Kind.NUMBER in kinds:
        kinds[Kind.NUMBER] += kinds.pop(Kind.WHOLE, 0)
    for kind, number in kinds.most_common(1):
        return kind if number >= USUAL_SHARE * kinds.total() else Kind.TEXT
    return Kind.TEXT


def epoch(values: Iterable[str]) -> str | None:
    """The SQL function that makes a time of whole numbers that are seconds or milliseconds since 1970, if all are."""
    numbers = [int(value) for value in values]
    for function, allowed in (("timestamp_seconds", SECONDS), ("timestamp_millis", MILLIS)):
        if numbers and all(number in allowed for number in numbers):
            return function
    return None


def _reads(read: object, text: str) -> bool:
    try:
        read(text)  # type: ignore[operator]
    except ValueError:
        return False
    return True
