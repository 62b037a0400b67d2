"""Schema drift: the header of each file of an arrival names the columns of the contract, and no others.

Belongs here: verdicts on arrivals and on snapshots, from counts alone. Does not: what a header says
(layers/layouts.py), files that cannot be read for theirs: they are quarantined (layers/quarantine.py); what stands in
columns (profile_checks.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.compute as pc

from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import LANDED
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.law import Check, Law, Verdict

NAME = "columns_are_those_of_the_contract"


def judge_schema(world: World, source: str, arrivals: Sequence[str]) -> dict[str, Verdict]:
    """Verdicts on arrivals of a source, read without a JVM. Files without a header pass."""
    names = ["source", "arrival", "standing", "file", "rule"]
    counts = world.counts(names, (pc.field("source") == source) & (pc.field("standing") == LANDED))
    drifted: dict[str, list[tuple[str, str]]] = {}
    for row in counts.filter(pc.is_valid(counts["rule"])).to_pylist():
        drifted.setdefault(row["arrival"], []).append((row["file"], row["rule"]))
    verdicts = {}
    for arrival in arrivals:
        found = sorted(drifted.get(arrival, []))
        figures: dict[str, int | float | str] = {"files_that_differ": len(found)}
        if found:
            figures["first"] = f"{found[0][0]}: {found[0][1]}"
        verdicts[arrival] = Verdict(not found, figures)
    return verdicts


def schema_law(table: str, source: str, what: str) -> Law:
    """The law of a table that holds what lands of a source. what: an arrival of it, in a word."""
    check = Check(
        table=table,
        name=NAME,
        sentence=f"The header of each file of the {what} names the contract's columns, in any order, and no others.",
        blocking=False,
    )
    return Law(checks=(check,), judge=lambda world, arrivals: {NAME: judge_schema(world, source, arrivals)})


SCHEMA_LAW = schema_law("bronze", EVENTS_SOURCE, "arrival")
