"""User history: which dates it does not hold as user_days has them, and bringing it up to date.

Belongs here: what is read for a change. Does not: bits (transforms/user_history.py), what is counted over users
(retention.py).

The table says of all users what they did; another, written after it, says of which version of each date that is, and
before it, which dates are unfinished (unfinished.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from pyspark.sql import DataFrame

from analytics_assets.layers import date_versions
from analytics_assets.layers.unfinished import UNFINISHED
from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.history import History
from analytics_assets.transforms.user_history import brought_up_to_date, lost, monday, user_history
from resources.conditions import one_of_dates

TABLE, VERSIONS = "user_history", "user_history_versions"
DAY = timedelta(days=1)
MOST_WEEKS_SHARE = 3
"""Where more than one week in so many changed, all user days are read: it is nearly as much, and plainer."""


def dates_behind(world: World) -> dict[str, str]:
    """Dates that the table does not hold as user_days has them: ISO form -> version, "" where it has none."""
    return differing(recorded_versions(world), wanted_versions(world, world.history()))


def wanted_versions(world: World, history: History | None) -> dict[str, str]:
    """The version of user_days of each date of the feed's history that has one."""
    if history is None:
        return {}
    versions = world.lakehouse.versions(world.tables["user_days"])
    first, last = history.start.isoformat(), history.as_of.isoformat()
    return {day: version for day, version in sorted(versions.items()) if first <= day <= last}


def recorded_versions(world: World) -> dict[str, str]:
    """The version of user_days of each date that the table was computed with."""
    return date_versions.recorded(world, VERSIONS)


def behind(world: World) -> dict[str, str]:
    """The table's one key with the dates that are behind, where there are any."""
    dates = dates_behind(world)
    return {"": digest(*sorted(dates.items()))} if dates else {}


def build_user_history(world: World, *, again: bool = False) -> Built:
    """Bring the table up to date. again: compute all of it anew, whatever is behind.

    Reads the user days of the weeks that changed and the table itself; all user days only of users whose first day is
    no longer theirs, or where so many weeks changed that it is as much.
    """
    lakehouse, table = world.lakehouse, world.tables[TABLE]
    wanted, recorded = wanted_versions(world, world.history()), recorded_versions(world)
    behind = differing(recorded, wanted)
    weeks = {monday(date.fromisoformat(day)) for day in behind}
    known = {monday(date.fromisoformat(day)) for day in wanted}
    if again or not lakehouse.exists(table) or len(weeks) * MOST_WEEKS_SHARE > len(known):
        rows = user_history(_user_days(world, wanted), world.feed.attributes)
    else:
        rows = _changed(world, wanted, weeks, {date.fromisoformat(day) for day in behind if day in recorded})
    if behind:
        date_versions.record(world, VERSIONS, {**recorded, **dict.fromkeys(behind, UNFINISHED)}, behind)
    written = lakehouse.replace(table, rows.select(table.schema.fieldNames()), None, run_id=world.run_id)
    date_versions.record(world, VERSIONS, wanted, behind)
    return Built(table=table, written=written, rows={"": written.rows})


def _changed(world: World, wanted: Collection[str], weeks: set[date], changed: set[date]) -> DataFrame:
    """changed: the dates that are behind and that the table may hold, be it of an unfinished run."""
    attributes = world.feed.attributes
    histories = world.lakehouse.read(world.tables[TABLE])
    in_weeks = [day for day in wanted if monday(date.fromisoformat(day)) in weeks]
    fresh = _user_days(world, in_weeks)
    if changed:
        gone = lost(histories, fresh, changed)
        if not gone.isEmpty():
            others = _user_days(world, [day for day in wanted if day not in set(in_weeks)])
            fresh = fresh.unionByName(others.join(gone, "user_id", "left_semi"))
            histories = histories.join(gone, "user_id", "left_anti")
    return brought_up_to_date(histories, fresh, weeks, attributes)


def _user_days(world: World, days: Collection[str]) -> DataFrame:
    rows = world.lakehouse.read_or_empty(world.tables["user_days"], one_of_dates("event_date", days))
    return rows.select("user_id", "event_date", *world.feed.attributes)
