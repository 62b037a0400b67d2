"""Power users: bounds of ranks and shares, the curve, and that no engaged time is lost between the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.world import World
from asset_checks.law import Check, Law, Verdict, nothing_told

TABLE, CURVE, CUTS = "power_users", "engagement_concentration", "duration_cuts"
BOUNDS = Check(
    table=TABLE,
    name="power_users_bounds",
    sentence="Shares lie in [0, 1]; a rank is 1 + the power users of the period with more time.",
    blocking=False,
)
AT_LEAST_SO_MANY = Check(
    table=TABLE,
    name="power_users_are_enough",
    sentence="The top X % are ceil(X n / 100) users or more, and with fewer users above the last of them.",
    blocking=False,
)
MONOTONE = Check(
    table=TABLE,
    name="engagement_concentration_is_a_curve",
    sentence="Over 1, 2, … 100 % the time grows, each step no more than the one before allows, up to all of it.",
    blocking=False,
)
NO_TIME_LOST = Check(
    table=TABLE,
    name="engaged_time_adds_up",
    sentence="What users were engaged, durations cut, and what was cut off are together all durations of the period.",
    blocking=False,
)


def judge(world: World, keys: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on the tables as a whole, period by period, read without a JVM. keys: the one key ""."""
    lakehouse = world.lakehouse
    curve, cuts = (lakehouse.arrow(world.tables[name]) for name in (CURVE, CUTS))
    known = curve.filter(pc.field("is_complete"))
    periods = sorted(set(known["period_month"].to_pylist()))
    rules: dict[str, Callable[[str], list[str]]] = {
        BOUNDS.name: lambda name: _out_of_bounds(_users(world, name)),
        AT_LEAST_SO_MANY.name: lambda name: _too_few(_users(world, name), _of(known, name), world.feed.top_percents),
        MONOTONE.name: lambda name: _no_curve(_of(known, name)),
        NO_TIME_LOST.name: lambda name: _lost(_of(known, name), _of(cuts, name)),
    }
    found = {name: nothing_told([f"{p}: {line}" for p in periods for line in rule(p)]) for name, rule in rules.items()}
    return {name: dict.fromkeys(keys, verdict) for name, verdict in found.items()}


def _of(table: pa.Table, name: str) -> pa.Table:
    return table.filter(pc.equal(table["period_month"], name))


def _users(world: World, name: str) -> pa.Table:
    """Ranks and times of the power users of one period: numbers alone, of the few at the top."""
    columns = ["rank", "top_percent", "capped_ms", "share"]
    return world.lakehouse.arrow(world.tables[TABLE], columns, pc.field("period_month") == name)


def _out_of_bounds(users: pa.Table) -> list[str]:
    share = users["share"]
    outside = pc.fill_null(pc.or_(pc.less(share, 0), pc.greater(share, 1)), False)
    ranks = pc.rank(users["capped_ms"], sort_keys="descending", tiebreaker="min")
    other = pc.not_equal(users["rank"], pc.cast(ranks, pa.int64()))
    found = users.filter(pc.or_(outside, other)).slice(0, 1).to_pylist()
    return [", ".join(f"{name} {value}" for name, value in row.items()) for row in found]


def _too_few(users: pa.Table, curve: pa.Table, percents: Sequence[int]) -> list[str]:
    lines = []
    wanted = dict(zip(curve["top_percent"].to_pylist(), curve["top_users"].to_pylist(), strict=True))
    for percent in percents:
        top = users.filter(pc.less_equal(users["top_percent"], percent))
        last = pc.max(top["rank"]).as_py() or 0
        if len(top) < wanted[percent] or last > wanted[percent]:
            lines.append(f"{len(top)} users up to rank {last} in the top {percent} %, of {wanted[percent]}")
    return lines


def _no_curve(curve: pa.Table) -> list[str]:
    rows = curve.sort_by("top_percent").to_pylist()
    if [row["top_percent"] for row in rows] != list(range(1, 101)):
        return ["it has not one row for each of 1 to 100 %"]
    last = rows[-1]
    lines = [] if last["top_ms"] == last["capped_ms"] else [f"100 % have {last['top_ms']} of {last['capped_ms']} ms"]
    points = [(0, 0), *[(row["top_users"], row["top_ms"]) for row in rows]]
    if any(a[0] == b[0] and a[1] != b[1] for a, b in pairwise(points)):
        lines.append("the same users have other times")
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points) if b[0] > a[0]]
    # Each further user has at most as much as those before: the mean of a step cannot grow.
    if any(more[1] < 0 or more[1] * users > ms * more[0] for (users, ms), more in pairwise(steps)):
        lines.append("a later part of the users has more time each than an earlier one")
    shares = [row["share"] for row in rows if row["share"] is not None]
    if shares != sorted(shares) or any(not 0 <= share <= 1 for share in shares):
        lines.append("shares leave [0, 1], or fall")
    return lines


def _lost(curve: pa.Table, cuts: pa.Table) -> list[str]:
    # The first comes from user days and long events, the others from durations by bucket.
    capped = curve["capped_ms"][0].as_py()
    cut, engaged = (pc.sum(cuts[name]).as_py() or 0 for name in ("cut_ms", "engaged_ms"))
    return [] if capped + cut == engaged else [f"{capped} ms capped and {cut} ms cut off, of {engaged} ms"]


POWER_LAW = Law(checks=(BOUNDS, AT_LEAST_SO_MANY, MONOTONE, NO_TIME_LOST), judge=judge)
