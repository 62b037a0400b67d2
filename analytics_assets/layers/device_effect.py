"""Device effect: which months are behind, what is read for them, and writing them.

Belongs here: what the tables depend on, rows of figures. Does not: figures (transforms/device_effect.py), sums of loads
(transforms/device_loads.py).

The events of a month are read once, narrowly, when one of its dates changed or its last date closed. What stays of them
is `device_loads`, which does not grow with users; a month's figures and those in all follow from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F

from analytics_assets.feeds.device_tables import DIFFERENCES, EFFECT, LOADS, PAIRS
from analytics_assets.layers.unfinished import begin, with_others
from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.bootstrap import MOST_CELLS, REPLICATES, SEED, Ints
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.device_effect import (
    WORDING,
    Effect,
    Estimate,
    Stratified,
    device_effect,
    in_words,
    matrix,
    size,
)
from analytics_assets.transforms.device_loads import compared_versions, device_loads, page_loads
from analytics_assets.transforms.history import Period
from resources.conditions import one_of, one_of_dates
from resources.delta_tables import arrow_schema
from resources.local_frames import frame_of

TABLE, BUCKETS = EFFECT, "latency_buckets"
STRATIFIED = "stratified"
KEY = ("app_version", "device_type", "bucket")
Cells = list[tuple[str, int, Ints]]
Rows = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Due:
    """What should stand. months: of the history, by name. loads: version of the sums of each complete month. periods:
    version of each period's figures. held: months and periods that are left as they are, since checks of their events
    failed."""

    months: Mapping[str, Period]
    loads: Mapping[str, str]
    periods: Mapping[str, str]
    held: AbstractSet[str]

    def loads_behind(self, world: World) -> dict[str, str]:
        """Months whose sums are not as they should be."""
        return self._not_held(differing(world.lakehouse.versions(world.tables[LOADS]), self.loads))

    def periods_behind(self, world: World) -> dict[str, str]:
        """Periods whose figures are not as they should be."""
        lakehouse, tables = world.lakehouse, world.tables
        standing = {*lakehouse.rows(tables[PAIRS]), *lakehouse.rows(tables[DIFFERENCES])}
        return self._not_held(differing(with_others(lakehouse.versions(tables[EFFECT]), standing), self.periods))

    def _not_held(self, found: Mapping[str, str]) -> dict[str, str]:
        return {key: version for key, version in found.items() if key not in self.held}


def behind(world: World) -> dict[str, str]:
    """The table's one key with the periods that are behind, where there are any."""
    due = _due(world)
    found = {**due.loads_behind(world), **due.periods_behind(world)}
    return {"": digest(*sorted(found.items()))} if found else {}


def build_device_effect(world: World, *, again: bool = False) -> Built:
    """Bring all tables up to date: first the sums, last the table that says of which versions the others are.

    again: compute all months anew, whether or not they are behind.
    """
    lakehouse, due = world.lakehouse, _due(world)
    loads, periods = ({*due.loads_behind(world)}, {*due.periods_behind(world)})
    if again:
        loads, periods = (loads | due.loads.keys()) - due.held, (periods | due.periods.keys()) - due.held
    if loads:
        _write_loads(world, {key: due.months[key] for key in loads & due.loads.keys()}, sorted(loads), due.loads)
    rows: dict[str, Rows] = {PAIRS: [], DIFFERENCES: [], EFFECT: []}
    for key in sorted(periods & due.periods.keys()):
        _tell(world, key, due, rows)
    written, table = None, world.tables[EFFECT]
    begin(world, EFFECT, "period_month", periods)
    for name, found in rows.items() if periods else ():
        made = pa.Table.from_pylist(found, arrow_schema(world.tables[name]))
        where = one_of("period_month", periods)
        written = lakehouse.put(world.tables[name], made, world.run_id, sorted(periods), where)
    return Built(table=table, written=written, rows={"": sum(lakehouse.rows(table).values())})


def _due(world: World) -> Due:
    history = world.history()
    months = {f"{month.start:%Y-%m}": month for month in history.months()} if history else {}
    silver, buckets = (world.lakehouse.versions(world.tables[name]) for name in ("silver", BUCKETS))
    loads = {
        key: digest(SEED, REPLICATES, *[f"{day} {buckets.get(day.isoformat(), '')}" for day in month.dates()])
        for key, month in months.items()
        if month.is_complete
    }
    figured = {**dict.fromkeys(months, "open"), **loads}
    if loads:
        figured[TOTAL] = digest(*sorted(loads.items()))
    # Of these silver is not what went on to the buckets.
    held = {day[: len("2025-01")] for day in differing(buckets, silver)} & months.keys()
    return Due(
        months=months,
        loads=loads,
        periods={key: digest(WORDING, version) for key, version in figured.items()},
        held=held | {TOTAL} if held else held,
    )


