"""Freshness: the arrival that should be there by now is there.

Belongs here: when an arrival is due, and the check that says whether it was read. It looks at the clock, as no
metric does, and holds nothing back. Not Dagster's own freshness: a late file of an old arrival would pass for new.
"""

from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import dagster as dg
import pyarrow.compute as pc

from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.world import World
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.law import Check, Verdict
from resources.lakehouse import Lakehouse
from resources.landing import Landing

FRESH = Check(
    table="bronze",
    name="arrival_is_there",
    sentence="The newest arrival that is due by now was read.",
    blocking=False,
)


def is_hourly(feed: Feed) -> bool:
    """Whether an arrival is an hour."""
    return feed.arrival.name == "HOUR"


def due_arrival(feed: Feed, now: datetime) -> str | None:
    """The newest arrival that should be there; None for a finite feed, and before the first one is due."""
    if feed.last_date is not None or feed.closed_through is not None:
        return None
    # In UTC: where clocks are put back, an hour and a day have the length that they have.
    end = (now.astimezone(timezone.utc) - feed.due).astimezone(ZoneInfo(feed.time_zone))
    if is_hourly(feed):
        hour = (end.astimezone(timezone.utc) - timedelta(hours=1)).astimezone(ZoneInfo(feed.time_zone))
        day, arrival = hour.date(), f"{hour:%Y-%m-%dT%H}"
    else:
        day = end.date() - timedelta(days=1)
        arrival = day.isoformat()
    return arrival if day >= feed.arrivals_begin else None


def judge_freshness(feed: Feed, arrivals: Collection[str], now: datetime) -> Verdict:
    """Whether the arrival that is due is among those that were read."""
    expected, newest = due_arrival(feed, now), max(arrivals, default="none")
    return Verdict(
        expected is None or expected in arrivals,
        {"expected": expected or "none", "newest": newest, "due_hours_after_its_end": feed.due / timedelta(hours=1)},
    )


def freshness(world: World, now: datetime) -> Verdict:
    """The verdict on a feed's newest arrivals. Reads two columns of counts, without a JVM."""
    read = world.counts(["arrival", "source"], pc.field("source") == EVENTS_SOURCE)
    return judge_freshness(world.feed, set(pc.unique(read["arrival"]).to_pylist()), now)


def freshness_words(verdict: Verdict) -> str:
    """The verdict in a few words, for people."""
    expected, newest = verdict.figures["expected"], verdict.figures["newest"]
    if expected == "none":
        return "no arrival is due"
    if verdict.passed:
        return f"arrival {expected} is there"
    return f"arrival {expected} is due and not there; the newest is {newest}"


def freshness_check(feed: Feed) -> dg.AssetChecksDefinition:
    """The check, as it runs where somebody materializes bronze."""

    @dg.asset_check(
        asset=dg.AssetKey([feed.name, FRESH.table]), name=FRESH.name, description=FRESH.sentence, blocking=False
    )
    def judge(context: dg.AssetCheckExecutionContext, landing: Landing, lakehouse: Lakehouse) -> dg.AssetCheckResult:
        world = World(feed, landing, lakehouse, context.run.run_id)
        verdict = freshness(world, datetime.now(timezone.utc))
        return dg.AssetCheckResult(
            passed=verdict.passed, severity=dg.AssetCheckSeverity.WARN, metadata=dict(verdict.figures)
        )

    return judge
