"""Landed files as rows, each with an event or the reasons why it is none, in plain Python.

Belongs here: the written form of each feed's files, and its contract's rules. Does not: rules about arrivals and dates
(events.py), writing files (pens.py).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

Event = dict[str, Any]
FIELDS_OF_USERS = ("user_id", "join_date", "country", "device_type", "subscription_type")
SHOP_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Landed:
    """A row of a file: its line (or record, from 1), and the event that it is, or why it is none."""

    line: int
    event: Event | None
    reasons: tuple[str, ...] = ()


Made = tuple[Event, list[str | None]]


def notes(content: bytes) -> list[Landed]:
    """Lines of user, time, action, page, duration, version."""

    def made(text: dict[str, str]) -> Made:
        duration = int(text["duration_ms"] or 0)
        event = {
            "event_time": time_of(text["timestamp"]),
            "user_id": text["user_id"],
            "action": text["action_type"],
            "object_id": text["page_id"],
            "duration_ms": duration,
            "app_version": text["app_version"],
        }
        return event, ["duration_out_of_range" if not 0 <= duration <= 7_200_000 else None]

    return _lines(content, ",", made, time="timestamp")


def ide(content: bytes) -> list[Landed]:
    """Lines of user, event, product, time."""

    def made(text: dict[str, str]) -> Made:
        event = {
            "event_time": time_of(text["timestamp"]),
            "user_id": text["user_id"],
            "action": text["event_id"],
            "object_id": text["product_code"],
        }
        return event, []

    return _lines(content, ",", made, time="timestamp")


def shop(content: bytes) -> list[Landed]:
    """Lines of interaction, user, product, action, time; no id is zero."""

    def made(text: dict[str, str]) -> Made:
        event = {
            "event_time": time_of(text["timestamp"]),
            "user_id": text["user_id"],
            "action": text["action"],
            "object_id": text["product_id"],
            "interaction_id": int(text["interaction_id"] or 1),
        }
        zero = [name if text[name] == "0" else None for name in ("interaction_id", "user_id")]
        return event, [*zero, None if SHOP_TIME.fullmatch(text["timestamp"]) else "timestamp"]

    return _lines(content, ",", made)


def access_log(content: bytes) -> list[Landed]:
    """Requests in Apache's combined form."""

    def made(text: dict[str, str]) -> Made:
        try:
            time = datetime.strptime(f"{text['time']} {text['zone']}", "[%d/%b/%Y:%H:%M:%S %z]")
        except ValueError:
            time = None
        action, path, _ = text["request"].split(" ")
        event = {"event_time": time, "user_id": text["client"], "action": action, "object_id": path.split("?")[0]}
        return event, [None if 100 <= int(text["status"]) <= 599 else "status"]

    names = ["client", "ident", "login", "time", "zone", "request", "status", "size", "referer", "browser"]
    return _lines(content, " ", made, names=names)


def aqua(content: bytes) -> list[Landed]:
    """Records of one array."""
    return [_record(line, record) for line, record in enumerate(json.loads(content), start=1)]


def _record(line: int, record: Any) -> Landed:
    if not isinstance(record, dict):
        return Landed(line, None, ("not_an_object",))
    known = ("distinct_id", "event", "timestamp", "uuid", "elements", "$geoip_country_code")
    text = {key: value if isinstance(value, str) else _json(value) for key, value in record.items()}
    more = {key: value for key, value in text.items() if key not in known}
    time = time_of(text.get("timestamp"))
    faults = []
    for name in ("distinct_id", "event", "timestamp", "uuid"):
        faults.append(None if text.get(name) else f"{name}_missing")
        if name == "timestamp" and text.get(name) and time is None:
            faults.append("timestamp_not_timestamp")
    country = text.get("$geoip_country_code")
    event = {
        "event_time": time,
        "user_id": text.get("distinct_id"),
        "action": text.get("event"),
        "object_id": record["elements"][0] if record.get("elements") else None,
        "country": country or "unknown",
        "uuid": text.get("uuid"),
        "elements": text.get("elements"),
        "geoip_country_code": country,
        "more": _json(more) if more else None,
    }
    return _judged(line, event, faults)


def users(content: bytes) -> list[dict[str, str | None]]:
    """Rows of a snapshot; the histories write none that is wrong."""
    rows = list(csv.reader(content.decode().splitlines()))[1:]
    return [dict(zip(FIELDS_OF_USERS, (field or None for field in row), strict=True)) for row in rows]


def time_of(text: str | None) -> datetime | None:
    """A written time, in UTC; None for what is no time."""
    try:
        time = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _lines(
    content: bytes, sep: str, made: Callable[[dict[str, str]], Made], names: list[str] | None = None, time: str = ""
) -> list[Landed]:
    lines = content.decode().splitlines()
    header = 0 if names else 1
    names = names or lines[0].split(sep)
    found = []
    for number, line in enumerate(lines[header:], start=header + 1):
        fields = next(csv.reader([line], delimiter=sep))
        if len(fields) < len(names):
            found.append(Landed(number, None, ("too_few_fields",)))
            continue
        text = dict(zip(names, fields, strict=True))
        missing = [f"{name}_missing" if value == "" else None for name, value in text.items()]
        event, faults = made(text)
        if time and text[time] and event["event_time"] is None:
            faults.insert(0, f"{time}_not_timestamp")
        found.append(_judged(number, {**event, "raw": line}, [*missing, *faults]))
    return found


def _judged(line: int, event: Event, faults: list[str | None]) -> Landed:
    reasons = [fault for fault in faults if fault]
    if not reasons and event["event_time"] is None:
        reasons = ["event_time_not_readable"]
    return Landed(line, None if reasons else event, tuple(reasons))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
