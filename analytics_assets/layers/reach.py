"""Reach: how far a change of user_days reaches into dates, weeks and months, told from Delta's log alone.

Belongs here: the part of the versions of active users that follows from the versions of user_days and from the
feed's history, without a JVM. Does not: the other part, which follows from users' first days (active_users.py).

A first day changes only with the user_days of some date, whose own date, week and month are behind then. A pass
that finds any key behind computes all that differ in either part.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from analytics_assets.layers.world import World, digest
from analytics_assets.transforms.active_users import LOOK_BACK_DAYS
from analytics_assets.transforms.history import History

DAY = timedelta(days=1)
DAILY, WEEK, MONTH = "active_users", "active_users_week", "active_users_month"
KEY = {DAILY: "event_date", WEEK: "week_start", MONTH: "month_start"}


def reach(world: World, history: History) -> dict[str, dict[str, str]]:
    """For each of the three tables the version of each key that follows from user_days and the history."""
    days = world.lakehouse.versions(world.tables["user_days"])
    complete = history.complete_days()

    def inputs(dates: Collection[date]) -> list[str]:
        return [days.get(day.isoformat(), "") for day in dates if history.start <= day <= history.as_of]

    found = {
        DAILY: {
            day.isoformat(): digest(
                *inputs([day - DAY * n for n in range(LOOK_BACK_DAYS + 1)]),
                min(complete[day], LOOK_BACK_DAYS + 1),
                day in history.missing,
            )
            for day in history.dates()
        }
    }
    for table, periods in ((WEEK, history.weeks()), (MONTH, history.months())):
        found[table] = {
            period.start.isoformat(): digest(*inputs(period.dates()), period.is_complete) for period in periods
        }
    return found


def recorded(world: World, table: str) -> dict[str, str]:
    """The version of each date, week or month that stands in one of the tables."""
    return dict(keys(world, table, "input_version"))


def keys(world: World, table: str, column: str) -> list[tuple[str, str]]:
    """Each row's date, week or month in one of the tables, with the value of a column."""
    of_feed = world.tables[table]
    if not world.lakehouse.exists(of_feed):
        return []
    rows = world.lakehouse.arrow(of_feed, [KEY[table], column])
    days, values = (rows[name].to_pylist() for name in (KEY[table], column))
    return [(day.isoformat(), value) for day, value in zip(days, values, strict=True)]


def keys_reached(world: World) -> dict[str, dict[str, str]]:
    """Keys of the three tables that user_days or the history reach and that do not stand so: key -> version.

    The version is empty for a key that is no longer in the history. Nothing while the feed has no closed date.
    """
    history = world.history()
    if history is None or not world.lakehouse.exists(world.tables["user_days"]):
        return {}
    found = {}
    for table, wanted in reach(world, history).items():
        stands = {key: version.split("-")[0] for key, version in recorded(world, table).items()}
        every = sorted({*stands, *wanted})
        found[table] = {key: wanted.get(key, "") for key in every if stands.get(key) != wanted.get(key)}
    return {table: behind for table, behind in found.items() if behind}
