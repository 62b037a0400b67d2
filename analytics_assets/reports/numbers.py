"""Numbers: what a report shows, read from a feed's small tables without a JVM.

Belongs here: reading, and lining values up by date. Does not: computing a metric (transforms/), drawing
(figures.py). What is read grows with dates, arrivals and values of a dimension, never with events or users:
sessions are counted from Delta's log.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports.activity_numbers import Activity, read_activity
from analytics_assets.reports.anomaly_numbers import Anomalies, read_anomalies
from analytics_assets.reports.arrivals import DAY, Arrivals, Count, every_date, read_arrivals, read_lateness
from analytics_assets.reports.cohorts import Cohort, SignUps, read_cohorts, read_sign_ups
from analytics_assets.reports.device_numbers import Devices, read_devices
from analytics_assets.reports.duplicates import read_duplicates
from analytics_assets.reports.load_numbers import Loads, read_loads
from analytics_assets.reports.power_numbers import Concentration, Cut, read_concentration, read_cuts
from analytics_assets.reports.profile_numbers import Profiles, read_profiles
from analytics_assets.reports.rejected_numbers import RejectedRows, read_rejected
from analytics_assets.reports.session_numbers import SessionsOf, read_session_days, read_session_values
from analytics_assets.reports.unlikely_numbers import Unlikely, read_unlikely
from analytics_assets.transforms.columns import TOTAL
from resources.lakehouse import Lakehouse

DRAWN_DAYS = 400
"""Daily charts draw at most this many dates, a year and a month: the page does not grow with a feed's age."""

DAILY = ("dau", "rolling_7", "rolling_28", "stickiness_28", "new", "returning", "resurrected", "dormant")
TABLES = (
    *("active_users", "active_users_week", "active_users_month", "sessions", "session_days", "retention"),
    *("latency", "latency_buckets", "device_effect", "device_differences", "counts", "bronze"),
    *("activity_mix", "object_days", "session_frequency", "entry_exit_actions", "profiles"),
    *("series_points", "anomalies"),
    *("engagement_concentration", "duration_cuts", "unlikely_users", "likely_days"),
)

Value = int | float | None


@dataclass(frozen=True)
class Periods:
    """Weeks or months: the first date of each, and the users active in it; None where it is not complete."""

    starts: list[date]
    users: list[Count]


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """All that a page shows. Lists of daily values are aligned with `dates`; None is what is not known.

    dates: each closed date, history_start to as_of; empty while there is none. missing: those without an
    arrival. by_attribute: DAU by attribute and value. lateness_days: how late rows usually come, None if not known.
    versions: of the tables that were read. absent: tables that do not exist yet.
    """

    feed: Feed
    dates: list[date] = field(default_factory=list)
    daily: dict[str, list[Value]] = field(default_factory=dict)
    missing: list[date] = field(default_factory=list)
    by_attribute: dict[str, dict[str, list[Count]]] = field(default_factory=dict)
    weeks: Periods = field(default_factory=lambda: Periods([], []))
    months: Periods = field(default_factory=lambda: Periods([], []))
    sessions: list[Count] = field(default_factory=list)
    session_days: dict[str, list[float | None]] = field(default_factory=dict)
    session_values: dict[str, list[SessionsOf]] = field(default_factory=dict)
    cohorts: list[Cohort] = field(default_factory=list)
    sign_ups: SignUps | None = None
    devices: Devices | None = None
    concentration: Concentration | None = None
    cuts: list[Cut] = field(default_factory=list)
    unlikely: Unlikely | None = None
    loads: Loads | None = None
    activity: Activity = field(default_factory=Activity)
    profiles: Profiles = field(default_factory=Profiles)
    anomalies: Anomalies | None = None
    arrivals: Arrivals | None = None
    rejected: RejectedRows = field(default_factory=RejectedRows)
    lateness_days: int | None = None
    versions: dict[str, int] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    @property
    def settled_through(self) -> date | None:
        """The last date of which no row is usually still to come."""
        return None if self.lateness_days is None or not self.dates else self.dates[-1] - DAY * self.lateness_days


