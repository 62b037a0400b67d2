"""Daily series with an anomaly of a known kind, or none.

Belongs here: how they are made. Does not: finding the anomalies (anomaly_methods.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

START = date(2024, 1, 1)  # a Monday
DAYS = 371
FROM = 84
"""Verdicts count from this day on, for every method."""
WEEKDAYS = np.array([1.08, 1.12, 1.10, 1.05, 0.92, 0.62, 0.70])
GROWTH = 0.004
"""Growth by week, on the log scale."""
KINDS = ("clean", "spike", "drop", "level shift", "slow drift", "missing days", "changed rhythm", "holiday")
TO_FIND = ("spike", "drop", "level shift", "slow drift", "changed rhythm")
WITHIN = {"spike": 1, "drop": 1, "level shift": 7, "slow drift": 42, "changed rhythm": 14}
"""Days from the anomaly's first within which it must be found."""
AFTERWARDS = 63
"""Alarms up to so many days after an anomaly that lasts are not called false: the figures did change."""


@dataclass(frozen=True)
class Made:
    """A series. values: None for a missing day. first: the anomaly's first day; sign: up or down."""

    kind: str
    values: list[int | None]
    first: int
    sign: int
    holidays: tuple[date, ...]

    @property
    def is_to_be_found(self) -> bool:
        """Whether there is something to find."""
        return self.kind in TO_FIND

    @property
    def excused(self) -> range:
        """Days on which an alarm is not false."""
        if not self.is_to_be_found:
            return range(0)
        last = self.first + (0 if self.kind in ("spike", "drop") else AFTERWARDS)
        return range(self.first, last + 1)


def made(kind: str, level: float, noise: float, size: float, rng: np.random.Generator) -> Made:
    """A series around a level. noise: standard deviation by day on the log scale, beside Poisson's.

    size: by how much the anomaly moves the log of the figure, up or down by chance.
    """
    days = np.arange(DAYS)
    log = np.log(level) + np.log(WEEKDAYS[days % 7]) + GROWTH * days / 7 + noise * rng.standard_normal(DAYS)
    first = int(rng.integers(140, 280))
    sign = 1 if rng.random() < 0.5 else -1
    sign = {"spike": 1, "drop": -1, "holiday": -1, "changed rhythm": 1}.get(kind, sign)
    if kind in ("spike", "drop", "holiday"):
        log[first] += sign * size
    elif kind == "level shift":
        log[first:] += sign * size
    elif kind == "slow drift":
        log[first:] += sign * size * np.minimum(np.arange(DAYS - first) / 28, 1)
    elif kind == "changed rhythm":
        first += (5 - first) % 7  # the Saturday after
        log[first:] += np.where(days[first:] % 7 >= 5, size, 0.0)
    values: list[int | None] = [int(value) for value in rng.poisson(np.exp(log))]
    if kind == "missing days":
        values[first : first + 5] = [None] * 5
    holidays = (START + timedelta(days=first),) if kind == "holiday" else ()
    return Made(kind, values, first, sign, holidays)
