"""The oracle's series, anomalies and unlikely users, in plain Python. Nothing of Tidebook is imported.

Belongs here: the points of series, users at rates, dates without them. Does not: verdicts (alarms.py,
oracle_alarms.py), expected values and scores, which unit tests hold against the same verdicts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import oracle_alarms
from closed_dates import History
from described import Described
from events import Row

FEW_LOADS = 100
INEXACT = ("expected", "expected_low", "expected_high", "score", "carried_by", "severity")
"""Columns of figures whose last digit depends on the order of a sum."""


def expected(
    feed: Described,
    history: History | None,
    rows: Iterable[Row],
    silver: Sequence[Row],
    active_users: Iterable[Row],
    session_days: Iterable[Row],
    arrivals: set[str],
    session_hours: Iterable[Row],
) -> dict[str, list[Row]]:
    """Rows of series_points, anomalies, unlikely_users and likely_days."""
    if history is None:
        return {}
    # Of so few loads no quantile is known, and then there is no series of them.
    loads = Counter(event["event_date"] for event in silver if event["action"] in feed.page_views)
    assert max(loads.values(), default=0) < FEW_LOADS, "quantiles of many loads are not in this oracle"
    series = [*_counted(history, silver), *_by_value(active_users, session_days)]
    series += [*_of_arrivals(feed, history, rows, arrivals), *_begun(history, session_hours)]
    series.sort(
        key=lambda row: (row["metric"], row["granularity"], row["dimension"], row["value"], row["day"], row["hour"])
    )
    points, reports = oracle_alarms.tables(series, feed.watched)
    for row in (*points, *reports):
        for name in INEXACT:
            row.pop(name, None)
    return {"series_points": points, "anomalies": reports, **_unlikely(feed, history, silver, session_days)}


def _point(metric: str, kind: str, day: date, amount: float | None, volume: int, **more: Any) -> Row:
    usual = {"granularity": "day", "dimension": "all", "value": "all", "hour": 0}
    return {"metric": metric, "kind": kind, "day": day, "amount": amount, "volume": volume, **usual, **more}


def _counted(history: History, silver: Iterable[Row]) -> list[Row]:
    """Events by date and hour, and users by hour; clocks of UTC never change."""
    events: dict[date, list[Row]] = defaultdict(list)
    for event in silver:
        events[event["event_date"]].append(event)
    made = []
    for day in history.dates:
        is_known, own = day in history.present, events[day]
        made.append(_point("events", "count", day, len(own) if is_known else None, len(own)))
        for hour in range(24):
            users = [event["user_id"] for event in own if event["event_time"].hour == hour]
            of_hour: dict[str, Any] = {"granularity": "hour", "hour": hour}
            for metric, n in (("events", len(users)), ("active_users", len({*users}))):
                made.append(_point(metric, "count", day, n if is_known else None, n, **of_hour))
    return made


def _by_value(active_users: Iterable[Row], session_days: Iterable[Row]) -> list[Row]:
    made = []
    for row in active_users:
        of = {name: row[name] for name in ("dimension", "value")}
        made.append(_point("dau", "count", row["event_date"], row["dau"], row["dau"] or 0, **of))
    for row in session_days:
        of = {name: row[name] for name in ("dimension", "value")}
        day, number = row["session_date"], row["sessions"]
        made.append(_point("sessions", "count", day, number, number or 0, **of))
        made.append(_point("mean_session_s", "length", day, row["mean_duration_s"], number or 0, **of))
    return made


def _begun(history: History, session_hours: Iterable[Row]) -> list[Row]:
    """Sessions and their mean length by the hour of their start."""
    known = {(row["session_date"], row["hour"]): row for row in session_hours}
    made = []
    for day in history.dates:
        for hour in range(24):
            row = known.get((day, hour))
            n = row["sessions"] if row else 0
            mean_s = float(row["total_duration_s"]) / n if row else None
            of_hour: dict[str, Any] = {"granularity": "hour", "hour": hour}
            made.append(_point("sessions", "count", day, n if day in history.present else None, n, **of_hour))
            made.append(_point("mean_session_s", "length", day, mean_s, n, **of_hour))
    return made


def _of_arrivals(feed: Described, history: History, rows: Iterable[Row], arrivals: set[str]) -> list[Row]:
    """By date, and where hours arrive by hour: an arrival is named 2025-01-27, or 2025-01-27T09."""
    own = list(rows)
    made = _shares(history, own, arrivals, 10, {})
    if feed.arrives_by_the_hour:
        for hour in range(24):
            made += _shares(history, own, arrivals, 13, {"granularity": "hour", "hour": hour})
    return made


def _shares(history: History, rows: Iterable[Row], arrivals: set[str], letters: int, of: dict[str, Any]) -> list[Row]:
    standings = Counter((row["arrival"][:letters], row["standing"]) for row in rows)
    there = {arrival[:letters] for arrival in arrivals}
    made = []
    for day in history.dates:
        name = f"{day}T{of['hour']:02d}" if of else str(day)
        late, rejected = standings[name, "late"], standings[name, "rejected"]
        accepted = late + standings[name, "on_time"] + standings[name, "early"]
        known = name in there
        made.append(_point("rejected_share", "share", day, rejected if known else None, accepted + rejected, **of))
        made.append(_point("late_share", "share", day, late if known else None, accepted, **of))
    return made


def _unlikely(
    feed: Described, history: History, silver: Iterable[Row], session_days: Iterable[Row]
) -> dict[str, list[Row]]:
    events: dict[tuple[date, str], list[Row]] = defaultdict(list)
    begun: dict[date, set[tuple[Any, ...]]] = defaultdict(set)
    for event in silver:
        events[event["event_date"], event["user_id"]].append(event)
        if event["session_start"] is not None:
            key = tuple(event[name] for name in feed.session_key)
            begun[event["session_date"]].add((event["user_id"], event["session_start"], *key))
    listed = []
    for (day, user), own in events.items():
        times = [event["event_time"] for event in own if feed.is_user_action(event)]
        minutes = Counter(time.replace(second=0, microsecond=0) for time in times)
        hours = Counter(time.replace(minute=0, second=0, microsecond=0) for time in times)
        minute, hour = max(minutes.values(), default=0), max(hours.values(), default=0)
        most = feed.unlikely
        broken = {"minute": minute > most.minute, "hour": hour > most.hour, "day": len(hours) >= most.hours}
        if history.start <= day <= history.as_of and any(broken.values()):
            engaged = {"engaged_ms": sum(event["duration_ms"] for event in own)} if feed.has_duration else {}
            listed.append(
                {
                    **{"event_date": day, "user_id": user, "events": len(own), "actions": len(times), **engaged},
                    **{"busiest_minute": minute, "busiest_hour": hour, "active_hours": len(hours)},
                    "reasons": tuple(name for name, is_broken in broken.items() if is_broken),
                }
            )
    return {"unlikely_users": listed, "likely_days": _days(feed, history, events, begun, listed)}


def _days(
    feed: Described,
    history: History,
    events: Mapping[tuple[date, str], list[Row]],
    begun: Mapping[date, set[tuple[Any, ...]]],
    listed: Iterable[Row],
) -> list[Row]:
    suspects = {(row["event_date"], row["user_id"]) for row in listed}
    made = []
    for day in history.dates:
        own = {user: found for (date_, user), found in events.items() if date_ == day}
        row: Row = {"unlikely_users": sum((day, user) in suspects for user in own)}
        for prefix, users in (("", {*own}), ("likely_", {user for user in own if (day, user) not in suspects})):
            row[f"{prefix}dau"] = len(users)
            kept = begun.get(day, set())
            row[f"{prefix}sessions"] = sum(not prefix or (day, user) not in suspects for user, *_ in kept)
            row[f"{prefix}events"] = sum(len(own[user]) for user in users)
            if feed.has_duration:
                row[f"{prefix}engaged_ms"] = sum(event["duration_ms"] for user in users for event in own[user])
        is_missing = day not in history.present
        made.append(
            {
                "event_date": day,
                "is_missing": is_missing,
                **{name: None if is_missing else figure for name, figure in row.items()},
            }
        )
    return made
