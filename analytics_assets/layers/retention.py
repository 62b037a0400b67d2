"""Retention: whether the table holds what the user history says, and writing it.

Belongs here: what the table depends on. Does not: counting and cells (transforms/retention.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers import date_versions, sign_ups, user_history, whole
from analytics_assets.layers.unfinished import UNFINISHED
from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.history import History
from analytics_assets.transforms.kept_cells import ORDER, first_changed, kept_cells
from analytics_assets.transforms.lateness import usual_lateness_days
from analytics_assets.transforms.retention import CELLS, COHORTS, Closed, PeriodName, cells, cohort_counts
from resources.conditions import one_of
from resources.spark import gathered

TABLE, VERSIONS = "retention", "retention_versions"


def wanted_version(world: World) -> str:
    """A digest of all that the table follows from; empty while the feed has no closed date."""
    history, lateness = _history(world)
    return _version(world, history, lateness, user_history.wanted_versions(world, history))


def behind(world: World) -> dict[str, str]:
    """The table's one key with the version that it should have, where it has another one."""
    return whole.behind(world, TABLE, wanted_version(world))


def build_retention(world: World, *, again: bool = False) -> Built:
    """Write the kinds of periods whose cells differ, counting the cohorts in whose periods user days changed.

    Needs the user history up to date; of another one, the table stays behind. again: write them whether or not they
    differ.
    """
    lakehouse, table = world.lakehouse, world.tables[TABLE]
    # What is written in order need not be read in order.
    stands = lakehouse.arrow(table).cast(CELLS).sort_by(ORDER) if lakehouse.exists(table) else CELLS.empty_table()
    history, lateness = _history(world)
    of_users = user_history.recorded_versions(world)
    changed = differing(date_versions.recorded(world, VERSIONS), of_users)
    fresh = CELLS.empty_table()
    if history is not None:
        closed = _closed(history, lateness)
        known = None if again or not _is_finished(world) else changed
        by_sign_up = sign_ups.sign_up_cells(world, history, closed["week"], world.feed.cohort_weeks)
        fresh = pa.concat_tables([*_first_activity_cells(world, closed, stands, known), by_sign_up])
    due: dict[PeriodName, pa.Table] = {}
    for period in _lengths(world):
        wanted, before = (cells_of.filter(pc.field("period") == period) for cells_of in (fresh, stands))
        if again or not lakehouse.exists(table) or not wanted.equals(before.select(CELLS.names)):
            due[period] = wanted
    written = None
    if due:
        whole.begin(world, TABLE)
    for period, wanted in due.items():
        written = lakehouse.put(table, wanted, world.run_id, [period], one_of("period", [period]))
    date_versions.record(world, VERSIONS, of_users, changed)
    whole.record(world, TABLE, _version(world, history, lateness, of_users))
    return Built(table=table, written=written, rows={"": len(fresh)})


def _first_activity_cells(
    world: World, closed: Mapping[PeriodName, Closed], stands: pa.Table, changed: Collection[str] | None
) -> list[pa.Table]:
    """changed: dates whose user days are not those that the standing cells were counted from; None: all are counted."""
    since: dict[PeriodName, date] = {}
    kept: dict[PeriodName, pa.Table] = {}
    for period, last in _lengths(world).items():
        if changed is not None:
            start = first_changed([date.fromisoformat(day) for day in changed], period, last)
            found = kept_cells(stands, closed[period], last, start)
            if found is not None:
                since[period], kept[period] = start, found
    histories = world.lakehouse.read_or_empty(world.tables[user_history.TABLE])
    cohorts = gathered(cohort_counts(histories, world.feed.attributes, _lengths(world), since), COHORTS)
    both = []
    for period, last in _lengths(world).items():
        counted = cohorts.filter(pc.field("period") == period)
        if period in kept:
            counted_cells = cells(counted, closed[period].since(since[period]), last)
            both.append(pa.concat_tables([kept[period], counted_cells]).sort_by(ORDER))
        else:
            both.append(cells(counted, closed[period], last))
    return both


def _is_finished(world: World) -> bool:
    return whole.recorded(world).get(TABLE, UNFINISHED) != UNFINISHED


def _closed(history: History, lateness: int) -> dict[PeriodName, Closed]:
    settled_through = history.as_of - timedelta(days=lateness)
    return {
        "day": Closed(period="day", periods=history.days(), settled_through=settled_through),
        "week": Closed(period="week", periods=history.weeks(), settled_through=settled_through),
    }


def _history(world: World) -> tuple[History | None, int]:
    """The feed's closed dates, and its usual lateness in days."""
    counts = world.counts(["source", "arrival", "standing", "event_date", "rows"])
    history = world.history_of(counts)
    return history, 0 if history is None else usual_lateness_days(counts, history.as_of, world.feed.lag_days)


def _version(world: World, history: History | None, lateness: int, of_users: Mapping[str, str]) -> str:
    """of_users: the version of user_days of each date in the user history."""
    if history is None:
        return ""
    missing = sorted(history.missing)
    users, lengths = sorted(of_users.items()), _lengths(world).items()
    return digest(users, history.start, history.as_of, missing, lateness, *lengths, *sign_ups.version(world))


def _lengths(world: World) -> dict[PeriodName, int]:
    return {"day": world.feed.cohort_days, "week": world.feed.cohort_weeks}
