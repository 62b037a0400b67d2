"""The oracle's load times: page views by date and bucket, and quantiles of periods, from sorted durations.

Belongs here: METRICS "Latency" and "Quantiles" in plain Python. Does not: which dates are closed (closed_dates.py).
Nothing of Tidebook is imported.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import date

from closed_dates import TOTAL, History
from described import Described
from events import DAY, Row

GAMMA = 1.01 / 0.99
FEW = 100
QUANTILES = {"p50": 500, "p75": 750, "p95": 950, "p99": 990}
DEVICE = "device_type"

Period = tuple[str, date, date, bool]


def expected(feed: Described, history: History | None, silver: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of latency_buckets and latency; none for a feed without page views."""
    if not feed.page_views:
        return {}
    events = list(silver)
    views = [event for event in events if event["action"] in feed.page_views]
    by = ("event_date", "app_version", DEVICE, "action")
    counted = Counter((*(view[name] for name in by), bucket(view["duration_ms"])) for view in views)
    # A date's other events are one row without a load.
    others = {event["event_date"] for event in events if event["action"] not in feed.page_views}
    buckets = [{**dict(zip((*by, "bucket"), key, strict=True)), "loads": loads} for key, loads in counted.items()]
    nothing = dict.fromkeys(("app_version", DEVICE, "action", "bucket"))
    buckets += [{"event_date": day, **nothing, "loads": 0} for day in others]
    return {"latency_buckets": buckets, "latency": latency(history, views) if history and events else []}


def bucket(milliseconds: int) -> int:
    """The least b with milliseconds <= gamma^b, found by trying; -1 for 0."""
    return -1 if milliseconds == 0 else next(b for b in range(1000) if milliseconds <= GAMMA**b)


def estimate(of_bucket: int) -> float:
    """The value that is as far, in per cent, from the bucket's least as from its greatest."""
    return 0.0 if of_bucket == -1 else 2 * GAMMA**of_bucket / (GAMMA + 1)


def latency(history: History, views: Iterable[Row]) -> list[Row]:
    """A row for each period in all, and for each value with loads in it."""
    found: dict[tuple[Period, str, str], list[int]] = {(period, *TOTAL): [] for period in periods(history)}
    for view in views:
        for period in periods(history):
            if period[1] <= view["event_date"] <= period[2] and history.start <= view["event_date"] <= history.as_of:
                for series in (TOTAL, ("app_version", view["app_version"]), (DEVICE, view[DEVICE])):
                    found.setdefault((period, *series), []).append(view["duration_ms"])
    return [_row(*key, sorted(durations)) for key, durations in found.items()]


def periods(history: History) -> set[Period]:
    """Name, first and last date of each day, week and month with a closed date and of them all, and if complete."""
    made: set[Period] = {("all", history.start, history.as_of, True)}
    for day in history.dates:
        monday, first = day - DAY * day.weekday(), day.replace(day=1)
        last = (first + DAY * 31).replace(day=1) - DAY
        for name, start, end in (("day", day, day), ("week", monday, monday + DAY * 6), ("month", first, last)):
            made.add((name, start, end, history.has(start, end)))
    return made


def _row(period: Period, dimension: str, value: str, durations: list[int]) -> Row:
    name, start, _, is_complete = period
    row: Row = {
        "period_month": "all" if name == "all" else f"{start:%Y-%m}",
        "period": name,
        "period_start": start,
        "dimension": dimension,
        "value": value,
        "loads": len(durations) if is_complete else None,
        "is_few": len(durations) < FEW if is_complete else None,
        "is_complete": is_complete,
    }
    for quantile, per_mille in QUANTILES.items():
        rank = math.ceil(per_mille * len(durations) / 1000)
        row[quantile] = estimate(bucket(durations[rank - 1])) if is_complete and durations else None
    return row
