"""Power users and engagement concentration: which periods the tables do not hold as they should, and writing them.

Belongs here: what a period's rows depend on, what is null. Does not: totals and ranks (transforms/power_users.py), the
curve (transforms/concentration.py), where durations are cut (duration_cuts.py).

Both follow from the same totals. The concentration has a row for each period of the history, is small, and is written
last: its rows say of which version a period is in both (unfinished.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.layers import duration_cuts
from analytics_assets.layers.unfinished import begin, with_others
from analytics_assets.layers.world import Built, World, differing, digest
from analytics_assets.transforms.concentration import PERCENTS, Steps, curve
from analytics_assets.transforms.duration_cuts import dates_of, measured_periods, said
from analytics_assets.transforms.history import Period
from analytics_assets.transforms.power_users import (
    power_users,
    ranked,
    sums_at,
    total_buckets,
    user_totals,
    with_main_attributes,
)
from resources.conditions import one_of, one_of_dates
from resources.delta_tables import arrow_schema
from resources.local_frames import frame_of
from resources.spark import gathered, kept

TABLE, CONCENTRATION = "power_users", "engagement_concentration"
SOURCES = ("user_days", "sessions", "silver")
BUCKETS = pa.schema(
    [("period_month", pa.string()), ("bucket", pa.int32()), ("users", pa.int64()), ("capped_ms", pa.int64())]
)
SUMS = pa.schema([("period_month", pa.string()), ("place", pa.int64()), ("up_to_ms", pa.int64())])
THRESHOLDS = "period_month string, event_date date, action string, threshold_ms long"
FOR_RANKS = "period_month string, bucket int, users_above long, ms_above long, users long, total_ms long"


def behind(world: World) -> dict[str, str]:
    """The tables' one key with the periods that are behind, where there are any."""
    periods = differing(recorded_versions(world), wanted_versions(world))
    return {"": digest(*sorted(periods.items()))} if periods else {}


def wanted_versions(world: World) -> dict[str, str]:
    """The version of each period of the feed's history, by its name."""
    cuts = duration_cuts.recorded_versions(world)
    versions = [world.lakehouse.versions(world.tables[name]) for name in SOURCES]
    wanted = {}
    for name, period in _periods(world).items():
        # What does not show anything yet depends on nothing else.
        days = [day.isoformat() for day in period.dates()] if period.is_complete else []
        inputs = [(day, *(found.get(day) for found in versions)) for day in days]
        wanted[name] = digest(period, cuts.get(name), *inputs, *world.feed.top_percents)
    return wanted


def recorded_versions(world: World) -> dict[str, str]:
    """The version of each period that stands in the tables."""
    lakehouse, table = world.lakehouse, world.tables[CONCENTRATION]
    recorded: dict[str, str] = {}
    if lakehouse.exists(table):
        rows = lakehouse.arrow(table, ["period_month", "input_version"]).to_pylist()
        recorded = {row["period_month"]: row["input_version"] for row in rows}
    return with_others(recorded, lakehouse.rows(world.tables[TABLE]))


def build_power_users(world: World, *, again: bool = False) -> Built:
    """Write the periods that are behind. again: all, whether or not they are.

    Needs the duration cuts up to date. Reads the user days, sessions and events of these periods alone.
    """
    wanted, recorded = wanted_versions(world), recorded_versions(world)
    names = sorted({*wanted, *recorded}) if again else sorted(differing(recorded, wanted))
    periods = {name: period for name, period in _periods(world).items() if name in names}
    complete = {name: period for name, period in periods.items() if period.is_complete}
    begin(world, CONCENTRATION, "period_month", names)
    rows, curves = _write_users(world, complete, [name for name in names if name not in complete])
    fresh = [
        {
            **said(name, period),
            **point,
            "is_complete": period.is_complete,
            "input_version": wanted[name],
        }
        for name, period in periods.items()
        for point in curves.get(name) or [{"top_percent": percent} for percent in PERCENTS]
    ]
    _write_concentration(world, fresh, names)
    return Built(table=world.tables[TABLE], written=None, rows={"": rows})


def _periods(world: World) -> dict[str, Period]:
    history = world.history()
    return {} if history is None else measured_periods(history)


@dataclass(frozen=True)
class _Inputs:
    """What periods are computed from, as Spark reads it. least_ms: of the thresholds."""

    user_days: DataFrame
    sessions: DataFrame
    silver: DataFrame
    thresholds: DataFrame
    least_ms: int


