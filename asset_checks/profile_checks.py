"""Profiles: sums that must agree, and drift against the arrivals before.

Belongs here: verdicts on arrivals. Does not: distances (transforms/drift.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.counting import OF_SUMS, counts_of
from analytics_assets.layers.world import World, sums_by_arrival
from analytics_assets.transforms.drift import Drift, arrivals_before, drifts
from asset_checks.law import Check, Law, Verdict

TABLE = "profiles"
ADDS_UP = Check(
    table=TABLE,
    name="profile_adds_up",
    sentence="Each column has the accepted rows of the arrival; nulls, histogram and frequent values fit in them.",
    blocking=False,
)
DRIFT = Check(
    table=TABLE,
    name="columns_are_as_before",
    sentence="Rows, nulls and distributions of columns are near those of the seven arrivals before.",
    blocking=False,
)
FIRST = 3


def judge(world: World, arrivals: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on arrivals, read without a JVM: of each its profile and those that it is compared with."""
    names = sorted({row["arrival"] for row in _rows(world, ["arrival"], None)})
    wanted = {*arrivals, *[one for arrival in arrivals for one in arrivals_before(arrival, names)]}
    profiles: dict[str, list[Mapping[str, Any]]] = {}
    for row in _rows(world, None, sorted(wanted)):
        profiles.setdefault(row["arrival"], []).append(row)
    accepted = {arrival: sums[1] for arrival, sums in sums_by_arrival(counts_of(world, arrivals, OF_SUMS)).items()}
    adds_up, drift = {}, {}
    for arrival in arrivals:
        own = profiles.get(arrival, [])
        adds_up[arrival] = _adds_up(own, accepted.get(arrival))
        before = [profiles[one] for one in arrivals_before(arrival, names)]
        drift[arrival] = _near(drifts(own, before))
    return {ADDS_UP.name: adds_up, DRIFT.name: drift}


def _rows(world: World, columns: list[str] | None, arrivals: Sequence[str] | None) -> list[dict[str, Any]]:
    where = None if arrivals is None else pc.field("arrival").isin(pa.array(list(arrivals), pa.string()))
    found: list[dict[str, Any]] = world.lakehouse.arrow(world.tables[TABLE], columns, where).to_pylist()
    return found


def _adds_up(rows: Sequence[Mapping[str, Any]], accepted: int | None) -> Verdict:
    wrong = [row["column_name"] for row in rows if not _fits(row, accepted)]
    figures: dict[str, int | float | str] = {"columns": len(rows), "wrong": len(wrong)}
    if wrong:
        figures["first"] = wrong[0]
    return Verdict(not wrong, figures)


def _fits(row: Mapping[str, Any], accepted: int | None) -> bool:
    known = row["rows"] - row["nulls"]
    binned, frequent = (sum(one["rows"] for one in row[name]) for name in ("histogram", "top_values"))
    has_values = row["distinct"] is None or (row["distinct"] <= known and (row["distinct"] > 0) == (known > 0))
    # Purged arrivals have no counts of rows that bronze no longer keeps.
    as_counted = accepted is None or row["rows"] == accepted
    return as_counted and known >= 0 and binned in (0, known) and frequent <= known and has_values


def _near(found: Sequence[Drift]) -> Verdict:
    beyond = [one for one in found if one.is_beyond]
    figures: dict[str, int | float | str] = {"measures": len(found), "beyond": len(beyond)}
    if beyond:
        figures["first"] = "; ".join(_told(one) for one in beyond[:FIRST])
    return Verdict(not beyond, figures)


def _told(one: Drift) -> str:
    name = f"{one.measure} of {one.column}" if one.column else one.measure
    return f"{name}: {one.value:.4g}, before {one.before:.4g}"


PROFILES_LAW = Law(checks=(ADDS_UP, DRIFT), judge=judge)
