"""The oracle's cohorts: user history, usual lateness and retention in plain Python, by sets of dates.

Belongs here: METRICS "Retention" and usual lateness. Does not: intervals, which unit tests hold against known values.
Nothing of Tidebook is imported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from closed_dates import TOTAL, History
from described import Described
from events import DAY, Row

Cohorts = dict[tuple[date, str, str], list[set[int]]]
"""Of each cohort and value of a dimension, the periods after in which each of its users was active."""
LENGTHS = {"week": 26, "day": 30}
LAST_BIT = 62
ARRIVAL_DATES = 90


def expected(
    feed: Described,
    history: History | None,
    arrivals: Collection[str],
    rows: Iterable[Row],
    days: Iterable[Row],
    users: Iterable[Row],
) -> dict[str, list[Row]]:
    """Rows of user_history and retention. arrivals: names of all that landed, also without a row."""
    if history is None:
        return {}
    found: dict[str, dict[date, Row]] = defaultdict(dict)
    for row in days:
        if history.start <= row["event_date"] <= history.as_of:
            found[row["user_id"]][row["event_date"]] = row
    lateness = usual_lateness(arrivals, rows, history.as_of)
    made = [_cells(history, _by_first_activity(feed, found, period), period, lateness) for period in LENGTHS]
    if feed.sign_up_date:
        made.append(_by_sign_up(feed, history, found, users, lateness))
    return {
        "user_history": [_history(feed, user, own) for user, own in found.items()],
        "retention": [cell for cells in made for cell in cells],
    }


def usual_lateness(arrivals: Collection[str], rows: Iterable[Row], as_of: date) -> int:
    """Days within which 995 of 1,000 accepted rows that arrived on the newest dates of arrivals up to as_of came."""
    newest = sorted({name[:10] for name in arrivals if date.fromisoformat(name[:10]) <= as_of})[-ARRIVAL_DATES:]
    late = sorted(
        max(0, (date.fromisoformat(row["arrival"][:10]) - row["event_date"]).days)
        for row in rows
        if row["arrival"][:10] in newest and row["standing"] != "rejected"
    )
    return next((days for n, days in enumerate(late, 1) if n * 1000 >= len(late) * 995), 0)


def _history(feed: Described, user: str, own: Mapping[date, Row]) -> Row:
    first = min(own)
    places = {"day": {(day - first).days for day in own}, "week": {_weeks_after(first, day) for day in own}}
    bits = {f"{name}_bits": sum(2**k for k in found if k <= LAST_BIT) for name, found in places.items()}
    return {"user_id": user, "first_date": first, **{name: own[first][name] for name in feed.attributes}, **bits}


def _monday(day: date) -> date:
    return day - DAY * day.weekday()


def _weeks_after(first: date, day: date) -> int:
    return (_monday(day) - _monday(first)).days // 7


def _by_first_activity(feed: Described, users: Mapping[str, Mapping[date, Row]], period: str) -> Cohorts:
    cohorts: Cohorts = defaultdict(list)
    for own in users.values():
        first = min(own)
        after = {_weeks_after(first, day) if period == "week" else (day - first).days for day in own}
        for series in (TOTAL, *((name, own[first][name]) for name in feed.attributes)):
            cohorts[(_monday(first) if period == "week" else first, *series)].append(after)
    return cohorts


def _by_sign_up(
    feed: Described, history: History, active: Mapping[str, Mapping[date, Row]], users: Iterable[Row], lateness: int
) -> list[Row]:
    """By the date in the latest snapshot up to as_of with the user, else in the earliest after it."""
    snapshots = defaultdict(dict)
    for row in users:
        snapshots[row["user_id"]][date.fromisoformat(row["arrival"])] = row[feed.sign_up_date]
    signed = {}
    for user, own in snapshots.items():
        known = [arrival for arrival in own if arrival <= history.as_of]
        signed[user] = own[max(known) if known else min(own)]
    cohorts: Cohorts = defaultdict(list)
    for user, day in signed.items():
        if day is not None and _monday(day) in {_monday(closed) for closed in history.dates}:
            after = {_weeks_after(day, one) for one in active.get(user, ()) if one >= day}
            cohorts[(_monday(day), *TOTAL)].append(after)
    cells = [{**cell, "cohort_by": "sign_up"} for cell in _cells(history, cohorts, "week", lateness)]
    without = sum(signed.get(user) is None for user in active)
    apart = {"period": "week", "cohort_by": "sign_up", "dimension": "all", "value": "all", "size": without}
    return [*cells, {**dict.fromkeys(cells[0]), **apart}]


def _cells(history: History, found: Cohorts, period: str, lateness: int) -> list[Row]:
    days, last = (7, LENGTHS[period]) if period == "week" else (1, LENGTHS[period])
    cohorts = {(_monday(day) if period == "week" else day, *TOTAL): [] for day in history.dates} | found
    cells = []
    for (start, dimension, value), members in cohorts.items():
        ends = [start + DAY * (days * (k + 1) - 1) for k in range(last + 1)]
        is_known = [history.has(end - DAY * (days - 1), end) for end in ends]
        for k in range(last + 1):
            cell: dict[str, Any] = {
                "period": period,
                "cohort_by": "first_activity",
                "dimension": dimension,
                "value": value,
                "cohort_start": start,
                "periods_after": k,
                "size": len(members) if is_known[0] else None,
            }
            in_k = sum(k in after for after in members)
            from_k = sum(any(k <= one <= last for one in after) for after in members)
            of_cell = (("", in_k, is_known[k], ends[k]), ("unbounded_", from_k, all(is_known[k:]), ends[last]))
            for kind, number, shows, end in of_cell:
                shows = shows and is_known[0]
                cell[f"{kind}retained"] = number if shows else None
                cell[f"{kind}rate"] = number / len(members) if shows and members else None
                open_or_not = "open" if history.as_of < end + DAY * lateness else "settled"
                cell[f"{kind}state"] = open_or_not if shows else None
            cells.append(cell)
    return cells
