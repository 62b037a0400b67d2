"""Profiles in a report: the newest arrival's columns beside those of the arrivals before, read without a JVM.

Belongs here: reading. Does not: distances (transforms/drift.py), HTML (profile_parts.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.drift import Drift, arrivals_before, drifts

NEWEST = 8
"""Arrivals that stand side by side: a day and the week before it."""


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """The profile of the newest arrival. before: the arrivals that it is compared with, the oldest first.

    columns: its rows of the table; rows_before: the same of each arrival before. newest: the drifts of each of the
    newest arrivals, the oldest first; null_shares: of each, by column.
    """

    arrival: str = ""
    columns: list[dict[str, Any]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    rows_before: list[list[dict[str, Any]]] = field(default_factory=list)
    newest: dict[str, list[Drift]] = field(default_factory=dict)
    null_shares: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def drifts(self) -> list[Drift]:
        """Those of the newest arrival."""
        return self.newest.get(self.arrival, [])


def read_profiles(table: Dataset | None) -> Profiles:
    """The newest arrival's columns, in the order of the table of events."""
    names = [] if table is None else sorted(pc.unique(table.to_table(columns=["arrival"])["arrival"]).to_pylist())
    if table is None or not names:
        return Profiles()
    newest, compared = names[-NEWEST:], {name: arrivals_before(name, names) for name in names[-NEWEST:]}
    read = sorted({*newest, *[name for before in compared.values() for name in before]})
    rows = table.to_table(filter=pc.field("arrival").isin(read)).to_pylist()
    by_arrival: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_arrival.setdefault(row["arrival"], []).append(row)
    before = {name: [by_arrival[one] for one in compared[name]] for name in newest}
    last = newest[-1]
    return Profiles(
        arrival=last,
        columns=by_arrival[last],
        before=compared[last],
        rows_before=before[last],
        newest={name: drifts(by_arrival[name], before[name]) for name in newest},
        null_shares={
            name: {row["column_name"]: row["nulls"] / row["rows"] for row in by_arrival[name] if row["rows"]}
            for name in newest
        },
    )
