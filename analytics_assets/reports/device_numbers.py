"""Device numbers: how load times differ between devices, as a report shows it, read from the tables without a JVM.

Belongs here: reading. Does not: drawing (device_figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.columns import TOTAL

VERSIONS = (TOTAL, "stratified")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """p50 on a device / the median device's. interval: None where too few users have the device."""

    device: str
    loads: int
    ratio: float
    interval: tuple[float, float] | None
    in_words: str


@dataclass(frozen=True, kw_only=True)
class Devices:
    """What is known of all complete months together.

    since: the first of them. differences: by `all` and `stratified`, the slowest device first.
    """

    since: date
    epsilon_squared: float
    interval: tuple[float, float] | None
    effect_size: str
    differences: dict[str, Sequence[Difference]]


def read_devices(effect: Dataset | None, differences: Dataset | None) -> Devices | None:
    """The effect in all; None where nothing is known yet."""
    if effect is None or differences is None:
        return None
    in_all = pc.field("period") == TOTAL
    [*known] = effect.to_table(filter=in_all & (pc.field("app_version") == TOTAL)).to_pylist()
    if not known or known[0]["epsilon_squared"] is None:
        return None
    wanted = in_all & pc.field("app_version").isin(list(VERSIONS)) & pc.field("p50_ratio").is_valid()
    found: dict[str, list[Difference]] = {}
    for row in differences.to_table(filter=wanted).sort_by([("p50_ratio", "descending")]).to_pylist():
        low, high = row["p50_ratio_low"], row["p50_ratio_high"]
        difference = Difference(
            device=row["device_type"],
            loads=row["loads"],
            ratio=row["p50_ratio"],
            interval=None if low is None else (low, high),
            in_words=row["in_words"],
        )
        found.setdefault(row["app_version"], []).append(difference)
    low, high = (known[0][f"epsilon_squared_{end}"] for end in ("low", "high"))
    return Devices(
        since=known[0]["period_start"],
        epsilon_squared=known[0]["epsilon_squared"],
        interval=None if low is None else (low, high),
        effect_size=known[0]["effect_size"],
        differences={version: found[version] for version in VERSIONS if version in found},
    )
