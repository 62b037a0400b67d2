"""Lateness: how late a feed's rows usually come, so that a figure can say whether it may still change.

Belongs here: METRICS "Standing", usual lateness, from the table counts. Does not: reading it (layers/world.py).
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.transforms.bronze import ACCEPTED
from analytics_assets.transforms.counts import EVENTS_SOURCE

ARRIVAL_DATES = 90
USUAL_PERMILLE = 995


def usual_lateness_days(counts: pa.Table, as_of: date, lag_days: int) -> int:
    """The least whole number of days such that 99.5 % of accepted rows are at most that late.

    counts: source, arrival, standing, event_date, rows. Of all arrivals of the 90 newest dates with one up to as_of,
    also where arrivals are hours. An arrival's own date is lag_days before its name's. 0 where they hold no accepted
    row. Early rows are not late.
    """
    events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    names = pc.unique(events["arrival"]).to_pylist()
    own = {name: own_date(name, lag_days) for name in names}
    dates = set(sorted({day for day in own.values() if day <= as_of})[-ARRIVAL_DATES:])
    newest = [name for name in names if own[name] in dates]
    wanted = pc.and_(
        pc.is_in(events["arrival"], pa.array(newest, pa.string())), pc.is_in(events["standing"], pa.array(ACCEPTED))
    )
    grouped = events.filter(wanted).group_by(["arrival", "event_date"]).aggregate([("rows", "sum")])
    by_days: Counter[int] = Counter()
    for row in grouped.to_pylist():
        by_days[max(0, _days_late(row, lag_days))] += row["rows_sum"]
    needed, so_far = by_days.total() * USUAL_PERMILLE, 0
    for days in sorted(by_days):
        so_far += by_days[days]
        if so_far * 1000 >= needed:
            return days
    return 0


def _days_late(row: dict[str, Any], lag_days: int) -> int:
    return int((own_date(row["arrival"], lag_days) - row["event_date"]).days)


def own_date(arrival: str, lag_days: int) -> date:
    """The date that an arrival is for."""
    return date.fromordinal(date.fromisoformat(arrival[:10]).toordinal() - lag_days)
