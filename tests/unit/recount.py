"""Lines of event files counted again from their bytes, in plain Python, for the samples' tests.

Belongs here: what all feeds of lines have in common. Does not: what a line of one feed says (the tests of its sample).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


def fields_of(raw: bytes, number: int) -> str | list[str]:
    """The fields of a line, so many, or the kind of its fault."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    if text.count('"') % 2:
        return "unclosed_quote"
    fields = text.split(",")
    if len(fields) != number:
        return "too_few_fields" if len(fields) < number else "too_many_fields"
    return fields


@dataclass(frozen=True)
class Lines(Generic[T]):
    """What files hold. landed: lines by arrival. rejected: by kind of fault. accepted: in the order of arrivals."""

    landed: dict[str, int]
    rejected: Counter[str]
    accepted: list[tuple[date, T]]


def recounted(
    files: Sequence[Path], columns: Sequence[str], faults: Sequence[str], verdict: Callable[[bytes, date], str | T]
) -> Lines[T]:
    """Judge each line of files that lie in the folders of their arrivals. verdict: of a line, by its arrival."""
    found: Lines[T] = Lines({}, Counter(dict.fromkeys(faults, 0)), [])
    for path in sorted(files):
        header, *lines = path.read_bytes().split(b"\n")
        assert header.decode().split(",") == list(columns)
        assert lines.pop() == b"", "a file ends in a line end"
        found.landed[path.parent.name] = len(lines)
        arrival = date.fromisoformat(path.parent.name)
        for line in lines:
            row = verdict(line, arrival)
            if isinstance(row, str):
                found.rejected[row] += 1
            else:
                found.accepted.append((arrival, row))
    return found
