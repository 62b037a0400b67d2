"""Columns of a draft: their names, their kinds, and which of them may be the time, the user and so on of an event.

Belongs here: guesses. Does not: reading the sample (sample.py), kinds of values (values.py), the text of the module
(module.py).
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandera.pyspark as pa

from analytics_assets.drafts.sample import Sample, Value
from analytics_assets.drafts.values import USUAL_SHARE, Kind, common_kind, epoch, kind_of
from resources.errors import UserError

LONGEST_MS = 7_200_000
LANDED = "landed_"
"""Begins the names of columns that may not keep theirs."""
TAKEN = {"arrival", "file", "line_number", "raw", "standing", "violations", "event_time", "event_date"}
"""Columns of bronze that are no column of an event."""
NO_NAMES = {"true", "false", "null", "pa", "column"}
"""What is no name in SQL, or another thing in a model's body."""
EVENT_NAMES = {
    "user_id": r"(user|person|customer|client|member|account|visitor|login|email|distinct)(_?(id|name|key))?|uid",
    "action": r"(action|event|activity|verb|operation|method)(_?(type|name))?",
    "object_id": r"(object|page|item|product|url|path|resource|target|screen|door|document)(_?(id|name|type))?",
}
OPTIONAL = {"duration_ms": Kind.WHOLE, "app_version": Kind.TEXT, "country": Kind.TEXT}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the draft. key: its name in the file. most: the largest of its values, none of which is below 0."""

    name: str
    key: str
    kind: Kind
    values: Sequence[Value]
    most: int | None = None

    @property
    def known(self) -> list[str]:
        """The values that are of its kind."""
        return [value for value in self.values if value is not None and self.fits(value)]

    @property
    def unfit(self) -> int:
        """How many values are not of its kind."""
        return sum(not self.fits(value) for value in self.values)

    def fits(self, value: Value) -> bool:
        """Whether a value may stand in the column."""
        if value is None:
            return not self.is_required
        kind = kind_of(value)
        if self.most is not None:
            return kind is Kind.WHOLE and 0 <= int(value) <= self.most
        return self.kind in (Kind.TEXT, kind) or (self.kind is Kind.NUMBER and kind is Kind.WHOLE)

    @property
    def is_required(self) -> bool:
        """Whether no row of the sample lacks it."""
        return all(value is not None for value in self.values)

    @property
    def is_key(self) -> bool:
        """Whether each row has a value of its own."""
        return self.is_required and len({*self.values}) == len(self.values)


def feed_name(text: str) -> str:
    """A name that a feed may have."""
    found = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return found if re.match("[a-z]", found) else f"feed_{found}".rstrip("_")


def drafted(sample: Sample) -> tuple[list[Column], dict[str, str]]:
    """The columns of a sample, under names that a contract takes, and column of an event -> SQL, as it may be.

    Raises UserError where no column is a time.
    """
    columns: list[Column] = []
    taken: set[str] = set()
    for place, key in enumerate(sample.names):
        name, number = _column_name(key), 2
        while name in taken:
            name, number = f"{_column_name(key)}_{number}", number + 1
        taken.add(name)
        values = sample.values(place)
        # A version is no number: 5.10 comes after 5.9.
        kind = OPTIONAL[name] if OPTIONAL.get(name) is Kind.TEXT else common_kind(values)
        columns.append(_limited(Column(name=name, key=key, kind=kind, values=values)))
    event = _event(columns)
    events = {*EVENT_NAMES, *OPTIONAL} - {*event.values()}
    return [replace(c, name=f"{LANDED}{c.name}") if c.name in events else c for c in columns], event


def _column_name(key: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_") or "column"
    if name in TAKEN | NO_NAMES or keyword.iskeyword(name) or hasattr(pa.DataFrameModel, name) or name[0].isdigit():
        return f"{LANDED}{name}"
    return name


def _event(columns: Sequence[Column]) -> dict[str, str]:
    left = list(columns)
    event = {"event_time": _time(left)}
    for name, pattern in EVENT_NAMES.items():
        found = next((c for c in left if re.fullmatch(pattern, c.name.removeprefix(LANDED))), None)
        if found is None and name == "user_id":
            found = next((c for c in left if c.kind in (Kind.TEXT, Kind.WHOLE) and c.is_required), None)
        if found is not None:
            left.remove(found)
        event[name] = found.name if found else {"action": "'event'", "object_id": "'all'"}.get(name, "'somebody'")
    for name, kind in OPTIONAL.items():
        found = next((c for c in left if c.name == name and c.kind is kind), None)
        if found is not None and (kind is not Kind.WHOLE or found.most is not None):
            left.remove(found)
            event[name] = name
    return event


def _time(left: list[Column]) -> str:
    for kind in (Kind.TIME, Kind.DATE):
        if found := next((c for c in left if c.kind is kind), None):
            left.remove(found)
            return found.name
    for column in left:
        if column.kind is Kind.WHOLE and (function := epoch(column.known)):
            left.remove(column)
            return f"{function}({column.name})"
    names = ", ".join(column.key for column in left)
    raise UserError(
        f"saw no column whose values are times such as 2025-01-31 10:00:00, dates, or seconds since 1970, in: "
        f"{names}. A feed needs the time of its events; see docs/feeds.md for one that reads another form by SQL"
    )


def _limited(column: Column) -> Column:
    """A column of durations with their limits, if most of its values are within them."""
    limited = replace(column, most=LONGEST_MS)
    is_duration = column.name == "duration_ms" and column.kind is Kind.WHOLE
    return limited if is_duration and len(limited.known) >= USUAL_SHARE * len(column.known) else column
