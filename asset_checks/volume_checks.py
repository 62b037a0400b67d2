"""Volume of a date: as many events as its weekday has, and rows in each hour that always has some.

Belongs here: verdicts on event dates, from counts and Delta's log alone. Does not: which figures are unusual, with
trend and noise (anomaly_checks.py); what is usual for a feed (feeds/quality_rule.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import ACCEPTED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.law import Check, Law, Verdict

VOLUME = Check(
    table="silver",
    name="volume_is_that_of_the_weekday",
    sentence="The events of a closed date are near the median of its weekday in the eight weeks before.",
    blocking=False,
)
HOURS = Check(
    table="silver",
    name="no_busy_hour_is_empty",
    sentence="A closed date has rows in each hour that had many in each of the four weeks before.",
    blocking=False,
)
WEEK = timedelta(days=7)
WEEKS, FEWEST_WEEKS, HOUR_WEEKS = 8, 4, 4


def judge(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on event dates, read without a JVM. A date that is open, or has too few before it, passes."""
    history = world.history()
    closed = {*history.dates()} - history.missing if history else set()
    events = world.lakehouse.rows(world.tables["silver"])
    by_hour = _rows_by_hour(world, days)
    volume, hours = {}, {}
    for key in days:
        day = date.fromisoformat(key)
        volume[key] = _volume(world, day, events, closed)
        hours[key] = _hours(world, day, by_hour, closed)
    return {VOLUME.name: volume, HOURS.name: hours}


def _volume(world: World, day: date, events: Mapping[str, int], closed: set[date]) -> Verdict:
    before = [events.get(f"{day - WEEK * n}", 0) for n in range(1, WEEKS + 1) if day - WEEK * n in closed]
    rule, found = world.feed.quality, events.get(day.isoformat(), 0)
    if day not in closed or len(before) < FEWEST_WEEKS or median(before) < rule.least_rows:
        return Verdict(True, {"events": found, "weeks_before": len(before)})
    usual = float(median(before))
    is_near = rule.least_volume * usual <= found <= rule.most_volume * usual
    return Verdict(is_near, {"events": found, "usual": usual, "times_usual": round(found / usual, 3)})


def _hours(world: World, day: date, by_hour: Mapping[date, Mapping[int, int]], closed: set[date]) -> Verdict:
    before = [day - WEEK * n for n in range(1, HOUR_WEEKS + 1)]
    if day not in closed or not closed.issuperset(before):
        return Verdict(True, {"empty_hours": 0})
    own, least = by_hour.get(day, {}), world.feed.quality.least_hour_rows
    empty = [
        hour
        for hour in range(24)
        if not own.get(hour) and all(by_hour.get(one, {}).get(hour, 0) >= least for one in before)
    ]
    figures: dict[str, int | float | str] = {"empty_hours": len(empty)}
    if empty:
        figures["first"] = f"{empty[0]:02}:00 to {empty[0]:02}:59"
    return Verdict(not empty, figures)


def _rows_by_hour(world: World, days: Sequence[str]) -> dict[date, dict[int, int]]:
    """Accepted rows of the dates and of those that they are compared with."""
    wanted = {date.fromisoformat(key) - WEEK * n for key in days for n in range(HOUR_WEEKS + 1)}
    where = (
        (pc.field("source") == EVENTS_SOURCE)
        & pc.field("standing").isin(pa.array(ACCEPTED))
        & pc.field("event_date").isin(pa.array(sorted(wanted), pa.date32()))
    )
    counts = world.counts(["event_date", "hour", "rows"], where)
    found: dict[date, dict[int, int]] = {}
    for row in counts.group_by(["event_date", "hour"]).aggregate([("rows", "sum")]).to_pylist():
        found.setdefault(row["event_date"], {})[row["hour"]] = row["rows_sum"]
    return found


VOLUME_LAW = Law(checks=(VOLUME, HOURS), judge=judge)
