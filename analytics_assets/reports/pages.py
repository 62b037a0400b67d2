"""Pages: THE list of reports. A report is declared here and nowhere else: files, index, command and assets follow.

Belongs here: which pages there are, and which charts stand on each. Does not: the charts (figures modules), the
numbers that they draw (numbers.py), HTML (page.py, parts.py).
"""

from __future__ import annotations

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports import activity_figures, figures, headline, parts, profile_parts, rejected_parts
from analytics_assets.reports.anomaly_figures import anomalies, anomaly_tiles
from analytics_assets.reports.device_figures import device_differences, device_tiles
from analytics_assets.reports.landed_sections import data_quality, rejected_rows
from analytics_assets.reports.load_figures import load_tiles, load_times
from analytics_assets.reports.numbers import Numbers
from analytics_assets.reports.power_figures import power_figures, power_tiles
from analytics_assets.reports.profile_figures import distributions, drift_figures
from analytics_assets.reports.report import Report, Section
from analytics_assets.reports.retention_figures import retention
from analytics_assets.reports.session_figures import by_value, session_figures
from analytics_assets.reports.unlikely_figures import unlikely_figures, unlikely_tiles


def active_users(numbers: Numbers) -> list[Section]:
    """Active users in all and by attribute, and the last dates in figures."""
    if not numbers.dates:
        return []
    by_attribute = [figures.by_attribute(numbers, name) for name in numbers.by_attribute]
    return [
        Section(title="Active users", charts=figures.active_users(numbers)),
        Section(title="Active users by attribute", charts=by_attribute),
        Section(title="Last dates", below=parts.last_dates(numbers)),
    ]


def sessions(numbers: Numbers) -> list[Section]:
    """How many sessions, how long, with how many actions."""
    if not numbers.sessions:
        return []
    charts = [figures.sessions(numbers), figures.sessions_per_user(numbers), *session_figures(numbers)]
    more = activity_figures.of_sessions(numbers.activity)
    return [
        Section(title="Sessions", charts=charts),
        Section(title="How often, with what", charts=more),
        Section(title="Sessions by attribute", charts=by_value(numbers)),
    ]


def activity(numbers: Numbers) -> list[Section]:
    """What was done, where and when."""
    return [Section(title="Activity", charts=activity_figures.activity(numbers.activity, numbers.feed.time_zone))]


def unusual(numbers: Numbers) -> list[Section]:
    """Alarms with their series, and users at rates that no person reaches."""
    charts = anomalies(numbers.anomalies) if numbers.anomalies else []
    return [
        Section(title="Anomalies", charts=charts),
        Section(title="Unlikely users", charts=unlikely_figures(numbers.unlikely)),
    ]


def data_profile(numbers: Numbers) -> list[Section]:
    """The columns of the newest arrival, how they drifted, and what they hold."""
    found = numbers.profiles
    if not found.columns:
        return []
    return [
        Section(
            title="Columns",
            above=profile_parts.compared(found),
            below=profile_parts.columns(found, numbers.feed.name),
        ),
        Section(title="Newest arrivals", charts=drift_figures(found)),
        Section(title="Distributions", charts=distributions(found)),
    ]


