"""Session days: the figures of a date keep their bounds, and add up to its sessions.

Belongs here: verdicts on dates. Does not: on sessions themselves (session_checks.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.world import World
from analytics_assets.transforms.columns import TOTAL
from asset_checks.law import Check, Law, Verdict, nothing_told

TABLE = "session_days"
BOUNDS = Check(
    table=TABLE,
    name="session_figures_keep_their_bounds",
    sentence="0 <= bounces <= sessions <= actions, p50 <= p95, and bounce_rate lies in [0, 1], where not null.",
    blocking=False,
)
ADD_UP = Check(
    table=TABLE,
    name="values_add_up_to_sessions",
    sentence="Over the values of each dimension sessions and actions add up to those in all; all sessions are there.",
    blocking=False,
)


def judge(world: World, days: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on dates, read without a JVM."""
    wanted = pa.array([date.fromisoformat(day) for day in days], pa.date32())
    rows = world.lakehouse.arrow(world.tables[TABLE], where=pc.field("session_date").isin(wanted)).to_pylist()
    by_date: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_date.setdefault(row["session_date"].isoformat(), []).append(row)
    sessions = world.lakehouse.rows(world.tables["sessions"])
    bounds, sums = {}, {}
    for day in days:
        own = by_date.get(day, [])
        bounds[day] = nothing_told([_named(row) for row in own if not _is_bounded(row)])
        sums[day] = nothing_told(_other_sums(own, sessions.get(day, 0)))
    return {BOUNDS.name: bounds, ADD_UP.name: sums}


def _is_bounded(row: Mapping[str, Any]) -> bool:
    if row["sessions"] is None:
        return bool(row["is_missing"])
    if not row["sessions"]:
        return not (row["actions"] or row["bounces"] or row["total_duration_s"])
    in_order = 0 <= row["bounces"] <= row["sessions"] <= row["actions"]
    lengths = 0 <= row["p50_duration_s"] <= row["p95_duration_s"] <= row["total_duration_s"]
    return bool(in_order and lengths and 0 <= row["bounce_rate"] <= 1 <= row["actions_per_session"])


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['dimension']} {row['value']}"


def _other_sums(rows: Sequence[Mapping[str, Any]], sessions: int) -> list[str]:
    """Dimensions whose sums are others than those in all, in words."""
    known = [row for row in rows if row["sessions"] is not None]
    sums: dict[str, tuple[int, int]] = {}
    for row in known:
        before = sums.get(row["dimension"], (0, 0))
        sums[row["dimension"]] = (before[0] + row["sessions"], before[1] + row["actions"])
    total = sums.get(TOTAL)
    if total is None:
        return []
    others = [f"{name}: {found[0]} sessions, not {total[0]}" for name, found in sorted(sums.items()) if found != total]
    return others if total[0] == sessions else [f"in all: {total[0]} sessions, not {sessions}", *others]


SESSION_DAYS_LAW = Law(checks=(BOUNDS, ADD_UP), judge=judge)
