"""Duration cuts: which periods the table does not hold as the duration buckets have them, and writing them.

Belongs here: what a period's rows depend on. Does not: where durations are cut (transforms/duration_cuts.py).

A row a period and action: gathered, and written without Spark. A month is computed again when one of its dates
changes, the rolling period also when as_of moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.duration_cuts import cuts, measured_periods, said
from analytics_assets.transforms.history import Period
from resources.delta_tables import arrow_schema

TABLE, BUCKETS = "duration_cuts", "duration_buckets"


def behind(world: World) -> dict[str, str]:
    """The table's one key with the periods that are behind, where there are any or it is not there yet."""
    periods = differing(recorded_versions(world), wanted_versions(world))
    is_due = periods or (world.history() is not None and not world.lakehouse.exists(world.tables[TABLE]))
    return {"": digest(*sorted(periods.items()))} if is_due else {}


def wanted_versions(world: World) -> dict[str, str]:
    """The version of each complete period in which an event has a duration, by its name."""
    versions, recorded = world.lakehouse.versions(world.tables[BUCKETS]), recorded_versions(world)
    wanted = {}
    for name, period in complete_periods(world).items():
        dates = {day.isoformat(): versions.get(day.isoformat()) for day in period.dates()}
        # A period that stands in the table has some, or is behind and loses its rows: only of others it is not known.
        if any(dates.values()) and (name in recorded or _has_durations(world, period)):
            wanted[name] = digest(*dates.items())
    return wanted


def recorded_versions(world: World) -> dict[str, str]:
    """The version of each period that stands in the table."""
    table = world.tables[TABLE]
    if not world.lakehouse.exists(table):
        return {}
    rows = world.lakehouse.arrow(table, ["period_month", "input_version"]).to_pylist()
    return {row["period_month"]: row["input_version"] for row in rows}


def complete_periods(world: World) -> dict[str, Period]:
    """The periods that the feed's history shows in full, by their names."""
    history = world.history()
    periods = measured_periods(history) if history is not None else {}
    return {name: period for name, period in periods.items() if period.is_complete}


def build_duration_cuts(world: World, *, again: bool = False) -> Built:
    """Write the periods that are behind. again: all, whether or not they are."""
    lakehouse, table = world.lakehouse, world.tables[TABLE]
    schema = arrow_schema(table)
    wanted, recorded = wanted_versions(world), recorded_versions(world)
    names = sorted({*wanted, *recorded}) if again else sorted(differing(recorded, wanted))
    periods = complete_periods(world)
    rows = [row for name in names if name in wanted for row in _rows(world, name, periods[name], wanted[name])]
    fresh = pa.Table.from_pylist(rows, schema)
    stands = lakehouse.arrow(table).cast(schema) if lakehouse.exists(table) else schema.empty_table()
    others = stands.filter(pc.invert(pc.is_in(stands["period_month"], pa.array(names, pa.string()))))
    every = pa.concat_tables([others, fresh]).sort_by([("period_month", "ascending"), ("action", "ascending")])
    written = lakehouse.put(table, every, world.run_id, names)
    return Built(table=table, written=written, rows={"": len(fresh)})


def _inside(period: Period) -> pc.Expression:
    return (pc.field("event_date") >= period.start) & (pc.field("event_date") <= period.end)


def _has_durations(world: World, period: Period) -> bool:
    timed = _inside(period) & pc.field("bucket").is_valid()
    return len(world.lakehouse.arrow(world.tables[BUCKETS], ["bucket"], timed)) > 0


def _rows(world: World, name: str, period: Period, version: str) -> Iterator[dict[str, Any]]:
    columns = ["action", "bucket", "events", "engaged_ms", "longest_ms"]
    for cut in cuts(world.lakehouse.arrow(world.tables[BUCKETS], columns, _inside(period))):
        yield {**said(name, period), **cut, "input_version": version}
