"""The oracle's figures: sessions, user days, active users by date, week and month.

Belongs here: METRICS "Active users", "As of" and the sums over sessions in plain Python: sets of users, nothing
incremental. Does not: events (events.py). Nothing of Tidebook is imported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

import activity
import cohorts
import devices
import engaged
import events
import load_times
import watched
from closed_dates import TOTAL, History
from described import Described
from events import DAY, Row

Series = tuple[str, str]


def expected(feed: Described, files: Mapping[str, bytes], user_files: Mapping[str, bytes]) -> dict[str, list[Row]]:
    """What should stand in each table, from all that landed: path -> bytes."""
    rows = events.verdicts(feed, files)
    users = events.snapshots(user_files)
    made = events.silver(feed, rows, users)
    arrivals = {date.fromisoformat(feed.arrival(path)[:10]) for path in files}
    days = user_days(feed, made)
    history = History.of(feed, rows, arrivals)
    tables = {
        "bronze": [{name: row.get(name) for name in _bronze_columns(feed)} for row in rows],
        "tide": _tide(rows),
        "silver": [{name: row[name] for name in _silver_columns(feed)} for row in made],
        "sessions": sessions(feed, made),
        "user_days": days,
        **active_users(feed, history, days),
        **cohorts.expected(feed, history, {feed.arrival(path) for path in files}, rows, days, users),
        "session_days": session_days(feed, history, sessions(feed, made), days),
        **load_times.expected(feed, history, made),
        **devices.expected(feed, history, made),
        **activity.expected(feed, history, made, sessions(feed, made), days),
    }
    if feed.has_duration:
        tables |= engaged.expected(feed, history, made, days, sessions(feed, made))
    of_days = (tables["active_users"], tables["session_days"])
    tables |= watched.expected(
        feed, history, rows, made, *of_days, {feed.arrival(path) for path in files}, tables["session_hours"]
    )
    if feed.has_one_key_over_all_dates:
        tables["keys"] = events.kept_elsewhere(feed, rows)
    if feed.attributes:
        tables["users"] = [{**row, "country": row["country"] or events.UNKNOWN} for row in users]
    return tables


def _bronze_columns(feed: Described) -> tuple[str, ...]:
    # A rejected row's values are not compared: they say how far it was understood.
    return ("arrival", "file", "line_number", "standing", "violations")


def _silver_columns(feed: Described) -> tuple[str, ...]:
    split = ("is_session_entry", "is_session_exit")
    session = split if feed.splits_at_midnight else ("session_id", "is_user_action")
    lineage = ("copies", "arrival", "file")
    return (*feed.columns, *feed.kept, *feed.attributes, "session_start", "session_date", *session, *lineage)


def _tide(rows: Iterable[Row]) -> list[Row]:
    accepted: dict[date, int] = defaultdict(int)
    for row in rows:
        if row["standing"] != "rejected":
            accepted[row["event_date"]] += 1
    return [{"event_date": day, "rows": number} for day, number in accepted.items()]


def sessions(feed: Described, silver: Iterable[Row]) -> list[Row]:
    """A row a session."""
    found = defaultdict(list)
    for event in silver:
        if event["session_start"] is not None:
            found[events.session_id(feed, event, event["session_start"])].append(event)
    rows = []
    for name, own in found.items():
        in_order = sorted(own, key=lambda e: events._ordered(e, ("event_time", "action", "object_id")))
        start = own[0]["session_start"]
        end = max(e["event_time"] + timedelta(milliseconds=e.get("duration_ms") or 0) for e in own)
        actions = sum(feed.is_user_action(event) for event in own)
        milliseconds = (end - start) // timedelta(milliseconds=1)
        row = {
            "session_id": name,
            **{column: own[0][column] for column in feed.session_key},
            "session_start": start,
            "session_date": start.date(),
            "duration_s": Decimal(milliseconds).scaleb(-3),
            "actions": actions,
            "is_bounce": actions == 1,
            "entry_action": in_order[0]["action"],
            "entry_object_id": in_order[0]["object_id"],
            "exit_action": in_order[-1]["action"],
            "exit_object_id": in_order[-1]["object_id"],
        }
        engaged = {"engaged_ms": sum(e["duration_ms"] for e in own)} if feed.has_duration else {}
        rows.append({**row, **engaged, **({} if feed.splits_at_midnight else {"events": len(own)})})
    return rows


def user_days(feed: Described, silver: Iterable[Row]) -> list[Row]:
    """A row a user and date."""
    found = defaultdict(list)
    for event in silver:
        found[event["user_id"], event["event_date"]].append(event)
    return [
        {
            "user_id": user,
            "event_date": day,
            "events": len(own),
            "first_event_time": min(event["event_time"] for event in own),
            "last_event_time": max(event["event_time"] for event in own),
            **({"engaged_ms": sum(event["duration_ms"] for event in own)} if feed.has_duration else {}),
            **{name: own[0][name] for name in feed.attributes},
        }
        for (user, day), own in found.items()
    ]


def session_days(feed: Described, history: History | None, made: Iterable[Row], days: Iterable[Row]) -> list[Row]:
    """Sessions by the day of their start: a row for each date and value that active users have one for."""
    attributes = {(row["user_id"], row["event_date"]): row for row in days}
    found: dict[tuple[date, str, str], list[Row]] = defaultdict(list)
    for session in made:
        day = session["session_date"]
        of_user = attributes[session["user_id"], day]
        for series in (TOTAL, *((name, of_user[name]) for name in feed.attributes)):
            found[(day, *series)].append(session)
    rows = []
    for row in active_users(feed, history, days)["active_users"]:
        own = found[row["event_date"], row["dimension"], row["value"]]
        lengths = sorted(session["duration_s"] for session in own)
        number, is_known = len(own), not row["is_missing"]
        has_sessions = is_known and number > 0
        sums = {"actions": sum(s["actions"] for s in own), "bounces": sum(s["is_bounce"] for s in own)}
        rows.append(
            {
                "session_date": row["event_date"],
                **{name: row[name] for name in ("dimension", "value", "dau", "is_missing")},
                "sessions": number if is_known else None,
                **{name: value if is_known else None for name, value in sums.items()},
                "total_duration_s": sum(lengths, Decimal("0.000")) if is_known else None,
                "p50_duration_s": lengths[-(-number // 2) - 1] if has_sessions else None,
                "p95_duration_s": lengths[-(-number * 95 // 100) - 1] if has_sessions else None,
                "mean_duration_s": float(sum(lengths)) / number if has_sessions else None,
                "actions_per_session": sums["actions"] / number if has_sessions else None,
                "bounce_rate": sums["bounces"] / number if has_sessions else None,
                "sessions_per_active_user": number / row["dau"] if row["dau"] else None,
            }
        )
    return rows


def active_users(feed: Described, history: History | None, days: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of active_users, active_users_week and active_users_month."""
    if history is None:
        return {"active_users": [], "active_users_week": [], "active_users_month": []}
    active: dict[Series, dict[date, set[str]]] = {TOTAL: {}}
    for row in days:
        if history.start <= row["event_date"] <= history.as_of:
            for series in (TOTAL, *((name, row[name]) for name in feed.attributes)):
                active.setdefault(series, {}).setdefault(row["event_date"], set()).add(row["user_id"])
    weeks = {day - DAY * day.weekday() for day in history.dates}
    months = {day.replace(day=1) for day in history.dates}
    return {
        "active_users": [
            _on_day(history, series, own, day)
            for series, own in active.items()
            for day in history.dates
            if series == TOTAL or day >= min(own)
        ],
        "active_users_week": _in_periods(history, active, {w: w + DAY * 6 for w in weeks}, "week_start", "wau"),
        "active_users_month": _in_periods(
            history, active, {m: (m + DAY * 31).replace(day=1) - DAY for m in months}, "month_start", "mau"
        ),
    }


