"""Shares of an arrival: how many of its rows were rejected, and how many came late.

Belongs here: verdicts on arrivals, from counts alone. Does not: that no row is lost (conservation.py), what is usual
for a feed (feeds/quality_rule.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.compute as pc

from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import ACCEPTED, LANDED, LATE, REJECTED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.law import Check, Law, Verdict

FEW_REJECTED = Check(
    table="bronze",
    name="few_rows_are_rejected",
    sentence="No more of the arrival's landed rows are rejected than is usual for the feed.",
    blocking=False,
)
FEW_LATE = Check(
    table="bronze",
    name="few_rows_are_late",
    sentence="No more of the arrival's accepted rows are late than is usual for the feed.",
    blocking=False,
)


def judge(world: World, arrivals: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on arrivals, read without a JVM."""
    counts = world.counts(["source", "arrival", "standing", "rows"], pc.field("source") == EVENTS_SOURCE)
    sums: dict[str, dict[str, int]] = {}
    for row in counts.group_by(["arrival", "standing"]).aggregate([("rows", "sum")]).to_pylist():
        sums.setdefault(row["arrival"], {})[row["standing"]] = row["rows_sum"]
    rule = world.feed.quality
    rejected, late = {}, {}
    for arrival in arrivals:
        rows = sums.get(arrival, {})
        accepted = sum(rows.get(standing, 0) for standing in ACCEPTED)
        rejected[arrival] = _at_most(rows.get(REJECTED, 0), rows.get(LANDED, 0), rule.most_rejected, rule.least_rows)
        late[arrival] = _at_most(rows.get(LATE, 0), accepted, rule.most_late, rule.least_rows)
    return {FEW_REJECTED.name: rejected, FEW_LATE.name: late}


def _at_most(part: int, whole: int, most: float, least_rows: int) -> Verdict:
    share = part / whole if whole else 0.0
    figures: dict[str, int | float | str] = {"rows": part, "of": whole, "share": round(share, 6), "at_most": most}
    return Verdict(whole < least_rows or share <= most, figures)


SHARES_LAW = Law(checks=(FEW_REJECTED, FEW_LATE), judge=judge)
