"""Retention: whether the table holds what the user history says, and writing it.

Belongs here: what the table depends on. Does not: counting and cells (transforms/retention.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers import sign_ups, user_history, whole
from analytics_assets.layers.world import Built, World, digest
from analytics_assets.transforms.history import History
from analytics_assets.transforms.lateness import usual_lateness_days
from analytics_assets.transforms.retention import CELLS, COHORTS, Closed, PeriodName, cells, cohort_counts
from resources.conditions import one_of
from resources.spark import gathered

TABLE = "retention"


def wanted_version(world: World) -> str:
    """A digest of all that the table follows from; empty while the feed has no closed date."""
    history, lateness = _history(world)
    return _version(world, history, lateness, user_history.wanted_versions(world, history))


def behind(world: World) -> dict[str, str]:
    """The table's one key with the version that it should have, where it has another one."""
    return whole.behind(world, TABLE, wanted_version(world))


def build_retention(world: World, *, again: bool = False) -> Built:
    """Write the kinds of periods whose cells differ.

    Needs the user history up to date; of another one, the table stays behind. again: write them whether or not they
    differ.
    """
    lakehouse, table = world.lakehouse, world.tables[TABLE]
    stands = lakehouse.arrow(table).cast(CELLS) if lakehouse.exists(table) else CELLS.empty_table()
    history, lateness = _history(world)
    due: dict[PeriodName, pa.Table] = {}
    rows = 0
    of_users = user_history.recorded_versions(world)
    histories = lakehouse.read_or_empty(world.tables[user_history.TABLE])
    cohorts = gathered(cohort_counts(histories, world.feed.attributes, _lengths(world)), COHORTS)
    for period, last in _lengths(world).items():
        fresh = CELLS.empty_table()
        if history is not None:
            closed = Closed(
                period=period,
                periods=history.weeks() if period == "week" else history.days(),
                settled_through=history.as_of - timedelta(days=lateness),
            )
            fresh = cells(cohorts.filter(pc.equal(cohorts["period"], period)), closed, last)
            if period == "week":
                fresh = pa.concat_tables([fresh, sign_ups.sign_up_cells(world, history, closed, last)])
        rows += len(fresh)
        before = stands.filter(pc.equal(stands["period"], period))
        if again or not lakehouse.exists(table) or not fresh.equals(before.select(CELLS.names)):
            due[period] = fresh
    written = None
    if due:
        whole.begin(world, TABLE)
    for period, fresh in due.items():
        written = lakehouse.put(table, fresh, world.run_id, [period], one_of("period", [period]))
    whole.record(world, TABLE, _version(world, history, lateness, of_users))
    return Built(table=table, written=written, rows={"": rows})


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
