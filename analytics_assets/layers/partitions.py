"""Partitions: arrivals of bronze, event dates, weeks and months, as Dagster knows them.

Belongs here: where they begin and end. Does not: which are complete (transforms/history.py).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import dagster as dg

from analytics_assets.feeds.spec import Arrival, Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.from_silver import FURTHER
from analytics_assets.layers.metrics import METRICS

DAY = timedelta(days=1)


def arrival_partitions(feed: Feed) -> dg.TimeWindowPartitionsDefinition:
    """Arrivals of events, up to the one that is under way."""
    if feed.arrival is Arrival.HOUR:
        return dg.HourlyPartitionsDefinition(
            start_date=f"{feed.arrivals_begin}T00", fmt="%Y-%m-%dT%H", timezone="UTC", end_offset=1
        )
    return snapshot_partitions(feed)


def snapshot_partitions(feed: Feed) -> dg.DailyPartitionsDefinition:
    """Arrivals of snapshots, up to today's."""
    return dg.DailyPartitionsDefinition(
        start_date=feed.arrivals_begin.isoformat(), timezone=feed.time_zone, end_offset=1
    )


def date_partitions(feed: Feed) -> dg.DailyPartitionsDefinition:
    """Event dates, up to tomorrow: rows may be a day early."""
    return dg.DailyPartitionsDefinition(
        start_date=feed.first_date.isoformat(), timezone=feed.time_zone, **_end(feed.last_date, 2)
    )


def week_partitions(feed: Feed) -> dg.TimeWindowPartitionsDefinition:
    """ISO weeks, by their Monday, from the one with the first date on."""
    monday = feed.first_date - DAY * feed.first_date.weekday()
    return dg.WeeklyPartitionsDefinition(
        start_date=monday.isoformat(), timezone=feed.time_zone, day_offset=1, **_end(feed.last_date, 1, weeks=1)
    )


def month_partitions(feed: Feed) -> dg.TimeWindowPartitionsDefinition:
    """Calendar months, by their first day, from the one with the first date on."""
    first = feed.first_date.replace(day=1)
    return dg.MonthlyPartitionsDefinition(
        start_date=first.isoformat(), timezone=feed.time_zone, **_end(feed.last_date, 1, weeks=5)
    )


def partitions_of(feed: Feed) -> dict[str, dg.PartitionsDefinition[str]]:
    """The partitions of each partitioned table of a feed."""
    dates, declared = date_partitions(feed), feed_tables(feed)
    names = ["tide", "silver", "sessions", "user_days", "active_users"]
    names += [name for name in FURTHER if name in declared]
    names += [metric.table for metric in METRICS if metric.partitions == "date" and metric.table in declared]
    names += [published.name for published in feed.published if published.source == "silver"]
    tables: dict[str, dg.PartitionsDefinition[str]] = dict.fromkeys(names, dates)
    arrivals: dict[str, dg.PartitionsDefinition[str]] = {"bronze": arrival_partitions(feed)}
    by_arrival = [metric.table for metric in METRICS if metric.partitions == "arrival" and metric.table in declared]
    arrivals |= dict.fromkeys(by_arrival, arrival_partitions(feed))
    if feed.dimension:
        arrivals[feed.dimension.name] = snapshot_partitions(feed)
    periods = {"active_users_week": week_partitions(feed), "active_users_month": month_partitions(feed)}
    by_month = [metric.table for metric in METRICS if metric.partitions == "month" and metric.table in declared]
    return {**arrivals, **tables, **periods, **dict.fromkeys(by_month, month_partitions(feed))}


def _end(last: date | None, offset: int, weeks: int = 0) -> dict[str, Any]:
    # Dagster's end is exclusive.
    return {"end_offset": offset} if last is None else {"end_date": (last + DAY + timedelta(weeks=weeks)).isoformat()}
