"""Cohorts: the cells of weekly retention that a report shows, read from the table without a JVM.

Belongs here: reading, and sums over cohorts of one age. Does not: drawing (retention_figures.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.retention import FIRST_ACTIVITY, SIGN_UP, wilson

FIGURES = ("retained", "rate", "rate_low", "rate_high", "state")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A known cell, of a cohort or of several of one age. interval: None in the own week of a cohort by first
    activity."""

    after: int
    retained: int
    rate: float
    interval: tuple[float, float] | None
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Users who began, or signed up, in a week.

    cells: by weeks after, the known ones. unbounded: the same, in any later week too.
    """

    start: date
    size: int
    cells: dict[int, Cell]
    unbounded: dict[int, Cell]


@dataclass(frozen=True, kw_only=True)
class SignUps:
    """Cohorts by sign-up. without: active users of whom no date is known."""

    cohorts: list[Cohort]
    without: int


def read_cohorts(table: Dataset | None, cohort_by: str = FIRST_ACTIVITY) -> list[Cohort]:
    """The complete weekly cohorts of all users, the oldest first."""
    if table is None:
        return []
    is_complete = pc.is_valid(pc.field("size")) & pc.is_valid(pc.field("cohort_start"))
    wanted = (pc.field("cohort_by") == cohort_by) & (pc.field("period") == "week") & (pc.field("dimension") == TOTAL)
    names = ["cohort_start", "periods_after", "size", *FIGURES, *[f"unbounded_{name}" for name in FIGURES]]
    found: dict[date, Cohort] = {}
    for row in table.to_table(columns=names, filter=wanted & is_complete).to_pylist():
        cohort = found.setdefault(
            row["cohort_start"], Cohort(start=row["cohort_start"], size=row["size"], cells={}, unbounded={})
        )
        for kind, cells in (("", cohort.cells), ("unbounded_", cohort.unbounded)):
            if row[f"{kind}rate"] is not None:
                cells[row["periods_after"]] = _cell(row, kind)
    return [found[start] for start in sorted(found)]


def read_sign_ups(table: Dataset | None) -> SignUps | None:
    """The cohorts by sign-up; None where the table has none."""
    if table is None:
        return None
    is_apart = (pc.field("cohort_by") == SIGN_UP) & ~pc.is_valid(pc.field("cohort_start"))
    apart = table.to_table(columns=["size"], filter=is_apart)["size"].to_pylist()
    return SignUps(cohorts=read_cohorts(table, SIGN_UP), without=sum(apart)) if apart else None


def overall(cohorts: list[Cohort], *, unbounded: bool = False) -> dict[int, Cell]:
    """By weeks after, the share of the users of all cohorts that are known at that age, with its 95 % interval."""
    aged: dict[int, list[tuple[int, Cell]]] = {}
    for cohort in cohorts:
        for after, cell in (cohort.unbounded if unbounded else cohort.cells).items():
            aged.setdefault(after, []).append((cohort.size, cell))
    together = {after: _together(aged[after]) for after in sorted(aged)}
    return {after: cell for after, cell in together.items() if cell is not None}


def _together(cells: list[tuple[int, Cell]]) -> Cell | None:
    """Cells of one age, each with the size of its cohort, as one; None where nobody is in them."""
    retained, size = sum(cell.retained for _, cell in cells), sum(of for of, _ in cells)
    if not size:
        return None
    low, high = wilson(np.array([retained]), np.array([size]))
    is_known = any(cell.interval is not None for _, cell in cells)
    return Cell(
        after=cells[0][1].after,
        retained=retained,
        rate=retained / size,
        interval=(float(low[0]), float(high[0])) if is_known else None,
        is_open=any(cell.is_open for _, cell in cells),
    )


def _cell(row: dict[str, Any], kind: str) -> Cell:
    low, high = row[f"{kind}rate_low"], row[f"{kind}rate_high"]
    return Cell(
        after=row["periods_after"],
        retained=row[f"{kind}retained"],
        rate=row[f"{kind}rate"],
        interval=None if low is None else (low, high),
        is_open=row[f"{kind}state"] == "open",
    )
