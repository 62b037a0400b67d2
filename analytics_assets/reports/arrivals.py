"""Arrivals: what landed, by the date of its arrival, read from the table counts without a JVM.

Belongs here: reading, and how late rows usually come. Does not: drawing (landed_figures.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.bronze import ACCEPTED, FORGOTTEN, LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from analytics_assets.transforms.lateness import ARRIVAL_DATES, usual_lateness_days

DAY = timedelta(days=1)
REJECTED = "rejected"
STANDINGS = (*ACCEPTED, REJECTED, FORGOTTEN)

Count = int | None


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Rows of events by the date of their arrival; None for a date on which nothing arrived.

    dates: each from the first to the last arrival. landed: counted from the files' bytes, apart from the
    standings. standings: rows by standing. rules: rejected rows by the first rule broken, most first; rules_by_date:
    the same by date. duplicates: of the event date that each arrival is for, whatever arrivals brought them; None where
    not known.
    """

    dates: list[date]
    landed: list[Count]
    standings: dict[str, list[Count]]
    rules: dict[str, int]
    rules_by_date: dict[str, list[Count]] = field(default_factory=dict)
    duplicates: list[Count] = field(default_factory=list)

    @property
    def accepted(self) -> list[Count]:
        """Accepted rows by date."""
        rows = zip(*[self.standings[standing] for standing in ACCEPTED], strict=True)
        return [None if None in row else sum(part or 0 for part in row) for row in rows]

    @property
    def unaccounted(self) -> list[date]:
        """Arrivals whose rows do not add up. The law of conservation says that there are none."""
        found = [sum(rows or 0 for rows in row) for row in zip(*self.standings.values(), strict=True)]
        both = zip(self.dates, self.landed, found, strict=True)
        return [day for day, landed, rows in both if (landed or 0) != rows]


def read_arrivals(table: Dataset | None, duplicates: Mapping[date, int], lag_days: int) -> Arrivals | None:
    """The arrivals of a feed, from its table counts, which is added up batch by batch.

    duplicates: by event date. lag_days: how many days after a date the arrival comes that is for it.
    """
    if table is None:
        return None
    keys = ["arrival", "standing", "rule"]
    batches = table.to_batches(columns=[*keys, "rows"], filter=pc.field("source") == EVENTS_SOURCE)
    sums: dict[tuple[date, str, str | None], int] = {}
    for batch in batches:
        for row in pa.Table.from_batches([batch]).group_by(keys).aggregate([("rows", "sum")]).to_pylist():
            key = (date.fromisoformat(row["arrival"][:10]), row["standing"], row["rule"])
            sums[key] = sums.get(key, 0) + row["rows_sum"]
    arrived = {day for day, _, _ in sums}
    by_standing: dict[tuple[date, str], int] = {}
    by_rule: dict[str, dict[date, int]] = {}
    for (day, standing, rule), rows in sums.items():
        by_standing[day, standing] = by_standing.get((day, standing), 0) + rows
        if standing == REJECTED:
            of_rule = by_rule.setdefault(str(rule), {})
            of_rule[day] = of_rule.get(day, 0) + rows
    dates = every_date(min(arrived), max(arrived)) if arrived else []

    def by_date(standing: str) -> list[Count]:
        return [by_standing.get((day, standing), 0) if day in arrived else None for day in dates]

    rules = {rule: sum(found.values()) for rule, found in by_rule.items()}
    most_first = sorted(rules, key=lambda rule: (-rules[rule], rule))
    return Arrivals(
        dates=dates,
        landed=by_date(LANDED),
        standings={standing: by_date(standing) for standing in STANDINGS},
        rules={rule: rules[rule] for rule in most_first},
        rules_by_date={
            rule: [by_rule[rule].get(day, 0) if day in arrived else None for day in dates] for rule in most_first
        },
        duplicates=[duplicates.get(day - DAY * lag_days) for day in dates],
    )


def read_lateness(table: Dataset | None, arrivals: Arrivals | None, dates: list[date], lag_days: int) -> int | None:
    """How many days late rows usually come, as of the last of the closed dates; None where there is none.

    Arrivals before the 90th newest date are not read.
    """
    if table is None or arrivals is None or not dates:
        return None
    both = zip(arrivals.dates, arrivals.landed, strict=True)
    here = [day for day, landed in both if landed is not None and day - DAY * lag_days <= dates[-1]]
    if not here:
        return None
    first = here[-ARRIVAL_DATES:][0]
    wanted = (pc.field("arrival_month") >= f"{first:%Y-%m}") & (pc.field("arrival") >= first.isoformat())
    names = ["source", "arrival", "standing", "event_date", "rows"]
    return usual_lateness_days(table.to_table(columns=names, filter=wanted), dates[-1], lag_days)


def every_date(first: date, last: date) -> list[date]:
    """Each date from first to last."""
    return [first + DAY * n for n in range((last - first).days + 1)]