def _write_loads(world: World, months: Mapping[str, Period], keys: Sequence[str], versions: Mapping[str, str]) -> None:
    lakehouse, table = world.lakehouse, world.tables[LOADS]
    days = [day.isoformat() for month in months.values() for day in month.dates()]
    where = one_of_dates("event_date", days)
    loads = page_loads(lakehouse.read_or_empty(world.tables["silver"], where), world.feed.page_views)
    compared = compared_versions(lakehouse.read_or_empty(world.tables[BUCKETS], where))
    marks = frame_of(
        lakehouse.spark.session, [(key, versions[key]) for key in months], "event_month string, input_version string"
    )
    made = device_loads(loads, compared).unionByName(marks.select("event_month"), allowMissingColumns=True)
    rows = made.withColumn("loads", F.coalesce("loads", F.expr("0L"))).join(F.broadcast(marks), "event_month")
    lakehouse.replace(table, rows.select(table.schema.fieldNames()), keys, run_id=world.run_id)


def _tell(world: World, key: str, due: Due, rows: dict[str, Rows]) -> None:
    """Add the rows of a period."""
    months = due.months
    complete = [name for name, month in months.items() if month.is_complete and key in (name, TOTAL)]
    first: date = min(months[name].start for name in complete) if key == TOTAL else months[key].start
    period = {
        "period_month": key,
        "period": TOTAL if key == TOTAL else "month",
        "period_start": first,
    }
    state = {"is_complete": bool(complete), "input_version": due.periods[key]}
    if not complete:
        rows[EFFECT].append({**period, "app_version": TOTAL, **state})
    for name, effect in _effects(world, complete) if complete else ():
        of_version = {**period, "app_version": name}
        estimate = Estimate.of(effect.epsilon_squared)
        rows[EFFECT].append(
            {
                **of_version,
                "loads": int(effect.total[0]),
                **_named("epsilon_squared", estimate),
                "effect_size": size(estimate.value),
                **state,
            }
        )
        for device, values in effect.differences.items():
            ratio = Estimate.of(values)
            loads = {"device_type": device, "loads": int(effect.loads[device][0])}
            words = {"in_words": in_words(device, ratio)}
            rows[DIFFERENCES].append({**of_version, **loads, **_named("p50_ratio", ratio), **words})
        for (one, other), values in effect.deltas.items():
            pair = {"device_type": one, "other_device_type": other}
            rows[PAIRS].append({**of_version, **pair, **_named("cliffs_delta", Estimate.of(values))})


def _named(name: str, estimate: Estimate) -> dict[str, float | None]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _effects(world: World, months: Sequence[str]) -> Iterator[tuple[str, Effect]]:
    """The figures of months together: of each version that is told apart, of their mean, and of all loads."""
    every: dict[tuple[str, int], Ints] = {}
    stratified = Stratified()
    for version, cells in _cells(world, months):
        for device, bucket, counts in cells:
            every[device, bucket] = every[device, bucket] + counts if (device, bucket) in every else counts
        if version is not None:
            effect = device_effect(*matrix(cells))
            stratified.add(effect)
            yield version, effect
    if stratified.versions:
        yield STRATIFIED, stratified.effect()
    yield TOTAL, device_effect(*matrix((device, bucket, counts) for (device, bucket), counts in every.items()))


def _cells(world: World, months: Sequence[str]) -> Iterator[tuple[str | None, Cells]]:
    """Device, bucket and counts of each version's cells in the months, a few versions at a time."""
    lakehouse, table = world.lakehouse, world.tables[LOADS]
    where = pc.field("event_month").isin(list(months)) & pc.field("device_type").is_valid()
    sizes = lakehouse.arrow(table, ["app_version"], where)["app_version"].value_counts().to_pylist()
    for versions in _few([(found["values"], found["counts"]) for found in sizes]):
        column = pc.field("app_version")
        # Typed: Arrow takes the type of an empty list for null.
        is_one = column.isin(pa.array([version for version in versions if version is not None], pa.string()))
        is_wanted = is_one | column.is_null() if None in versions else is_one
        rows = lakehouse.arrow(table, [*KEY, "loads", "replicates"], where & is_wanted)
        seen = rows["loads"].to_numpy()
        replicates = rows["replicates"].combine_chunks().flatten().to_numpy().reshape(-1, REPLICATES)
        counts = np.column_stack([seen, replicates])
        found: dict[str | None, Cells] = {version: [] for version in versions}
        keys = zip(*(rows[name].to_pylist() for name in KEY), strict=True)
        for place, (version, device, bucket) in enumerate(keys):
            found[version].append((device, bucket, counts[place]))
        yield from found.items()


def _few(sizes: list[tuple[str | None, int]]) -> Iterator[list[str | None]]:
    """Versions in parts of not many more than MOST_CELLS cells each."""
    part: list[str | None] = []
    cells = 0
    for version, number in sorted(sizes, key=lambda found: found[0] or ""):
        part.append(version)
        cells += number
        if cells >= MOST_CELLS:
            yield part
            part, cells = [], 0
    if part:
        yield part
