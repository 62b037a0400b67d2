"""Duplicates: how many accepted rows of each date are no event of their own, from tables' logs without a JVM.

Belongs here: reading. Does not: rows by standing (arrivals.py), drawing (landed_figures.py). No event is read: the tide
says how many rows of a date were accepted, Delta's log how many events silver has of it.
"""

from __future__ import annotations

from datetime import date

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.rules import event_version
from analytics_assets.layers.world import digest
from resources.lakehouse import Lakehouse


def read_duplicates(lakehouse: Lakehouse, feed: Feed) -> dict[date, int]:
    """Accepted rows - events of each event date that silver has computed from all rows that are there by now.

    A date that is behind, and one all of whose rows count on another date, is left out.
    """
    tables = feed_tables(feed)
    if not (lakehouse.exists(tables["tide"]) and lakehouse.exists(tables["silver"])):
        return {}
    events, rules = lakehouse.rows(tables["silver"]), event_version(feed)
    # The part behind the dash is of users' attributes, which make no duplicate.
    computed = {day: version.split("-")[0] for day, version in lakehouse.versions(tables["silver"]).items()}
    accepted = lakehouse.arrow(tables["tide"], ["event_date", "input_version", "rows"]).to_pylist()
    return {
        row["event_date"]: row["rows"] - events[day]
        for row in accepted
        if computed.get(day := row["event_date"].isoformat()) == digest(row["input_version"], rules)
    }