REPORTS: tuple[Report, ...] = (
    Report(
        name="active-users",
        title="Active users",
        about="How many people came each day, week and month, and who came anew or stayed away.",
        tables=("active_users", "active_users_week", "active_users_month"),
        sections=active_users,
        tiles=headline.active_users,
        reading=(
            "<b>DAU</b>, <b>WAU</b>, <b>MAU</b> and rolling counts are exact distinct users; a window ends on its "
            "date.",
            "<b>Stickiness</b> is DAU / Rolling 28: the share of the users of 28 days who came on the date.",
            "<b>New</b> users have their first active day; <b>returning</b> users were active in the 28 days before, "
            "<b>resurrected</b> ones only earlier; <b>dormant</b> ones were active 28 days ago and not since.",
        ),
    ),
    Report(
        name="sessions",
        title="Sessions",
        about="How many visits there were, how long they lasted, and how many were a single action.",
        tables=("sessions", "session_days", "session_frequency", "entry_exit_actions"),
        sections=sessions,
        tiles=headline.sessions,
    ),
    Report(
        name="activity",
        title="Activity",
        about="What was done, at which hours of the week, in which countries, and with which objects.",
        tables=("activity_mix", "object_days"),
        sections=activity,
        tiles=lambda numbers: activity_figures.activity_tiles(numbers.activity),
        reading=(
            "<b>Events</b> add up: over hours, values and dates. Users do not, since one user does several things; "
            "they are on the page of active users.",
        ),
    ),
    Report(
        name="retention",
        title="Retention",
        about="How many of those who came first in a week came again in the weeks after.",
        tables=("retention",),
        sections=lambda numbers: (
            [Section(title="Retention", charts=retention(numbers.cohorts, numbers.sign_ups))] if numbers.cohorts else []
        ),
        tiles=headline.retention,
        reading=(
            "<b>Retention</b>: users by the ISO week of their first active day, and how many of them were active in "
            "the weeks after. Point at a cell for the number of users and its 95 % interval (Wilson).",
        ),
    ),
    Report(
        name="load-times",
        title="Load times",
        about="How long pages took to load, and in which versions of the app and on which devices they were slow.",
        tables=("latency", "latency_buckets"),
        sections=lambda numbers: [Section(title="Load times", charts=load_times(numbers.loads))],
        tiles=lambda numbers: load_tiles(numbers.loads),
        reading=(
            "A <b>percentile</b> is the time at its rank, read off buckets that are 2 % wide: it is within 1 % of the "
            "exact one. Percentiles of days cannot be averaged to those of a week.",
        ),
    ),
    Report(
        name="devices",
        title="Devices",
        about="Whether pages load faster on one device than on another, and how certain that is.",
        tables=("device_effect", "device_differences"),
        sections=lambda numbers: (
            [Section(title="Devices", charts=[device_differences(numbers.devices)])] if numbers.devices else []
        ),
        tiles=lambda numbers: device_tiles(numbers.devices),
        reading=(
            "<b>Median device</b>: the one in the middle, when devices stand in the order of their median load times. "
            "Where a bar crosses 0, these loads do not tell which is faster.",
            "<b>Within versions</b>: the mean of the app's versions, so that a slow version that one device uses more "
            "does not look like a slow device.",
        ),
    ),
    Report(
        name="anomalies",
        title="Anomalies",
        about="Which figures were not what their weekday led to expect, since when, who carried it; and which users do "
        "more than a person can.",
        tables=("anomalies", "series_points", "unlikely_users", "likely_days"),
        sections=unusual,
        tiles=lambda numbers: [*anomaly_tiles(numbers.anomalies), *unlikely_tiles(numbers.unlikely)],
        reading=(
            "<b>Expected</b>: from the latest eight dates of the same weekday that were not unusual, and steady "
            "growth. A date is judged by those before it alone.",
            "<b>Carried by</b>: values whose share of the change is greater than their usual share.",
            "<b>Unlikely users</b> are counted everywhere, like all others. "
            "A user who is an address may be many people.",
        ),
    ),
    Report(
        name="power-users",
        title="Power users",
        about="Which share of the time that users spend is that of the few who spend the most.",
        tables=("engagement_concentration", "duration_cuts"),
        sections=lambda numbers: (
            [Section(title="Power users", charts=power_figures(numbers.concentration, numbers.cuts))]
            if numbers.concentration
            else []
        ),
        tiles=lambda numbers: power_tiles(numbers.concentration),
        reading=(
            "<b>Engaged time</b>: the sum of the durations of a user's events. If all users had the same, the top 10 % "
            "would have 10 % of it.",
            "Compare a month with a month: who is active on more dates has more time, so longer periods differ more.",
        ),
    ),
    Report(
        name="data-quality",
        title="Data quality",
        about="What landed with each arrival, what was rejected and why, what came late, and what came twice.",
        tables=("counts",),
        sections=data_quality,
        tiles=headline.data_quality,
        shows_health=True,
        reading=(
            "<b>Late</b> rows carry a date before that of their arrival, <b>early</b> rows one after it. "
            "They count on the date on which they happened, so a figure may still change.",
            "<b>Duplicates</b> are accepted rows with the key of an event that is there already: "
            "accepted rows of a date less its events.",
        ),
    ),
    Report(
        name="rejected-rows",
        title="Rejected rows",
        about="Which rows and files did not keep the contract, which rule they broke, and how they looked.",
        tables=("counts", "bronze"),
        sections=rejected_rows,
        tiles=lambda numbers: rejected_parts.tiles(numbers.rejected),
        reading=(
            "A row counts under the <b>first rule</b> that it broke. A file that cannot be read as its format is "
            "<b>quarantined</b>: it is one row, and the rest of its arrival goes on.",
            "Nothing is lost: rejected rows are kept as they landed. A corrected file of the same name takes the place "
            "of the one before it.",
        ),
    ),
    Report(
        name="data-profile",
        title="Data profile",
        about="What the columns of the newest arrival hold, and whether they are as they were before.",
        tables=("profiles",),
        sections=data_profile,
        tiles=lambda numbers: profile_parts.tiles(numbers.profiles),
        reading=(
            "<b>Drift</b> is a question, not an error: a release, a holiday and a broken client look alike. "
            "Rejected rows are not in a profile.",
        ),
    ),
)


def reports_of(feed: Feed) -> list[Report]:
    """The reports of a feed: those of which it declares a table."""
    tables = feed_tables(feed)
    return [report for report in REPORTS if any(name in tables for name in report.tables)]
