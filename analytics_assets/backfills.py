"""Backfills: partitions computed again, whether or not they are behind.

Belongs here: which partitions of which tables, in order. Does not: what a stage does (passes.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from analytics_assets.layers import active_users, bronze, dimension, from_silver, silver
from analytics_assets.layers.arrivals import arrivals_of
from analytics_assets.layers.metrics import metrics_of
from analytics_assets.layers.world import Built, World
from analytics_assets.observer import Observer, Outcome
from analytics_assets.passes import Pass
from resources.errors import UserError


def run_backfill(world: World, observer: Observer, first: str, last: str, table: str | None = None) -> Outcome:
    """Compute the partitions from first to last (ISO dates, inclusive) again, of one table or of all in order.

    Arrivals and dates alike are meant by their date. Weeks and months are those that begin in the range.
    Raises UserError if there is no such table, or no date between first and last.
    """
    builds = builds_of(world)
    by_key = {metric.table: metric for metric in metrics_of(world) if metric.partitions != "whole"}
    names = (*builds, *active_users.KEY, *by_key)
    if table is not None and table not in names:
        known = ", ".join(names)
        raise UserError(f"{world.feed.name}/{table}: saw no such partitioned table, expected one of: {known}")
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    if end < begin:
        raise UserError(f"saw --from {first} after --to {last}, expected a first date at or before the last")
    world.lakehouse.hold(world.feed.name)
    run = Pass(world, observer)
    days = [(begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1)]
    arrivals = arrivals_of(world.feed, days)
    for name, build in builds.items():
        if table in (None, name):
            run.again(name, arrivals if name == "bronze" else days, build)
    if table is None or table in active_users.KEY:
        run.active_users_again(days, [table] if table else list(active_users.KEY))
    keys = {"arrival": arrivals, "date": days, "month": [day for day in days if day.endswith("-01")]}
    for name, metric in by_key.items():
        if table in (None, name):
            run.again(name, keys[metric.partitions], metric.again)
    run.metrics()
    run.restatements()
    return run.outcome


def builds_of(world: World) -> dict[str, Callable[[World, Sequence[str]], Built]]:
    """What computes each table that is partitioned by arrival or date, in order."""
    dimension_name = world.feed.dimension.name if world.feed.dimension else ""
    builds: dict[str, Callable[[World, Sequence[str]], Built]] = {
        "bronze": bronze.build_bronze,
        dimension_name: dimension.build_dimension,
        "silver": silver.build_silver,
        "sessions": from_silver.build_sessions,
        "user_days": from_silver.build_user_days,
        **from_silver.FURTHER,
    }
    return {name: build for name, build in builds.items() if name in world.tables}
