"""Health: how each feed is at a moment, from its small tables and the newest verdicts of its checks. Needs no JVM.

Belongs here: gathering what is judged. Does not: the judgement (transforms/health.py), showing it (commands/status.py,
reports/health_parts.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.alerts.cause import Severity
from analytics_assets.alerts.told import Book
from analytics_assets.layers.arrivals import DATE_LENGTH
from analytics_assets.layers.world import World, landed_rows
from analytics_assets.transforms.bronze import ACCEPTED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from analytics_assets.transforms.health import (
    SHARE_DAYS,
    Failing,
    FeedHealth,
    OpenAlert,
    alerts_finding,
    checks_finding,
    freshness_finding,
    late_finding,
    rejected_finding,
    volume_finding,
)
from asset_checks.freshness import freshness_words, judge_freshness

COLUMNS = ("source", "arrival", "standing", "event_date", "rule", "rows")


def feed_health(
    world: World, now: datetime, failing: Sequence[Failing], alerts: Sequence[OpenAlert] = ()
) -> FeedHealth:
    """How a feed is. failing: its failing checks, from Dagster's instance. alerts: those of it that are open."""
    feed, rule = world.feed, world.feed.health
    counts = world.counts(COLUMNS, pc.field("source") == EVENTS_SOURCE)
    read = set(pc.unique(counts["arrival"]).to_pylist())
    if not read:
        return FeedHealth(feed=feed.name, seen_at=now, findings=[])
    fresh = judge_freshness(feed, read, now)
    missing = 0 if fresh.passed else overdue(str(fresh.figures["newest"]), str(fresh.figures["expected"]))
    findings = [freshness_finding(freshness_words(fresh), missing, rule)]
    history = world.history_of(counts)
    if history is not None:
        findings.append(volume_finding(_accepted_by_date(counts), history, rule))
    last = history.as_of + timedelta(days=feed.lag_days) if history else date.fromisoformat(max(read)[:DATE_LENGTH])
    rows = landed_rows(_arrived(counts, last))
    findings += [
        rejected_finding(rows.landed, rows.rejected, rule),
        late_finding(rows.accepted, rows.late, rule),
        checks_finding(failing),
        alerts_finding(alerts),
    ]
    return FeedHealth(feed=feed.name, seen_at=now, findings=findings)


def open_alerts(book: Book, feed: str) -> list[OpenAlert]:
    """What is known to be wrong with a feed and is not over."""
    return [
        OpenAlert(
            headline=one.cause.headline,
            is_error=one.cause.severity == Severity.ERROR,
            opened=_utc(one.opened_s),
            told=max((_utc(told.at_s) for told in one.told.values() if told.severity), default=None),
        )
        for one in book.known.values()
        if one.cause.feed == feed and one.gone_s is None
    ]


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def overdue(newest: str, expected: str) -> int:
    """How many arrivals are due after the newest one that was read; at least 1 for one that should be there."""
    if newest >= expected:
        return 1
    between = datetime.fromisoformat(expected) - datetime.fromisoformat(newest)
    return max(1, between // (timedelta(hours=1) if len(expected) > DATE_LENGTH else timedelta(days=1)))


def _accepted_by_date(counts: pa.Table) -> dict[date, int]:
    accepted = counts.filter(pc.is_in(counts["standing"], pa.array(ACCEPTED)))
    found = accepted.group_by("event_date").aggregate([("rows", "sum")]).to_pylist()
    return {row["event_date"]: row["rows_sum"] for row in found}


def _arrived(counts: pa.Table, last: date) -> pa.Table:
    first = (last - timedelta(days=SHARE_DAYS - 1)).isoformat()
    day = pc.utf8_slice_codeunits(counts["arrival"], 0, DATE_LENGTH)
    return counts.filter(pc.and_(pc.greater_equal(day, first), pc.less_equal(day, last.isoformat())))
