"""How files land, and how a row stands in one.

Belongs here: grains of arrivals, formats of files, patterns of places. Does not: what a row means (spec.py), reading
(layers/reading.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ARRIVAL_FIELD = "{arrival}"
UTF_8, UTF_16, LATIN_1 = "utf-8", "utf-16", "latin-1"
ENCODINGS = (UTF_8, UTF_16, LATIN_1)


class Arrival(Enum):
    """Grain of arrivals: how often files land, and the partitions of bronze.

    A day is named YYYY-MM-DD, an hour YYYY-MM-DDTHH.
    """

    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, kw_only=True)
class Csv:
    """Delimited text, a row a physical line.

    sep: one character. header: the first line names the contract's columns, in any order; those that may be null
    may be missing, and others are left unread. other_seps: characters that a file may have in place of sep, which its
    header tells. encodings: those that a file may have: UTF-8, and UTF-16 with a byte order mark, or Latin-1 where it
    is no UTF-8.
    """

    sep: str = ","
    header: bool = False
    other_seps: tuple[str, ...] = ()
    encodings: tuple[str, ...] = (UTF_8,)

    def __post_init__(self) -> None:
        for name, sep in [("sep", self.sep), *(("other_seps", other) for other in self.other_seps)]:
            if len(sep) != 1 or sep in '"\r\n':
                raise ValueError(f"{name}: saw {sep!r}, expected one character that is no quote and no line end")
        if self.other_seps and not self.header:
            raise ValueError(f"other_seps: saw {self.other_seps}, expected header=True: a header tells which it is")
        if UTF_8 not in self.encodings or not {*self.encodings} <= {*ENCODINGS}:
            raise ValueError(f"encodings: saw {self.encodings}, expected {UTF_8!r} and maybe others of {ENCODINGS}")


@dataclass(frozen=True, kw_only=True)
class JsonArray:
    """Files that each hold one JSON array in UTF-8; a row is an element of it, which must be an object.

    A column of the contract is the value of the key of its name, or of the one that its metadata names as `key`.
    A value that is no text is the JSON that it is. rest: the contract's column that takes all other keys, as JSON.
    """

    rest: str | None = None


Format = Csv | JsonArray


def check_landing(name: str, landing: str) -> None:
    """Raise ValueError unless a pattern of files is relative and names the arrival once, before any wildcard."""
    if landing.count(ARRIVAL_FIELD) != 1 or landing.startswith("/") or ".." in landing:
        raise ValueError(f"{name}: landing is {landing!r}, expected a relative pattern with one {ARRIVAL_FIELD}")
    prefix = landing.split(ARRIVAL_FIELD)[0]
    if any(sign in prefix for sign in "*?["):
        raise ValueError(f"{name}: landing is {landing!r}, expected no wildcard before {ARRIVAL_FIELD}")
