"""Which feed is played with which histories.

Belongs here: a feed with its description and first date, the strategy that fits it. Does not: the parts of a history
(stories.py), playing it (playing.py).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta

import stories
from alarms import Rule
from described import FEEDS, Described, Rates, lasting
from hypothesis import strategies as st
from playing import tables_of

from analytics_assets.discovery import find_feed
from analytics_assets.feeds.spec import AnomalyRule, Feed, UnlikelyRule

MONDAY = date(2025, 1, 27)
# Low, so that histories of few events have some of each.
WATCHED, UNLIKELY = Rule(enter=2.0, leave=1.0, least=1), Rates(minute=1, hour=3, hours=4)
REAL_LOG_BEGINS = date(2015, 5, 17)


def drawn(name: str, number: int, rounds: int) -> st.SearchStrategy[stories.Batch]:
    """Batches of so many histories of a feed, each of so many rounds; one more where the feed purges."""
    described, feed = FEEDS[name], find_feed(name)
    has_purge = feed.retention_days is not None
    return stories.batches(
        number,
        rounds + has_purge,
        int(described.timeout.total_seconds()),
        tables_of(feed),
        has_chains=not described.splits_at_midnight,
        has_snapshots=bool(described.attributes),
        has_purge=has_purge,
    )


def feed_and_description(name: str, number: int) -> tuple[Feed, Described, date]:
    """A feed and the first of the dates of so many histories.

    The real log ends after four dates: here it goes on for as many as the histories need, as finite files still.
    """
    # Other histories must not make an arrival too old to have lost a file.
    feed = replace(find_feed(name), look_back_days=stories.DAYS * number * 2)
    anomalies = AnomalyRule(enter=WATCHED.enter, leave=WATCHED.leave, minimum_volume=WATCHED.least)
    feed = replace(feed, anomalies=anomalies, unlikely=UnlikelyRule(**asdict(UNLIKELY)))
    described = replace(FEEDS[name], watched=WATCHED, unlikely=UNLIKELY)
    if feed.closed_through is None:
        return feed, described, MONDAY
    first, last = REAL_LOG_BEGINS, REAL_LOG_BEGINS + timedelta(days=number * stories.DAYS - 1)
    longer = replace(feed, first_date=first, history_start=first, closed_through=last, last_date=last)
    return longer, lasting(described, first, last), first
