"""The real log as an oracle reads it: its lines by a regular expression, and what the columns of each arrival hold.

Belongs here: the written form of this one log, its profiles. Does not: what comes out of its events (tests/convergence
has that for all feeds). Nothing of Tidebook is imported.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from landed import Landed

Row = dict[str, Any]

LINE = re.compile(
    r'(?P<client>\S+) (?P<ident>\S+) (?P<login>\S+) (?P<time>\[\S+) (?P<zone>\S+\]) "(?P<request>[A-Z]+ /[^"]*)" '
    r'(?P<status>\d{3}) (?P<size>\S+) "(?P<referer>[^"]*)" "(?P<browser>[^"]*)"'
)
KEPT = ("ident", "login", "time", "zone", "request", "status", "size", "referer", "browser")
PROFILED = ("event_time", "user_id", "action", "object_id", *KEPT)
LONGEST = 100
FREQUENT, ONE_IN = 10, 200


def requests(content: bytes) -> list[Landed]:
    """Each line as an event; one that does not end as it should is none."""
    found = []
    for number, line in enumerate(content.decode().removesuffix("\n").split("\n"), start=1):
        parts = LINE.fullmatch(line)
        broken = Landed(number, None, ("unclosed_quote",))
        found.append(broken if parts is None else Landed(number, _event(line, parts)))
    return found


def _event(line: str, parts: re.Match[str]) -> Row:
    action, path = re.split(" ", parts["request"])[:2]
    return {
        "event_time": datetime.strptime(f"{parts['time']} {parts['zone']}", "[%d/%b/%Y:%H:%M:%S %z]"),
        "user_id": parts["client"],
        "action": action,
        "object_id": re.sub(r"\?.*", "", path),
        "raw": line,
        **{name: parts[name] for name in KEPT},
        "status": int(parts["status"]),
    }


def profiles(rows: Iterable[Row]) -> list[Row]:
    """A row an arrival and column of its accepted rows, by counting its values."""
    accepted = defaultdict(list)
    for row in rows:
        if row["standing"] != "rejected":
            accepted[row["arrival"]].append(row)
    return [
        {"arrival_month": arrival[:7], "arrival": arrival, "rows": len(own), "nulls": 0, **_profile(name, own)}
        for arrival, own in accepted.items()
        for name in PROFILED
    ]


def _profile(name: str, rows: list[Row]) -> Row:
    values = Counter(row[name] for row in rows)
    told = [shortened(value) for value in values]
    least, greatest = min(told), max(told)
    made: Row = {"column_name": name, "distinct": len(values), "histogram": (), "top_values": ()}
    if name == "event_time":
        hours = Counter(row[name].hour for row in rows)
        made |= {"distinct": None, "histogram": _bins(hours)}
        ends = [f"{time:%Y-%m-%dT%H:%M:%S.%fZ}" for time in (least, greatest)]
        return {**made, "minimum": ends[0], "maximum": ends[1]}
    if name == "user_id":
        return {**made, "minimum": None, "maximum": None}
    if name == "status":  # from 256 and from 512 on other bins begin
        made["histogram"] = _bins(Counter(2 ** (value.bit_length() - 1) for value in values.elements()))
    often = [value for value in values if values[value] * ONE_IN >= len(rows)]
    often.sort(key=lambda value: (-values[value], str(shortened(value))))
    top = [{"value": str(shortened(value)), "rows": values[value]} for value in often[:FREQUENT]]
    return {**made, "minimum": str(least), "maximum": str(greatest), "top_values": tuple(top)}


def shortened(value: Any) -> Any:
    """A long text by its beginning, without the digest that may stand behind it."""
    return f"{value[:LONGEST]}\u2026" if isinstance(value, str) and len(value) > LONGEST else value


def _bins(found: Counter[int]) -> tuple[Row, ...]:
    return tuple({"low": float(low), "rows": found[low]} for low in sorted(found))