def _inputs(world: World, periods: Mapping[str, Period]) -> _Inputs:
    lakehouse, session = world.lakehouse, world.lakehouse.spark.session
    days = [day.isoformat() for day in dates_of(periods.values())]
    found = lakehouse.arrow(world.tables[duration_cuts.TABLE], ["period_month", "action", "threshold_ms"]).to_pylist()
    thresholds = [
        (cut["period_month"], day, cut["action"], cut["threshold_ms"])
        for cut in found
        if cut["period_month"] in periods
        for day in periods[cut["period_month"]].dates()
    ]
    read = {
        name: lakehouse.read_or_empty(world.tables[name], one_of_dates(column, days))
        for name, column in (("user_days", "event_date"), ("sessions", "session_date"), ("silver", "event_date"))
    }
    return _Inputs(
        thresholds=frame_of(session, thresholds, THRESHOLDS),
        least_ms=min((cut[-1] for cut in thresholds), default=0),
        **read,
    )


def _write_users(
    world: World, periods: Mapping[str, Period], gone: Collection[str]
) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Replace the power users of the periods, and take away those of others; how many rows, and the curves."""
    lakehouse, table = world.lakehouse, world.tables[TABLE]
    if gone or not lakehouse.exists(table):
        nobody = arrow_schema(table).empty_table()
        lakehouse.put(table, nobody, world.run_id, sorted(gone), one_of("period_month", gone))
    if not periods:
        return 0, {}
    read = _inputs(world, periods)
    asked = user_totals(read.user_days, read.sessions, read.silver, periods, read.thresholds, read.least_ms)
    with kept(asked) as totals:
        steps = _steps(totals, periods)
        top = ranked(totals, _for_ranks(world, steps, max(world.feed.top_percents)))
        found = power_users(top, world.feed.top_percents)
        described = with_main_attributes(found, read.user_days, periods, world.feed.attributes)
        rows = described.withColumns(_bounds(periods)).select(table.schema.fieldNames())
        in_order = rows.repartition("period_month").sortWithinPartitions("period_month", "rank", "user_id")
        written = lakehouse.replace(table, in_order, sorted(periods), run_id=world.run_id)
        return written.rows, _curves(world, totals, steps)


def _bounds(periods: Mapping[str, Period]) -> dict[str, Column]:
    """What a row says of its period beside the name."""
    name, known = F.col("period_month"), {found: said(found, period) for found, period in periods.items()}
    return {
        column: F.coalesce(*[F.when(name == found, F.lit(of_period[column])) for found, of_period in known.items()])
        for column in ("period", "period_start", "period_end")
    }


def _steps(totals: DataFrame, periods: Collection[str]) -> dict[str, Steps]:
    counted: dict[str, list[tuple[int, int, int]]] = {name: [] for name in periods}
    for row in gathered(total_buckets(totals), BUCKETS).to_pylist():
        counted[row["period_month"]].append((row["bucket"], row["users"], row["capped_ms"]))
    return {name: Steps.of(own) for name, own in counted.items()}


def _for_ranks(world: World, steps: Mapping[str, Steps], percent: int | None) -> DataFrame:
    """The buckets of the top percent, or those that the curve must look into, as `ranked` wants them."""
    rows = [
        (name, step.bucket, step.users_above, step.ms_above, own.users, own.total_ms)
        for name, own in steps.items()
        for step in (own.to_look_into() if percent is None else own.top(percent))
    ]
    return frame_of(world.lakehouse.spark.session, rows, FOR_RANKS)


def _curves(world: World, totals: DataFrame, steps: Mapping[str, Steps]) -> dict[str, list[dict[str, Any]]]:
    places = [
        (name, number)
        for name, own in steps.items()
        for number in sorted({point.top_users for point in own.points() if point.top_ms is None})
    ]
    sums: dict[str, dict[int, int]] = {name: {} for name in steps}
    if places:
        wanted = frame_of(world.lakehouse.spark.session, places, "period_month string, place long")
        for row in gathered(sums_at(ranked(totals, _for_ranks(world, steps, None)), wanted), SUMS).to_pylist():
            sums[row["period_month"]][row["place"]] = row["up_to_ms"]
    return {name: curve(own, sums[name]) for name, own in steps.items()}


def _write_concentration(world: World, fresh: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    lakehouse, table = world.lakehouse, world.tables[CONCENTRATION]
    schema = arrow_schema(table)
    stands = lakehouse.arrow(table).cast(schema) if lakehouse.exists(table) else schema.empty_table()
    others = stands.filter(pc.invert(pc.is_in(stands["period_month"], pa.array(names, pa.string()))))
    every = pa.concat_tables([others, pa.Table.from_pylist(list(fresh), schema)])
    in_order = every.sort_by([("period_month", "ascending"), ("top_percent", "ascending")])
    lakehouse.put(table, in_order, world.run_id, names)
