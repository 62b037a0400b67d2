"""Text becomes typed values, or null where it is not written as one.

Belongs here: the written forms of each type. Does not: which columns have which type (contract.py).
"""

from __future__ import annotations

from collections.abc import Callable

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column

# \z, not $: in Java's patterns $ also stands before a last line end, and CR and U+2028 are such ends.
INTEGER = r"^[+-]?[0-9]+\z"
DECIMAL = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?\z"
FIRST_DATE, LAST_DATE = "0001-01-02", "9999-12-30"
"""Python, Arrow and SQL have the years 1 to 9999. Of times the days at both ends are left to time zones."""
TIMESTAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?\z"


def typed(text: Column, data_type: T.DataType) -> Column:
    """Text as a value of the type, or null where the text is not written as one. Nothing is rounded or trimmed."""
    return TYPES[type(data_type)][1](text, data_type)


def type_names() -> list[str]:
    """Names of the types that a column may have."""
    return sorted(kind.__name__ for kind in TYPES)


def _integer(text: Column, data_type: T.DataType) -> Column:
    # A cast alone reads 1.5 as 1 and trims blanks. Comparing with the text again is cheap; the pattern
    # is asked only for +5 and 007.
    value = text.cast(data_type)
    return F.when((value.cast("string") == text) | text.rlike(INTEGER), value)


def _number(text: Column, data_type: T.DataType) -> Column:
    value = text.cast(data_type)
    # 1e400 is written as a number, and is none that a double holds: it would be infinity.
    is_finite = (F.abs(value) < F.lit(float("inf"))) if isinstance(data_type, T.DoubleType) else F.lit(True)
    return F.when(text.rlike(DECIMAL) & is_finite, value)


def _timestamp(text: Column, data_type: T.DataType) -> Column:
    # YYYY-MM-DD hh:mm:ss, maybe with a fraction and an offset. The cast, many times faster than a pattern, judges
    # all but blanks at the ends and digits that may be left out: with these signs at their places, and a digit at
    # the end, there are none. The pattern is asked for the other lengths only.
    octets = text.cast(T.BinaryType())
    plain = (
        (F.octet_length(text) == len("2025-01-31 10:00:00"))
        & _has(octets, 5, "-")
        & _has(octets, 14, ":")
        & _has(octets, 17, ":")
        & _has_digit(octets, 19)
    )
    return F.when((plain | text.rlike(TIMESTAMP)) & _is_on_calendar(text), text.cast(data_type))


def _date(text: Column, data_type: T.DataType) -> Column:
    octets = text.cast(T.BinaryType())
    shaped = _has(octets, 5, "-") & _has(octets, 8, "-") & _has_digit(octets, 10)
    is_date = (F.octet_length(text) == len("2025-01-31")) & shaped & ~text.startswith("0000")
    return F.when(is_date, text.cast(data_type))


def on_calendar(time: Column) -> Column:
    """A time, or null where not all that reads it can hold it."""
    first, last = F.lit(FIRST_DATE).cast(T.TimestampType()), F.lit(LAST_DATE).cast(T.TimestampType())
    return F.when(time.between(first, last), time)


def _is_on_calendar(text: Column) -> Column:
    # Of the text: it begins with a year of four digits, and to compare texts is cheaper than to parse one again.
    return (text >= FIRST_DATE) & (text < LAST_DATE)


def _has(octets: Column, place: int, sign: str) -> Column:
    # Of bytes: in a text each look at a place counts the characters before it, and all others too.
    return F.substring(octets, place, 1) == F.lit(sign.encode())


def _has_digit(octets: Column, place: int) -> Column:
    return F.substring(octets, place, 1).between(F.lit(b"0"), F.lit(b"9"))


def _boolean(text: Column, data_type: T.DataType) -> Column:
    return F.when(F.lower(text).isin("true", "false"), text.cast(data_type))


def _string(text: Column, _: T.DataType) -> Column:
    return text


TYPES: dict[type[T.DataType], tuple[str, Callable[[Column, T.DataType], Column]]] = {
    T.StringType: ("string", _string),
    T.IntegerType: ("integer", _integer),
    T.LongType: ("integer", _integer),
    T.DoubleType: ("number", _number),
    T.DecimalType: ("number", _number),
    T.TimestampType: ("timestamp", _timestamp),
    T.DateType: ("date", _date),
    T.BooleanType: ("boolean", _boolean),
}
