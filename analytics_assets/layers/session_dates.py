"""Session dates: tables of the closed dates on which sessions began, partitioned by them.

Belongs here: which dates are closed and have sessions, writing some of them. Does not: what stands in such a table
(session_frequency.py, entry_exit_actions.py, session_hours.py), a table with a row for each closed date
(session_days.py).

A date's rows grow with values and actions, not with users: they are gathered, and written without Spark. Delta's log
says which version each date stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from analytics_assets.layers.world import Built, World, differing
from resources.conditions import one_of_dates
from resources.delta_tables import arrow_schema
from resources.spark import gathered

DATE, VERSION = "session_date", "input_version"
Compute = Callable[[Sequence[str]], DataFrame]


def closed_session_dates(world: World) -> dict[str, int]:
    """Closed dates on which a session began and whose arrival is there.

    Each with how many days up to it are closed and not missing, without a break.
    """
    history = world.history()
    with_sessions = world.lakehouse.versions(world.tables["sessions"])
    complete = history.complete_days() if history else {}
    return {day.isoformat(): days for day, days in complete.items() if days and day.isoformat() in with_sessions}


def dates_behind(world: World, table: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Dates that do not stand in the table in the version wanted: ISO form -> that version, "" for none."""
    return differing(world.lakehouse.versions(world.tables[table]), wanted)


def write_dates(
    world: World,
    name: str,
    days: Sequence[str],
    wanted: Mapping[str, str],
    compute: Callable[[Sequence[str]], DataFrame],
) -> Built:
    """Replace dates; those without a version are emptied.

    compute: rows of some dates, without their version.
    """
    lakehouse, table = world.lakehouse, world.tables[name]
    schema = arrow_schema(table)
    known = sorted({*days} & {*wanted})
    rows = schema.empty_table()
    if known:
        measured = pa.schema([field for field in schema if field.name != VERSION])
        found = gathered(compute(known), measured)
        versions = pa.array([wanted[day.isoformat()] for day in found[DATE].to_pylist()], pa.string())
        rows = found.append_column(VERSION, versions).select(schema.names).cast(schema)
        rows = rows.sort_by([(column, "ascending") for column in schema.names])
    written = lakehouse.put(table, rows, world.run_id, days, one_of_dates(DATE, days))
    made = {found["values"].isoformat(): found["counts"] for found in pc.value_counts(rows[DATE]).to_pylist()}
    return Built(table=table, written=written, rows={day: made.get(day, 0) for day in days})
