"""Unlikely users: which dates are behind, and writing who they are, and what dates' figures are without them.

Belongs here: two tables, written one after the other. Does not: who is unlikely, sums (transforms/unlikely_users.py).

Most dates have no unlikely user, and so no row that could tell of which version it is: the second table has a row for
each closed date, and tells it for both (unfinished.py). Active users tell which dates are closed, and which of them
miss their arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers import active_users
from analytics_assets.layers.unfinished import begin, with_others
from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.unlikely_users import busy_days, unlikely_users, with_and_without
from resources.conditions import one_of_dates
from resources.delta_tables import arrow_schema
from resources.spark import gathered

TABLE, DAYS = "unlikely_users", "likely_days"
SOURCES = ("silver", "user_days", "sessions")


def dates_behind(world: World) -> dict[str, str]:
    """Dates that the tables do not hold as their sources have them: ISO form -> version, "" for none."""
    lakehouse, table = world.lakehouse, world.tables[DAYS]
    recorded: dict[str, str] = {}
    if lakehouse.exists(table):
        rows = lakehouse.arrow(table, ["event_date", "input_version"]).to_pylist()
        recorded = {row["event_date"].isoformat(): row["input_version"] for row in rows}
    return differing(with_others(recorded, lakehouse.rows(world.tables[TABLE])), _wanted(world, _closed(world)))


def build_unlikely_users(world: World, days: Sequence[str]) -> Built:
    """Compute dates; those that are not closed are emptied."""
    lakehouse, feed, table = world.lakehouse, world.feed, world.tables[TABLE]
    closed = _closed(world)
    wanted = _wanted(world, closed)
    inside = sorted({*days} & {*wanted})
    on = one_of_dates("event_date", inside)
    busy = busy_days(lakehouse.read(world.tables["user_days"], on), feed.unlikely)
    found = unlikely_users(
        lakehouse.read(world.tables["silver"], on).join(busy, ["user_id", "event_date"], "left_semi"),
        feed.unlikely,
        has_duration=feed.has_duration,
        has_user_actions=not feed.sessions.splits_at_midnight,
    )
    rows = found.repartition("event_date").select(table.schema.fieldNames())
    begin(world, DAYS, "event_date", days)
    written = lakehouse.replace(table, rows, sorted(days), run_id=world.run_id)
    _write_days(world, days, {day: closed[day] for day in inside}, wanted)
    of_dates = lakehouse.rows(table)
    return Built(table=table, written=written, rows={day: of_dates.get(day, 0) for day in days})


def _closed(world: World) -> dict[str, bool]:
    """Each closed date that active users have, and whether its arrival is missing."""
    table = world.tables[active_users.DAILY]
    if not world.lakehouse.exists(table):
        return {}
    rows = world.lakehouse.arrow(table, ["event_date", "is_missing"], pc.field("dimension") == TOTAL).to_pylist()
    return {row["event_date"].isoformat(): row["is_missing"] for row in rows}


def _wanted(world: World, closed: dict[str, bool]) -> dict[str, str]:
    versions = [world.lakehouse.versions(world.tables[name]) for name in SOURCES]
    rule = world.feed.unlikely
    return {day: digest(rule, is_missing, *[of.get(day) for of in versions]) for day, is_missing in closed.items()}


def _write_days(world: World, days: Sequence[str], inside: dict[str, bool], wanted: dict[str, str]) -> None:
    lakehouse, table = world.lakehouse, world.tables[DAYS]
    schema = arrow_schema(table)
    found = {row["event_date"].isoformat(): row for row in _summed(world, sorted(inside), schema).to_pylist()}
    rows = [_row(day, is_missing, found.get(day), wanted[day], schema) for day, is_missing in inside.items()]
    stands = lakehouse.arrow(table).cast(schema) if lakehouse.exists(table) else schema.empty_table()
    keys = pa.array([date.fromisoformat(day) for day in days], pa.date32())
    others = stands.filter(pc.invert(pc.is_in(stands["event_date"], keys)))
    every = pa.concat_tables([others, pa.Table.from_pylist(rows, schema)]).sort_by("event_date")
    lakehouse.put(table, every, world.run_id, days)


def _summed(world: World, days: Sequence[str], schema: pa.Schema) -> pa.Table:
    lakehouse, tables = world.lakehouse, world.tables
    on = one_of_dates("event_date", days)
    made = with_and_without(
        lakehouse.read(tables["user_days"], on),
        lakehouse.read(tables["sessions"], one_of_dates("session_date", days)),
        lakehouse.read(tables[TABLE], on),
        has_duration=world.feed.has_duration,
    )
    return gathered(made, pa.schema([schema.field(name) for name in made.columns]))


def _row(day: str, is_missing: bool, found: dict[str, Any] | None, version: str, schema: pa.Schema) -> dict[str, Any]:
    """A date on which nobody was active has 0, one without an arrival null."""
    said = {"event_date": date.fromisoformat(day), "is_missing": is_missing, "input_version": version}
    figures = (found or {}) if not is_missing else {}
    nothing = None if is_missing else 0
    return {name: figures.get(name, nothing) for name in schema.names} | said
