"""The oracle's engaged time: durations by bucket, where they are cut, power users and concentration in plain Python.

Belongs here: METRICS "Power users" and the buckets of "Quantiles", by sorting all durations and all users. Nothing of
Tidebook is imported.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from closed_dates import History
from described import Described
from events import DAY, Row

GAMMA = 101 / 99
TOPS = (1, 5, 10)
Span = tuple[str, date, date]


def expected(
    feed: Described, history: History | None, silver: Iterable[Row], days: Iterable[Row], sessions: Iterable[Row]
) -> dict[str, list[Row]]:
    """Rows of duration_buckets, duration_cuts, power_users and engagement_concentration."""
    silver, days, sessions = list(silver), list(days), list(sessions)
    tables: dict[str, list[Row]] = {"duration_buckets": _buckets(silver)}
    cut: list[Row] = []
    top: list[Row] = []
    curve: list[Row] = []
    for span in _spans(history) if history else ():
        _, first, last = span
        is_complete = history is not None and history.has(first, last)
        if not is_complete:
            nothing = dict.fromkeys(("users", "top_users", "capped_ms", "top_ms", "share"))
            curve += [{**_said(span), **nothing, "top_percent": x, "is_complete": False} for x in range(1, 101)]
            continue
        events = [event for event in silver if first <= event["event_date"] <= last]
        limits = _limits(events)
        cut += _cuts(span, events, limits)
        totals: dict[str, int] = defaultdict(int)
        for event in events:
            totals[event["user_id"]] += min(event["duration_ms"], limits[event["action"]])
        curve += _curve(span, totals)
        own_days = [row for row in days if first <= row["event_date"] <= last]
        begun = [row["user_id"] for row in sessions if first <= row["session_date"] <= last]
        top += [_user(feed, span, totals, user, own_days, begun) for user in totals if _top(totals, user)]
    return {**tables, "duration_cuts": cut, "power_users": top, "engagement_concentration": curve}


def _bucket(ms: int) -> int:
    return math.ceil(math.log(ms) / math.log(GAMMA)) if ms else -1


def _spans(history: History) -> list[Span]:
    firsts = sorted({day.replace(day=1) for day in history.dates})
    months = [(f"{first:%Y-%m}", first, (first + DAY * 31).replace(day=1) - DAY) for first in firsts]
    return [*months, ("rolling_28", history.as_of - DAY * 27, history.as_of)]


def _said(span: Span) -> Row:
    name, first, last = span
    kind = "rolling_28" if name == "rolling_28" else "month"
    return {"period_month": name, "period": kind, "period_start": first, "period_end": last}


def _buckets(silver: Iterable[Row]) -> list[Row]:
    found: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for event in silver:
        found[event["event_date"], event["action"], _bucket(event["duration_ms"])].append(event["duration_ms"])
    return [
        {
            **dict(zip(("event_date", "action", "bucket"), key, strict=True)),
            "events": len(own),
            "engaged_ms": sum(own),
            "longest_ms": max(own),
        }
        for key, own in found.items()
    ]


def _limits(events: Iterable[Row]) -> dict[str, int]:
    found: dict[str, list[int]] = defaultdict(list)
    for event in events:
        found[event["action"]].append(event["duration_ms"])
    limits = {}
    for action, own in found.items():
        at_rank = sorted(own)[-(-len(own) * 999 // 1000) - 1]
        limits[action] = max(ms for ms in own if _bucket(ms) == _bucket(at_rank))
    return limits


def _cuts(span: Span, events: list[Row], limits: Mapping[str, int]) -> list[Row]:
    rows = []
    for action, limit in limits.items():
        own = [event["duration_ms"] for event in events if event["action"] == action]
        over = [ms - limit for ms in own if ms > limit]
        figures = {"events": len(own), "engaged_ms": sum(own), "events_cut": len(over), "cut_ms": sum(over)}
        rows.append({**_said(span), "action": action, "threshold_ms": limit, **figures})
    return rows


def _curve(span: Span, totals: Mapping[str, int]) -> list[Row]:
    highest, whole = sorted(totals.values(), reverse=True), sum(totals.values())
    rows = []
    for x in range(1, 101):
        number = -(-len(highest) * x // 100)
        top = sum(highest[:number])
        figures = {"users": len(highest), "top_users": number, "capped_ms": whole, "top_ms": top}
        share = top / whole if whole else None
        rows.append({**_said(span), **figures, "top_percent": x, "share": share, "is_complete": True})
    return rows


def _top(totals: Mapping[str, int], user: str) -> list[int]:
    """Of which of the top shares the user is one: as much as the last of them."""
    highest = sorted(totals.values(), reverse=True)
    return [x for x in TOPS if totals[user] >= highest[-(-len(highest) * x // 100) - 1]]


def _user(feed: Described, span: Span, totals: Mapping[str, int], user: str, days: list[Row], begun: list[str]) -> Row:
    own = sorted((row for row in days if row["user_id"] == user), key=lambda row: row["event_date"])
    whole = sum(totals.values())
    main = {}
    for name in feed.attributes:
        values = [row[name] for row in own]
        # Of those that were so often, the one that comes first from the end.
        most = max(values.count(value) for value in values)
        main[f"main_{name}"] = next(value for value in reversed(values) if values.count(value) == most)
    return {
        **_said(span),
        "user_id": user,
        "rank": 1 + sum(other > totals[user] for other in totals.values()),
        "top_percent": min(_top(totals, user)),
        "capped_ms": totals[user],
        "share": totals[user] / whole if whole else None,
        "active_days": len(own),
        "sessions": begun.count(user),
        **main,
    }
