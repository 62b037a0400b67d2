"""Shares of an arrival: how many of its rows were rejected or came late, and whether files were quarantined.

Belongs here: verdicts on arrivals, from counts alone. Does not: that no row is lost (conservation.py), what is usual
for a feed (feeds/quality_rule.py), which dates are held back for it (layers/held_back.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.quality_rule import FEW_LATE, FEW_REJECTED, FILES_ARE_READ
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.held_back import COLUMNS, Arrived, arrived
from analytics_assets.layers.world import World
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.law import Check, Law, Verdict, nothing_told

SENTENCES = {
    FEW_REJECTED: "No more of the arrival's landed rows are rejected than is usual for the feed.",
    FEW_LATE: "No more of the arrival's accepted rows are late than is usual for the feed.",
    FILES_ARE_READ: "No file of the arrival is quarantined.",
}


def judge(world: World, arrivals: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on arrivals, read without a JVM."""
    wanted = (pc.field("source") == EVENTS_SOURCE) & pc.field("arrival").isin(pa.array(arrivals, pa.string()))
    found, rule = arrived(world.counts(COLUMNS, wanted)), world.feed.quality
    verdicts: dict[str, dict[str, Verdict]] = {name: {} for name in SENTENCES}
    for arrival in arrivals:
        own = found.get(arrival, Arrived())
        for name in (FEW_REJECTED, FEW_LATE):
            part, whole = own.part(name)
            share = round(part / whole, 6) if whole else 0.0
            figures = {"rows": part, "of": whole, "share": share, "at_most": rule.most(name)}
            verdicts[name][arrival] = Verdict(own.passes(name, world.feed), figures)
        verdicts[FILES_ARE_READ][arrival] = nothing_told(sorted(own.quarantined))
    return verdicts


def shares_law(feed: Feed) -> Law:
    """The law of a feed's arrivals. Of quarantined files somebody is told anyway: a check they are where they hold
    back."""
    held = feed.quality.holds_back
    names = [FEW_REJECTED, FEW_LATE, *([FILES_ARE_READ] if FILES_ARE_READ in held else [])]
    checks = [Check(table="bronze", name=name, sentence=SENTENCES[name], blocking=name in held) for name in names]

    def judge_named(world: World, arrivals: Sequence[str]) -> dict[str, dict[str, Verdict]]:
        return {name: found for name, found in judge(world, arrivals).items() if name in names}

    return Law(checks=tuple(checks), judge=judge_named)
