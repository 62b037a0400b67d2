"""Layouts: how the lines of one file stand beside the contract, by its header, separator and encoding.

Belongs here: which of the contract's columns a header names and where, which declared separator it is written with,
what is wrong with it, in words. Does not: what is declared (feeds/formats.py), encodings (resources/line_counts.py),
reading (reading.py).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from analytics_assets.feeds.formats import Csv
from analytics_assets.transforms.contract import Contract

MOST_SHOWN = 10
LONGEST_SHOWN = 300
UTF16_SIGN = "\x00"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a file's lines are read. places: where each column of the contract stands in a line, None where it does not.

    width: fields of a line. unknown: names in the header that are no column; missing: nullable columns that it lacks.
    """

    sep: str
    places: tuple[int | None, ...]
    width: int
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_usual(self) -> bool:
        """Whether a line has the contract's columns, in their order, and nothing else."""
        return self.places == tuple(range(self.width))

    @property
    def drift(self) -> str:
        """In which columns the header is not the contract; empty where it has the same, in any order."""
        said = [("unknown columns", self.unknown), ("missing columns, which may be null,", self.missing)]
        return "; ".join(f"{what} {listed(names)}" for what, names in said if names)


class HeaderFault(ValueError):
    """A header under which lines cannot be read as the contract; says what was seen in place of what."""


def layout(header: str | None, contract: Contract, file_format: Csv) -> Layout:
    """The layout of a file with such a header; of a format without headers it is None.

    Of the declared separators, the first with which the header names all that is required counts.
    Raises HeaderFault where there is none.
    """
    if header is None:
        width = len(contract.columns)
        return Layout(sep=file_format.sep, places=tuple(range(width)), width=width)
    faults: list[tuple[int, HeaderFault]] = []
    for sep in (file_format.sep, *file_format.other_seps):
        names = header_fields(header, sep)
        try:
            return _layout(names, sep, contract)
        except HeaderFault as fault:
            known = {column.key for column in contract.columns}
            faults.append((len(known & {*names}), fault))
    said = max(faults, key=lambda found: found[0])[1]
    expected = file_format.sep.join(column.key for column in contract.columns)
    looks = ". It looks like UTF-16, which the feed does not declare" if UTF16_SIGN in header else ""
    raise HeaderFault(f"saw the header {_cut(header)!r}: {said}; expected {_cut(expected)!r}, in any order{looks}")


def header_fields(header: str, sep: str) -> list[str]:
    """The names in a header, which may be quoted; none where it is no line of fields."""
    try:
        return next(csv.reader([header], delimiter=sep), [])
    except csv.Error:  # such as carriage returns in the middle: what was seen is shown
        return []


def listed(names: Sequence[str]) -> str:
    """Names for a message, the first of many."""
    shown = ", ".join(_cut(name) for name in names[:MOST_SHOWN])
    return shown + (f" and {len(names) - MOST_SHOWN:,} more" if len(names) > MOST_SHOWN else "")


def _layout(names: Sequence[str], sep: str, contract: Contract) -> Layout:
    at: dict[str, int] = {}
    twice = []
    known = [column.key for column in contract.columns]
    for place, name in enumerate(names):
        if name in at and name in known:
            twice.append(name)
        at.setdefault(name, place)
    lacking = [column for column in contract.columns if column.key not in at]
    required = [column.key for column in lacking if not column.nullable]
    unknown = tuple(name for name in names if name not in known)
    faults = [("missing", required or (known if len(lacking) == len(known) else [])), ("twice", twice)]
    said = "; ".join(f"{what} {listed(found)}" for what, found in faults if found)
    if said:
        raise HeaderFault(said + (f"; unknown {listed(unknown)}" if unknown else ""))
    return Layout(
        sep=sep,
        places=tuple(at.get(name) for name in known),
        width=len(names),
        unknown=unknown,
        missing=tuple(column.key for column in lacking),
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}\u2026"
