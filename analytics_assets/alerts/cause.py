"""A cause: one thing that is wrong with a feed, however many partitions, files or rows it shows in.

Belongs here: what a cause is, and its form in a file. Does not: finding causes (causes.py), telling of them (told.py).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Severity(IntEnum):
    """warn: the numbers hold, somebody should know. error: something is held back, missing or wrong."""

    WARN = 1
    ERROR = 2

    @property
    def word(self) -> str:
        """In a word."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that is wrong. What it shows in may change while it lasts; its key does not.

    kind: run, check, freshness, quarantine, anomaly or tables. place: the table or job; rule: the check, rule or
    metric. headline: what is wrong, in a few words, with the number of what it shows in. bad: what that means.
    example: the first of them. since_s: since when, as the tables and the event log tell it. look: the command to look
    closer. run_id: of the run that told. page: of the report that shows it.
    """

    feed: str
    kind: str
    place: str
    rule: str = ""
    severity: Severity
    headline: str
    where: str
    bad: str
    example: str = ""
    since_s: float
    look: str
    run_id: str = ""
    page: str = ""

    @property
    def key(self) -> str:
        """The same cause has the same key, whatever it shows in."""
        return "/".join(filter(None, (self.feed, self.kind, self.place, self.rule)))

    def as_json(self) -> dict[str, Any]:
        """As a file holds it."""
        return {**asdict(self), "severity": int(self.severity)}


def cause_of(words: dict[str, Any]) -> Cause:
    """What `as_json` made."""
    return Cause(**{**words, "severity": Severity(words["severity"])})


def counted(number: int, word: str) -> str:
    """A number of things: 1 date, 2 dates."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def span(keys: list[str]) -> str:
    """The first and the last of some keys."""
    first, last = min(keys), max(keys)
    return first if first == last else f"{first} to {last}"
