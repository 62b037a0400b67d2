"""Names in landing: which arrival one names, and which do not count.

Belongs here: what is told by a name alone. Does not: listing (landing.py, bucket_landing.py), what stands under a name
(file_kinds.py).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection
from datetime import date, datetime, timedelta, timezone

FIRST_ARRIVAL, AHEAD = date(1970, 1, 1), timedelta(days=1)
"""Nothing arrives before the one, or further ahead of the clock than the other: a folder of the year 9999 would close
all dates up to it."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
IGNORED_PREFIXES = (".", "_")
IGNORED_SUFFIXES = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp", "~")


def arrival_of(name: str) -> str | None:
    """The arrival with which a name below a pattern's folder begins, None if it begins with none."""
    return name[:10] if _is_date(name[:10]) else None


def counts(relative: str, rest_at: int, name_pattern: str) -> bool:
    """Whether a file's name is of the pattern, whose part after the arrival begins at a place, and not ignored."""
    return fnmatch.fnmatchcase(relative[rest_at:], name_pattern) and not _is_ignored(relative)


def folders_of(patterns: Collection[str]) -> list[str]:
    """Folders of landing patterns, with a slash at their ends. One that has none of its own shares it with others."""
    return sorted({pattern.partition("{arrival}")[0] for pattern in patterns} - {""})


def is_passed_over(relative: str, patterns: Collection[str]) -> bool:
    """Whether none of the landing patterns takes a file, and its name does not say that this is meant."""
    return not _is_ignored(relative) and not any(_is_of(relative, pattern) for pattern in patterns)


def _is_of(relative: str, pattern: str) -> bool:
    prefix, _, name_pattern = pattern.partition("{arrival}")
    arrival = arrival_of(relative[len(prefix) :]) if relative.startswith(prefix) else None
    return arrival is not None and counts(relative, len(prefix) + len(arrival), name_pattern)


def _is_date(name: str) -> bool:
    try:
        latest = datetime.now(timezone.utc).date() + AHEAD
        return DAY.fullmatch(name) is not None and FIRST_ARRIVAL <= date.fromisoformat(name) <= latest
    except ValueError:
        return False


def _is_ignored(relative: str) -> bool:
    return any(
        part.startswith(IGNORED_PREFIXES) or part.lower().endswith(IGNORED_SUFFIXES) for part in relative.split("/")
    )