def _users(own: Mapping[date, set[str]], first: date, last: date) -> set[str]:
    return {user for day, found in own.items() if first <= day <= last for user in found}


def _on_day(history: History, series: Series, own: Mapping[date, set[str]], day: date) -> Row:
    today = own.get(day, set())
    windows = {n: _users(own, day - DAY * (n - 1), day) for n in (7, 28, 30)}
    before, ever = _users(own, day - DAY * 28, day - DAY), _users(own, date.min, day - DAY)
    gone = own.get(day - DAY * 28, set()) - _users(own, day - DAY * 27, day)
    known = {n: history.has(day - DAY * (n - 1), day) for n in (1, 7, 28, 29, 30)}
    return {
        "event_month": f"{day:%Y-%m}",
        "event_date": day,
        "dimension": series[0],
        "value": series[1],
        "dau": len(today) if known[1] else None,
        **{f"rolling_{n}": len(windows[n]) if known[n] else None for n in windows},
        "stickiness_7": len(today) / len(windows[7]) if known[7] and windows[7] else None,
        "stickiness_28": len(today) / len(windows[28]) if known[28] and windows[28] else None,
        "new": len(today - ever) if known[1] else None,
        "returning": len(today & before) if known[29] else None,
        "resurrected": len((today & ever) - before) if known[29] else None,
        "dormant": len(gone) if known[29] else None,
        "is_missing": day not in history.present,
    }


def _in_periods(
    history: History,
    active: Mapping[Series, Mapping[date, set[str]]],
    periods: Mapping[date, date],
    start: str,
    users: str,
) -> list[Row]:
    rows = []
    for series, own in active.items():
        for first, last in periods.items():
            if series == TOTAL or min(own) <= last:
                is_complete = history.has(first, last)
                number = len(_users(own, first, last)) if is_complete else None
                rows.append(
                    {
                        start: first,
                        "dimension": series[0],
                        "value": series[1],
                        users: number,
                        "is_complete": is_complete,
                    }
                )
    return rows
