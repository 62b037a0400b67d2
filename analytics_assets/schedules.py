"""Schedules: a pass by the clock, for those who want one, the pages of the morning, the nightly purge, the weekly
maintenance.

Belongs here: when. Does not: what runs (automation.py), what runs when something lands (sensors.py).
"""

import dagster as dg

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from asset_checks.freshness import is_hourly
from resources.lakehouse import Lakehouse

EVERY_HOUR, EVERY_DAY, EVERY_NIGHT, EVERY_WEEK = "5 * * * *", "0 6 * * *", "0 2 * * *", "30 3 * * 0"
EVERY_MORNING = "0 7 * * *"


def feed_schedules(feed: Feed, is_running: bool = True) -> list[dg.ScheduleDefinition]:
    """The pass, off until somebody starts it; pages, maintenance, and the purge of feeds with a retention.

    is_running: whether all but the pass run from the start.
    """
    weekly = dg.DefaultScheduleStatus.RUNNING if is_running else dg.DefaultScheduleStatus.STOPPED
    return [
        dg.ScheduleDefinition(
            name=f"{feed.name}_{'hourly' if is_hourly(feed) else 'daily'}",
            job_name=f"{feed.name}_pass",
            cron_schedule=EVERY_HOUR if is_hourly(feed) else EVERY_DAY,
            execution_timezone=feed.time_zone,
            default_status=dg.DefaultScheduleStatus.STOPPED,
            description=f"Brings {feed.name} up to date by the clock. Not needed where the sensor runs.",
        ),
        dg.ScheduleDefinition(
            name=f"{feed.name}_weekly",
            job_name=f"{feed.name}_maintenance",
            cron_schedule=EVERY_WEEK,
            execution_timezone=feed.time_zone,
            default_status=weekly,
            description=f"Joins small files of {feed.name} and deletes old ones, on Sundays.",
        ),
        _reports(feed, weekly),
        *([_purge(feed, weekly)] if feed.retention_days is not None else []),
    ]


def _reports(feed: Feed, status: dg.DefaultScheduleStatus) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{feed.name}_daily_reports",
        job_name=f"{feed.name}_reports",
        cron_schedule=EVERY_MORNING,
        execution_timezone=feed.time_zone,
        default_status=status,
        description=f"Writes the pages of {feed.name}, where there is something to show.",
    )
    def reports(lakehouse: Lakehouse) -> dg.RunRequest | dg.SkipReason:
        if lakehouse.exists(feed_tables(feed)["active_users"]):
            return dg.RunRequest()
        return dg.SkipReason(f"Nothing of {feed.name} has been computed yet.")

    return reports


def _purge(feed: Feed, status: dg.DefaultScheduleStatus) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{feed.name}_daily_purge",
        job_name=f"{feed.name}_purge",
        cron_schedule=EVERY_NIGHT,
        execution_timezone=feed.time_zone,
        default_status=status,
        description=f"Takes arrivals of {feed.name} that are older than {feed.retention_days} days out of bronze.",
    )
