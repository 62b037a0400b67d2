"""Profiles: which arrivals are not profiled as they stand in bronze, and profiling them.

Belongs here: what a profile depends on. Does not: counting and putting together (transforms/profile.py).

A profile stays when its arrival is purged from bronze: it tells of no event. It is written without Spark.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.profile_tables import profiled_columns
from analytics_assets.layers.counting import OF_SUMS, arrivals_being_read, counts_of
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.world import Built, World, differing, digest, sums_by_arrival
from analytics_assets.transforms.bronze import ACCEPTED, FORGOTTEN, LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE, being_read
from analytics_assets.transforms.profile import COUNTED, bin_counts, profiles
from resources.conditions import one_of
from resources.delta_tables import arrow_schema
from resources.spark import gathered

TABLE = "profiles"
AT_ONCE = 500
"""Arrivals that are profiled in one reading: each has ten frequent values a column, of numbers ten a bin."""


def recorded_versions(world: World) -> dict[str, str]:
    """The version of each arrival that is profiled."""
    table = world.tables[TABLE]
    if not world.lakehouse.exists(table):
        return {}
    rows = world.lakehouse.arrow(table, ["arrival", "input_version"])
    once = rows.group_by(["arrival", "input_version"]).aggregate([])
    return {row["arrival"]: row["input_version"] for row in once.to_pylist()}


def wanted_versions(world: World) -> dict[str, str]:
    """The version of each arrival: of its files' bytes, the rules by which they were read, and what was forgotten."""
    wanted = (pc.field("source") == EVENTS_SOURCE) & pc.field("standing").isin(pa.array([LANDED, FORGOTTEN]))
    files = world.counts(["source", "standing", "arrival", "file", "content", "rows"], wanted)
    is_landed = pc.equal(files["standing"], LANDED)
    forgotten = pc.binary_join_element_wise(pc.cast(files["rows"], pa.string()), FORGOTTEN, " ")
    of_file = pc.if_else(is_landed, pc.fill_null(files["content"], ""), forgotten)
    lines = pa.table({"arrival": files["arrival"], "line": pc.binary_join_element_wise(files["file"], of_file, "|")})
    by_arrival = lines.group_by("arrival").aggregate([("line", "list")])
    found: dict[str, list[str]] = {row["arrival"]: row["line_list"] for row in by_arrival.to_pylist()}
    for arrival in arrivals_being_read(world, EVENTS_SOURCE) & {*found}:
        found[arrival].append(being_read(EVENTS_SOURCE))
    columns = [f"{field.name} {field.dataType.simpleString()}" for field in profiled_columns(world.feed)]
    return {arrival: digest(*columns, *sorted(lines)) for arrival, lines in found.items()}


def arrivals_behind(world: World) -> dict[str, str]:
    """Arrivals that are not profiled as they stand in bronze: name -> version, "" for one that is no longer there."""
    behind = differing(recorded_versions(world), wanted_versions(world))
    purged = purged_arrivals(world) if behind else set()
    return {arrival: version for arrival, version in behind.items() if arrival not in purged}


def build_profiles(world: World, arrivals: Sequence[str]) -> Built:
    """Profile arrivals, in one reading of their accepted rows; one that is not in bronze loses its profile.

    Purged arrivals keep theirs.
    """
    lakehouse, table, schema = world.lakehouse, world.tables[TABLE], arrow_schema(world.tables[TABLE])
    keys, wanted = sorted({*arrivals} - purged_arrivals(world)), wanted_versions(world)
    known = [arrival for arrival in keys if arrival in wanted]
    fresh = schema.empty_table()
    for place in range(0, len(known), AT_ONCE):
        fresh = pa.concat_tables([fresh, _profiled(world, known[place : place + AT_ONCE], wanted, schema)])
    written = None
    if keys:
        where = one_of("arrival_month", [arrival[:7] for arrival in keys]) & one_of("arrival", keys)
        written = lakehouse.put(table, fresh, world.run_id, keys, where)
    columns = len(profiled_columns(world.feed))
    return Built(table=table, written=written, rows={key: columns if key in known else 0 for key in arrivals})


def _profiled(world: World, arrivals: Sequence[str], versions: dict[str, str], schema: pa.Schema) -> pa.Table:
    feed, columns = world.feed, profiled_columns(world.feed)
    accepted = {arrival: sums[1] for arrival, sums in sums_by_arrival(counts_of(world, arrivals, OF_SUMS)).items()}
    rows = world.lakehouse.read(world.tables["bronze"], one_of("arrival", arrivals) & one_of("standing", ACCEPTED))
    counted = gathered(bin_counts(rows, columns, feed.time_zone, accepted), COUNTED)
    made = profiles(counted.to_pylist(), columns, arrivals)
    for row in made:
        row |= {"arrival_month": row["arrival"][:7], "input_version": versions[row["arrival"]]}
    return pa.Table.from_pylist(made, schema)
