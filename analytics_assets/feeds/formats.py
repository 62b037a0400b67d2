"""How files land, and how a row stands in one.

Belongs here: grains of arrivals, formats of files. Does not: what a row means (spec.py), reading (layers/reading.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Arrival(Enum):
    """Grain of arrivals: how often files land, and the partitions of bronze.

    A day is named YYYY-MM-DD, an hour YYYY-MM-DDTHH.
    """

    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, kw_only=True)
class Csv:
    """Delimited text, a row a physical line.

    sep: one character. header: the first line names the contract's columns, in their order.
    """

    sep: str = ","
    header: bool = False

    def __post_init__(self) -> None:
        if len(self.sep) != 1 or self.sep in '"\r\n':
            raise ValueError(f"sep: saw {self.sep!r}, expected one character that is no quote and no line end")


@dataclass(frozen=True, kw_only=True)
class JsonArray:
    """Files that each hold one JSON array in UTF-8; a row is an element of it, which must be an object.

    A column of the contract is the value of the key of its name, or of the one that its metadata names as `key`.
    A value that is no text is the JSON that it is. rest: the contract's column that takes all other keys, as JSON.
    """

    rest: str | None = None


Format = Csv | JsonArray
