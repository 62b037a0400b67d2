"""Hours of the clock: which hours of a local date are not one hour.

Belongs here: dates on which a zone's clocks change. Does not: the hour of an event (bronze.py). No Spark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
STEP = timedelta(minutes=15)
"""All zones' clocks stand whole quarters of an hour from UTC, since 1972."""


def unusual_hours(days: Iterable[date], zone: str) -> set[tuple[date, int]]:
    """Hours of the dates that last longer or shorter than an hour: they come twice, in part, or not at all."""
    place = ZoneInfo(zone)
    found: set[tuple[date, int]] = set()
    for day in days:
        begin, end = (_instant(day + n * DAY, place) for n in (0, 1))
        if end - begin == DAY:
            continue
        local = [(begin + n * STEP).astimezone(place) for n in range((end - begin) // STEP)]
        steps = Counter(one.hour for one in local if one.date() == day)
        found |= {(day, hour) for hour in range(24) if steps[hour] * STEP != timedelta(hours=1)}
    return found


def _instant(day: date, place: ZoneInfo) -> datetime:
    # In UTC: the difference of two times of one zone would be that of their clocks.
    return datetime.combine(day, time(), place).astimezone(timezone.utc)
