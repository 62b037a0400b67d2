"""Broken lines of CSV: one good line made into one bad line.

Belongs here: the faults that any feed's lines may have. Does not: which rows are broken (faults.py), broken JSON
(aqua_records.py).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

Fields = list[bytes]
Fault = Callable[[Fields, int], Sequence[bytes]]
"""The fields of a good line, and a number that picks among variants -> the fields of the bad one."""


class Line(NamedTuple):
    """Places of the fields in which faults are made: one with a time `YYYY-MM-DD …`, one with a text."""

    time_at: int
    text_at: int


def break_line(line: bytes, kind: str, places: Line, own: Mapping[str, Fault]) -> bytes:
    """One good line made into one bad line, the same for the same line. own: the feed's own kinds of faults.

    Exactly one physical line comes out, with exactly one thing wrong. Raises KeyError for an unknown kind.
    """
    fields = line.rstrip(b"\n").split(b",")
    turn = crc32(line)
    count, time, text = len(fields), fields[places.time_at], fields[places.text_at]
    faults: dict[str, Fault] = {
        "too_few_fields": lambda f, turn: f[: count // 2 + turn % (count - count // 2)],
        "too_many_fields": lambda f, turn: [*f, b"x", b""][: count + 1 + turn % 2],
        "impossible_date": lambda f, _: put(f, places.time_at, time[:5] + b"02-30" + time[10:]),
        "invalid_utf8": lambda f, _: put(f, places.text_at, text[:1] + b"\xff\xfe" + text[1:]),
        "unclosed_quote": _unclosed,
        "in_the_future": lambda f, turn: put(f, places.time_at, in_the_future(time, turn)),
    }
    return b",".join({**faults, **own}[kind](fields, turn)) + b"\n"


def put(fields: Fields, at: int, value: bytes) -> Fields:
    """The fields with another value at a place."""
    return [*fields[:at], value, *fields[at + 1 :]]


def empty(at: int) -> Fault:
    """The fault that a field is empty."""
    return lambda fields, _: put(fields, at, b"")


def in_the_future(time: bytes, turn: int, least: int = 2) -> bytes:
    """The time `least` days on, or up to a year more: 2 are too far ahead for a row that lands on its date."""
    day = date.fromisoformat(time[:10].decode())
    return f"{day + timedelta(days=least + turn % 400)}".encode() + time[10:]


def _unclosed(fields: Fields, turn: int) -> Fields:
    at = (0, len(fields) // 2, len(fields) - 1)[turn % 3]
    return put(fields, at, b'"' + fields[at])
