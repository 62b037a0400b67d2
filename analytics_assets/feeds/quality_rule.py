"""The rule of quality: how much of a feed may be rejected, late, unknown or missing before somebody is told.

Belongs here: its declaration. Does not: the checks that ask it (asset_checks/).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

FEW_REJECTED, FEW_LATE, FILES_ARE_READ = "few_rows_are_rejected", "few_rows_are_late", "no_file_is_quarantined"
MAY_HOLD_BACK = (FEW_REJECTED, FEW_LATE, FILES_ARE_READ)
"""Names of the checks of arrivals that a feed may let hold back."""


@dataclass(frozen=True, kw_only=True)
class QualityRule:
    """What is still usual for a feed. Shares lie in [0, 1].

    most_rejected: of an arrival's landed rows. most_late: of its accepted rows. most_unknown: of a date's events whose
    users no snapshot contains. most_live_difference: of loads that a live run counted and of their p95, to those of the
    date. least_volume, most_volume: a date's events, as a multiple of the median of its weekday. least_rows: what is
    smaller than that is not judged by shares, since one row would move them. least_hour_rows: an hour in which so many
    rows came each week is not empty by chance. holds_back: names of checks (MAY_HOLD_BACK): an arrival that fails one
    holds its dates back, whose figures would be wrong; else these checks only warn.
    """

    most_rejected: float = 0.05
    most_late: float = 0.25
    most_unknown: float = 0.1
    most_live_difference: float = 0.05
    least_volume: float = 0.5
    most_volume: float = 2.0
    least_rows: int = 100
    least_hour_rows: int = 20
    holds_back: Collection[str] = ()

    def most(self, check: str) -> float:
        """The share up to which FEW_REJECTED or FEW_LATE passes."""
        return {FEW_REJECTED: self.most_rejected, FEW_LATE: self.most_late}[check]

    def __post_init__(self) -> None:
        for name in ("most_rejected", "most_late", "most_unknown", "most_live_difference"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"quality: {name} is {getattr(self, name)}, expected a share from 0 to 1")
        if not 0 <= self.least_volume <= 1 <= self.most_volume:
            raise ValueError(
                f"quality: saw volumes {self.least_volume} to {self.most_volume}, expected 0 to 1 and 1 or more"
            )
        for name in ("least_rows", "least_hour_rows"):
            if getattr(self, name) < 1:
                raise ValueError(f"quality: {name} is {getattr(self, name)}, expected 1 or more")
        if isinstance(self.holds_back, str) or not {*self.holds_back} <= {*MAY_HOLD_BACK}:
            raise ValueError(
                f"quality: holds_back is {self.holds_back!r}, expected a tuple of {', '.join(MAY_HOLD_BACK)}"
            )
