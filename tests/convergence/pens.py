"""Pens: how an event of a history is written in each feed's files.

Belongs here: names of users and things, lines and records, right and wrong. Does not: which rows stand in which file
(stories.py), reading them (landed.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

DAY = timedelta(days=1)
ACTIONS = ("a", "h", "b")
THINGS = ("IU", "PY")
LATE_NIGHT = "2025-02-30 10:00:00"
"""A date that there is not."""
BEFORE_ALL = datetime(2001, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Said:
    """What one row says. who: a number over all histories; number: of its key; variant: of what is not in the key."""

    who: int
    time: datetime
    action: int
    thing: int
    number: int
    variant: int
    fault: str = ""


def notes(said: Said) -> str:
    """A line of notes."""
    time = LATE_NIGHT if said.fault == "no_time" else f"{said.time:%Y-%m-%d %H:%M:%S}"
    user = "" if said.fault == "nobody" else f"u{said.who:03d}"
    duration, version = ((1000, "5.9.0"), (90, "5.10.0"), (90, "5.1.0"))[said.variant]
    action = ("page_view", *ACTIONS[1:])[said.action]
    line = f"{user},{time},{action},p{said.thing},{duration + 60 * said.thing},{version}"
    return line.rpartition(",")[0] if said.fault == "short" else line


def ide(said: Said) -> str:
    """A line of ide."""
    time = LATE_NIGHT if said.fault == "no_time" else f"{said.time:%Y-%m-%d %H:%M:%S}"
    user = "" if said.fault == "nobody" else f"u{said.who:03d}"
    line = f"{user},{ACTIONS[said.action]},{THINGS[said.thing]},{time}"
    return line.rpartition(",")[0] if said.fault == "short" else line


def shop(said: Said) -> str:
    """A line of shop: one id may come with several times, users and products."""
    time = LATE_NIGHT if said.fault == "no_time" else f"{said.time:%Y-%m-%d %H:%M:%S}"
    user = "0" if said.fault == "nobody" else f"{9 + said.who}"
    line = f"{1 + said.number},{user},{2000 + said.thing},{ACTIONS[(said.action + said.variant) % 3]},{time}"
    return line.rpartition(",")[0] if said.fault == "short" else line


def access_log(said: Said) -> str:
    """A request; a line with another browser is another event."""
    day, clock = f"{said.time:%d/%b/%Y}", f"{said.time:%H:%M:%S}"
    day = day.replace(day[:2], "37", 1) if said.fault == "no_time" else day
    status = "99" if said.fault == "nobody" else "200"
    request = f"{('GET', 'HEAD', 'POST')[said.action]} /{said.thing}?{said.number % 2} HTTP/1.1"
    line = f'10.0.0.{said.who} - - [{day}:{clock} +0000] "{request}" {status} 31 "-" "Firefox{said.variant // 2}"'
    return line.rpartition(" ")[0] if said.fault == "short" else line


def aqua(said: Said) -> str:
    """A record of aqua."""
    if said.fault == "short":
        return "17"
    time = f"{said.time:%Y-%m-%dT%H:%M:%S}.000Z"
    record = {
        "distinct_id": "" if said.fault == "nobody" else f"u{said.who:03d}",
        "event": ACTIONS[said.action],
        "timestamp": "soon" if said.fault == "no_time" else time,
        "uuid": f"i{said.number}",
    }
    if said.thing:
        record |= {"elements": ["button"]}
    if said.variant:
        record |= {"$geoip_country_code": ("DE", "FR")[said.variant - 1], "$browser": "x"}
    return json.dumps(record)


def users(who: int, values: int, first: date) -> str:
    """A row of a snapshot. first: of the history's dates; who signs up on the fourth may have been active before."""
    country, joined = ("DE", "FR", "", "DE")[values], (first, first + DAY * 3, first + DAY * 3, "")[values]
    return f"u{who:03d},{joined},{country},{('phone', 'tv')[values % 2]},{('free', 'pro')[values // 2]}"


USERS_HEADER = "user_id,join_date,country,device_type,subscription_type"


def _csv(header: str) -> Callable[[Iterable[str]], bytes]:
    return lambda rows: "".join(f"{line}\n" for line in (header, *rows) if line).encode()


users_file = _csv(USERS_HEADER)
PENS: dict[str, Callable[[Said], str]] = {
    "notes": notes, "ide": ide, "shop": shop, "access_log": access_log, "aqua": aqua,
}  # fmt: skip
FILES: dict[str, Callable[[Iterable[str]], bytes]] = {
    "notes": _csv("user_id,timestamp,action_type,page_id,duration_ms,app_version"),
    "ide": _csv("user_id,event_id,product_code,timestamp"),
    "shop": _csv("interaction_id,user_id,product_id,action,timestamp"),
    "access_log": _csv(""),
    "aqua": lambda rows: f"[{', '.join(rows)}]".encode(),
}
"""How rows make a file."""
