"""Profiles in a report: the newest arrival's columns beside those of the arrivals before, read without a JVM.

Belongs here: reading. Does not: distances (transforms/drift.py), HTML (profile_parts.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.drift import Drift, arrivals_before, drifts


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """The profile of the newest arrival. before: the arrivals that it is compared with, the oldest first."""

    arrival: str = ""
    columns: list[dict[str, Any]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    drifts: list[Drift] = field(default_factory=list)


def read_profiles(table: Dataset | None) -> Profiles:
    """The newest arrival's columns, in the order of the table of events."""
    names = [] if table is None else sorted(pc.unique(table.to_table(columns=["arrival"])["arrival"]).to_pylist())
    if table is None or not names:
        return Profiles()
    newest, before = names[-1], arrivals_before(names[-1], names)
    rows = table.to_table(filter=pc.field("arrival").isin([newest, *before])).to_pylist()
    by_arrival: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_arrival.setdefault(row["arrival"], []).append(row)
    own = by_arrival[newest]
    return Profiles(arrival=newest, columns=own, before=before, drifts=drifts(own, [by_arrival[one] for one in before]))