def read_numbers(lakehouse: Lakehouse, feed: Feed) -> Numbers:
    """Read what stands in a feed's tables now. Tables that do not exist yet are named in `absent`."""
    tables = feed_tables(feed)
    declared = [name for name in TABLES if name in tables]
    here = [name for name in declared if lakehouse.exists(tables[name])]
    opened = {name: lakehouse.table_reader(tables[name]) for name in here}
    datasets: dict[str, Dataset] = {
        name: table.to_pyarrow_dataset(filesystem=lakehouse.files(tables[name])) for name, table in opened.items()
    }
    dates, daily, missing = _daily(datasets.get("active_users"))
    arrivals = read_arrivals(datasets.get("counts"), read_duplicates(lakehouse, feed), feed.lag_days)
    return Numbers(
        feed=feed,
        dates=dates,
        daily=daily,
        missing=missing,
        by_attribute=_by_attribute(datasets.get("active_users"), feed.attributes, dates),
        weeks=_periods(datasets.get("active_users_week"), "week_start", "wau"),
        months=_periods(datasets.get("active_users_month"), "month_start", "mau"),
        sessions=_sessions(lakehouse, tables["sessions"], dates, missing) if "sessions" in here else [],
        session_days=read_session_days(datasets.get("session_days"), dates),
        session_values=read_session_values(datasets.get("session_days"), dates, feed.attributes),
        cohorts=read_cohorts(datasets.get("retention")),
        sign_ups=read_sign_ups(datasets.get("retention")),
        concentration=read_concentration(datasets.get("engagement_concentration")),
        cuts=read_cuts(datasets.get("duration_cuts")),
        unlikely=read_unlikely(datasets.get("likely_days"), datasets.get("unlikely_users"), dates[-DRAWN_DAYS:]),
        devices=read_devices(datasets.get("device_effect"), datasets.get("device_differences")),
        loads=read_loads(datasets.get("latency"), datasets.get("latency_buckets")),
        activity=read_activity(datasets, dates, missing),
        profiles=read_profiles(datasets.get("profiles")),
        anomalies=read_anomalies(datasets.get("series_points"), datasets.get("anomalies")),
        arrivals=arrivals,
        rejected=read_rejected(feed, datasets.get("counts"), datasets.get("bronze")),
        lateness_days=read_lateness(datasets.get("counts"), arrivals, dates, feed.lag_days),
        versions={name: table.version() for name, table in opened.items()},
        absent=[name for name in declared if name not in here],
    )


def _daily(table: Dataset | None) -> tuple[list[date], dict[str, list[Value]], list[date]]:
    if table is None:
        return [], {}, []
    rows = table.to_table(
        columns=["event_date", *DAILY, "is_missing"], filter=pc.field("dimension") == TOTAL
    ).to_pylist()
    by_date = {row["event_date"]: row for row in rows}
    dates = every_date(min(by_date), max(by_date)) if by_date else []
    daily = {name: [by_date.get(day, {}).get(name) for day in dates] for name in DAILY}
    return dates, daily, [day for day in dates if by_date.get(day, {}).get("is_missing")]


def _by_attribute(
    table: Dataset | None, attributes: Collection[str], dates: list[date]
) -> dict[str, dict[str, list[Count]]]:
    if table is None or not dates or not attributes:
        return {}
    begin = dates[-DRAWN_DAYS:][0]
    rows = table.to_table(
        columns=["event_date", "dimension", "value", "dau"],
        filter=pc.field("dimension").isin(sorted(attributes))
        & (pc.field("event_month") >= f"{begin:%Y-%m}")
        & (pc.field("event_date") >= begin),
    )
    place = {day: number for number, day in enumerate(dates)}
    found: dict[str, dict[str, list[Count]]] = {name: {} for name in attributes}
    for day, dimension, value, dau in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        if day in place:
            found[dimension].setdefault(value, [None] * len(dates))[place[day]] = dau
    return found


def _periods(table: Dataset | None, start: str, users: str) -> Periods:
    if table is None:
        return Periods([], [])
    rows = table.to_table(columns=[start, users], filter=pc.field("dimension") == TOTAL).sort_by(start)
    return Periods(rows[start].to_pylist(), rows[users].to_pylist())


def _sessions(lakehouse: Lakehouse, table: Table, dates: list[date], missing: list[date]) -> list[Count]:
    rows, gaps = lakehouse.rows(table), set(missing)
    return [None if day in gaps else rows.get(day.isoformat(), 0) for day in dates]
