"""The oracle's events: verdicts on landed rows, one event for each key, its session and its user's attributes.

Belongs here: METRICS "Rows, arrivals, dates" and "Sessions" in plain Python, slow and plain. Does not: what is counted
over events (figures.py). Nothing of Tidebook is imported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import landed
from described import Described

DAY = timedelta(days=1)
UNKNOWN = "unknown"
Row = dict[str, Any]


def verdicts(feed: Described, files: Mapping[str, bytes]) -> list[Row]:
    """Every landed row: arrival, file, standing, violations, line_number where rejected, and its event."""
    rows = []
    for path, content in files.items():
        arrival = feed.arrival(path)
        arrived = date.fromisoformat(arrival[:10])
        for row in feed.read(content):
            reasons, event = list(row.reasons), row.event or {}
            if event:
                event = {**event, "event_date": event["event_time"].date()}
                reasons += ["in_the_future"] if event["event_date"] > arrived + DAY else []
                reasons += ["before_first_date"] if event["event_date"] < feed.first_date else []
            rows.append({"arrival": arrival, "file": path, **_standing(row, event, reasons, arrived)})
    return rows


def _standing(row: landed.Landed, event: Row, reasons: list[str], arrived: date) -> Row:
    if reasons:
        return {"standing": "rejected", "violations": tuple(reasons), "line_number": row.line}
    day = event["event_date"]
    standing = "on_time" if day == arrived else "late" if day < arrived else "early"
    return {"standing": standing, "violations": None, "line_number": None, **event}


def silver(feed: Described, rows: Iterable[Row], users: Iterable[Row]) -> list[Row]:
    """One event for each key: the first arrival's, ties by file and then by content; with session and attributes."""
    candidates = defaultdict(list)
    for row in rows:
        if row["standing"] != "rejected":
            candidates[tuple(row[name] for name in feed.key)].append(row)
    events = []
    for found in candidates.values():
        winner = min(found, key=lambda row: (row["arrival"], row["file"], _ordered(row, feed.content)))
        copies = sum(row["event_date"] == winner["event_date"] for row in found)
        events.append({**winner, "copies": copies, **attributes(feed, winner, users)})
    return _with_split_sessions(feed, events) if feed.splits_at_midnight else _with_sessions(feed, events)


def kept_elsewhere(feed: Described, rows: Iterable[Row]) -> list[Row]:
    """Where keys stand on several dates: each of these dates, the one on which the event is kept, and the rows."""
    candidates = defaultdict(list)
    for row in rows:
        if row["standing"] != "rejected":
            candidates[tuple(row[name] for name in feed.key)].append(row)
    found = []
    for key, all_rows in candidates.items():
        winner = min(all_rows, key=lambda row: (row["arrival"], row["file"], _ordered(row, feed.content)))
        days = {row["event_date"] for row in all_rows}
        for day in days if len(days) > 1 else ():
            number = sum(row["event_date"] == day for row in all_rows)
            text = landed._json(dict(zip(feed.key, key, strict=True)))
            found.append({"event_key": text, "event_date": day, "winner_date": winner["event_date"], "rows": number})
    return found


def attributes(feed: Described, event: Row, users: Iterable[Row]) -> Row:
    """Of the latest snapshot with the user at or before the event's date, else of the earliest after it."""
    if not feed.attributes:
        return {}
    day = event["event_date"].isoformat()
    known = sorted((row for row in users if row["user_id"] == event["user_id"]), key=lambda row: row["arrival"])
    before = [row for row in known if row["arrival"] <= day]
    row = before[-1] if before else known[0] if known else {}
    return {name: row.get(name) or UNKNOWN for name in feed.attributes}


def snapshots(files: Mapping[str, bytes]) -> list[Row]:
    """One row a user and snapshot: the greatest by (file, join date, content)."""
    found = defaultdict(list)
    for path, content in files.items():
        for row in landed.users(content):
            found[path.split("/")[-2], row["user_id"]].append({**row, "file": path})
    rows = []
    for (arrival, _), copies in found.items():
        greatest = max(copies, key=lambda row: _ordered(row, ("file", "join_date", *landed.FIELDS_OF_USERS)))
        joined = greatest["join_date"] and date.fromisoformat(greatest["join_date"])
        rows.append({**greatest, "join_date": joined, "arrival": arrival, "copies": len(copies)})
    return rows


def _ordered(row: Row, names: Iterable[str]) -> list[tuple[bool, Any]]:
    """Values to be compared: what is missing is least."""
    return [(row[name] is not None, row[name]) for name in names]


def _with_split_sessions(feed: Described, events: list[Row]) -> list[Row]:
    """A gap of the timeout or more starts a session, and so does midnight."""
    by_day = defaultdict(list)
    for event in events:
        by_day[event["user_id"], event["event_date"]].append(event)
    made = []
    for found in by_day.values():
        in_order = sorted(found, key=lambda e: _ordered(e, ("event_time", "action", "object_id", *feed.ties)))
        starts = [True, *(b["event_time"] - a["event_time"] >= feed.timeout for a, b in pairwise(in_order))]
        ends = [*starts[1:], True]
        start = in_order[0]["event_time"]
        for event, is_entry, is_exit in zip(in_order, starts, ends, strict=True):
            start = event["event_time"] if is_entry else start
            made.append(
                {
                    **event,
                    "session_start": start,
                    "session_date": start.date(),
                    "is_session_entry": is_entry,
                    "is_session_exit": is_exit,
                }
            )
    return made


def _with_sessions(feed: Described, events: list[Row]) -> list[Row]:
    """User actions make sessions, over any midnight; another event belongs to one, or to none."""
    times = defaultdict(set)
    for event in events:
        if feed.is_user_action(event):
            times[tuple(event[name] for name in feed.session_key)].add(event["event_time"])
    starts: dict[tuple[Any, ...], dict[datetime, datetime]] = {}
    for key, found in times.items():
        in_order = sorted(found)
        start_of = {in_order[0]: in_order[0]}
        for before, time in pairwise(in_order):
            start_of[time] = time if time - before >= feed.timeout else start_of[before]
        starts[key] = start_of
    made = []
    for event in events:
        key = tuple(event[name] for name in feed.session_key)
        earlier = [time for time in starts.get(key, {}) if time <= event["event_time"]]
        last = max(earlier, default=None)
        belongs = last is not None and (feed.is_user_action(event) or event["event_time"] - last <= feed.timeout)
        start = starts[key][last] if last is not None and belongs else None
        made.append(
            {
                **event,
                "session_start": start,
                "session_date": start.date() if start else None,
                "session_id": session_id(feed, event, start) if start else None,
                "is_user_action": feed.is_user_action(event),
            }
        )
    return made


def session_id(feed: Described, event: Row, start: datetime) -> str:
    """Key parts, percent-encoded, and the start."""
    parts = [str(event[name]).replace("%", "%25").replace("|", "%7C").replace("#", "%23") for name in feed.session_key]
    return f"{'|'.join(parts)}#{start:%Y-%m-%dT%H:%M:%S.%fZ}"
