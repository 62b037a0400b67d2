"""Held back: arrivals whose dates the feed does not trust, by shares of their rows and by their quarantined files.

Belongs here: what counts say of an arrival, and which checks of it a feed lets hold back. Does not: verdicts as checks
have them (asset_checks/share_checks.py), what is then left out (passes.py, transforms/history.py). Needs no JVM.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.quality_rule import FEW_REJECTED, FILES_ARE_READ
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.reasons import FILE_RULES
from analytics_assets.transforms.bronze import ACCEPTED, LANDED, LATE, REJECTED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from analytics_assets.transforms.lateness import own_date

COLUMNS = ("source", "arrival", "standing", "file", "rule", "rows", "event_date")
"""Columns of counts that are asked for."""


@dataclass
class Arrived:
    """An arrival of events. rows: by standing. dates: of its accepted rows. quarantined: files, each with its rule."""

    rows: dict[str, int] = field(default_factory=dict)
    dates: set[date] = field(default_factory=set)
    quarantined: set[str] = field(default_factory=set)

    def part(self, check: str) -> tuple[int, int]:
        """What a check on shares looks at: so many rows, of so many."""
        if check == FEW_REJECTED:
            return self.rows.get(REJECTED, 0), self.rows.get(LANDED, 0)
        return self.rows.get(LATE, 0), sum(self.rows.get(standing, 0) for standing in ACCEPTED)

    def passes(self, check: str, feed: Feed) -> bool:
        """Whether it is as is usual for the feed."""
        if check == FILES_ARE_READ:
            return not self.quarantined
        part, whole = self.part(check)
        return whole < feed.quality.least_rows or part / whole <= feed.quality.most(check)


def arrived(counts: pa.Table) -> dict[str, Arrived]:
    """What landed and what became of it, by arrival. counts: with COLUMNS."""
    found: dict[str, Arrived] = {}
    events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    for row in events.group_by(["arrival", "standing", "event_date"]).aggregate([("rows", "sum")]).to_pylist():
        own, standing = found.setdefault(row["arrival"], Arrived()), row["standing"]
        own.rows[standing] = own.rows.get(standing, 0) + row["rows_sum"]
        if standing in ACCEPTED:
            own.dates.add(row["event_date"])
    is_quarantined = (pc.field("standing") == REJECTED) & pc.field("rule").isin(pa.array(sorted(FILE_RULES)))
    for row in events.filter(is_quarantined).select(["arrival", "file", "rule"]).to_pylist():
        found[row["arrival"]].quarantined.add(f"{row['file']}: {row['rule']}")
    return found


def held_back(feed: Feed, counts: pa.Table) -> dict[str, set[date]]:
    """Arrivals that fail a check by which the feed holds back, each with its own date and those of its events.

    counts: with COLUMNS. It is told anew each time, of all arrivals: what a run did before does not matter.
    """
    return {
        arrival: own.dates | {own_date(arrival, feed.lag_days)}
        for arrival, own in arrived(counts).items()
        if not all(own.passes(check, feed) for check in feed.quality.holds_back)
    }
