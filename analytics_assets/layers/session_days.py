"""Session days: which dates and values have a row, which are behind, and writing them.

Belongs here: rows without sessions, what is null. Does not: sums and quantiles (transforms/session_days.py).

Active users tell which dates are closed, which of them miss their arrival, and which values there are by then: each of
their rows has one here. The table is small: it is gathered, and written without Spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers import active_users
from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.active_users import SERIES
from analytics_assets.transforms.session_days import QUANTILES, session_days
from resources.conditions import one_of_dates
from resources.delta_tables import arrow_schema
from resources.spark import gathered

TABLE = "session_days"
KEY = ["session_date", *SERIES]
COUNTS = ("sessions", "actions", "bounces")
GRID = ["event_date", *SERIES, "dau", "is_missing"]


def dates_behind(world: World) -> dict[str, str]:
    """Dates that the table does not hold as sessions and active users have them: ISO form -> version, "" for none."""
    return differing(recorded_versions(world), wanted_versions(world, _grid(world)))


def wanted_versions(world: World, grid: pa.Table) -> dict[str, str]:
    """The version of each closed date that has a row in active_users. grid: what these rows say of dates and values."""
    sessions, user_days = (world.lakehouse.versions(world.tables[name]) for name in ("sessions", "user_days"))
    series: dict[str, list[str]] = {}
    for row in grid.to_pylist():
        said = "|".join(str(row[name]) for name in GRID[1:])
        series.setdefault(row["event_date"].isoformat(), []).append(said)
    return {day: digest(sessions.get(day), user_days.get(day), *sorted(rows)) for day, rows in series.items()}


def recorded_versions(world: World) -> dict[str, str]:
    """The version of each date that stands in the table."""
    table = world.tables[TABLE]
    if not world.lakehouse.exists(table):
        return {}
    rows = world.lakehouse.arrow(table, ["session_date", "input_version"]).to_pylist()
    return {row["session_date"].isoformat(): row["input_version"] for row in rows}


def build_session_days(world: World, days: Sequence[str]) -> Built:
    """Compute dates; those that are not closed are emptied."""
    lakehouse, table = world.lakehouse, world.tables[TABLE]
    schema = arrow_schema(table)
    grid = _grid(world)
    wanted = wanted_versions(world, grid)
    keys = pa.array([date.fromisoformat(day) for day in days], pa.date32())
    fresh = _rows(world, grid.filter(pc.is_in(grid["event_date"], keys)), sorted({*days} & {*wanted}), wanted, schema)
    stands = lakehouse.arrow(table).cast(schema) if lakehouse.exists(table) else schema.empty_table()
    others = stands.filter(pc.invert(pc.is_in(stands["session_date"], keys)))
    every = pa.concat_tables([others, fresh]).sort_by([(name, "ascending") for name in KEY])
    written = lakehouse.put(table, every, world.run_id, days)
    made = pc.value_counts(fresh["session_date"]).to_pylist()
    rows = {found["values"].isoformat(): found["counts"] for found in made}
    return Built(table=table, written=written, rows={day: rows.get(day, 0) for day in days})


def _grid(world: World) -> pa.Table:
    table = world.tables[active_users.DAILY]
    if not world.lakehouse.exists(table):
        return arrow_schema(table).empty_table().select(GRID)
    return world.lakehouse.arrow(table, GRID)


def _rows(world: World, grid: pa.Table, days: Sequence[str], versions: dict[str, str], schema: pa.Schema) -> pa.Table:
    found = _measured(world, days)
    both = grid.rename_columns(["session_date", *GRID[1:]]).join(found, KEY)
    is_closed = pc.is_valid(both["dau"])
    columns = {name: pc.if_else(is_closed, pc.fill_null(both[name], 0), None) for name in COUNTS}
    columns["total_duration_s"] = pc.if_else(is_closed, pc.fill_null(both["total_duration_s"], 0), None)
    for name in QUANTILES:
        columns[name] = pc.if_else(is_closed, both[name], None)
    sessions, length = columns["sessions"], columns["total_duration_s"]
    columns |= {
        "mean_duration_s": _ratio(length, sessions),
        "actions_per_session": _ratio(columns["actions"], sessions),
        "bounce_rate": _ratio(columns["bounces"], sessions),
        "sessions_per_active_user": _ratio(sessions, both["dau"]),
        "input_version": pa.array([versions[day.isoformat()] for day in both["session_date"].to_pylist()], pa.string()),
    }
    columns |= {name: both[name] for name in (*KEY, "dau", "is_missing")}
    return pa.table([pc.cast(columns[name], schema.field(name).type) for name in schema.names], schema=schema)


def _measured(world: World, days: Sequence[str]) -> pa.Table:
    lakehouse = world.lakehouse
    sessions = lakehouse.read(world.tables["sessions"], one_of_dates("session_date", days))
    user_days = lakehouse.read(world.tables["user_days"], one_of_dates("event_date", days))
    made = session_days(sessions, user_days, world.feed.attributes)
    of_table = arrow_schema(world.tables[TABLE])
    return gathered(made, pa.schema([of_table.field(name) for name in (*KEY, *COUNTS, "total_duration_s", *QUANTILES)]))


def _ratio(part: pa.Array, whole: pa.Array) -> pa.Array:
    """None where the whole is 0 or not known."""
    # Through Python: Arrow's own way from a decimal to a double may miss its last digit.
    doubles = [[None if value is None else float(value) for value in values.to_pylist()] for values in (part, whole)]
    parts, wholes = (pa.array(values, pa.float64()) for values in doubles)
    return pc.if_else(pc.greater(wholes, 0), pc.divide(parts, wholes), None)
