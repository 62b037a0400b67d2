"""Load times: every page view is in a bucket, quantiles are in order, and loads add up over values and periods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F

from analytics_assets.layers.latency import BUCKETS, TABLE
from analytics_assets.layers.world import World
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.latency import FEW
from asset_checks.law import Check, Law, Verdict, none_of
from resources.conditions import one_of_dates

COUNTED = Check(
    table=BUCKETS,
    name="loads_are_page_views",
    sentence="Loads in the buckets of the date = page views of silver that say how long they took.",
    blocking=False,
)
IN_ORDER = Check(
    table=TABLE,
    name="quantiles_are_in_order",
    sentence="0 <= p50 <= p75 <= p95 <= p99 where there are loads, else null; few are marked.",
    blocking=False,
)
ADD_UP = Check(
    table=TABLE,
    name="loads_add_up",
    sentence="Loads by version and by device add up to all, days to weeks and months, buckets to the whole history.",
    blocking=False,
)
QUANTILES = ("p50", "p75", "p95", "p99")
PERIOD = ["period", "period_start"]
SERIES = ["dimension", "value"]


def judge_buckets(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates: sums over the buckets against page views in silver."""
    silver = world.lakehouse.read(world.tables["silver"], one_of_dates("event_date", days))
    is_load = F.col("action").isin(*world.feed.page_views) & F.col("duration_ms").isNotNull()
    views = silver.where(is_load).groupBy("event_date").agg(F.count(F.lit(1)).alias("views"))
    expected = {row.event_date.isoformat(): row.views for row in views.collect()}  # a row a date
    wanted = [date.fromisoformat(day) for day in days]
    stands = world.lakehouse.arrow(world.tables[BUCKETS], ["event_date", "loads"], pc.field("event_date").isin(wanted))
    sums = stands.group_by("event_date").aggregate([("loads", "sum")]).to_pylist()
    loads = {row["event_date"].isoformat(): row["loads_sum"] for row in sums}
    verdicts = {
        day: Verdict(
            loads.get(day, 0) == expected.get(day, 0), {"loads": loads.get(day, 0), "page_views": expected.get(day, 0)}
        )
        for day in days
    }
    return {COUNTED.name: verdicts}


def judge(world: World, keys: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on the table as a whole, read without a JVM. keys: the one key "" of a table without partitions."""
    names = [*PERIOD, *SERIES, "loads", *QUANTILES, "is_few", "is_complete"]
    rows = world.lakehouse.arrow(world.tables[TABLE], names)
    found = {
        IN_ORDER.name: none_of(_out_of_order(rows)),
        ADD_UP.name: none_of(
            pa.concat_tables([_unequal_values(rows), _unequal_days(rows), _other_than_buckets(world, rows)])
        ),
    }
    return {name: dict.fromkeys(keys, verdict) for name, verdict in found.items()}


def _out_of_order(rows: pa.Table) -> pa.Table:
    loads, values = rows["loads"], [rows[name] for name in QUANTILES]
    has_loads = pc.fill_null(pc.greater(loads, 0), False)
    rules = [
        pc.less(loads, 0),
        pc.less(values[0], 0),
        *[pc.greater(low, high) for low, high in pairwise(values)],
        *[pc.xor(pc.is_valid(value), has_loads) for value in values],
        pc.xor(pc.is_valid(loads), rows["is_complete"]),
        pc.not_equal(rows["is_few"], pc.less(loads, FEW)),
        pc.xor(pc.is_valid(rows["is_few"]), rows["is_complete"]),
    ]
    return rows.filter(_any(rules))


def _unequal_values(rows: pa.Table) -> pa.Table:
    sums = rows.group_by([*PERIOD, "dimension"]).aggregate([("loads", "sum")])
    is_total = pc.equal(sums["dimension"], TOTAL)
    split, total = sums.filter(pc.invert(is_total)), sums.filter(is_total).drop(["dimension"])
    both = split.join(total, PERIOD, join_type="left outer", right_suffix="_all")
    return _told(both, both["loads_sum"], both["loads_sum_all"], "all")


def _unequal_days(rows: pa.Table) -> pa.Table:
    days = rows.filter(pc.equal(rows["period"], "day"))
    found = []
    for period in ("week", "month"):
        starts = pc.cast(pc.floor_temporal(days["period_start"], unit=period), pa.date32())
        by_period = days.append_column("start", starts).group_by(["start", *SERIES]).aggregate([("loads", "sum")])
        whole = rows.filter(pc.equal(rows["period"], period)).filter(pc.field("is_complete"))
        both = whole.join(by_period, ["period_start", *SERIES], ["start", *SERIES])
        found.append(_told(both, both["loads"], pc.fill_null(both["loads_sum"], 0), "days"))
    return pa.concat_tables(found)


def _other_than_buckets(world: World, rows: pa.Table) -> pa.Table:
    history = world.history()
    total = rows.filter(pc.and_(pc.equal(rows["period"], TOTAL), pc.equal(rows["dimension"], TOTAL)))
    loads = 0
    if history is not None:
        closed = (pc.field("event_date") >= history.start) & (pc.field("event_date") <= history.as_of)
        loads = pc.sum(world.lakehouse.arrow(world.tables[BUCKETS], ["loads"], closed)["loads"]).as_py() or 0
    return _told(total, total["loads"], pa.array([loads] * len(total), pa.int64()), "buckets")


def _told(rows: pa.Table, loads: pa.ChunkedArray, expected: pa.ChunkedArray | pa.Array, source: str) -> pa.Table:
    """Rows whose loads differ from what they should be."""
    names = [*PERIOD, "dimension"]
    columns = [rows[name] for name in names]
    made = pa.table([*columns, loads, expected], names=[*names, "loads", "expected"])
    made = made.append_column("from", pa.array([source] * len(made), pa.string()))
    differs = pc.not_equal(pc.fill_null(made["loads"], -1), pc.fill_null(made["expected"], -1))
    return made.filter(differs)


def _any(rules: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    broken = pc.fill_null(rules[0], False)
    for rule in rules[1:]:
        broken = pc.or_(broken, pc.fill_null(rule, False))
    return broken


BUCKETS_LAW = Law(checks=(COUNTED,), judge=judge_buckets)
LATENCY_LAW = Law(checks=(IN_ORDER, ADD_UP), judge=judge)
