"""The oracle's activity: what was done by value and by object, how often sessions come, how they begin and end.

Belongs here: METRICS "Sessions" by the days between and by their edges, and the mix of activity, in plain Python.
Does not: events (events.py), sums over sessions (figures.py). Nothing of Tidebook is imported.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from closed_dates import TOTAL, History
from described import Described
from events import DAY, Row

FARTHEST = 28
FARTHER = 29


def expected(
    feed: Described, history: History | None, silver: Sequence[Row], sessions: Sequence[Row], days: Iterable[Row]
) -> dict[str, list[Row]]:
    """Rows of activity_mix, object_days, session_frequency, entry_exit_actions and session_hours."""
    attributes = {(row["user_id"], row["event_date"]): row for row in days}
    closed = [] if history is None else [s for s in sessions if history.has(s["session_date"], s["session_date"])]
    of_series = [(session, series) for session in closed for series in _series(feed, attributes, session)]
    return {
        "activity_mix": _mix(feed, silver),
        "object_days": _objects(silver),
        "session_frequency": [] if history is None else _frequency(history, sessions, of_series),
        "entry_exit_actions": _edges(of_series),
        "session_hours": _hours(closed),
    }


def _series(feed: Described, attributes: Mapping[tuple[str, date], Row], session: Row) -> list[tuple[str, str]]:
    own = attributes[session["user_id"], session["session_date"]]
    return [TOTAL, *((name, own[name]) for name in feed.attributes)]


def _mix(feed: Described, silver: Iterable[Row]) -> list[Row]:
    users: dict[tuple[date, str, str], list[str]] = defaultdict(list)
    names = ("action", *(["country"] if feed.has_country or "country" in feed.attributes else []))
    for event in silver:
        for name in names:
            users[event["event_date"], name, event[name]].append(event["user_id"])
        users[event["event_date"], "hour", f"{event['event_time']:%H}"].append(event["user_id"])
    return [
        {"event_date": day, "dimension": dimension, "value": value, "events": len(own), "users": len(set(own))}
        for (day, dimension, value), own in users.items()
    ]


def _objects(silver: Iterable[Row]) -> list[Row]:
    users: dict[tuple[date, str | None], list[str]] = defaultdict(list)
    for event in silver:
        users[event["event_date"], event["object_id"]].append(event["user_id"])
    return [
        {"event_date": day, "object_id": name, "events": len(own), "users": len(set(own))}
        for (day, name), own in users.items()
    ]


def _frequency(
    history: History, sessions: Sequence[Row], of_series: Iterable[tuple[Row, tuple[str, str]]]
) -> list[Row]:
    dates: dict[str, set[date]] = defaultdict(set)
    starts: dict[tuple[str, date], list[Row]] = defaultdict(list)
    for session in sessions:
        dates[session["user_id"]].add(session["session_date"])
        starts[session["user_id"], session["session_date"]].append(session)
    found: Counter[tuple[date, str, str, int | None]] = Counter()
    for session, series in of_series:
        user, day = session["user_id"], session["session_date"]
        is_first = session is starts[user, day][0]
        found[(day, *series, _days_since(history, dates[user], day) if is_first else 0)] += 1
    return [
        {"session_date": day, "dimension": dimension, "value": value, "days_since": since, "sessions": number}
        for (day, dimension, value, since), number in found.items()
    ]


def _days_since(history: History, own: set[date], day: date) -> int | None:
    """Of a user's first session on a date. own: dates on which the user's sessions began."""
    for back in range(1, FARTHEST + 1):
        if not history.has(day - DAY * back, day):
            return None
        if day - DAY * back in own:
            return back
    return FARTHER


def _edges(of_series: Iterable[tuple[Row, tuple[str, str]]]) -> list[Row]:
    found: dict[tuple[date, str, str, str, str], list[bool]] = defaultdict(list)
    for session, series in of_series:
        for edge in ("entry", "exit"):
            found[(session["session_date"], *series, edge, session[f"{edge}_action"])].append(session["is_bounce"])
    return [
        {
            "session_date": day,
            "dimension": dimension,
            "value": value,
            "edge": edge,
            "action": action,
            "sessions": len(own),
            "bounces": sum(own),
        }
        for (day, dimension, value, edge, action), own in found.items()
    ]


def _hours(closed: Iterable[Row]) -> list[Row]:
    lengths: dict[tuple[date, int], list[Decimal]] = defaultdict(list)
    for session in closed:
        lengths[session["session_date"], session["session_start"].hour].append(session["duration_s"])
    return [
        {"session_date": day, "hour": hour, "sessions": len(own), "total_duration_s": sum(own, Decimal("0.000"))}
        for (day, hour), own in lengths.items()
    ]
