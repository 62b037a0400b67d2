"""Series: the daily and hourly figures over which anomalies are looked for, read from small tables.

Belongs here: METRICS "Anomalies", series: which there are, and their points. Does not: reading what they are made of
(series_inputs.py), judging them (transforms/anomalies.py), tables of anomalies (anomalies.py).

By day: events are rows of silver; dau, sessions, mean_session_s are as active_users and session_days have them, also by
value of a dimension; rejected_share is of the rows that landed, late_share of those accepted, both by the date that the
arrival is for; p95_load_ms is as the table latency has it, where there are loads enough. By hour, in all: events and
active_users as activity_mix has them; sessions and mean_session_s by the hour of the start; both shares by the hour of
the arrival, where arrivals are hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from analytics_assets.feeds.spec import Arrival, Feed
from analytics_assets.layers.series_inputs import Hours, Inputs
from analytics_assets.transforms.anomalies import Granularity, Point
from analytics_assets.transforms.bronze import ACCEPTED, LATE, REJECTED
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.expectations import Kind, shown
from analytics_assets.transforms.hours import unusual_hours

HOURS = 24
ADDED_UP = ("dau", "sessions")
"""Metrics of which the values of a dimension add up to the total of a date."""
GONE_AFTER = timedelta(days=56)
"""As long as a baseline reaches back: every version that ever was would have a point a date for ever."""

Moment = tuple[date, int]


@dataclass(frozen=True, order=True)
class Series:
    """A figure by day or hour, in all (dimension and value `all`) or of a value."""

    metric: str
    granularity: Granularity
    dimension: str = TOTAL
    value: str = TOTAL


KINDS: Mapping[str, Kind] = {
    "events": "count",
    "dau": "count",
    "active_users": "count",
    "sessions": "count",
    "mean_session_s": "length",
    "p95_load_ms": "length",
    "rejected_share": "share",
    "late_share": "share",
}


def points(found: Inputs, hours: Hours, feed: Feed) -> dict[Series, list[Point]]:
    """The points of each series of which a figure is known: one for each closed date or hour of one, in their order.

    Of a version or device that is used no more, load times end 56 days after the last that are known.
    """
    if found.history is None:
        return {}
    days = found.history.dates()
    present = frozenset(days) - found.history.missing
    made = {Series("events", "day"): [_counted(day, found.events.get(day, 0), day in present) for day in days]}
    made |= _of_values(found.active_users, "event_date", "dau")
    made |= _of_values(found.session_days, "session_date", "sessions")
    made |= _of_values(found.session_days, "session_date", "mean_duration_s", "sessions")
    made |= _of_loads(found.loads, days)
    made |= _of_arrivals(found.landed, days, feed)
    made |= _of_hours(hours, days, present, feed.time_zone)
    return {series: own for series, own in made.items() if _is_known(KINDS[series.metric], own)}


def _is_known(kind: Kind, own: Iterable[Point]) -> bool:
    return any(shown(kind, point.amount, point.volume) is not None for point in own)


def _counted(day: date, number: int | None, is_known: bool, hour: int = 0) -> Point:
    return Point(day, hour, number if is_known else None, number or 0)


def _of_values(rows: pa.Table, date_column: str, column: str, volume: str | None = None) -> dict[Series, list[Point]]:
    name = "mean_session_s" if volume else column
    made: dict[Series, list[Point]] = defaultdict(list)
    for row in rows.sort_by(date_column).to_pylist():
        series = Series(name, "day", row["dimension"], row["value"])
        made[series].append(Point(row[date_column], 0, row[column], row[volume or column] or 0))
    return dict(made)


def _of_loads(rows: pa.Table, days: Sequence[date]) -> dict[Series, list[Point]]:
    found: dict[Series, dict[date, Point]] = defaultdict(dict)
    for row in rows.to_pylist():
        loads_ms = None if row["is_few"] else row["p95"]
        day, series = row["period_start"], Series("p95_load_ms", "day", row["dimension"], row["value"])
        found[series][day] = Point(day, 0, loads_ms, row["loads"] or 0)
    return {
        series: [own.get(day, Point(day, 0, None, 0)) for day in _used(series, own, days)]
        for series, own in found.items()
    }


def _used(series: Series, own: Mapping[date, Point], days: Sequence[date]) -> Sequence[date]:
    """In all each date; of a value, those from its first known figure until some weeks after its last."""
    if series.dimension == TOTAL:
        return days
    known = [day for day, point in own.items() if point.amount is not None]
    return [day for day in days if known and min(known) <= day <= max(known) + GONE_AFTER]


def _of_arrivals(landed: pa.Table, days: Sequence[date], feed: Feed) -> dict[Series, list[Point]]:
    by_day: dict[Moment, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    by_hour: dict[Moment, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in landed.to_pylist():
        day, _, hour = row["arrival"].partition("T")
        is_for = date.fromisoformat(day) - timedelta(days=feed.lag_days)
        by_day[is_for, 0][row["standing"]] += row["rows"]
        by_hour[is_for, int(hour or 0)][row["standing"]] += row["rows"]
    made = _shares("day", by_day, [(day, 0) for day in days])
    if feed.arrival is Arrival.HOUR:
        made |= _shares("hour", by_hour, [(day, hour) for day in days for hour in range(HOURS)])
    return made


def _shares(
    granularity: Granularity, standings: Mapping[Moment, Mapping[str, int]], moments: Sequence[Moment]
) -> dict[Series, list[Point]]:
    rejected, late = [], []
    for moment in moments:
        found = standings.get(moment, {})
        accepted = sum(found.get(standing, 0) for standing in ACCEPTED)
        refused = found.get(REJECTED, 0)
        is_known = moment in standings
        rejected.append(Point(*moment, refused if is_known else None, accepted + refused))
        late.append(Point(*moment, found.get(LATE, 0) if is_known else None, accepted))
    return {Series("rejected_share", granularity): rejected, Series("late_share", granularity): late}


def _of_hours(hours: Hours, days: Sequence[date], present: frozenset[date], zone: str) -> dict[Series, list[Point]]:
    """An hour that clocks pass twice or leave out is not known: it cannot be compared with those of other weeks."""
    unusual = unusual_hours(days, zone)
    moments = [(day, hour) for day in days for hour in range(HOURS)]
    known = {moment for moment in moments if moment[0] in present and moment not in unusual}
    mix = {(row["event_date"], int(row["value"])): row for row in hours.mix.to_pylist()}
    begun = {(row["session_date"], row["hour"]): row for row in hours.sessions.to_pylist()}
    columns = {"events": (mix, "events"), "active_users": (mix, "users"), "sessions": (begun, "sessions")}
    made = {
        Series(metric, "hour"): [
            _counted(day, _figure(rows, (day, hour), column), (day, hour) in known, hour) for day, hour in moments
        ]
        for metric, (rows, column) in columns.items()
    }
    lengths = []
    for moment in moments:
        number = _figure(begun, moment, "sessions")
        mean_s = float(_figure(begun, moment, "total_duration_s")) / number if number and moment in known else None
        lengths.append(Point(*moment, mean_s, number))
    return made | {Series("mean_session_s", "hour"): lengths}


def _figure(rows: Mapping[Moment, Mapping[str, Any]], moment: Moment, column: str) -> Any:
    return rows[moment][column] if moment in rows else 0
