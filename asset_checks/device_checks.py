"""Device effect: bounds of each figure, loads that add up, and loads as latency counts them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.device_tables import DIFFERENCES, EFFECT, PAIRS
from analytics_assets.layers.world import World
from analytics_assets.transforms.columns import TOTAL, UNKNOWN
from asset_checks.law import Check, Law, Verdict, nothing_told

BOUNDS = Check(
    table=EFFECT,
    name="device_effect_bounds",
    sentence="0 <= epsilon squared <= 1, -1 <= delta <= 1, 0 <= ratio, no interval the wrong way round, none half.",
    blocking=False,
)
ADD_UP = Check(
    table=EFFECT,
    name="device_loads_add_up",
    sentence="Over devices loads are those of their period and version; over months they are those in all.",
    blocking=False,
)
AS_LATENCY = Check(
    table=EFFECT,
    name="device_loads_are_those_of_latency",
    sentence="Each device has as many loads in a month as latency counts there.",
    blocking=False,
)
FIGURES = {EFFECT: ("epsilon_squared", 0, 1), DIFFERENCES: ("p50_ratio", 0, None), PAIRS: ("cliffs_delta", -1, 1)}
PERIOD = ["period", "period_start", "app_version"]


def judge(world: World, keys: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on the tables as a whole, read without a JVM. keys: the one key "" of a table without partitions."""
    tables = {name: world.lakehouse.arrow(world.tables[name]) for name in FIGURES}
    broken = [line for name, table in tables.items() for line in _out_of_bounds(table, *FIGURES[name])]
    effects, differences = tables[EFFECT], tables[DIFFERENCES]
    found = {
        BOUNDS.name: broken,
        ADD_UP.name: _unequal_over_devices(effects, differences) + _unequal_over_months(effects),
        AS_LATENCY.name: _other_than_latency(world, differences),
    }
    return {name: dict.fromkeys(keys, nothing_told(lines)) for name, lines in found.items()}


def _out_of_bounds(rows: pa.Table, name: str, least: int, most: int | None) -> list[str]:
    value, low, high = (rows[column] for column in (name, f"{name}_low", f"{name}_high"))
    is_half = pc.xor(pc.is_valid(low), pc.is_valid(high))
    rules = [pc.greater(low, high), is_half, pc.and_(pc.is_valid(low), pc.is_null(value))]
    for figure in (value, low, high):
        rules.append(pc.less(figure, least))
        if most is not None:
            rules.append(pc.greater(figure, most))
    return [f"{name} of {_key(row)}" for rule in rules for row in rows.filter(pc.fill_null(rule, False)).to_pylist()]


def _unequal_over_devices(effects: pa.Table, differences: pa.Table) -> list[str]:
    sums = differences.group_by(PERIOD).aggregate([("loads", "sum")])
    both = effects.filter(effects["is_complete"]).select([*PERIOD, "loads"]).join(sums, PERIOD)
    differs = pc.not_equal(both["loads"], pc.fill_null(both["loads_sum"], 0))
    return [f"loads of {_key(row)}" for row in both.filter(pc.fill_null(differs, True)).to_pylist()]


def _unequal_over_months(effects: pa.Table) -> list[str]:
    # A version adds up the months in which it was told apart: those in which it has a row.
    by_period = effects.filter(effects["is_complete"]).group_by(["period", "app_version"]).aggregate([("loads", "sum")])
    sums = {(row["period"], row["app_version"]): row["loads_sum"] for row in by_period.to_pylist()}
    versions = sorted({version for _, version in sums})
    return [
        f"loads in all of {version}: {sums.get((TOTAL, version))}, of months: {sums.get(('month', version))}"
        for version in versions
        if sums.get((TOTAL, version)) != sums.get(("month", version))
    ]


def _other_than_latency(world: World, differences: pa.Table) -> list[str]:
    table = world.tables["latency"]
    if not world.lakehouse.exists(table):
        return []
    wanted = (pc.field("period") == "month") & (pc.field("dimension") == "device_type") & pc.field("loads").is_valid()
    latency = world.lakehouse.arrow(table, ["period_start", "value", "loads"], wanted & (pc.field("value") != UNKNOWN))
    theirs = {(row["period_start"], row["value"]): row["loads"] for row in latency.to_pylist()}
    of_months = differences.filter((pc.field("period") == "month") & (pc.field("app_version") == TOTAL))
    ours = {(row["period_start"], row["device_type"]): row["loads"] for row in of_months.to_pylist()}
    return [
        f"{device} in the month of {day}: {ours.get((day, device))}, of latency: {theirs.get((day, device))}"
        for day, device in sorted({*ours, *theirs})
        if ours.get((day, device)) != theirs.get((day, device))
    ]


def _key(row: dict[str, object]) -> str:
    return " ".join(str(row[name]) for name in (*PERIOD, "device_type", "other_device_type") if name in row)


DEVICE_LAW = Law(checks=(BOUNDS, ADD_UP, AS_LATENCY), judge=judge)
