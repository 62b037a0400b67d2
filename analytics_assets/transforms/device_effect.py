"""Device effect: how far load times differ between devices, with intervals, from counts by device and bucket.

Belongs here: METRICS "Device effect": rank statistics on bins and ratios of medians, for all replicates at once. Does
not: counts (device_loads.py), weights and ranks of an interval (bootstrap.py), rows (layers/device_effect.py).

Arrays have a last axis of replicates: place 0 is what was seen, the others are the replicates. Not a number stands for
what there is no value of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from analytics_assets.transforms.bootstrap import REPLICATES, Floats, Ints, interval
from analytics_assets.transforms.buckets import GAMMA, PER_MILLE, ZERO_BUCKET

BOUNDS = ((0.01, "negligible"), (0.06, "small"), (0.14, "medium"))
LARGE = "large"
WORDING = 2
"""One more whenever `in_words` says something else: its sentences stand in a table, which is then made again."""
DIGITS = 9
"""Figures are rounded to so many digits after the point: beyond, they would hang on the order of additions."""


@dataclass(frozen=True)
class Effect:
    """The figures of one set of loads. loads: of each device, in order of their names.

    differences: p50 of each device / the median of the devices' p50s. deltas: Cliff's delta of each pair of devices,
    of the first against the second.
    """

    loads: dict[str, Ints]
    epsilon_squared: Floats
    differences: dict[str, Floats]
    deltas: dict[tuple[str, str], Floats]

    @property
    def total(self) -> Ints:
        """Loads on all devices."""
        nothing = np.zeros(1 + REPLICATES, np.int64)
        loads: Ints = np.sum([nothing, *self.loads.values()], axis=0)
        return loads


def device_effect(counts: Ints, devices: list[str], buckets: list[int]) -> Effect:
    """The figures of loads. counts: by device, bucket and replicate; devices and buckets ascending, each with loads."""
    if not devices:
        return Effect({}, np.full(1 + REPLICATES, np.nan), {}, {})
    medians = _medians(counts, np.array(buckets))
    middle = _middle(medians)
    with np.errstate(invalid="ignore"):
        differences = GAMMA ** (medians - middle)
        differences[:, ~np.isfinite(middle)] = np.nan
    # One device, or one bin, tells nothing of devices.
    is_alone = (counts.sum(axis=1) > 0).sum(axis=0) < 2
    is_one_bin = (counts.sum(axis=0) > 0).sum(axis=0) < 2
    nothing = is_alone | is_one_bin
    differences[:, nothing] = np.nan
    pairs = {
        (one, other): np.where(nothing, np.nan, cliffs_delta(counts[place], counts[devices.index(other)]))
        for place, one in enumerate(devices)
        for other in devices[place + 1 :]
    }
    return Effect(
        loads=dict(zip(devices, counts.sum(axis=1), strict=True)),
        epsilon_squared=np.where(nothing, np.nan, epsilon_squared(counts)),
        differences=dict(zip(devices, differences, strict=True)),
        deltas=pairs,
    )


def epsilon_squared(counts: Ints) -> Floats:
    """Epsilon squared of Kruskal and Wallis's H with its correction for ties: H / (n - 1), in [0, 1].

    counts: by device, bucket and replicate. H corrected is n - 1 times the share of the ranks' variance that lies
    between the devices, so that share is what is computed. Not a number where all loads are in one bin.
    Source: W. H. Kruskal, W. A. Wallis, JASA 47 (1952), 583-621; M. Tomczak, E. Tomczak, Trends in Sport Sciences 21
    (2014), 19-25.
    """
    of_bins = counts.sum(axis=0)
    number = of_bins.sum(axis=0)
    # Twice the distance of a bin's mid-rank from the mean rank: a whole number.
    from_mean = 2 * np.cumsum(of_bins, axis=0) - of_bins - number
    of_devices = (counts * from_mean).sum(axis=1).astype(np.float64)
    loads = counts.sum(axis=1)
    between = (of_devices**2 / np.maximum(loads, 1)).sum(axis=0)
    within_all = (of_bins * from_mean.astype(np.float64) ** 2).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.where(within_all > 0, np.minimum(between / within_all, 1.0), np.nan)


def cliffs_delta(one: Ints, other: Ints) -> Floats:
    """P(a load of one takes longer than a load of the other) - P(it takes less), on bins, in [-1, 1].

    In: by bucket and replicate. Source: N. Cliff, Psychological Bulletin 114 (1993), 494-509.
    """
    loads, other_loads = one.sum(axis=0), other.sum(axis=0)
    # Of each bin the other's loads below it less those above.
    below_less_above = 2 * np.cumsum(other, axis=0) - other - other_loads
    pairs = loads.astype(np.float64) * other_loads
    delta: Floats = (one * below_less_above).sum(axis=0) / np.where(pairs > 0, pairs, np.nan)
    return delta


def _medians(counts: Ints, buckets: Ints) -> Floats:
    """The bucket of each device's p50; minus infinity for the bucket of 0 ms."""
    so_far = np.cumsum(counts, axis=1)
    number = so_far[:, -1, :]
    rank = np.maximum(1, (number * PER_MILLE["p50"] + 999) // 1000)
    place = (so_far < rank[:, None, :]).sum(axis=1)
    logs = np.where(buckets == ZERO_BUCKET, -np.inf, buckets.astype(np.float64))
    return np.where(number > 0, logs[np.minimum(place, len(buckets) - 1)], np.nan)


def _middle(medians: Floats) -> Floats:
    """The median over devices that have one; of an even number the mean of both in the middle, of logarithms."""
    ordered = np.sort(medians, axis=0)
    number = (~np.isnan(ordered)).sum(axis=0)
    low, high = (
        np.take_along_axis(ordered, np.maximum(places, 0)[None, :], axis=0)[0]
        for places in ((number - 1) // 2, number // 2)
    )
    return np.where(number > 0, (low + high) / 2, np.nan)


@dataclass
class Stratified:
    """The mean over versions, weighted by their loads: what a difference is when versions are set equal.

    In a replicate a version without a value is left out.
    """

    versions: int = 0
    _loads: dict[str, Ints] = field(default_factory=dict)
    _sums: dict[object, tuple[Floats, Floats]] = field(default_factory=dict)

    def add(self, effect: Effect) -> None:
        """One more version."""
        self.versions += 1
        for device, loads in effect.loads.items():
            self._loads[device] = self._loads.get(device, np.zeros_like(loads)) + loads
        every: list[tuple[object, Floats]] = [("", effect.epsilon_squared)]
        every += [*effect.differences.items(), *effect.deltas.items()]
        weight = effect.total.astype(np.float64)
        for name, values in every:
            known = ~np.isnan(values)
            sums, weights = self._sums.get(name, (np.zeros_like(weight), np.zeros_like(weight)))
            self._sums[name] = (sums + np.where(known, values, 0) * weight, weights + known * weight)

    def effect(self) -> Effect:
        """The means."""
        devices = sorted(self._loads)
        return Effect(
            loads={device: self._loads[device] for device in devices},
            epsilon_squared=self._mean(""),
            differences={device: self._mean(device) for device in devices},
            deltas={pair: self._mean(pair) for pair in combinations(devices, 2) if pair in self._sums},
        )

    def _mean(self, name: object) -> Floats:
        sums, weights = self._sums[name]
        mean: Floats = sums / np.where(weights > 0, weights, np.nan)
        return mean


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; None where there is none."""

    value: float | None
    low: float | None
    high: float | None

    @staticmethod
    def of(values: Floats) -> Estimate:
        """What was seen, and the interval of the replicates."""
        low, high = interval(values[1:])
        if np.isnan(values[0]):
            return Estimate(None, None, None)
        value, *ends = (None if np.isnan(found) else round(float(found), DIGITS) for found in (values[0], low, high))
        return Estimate(value, ends[0], ends[1])


def size(epsilon: float | None) -> str | None:
    """Epsilon squared in a word."""
    if epsilon is None:
        return None
    return next((word for bound, word in BOUNDS if epsilon < bound), LARGE)


def in_words(device: str, difference: Estimate) -> str | None:
    """A difference in a sentence. What it claims hangs on the interval as it is, not as it is told."""
    value, low, high = difference.value, difference.low, difference.high
    if value is None:
        return None
    if value == low == high == 1:
        return f"{device} is the median device"
    if low is None or high is None:
        known, percent = "too few users for an interval", round(100 * (value - 1))
        is_longer, is_less = percent > 0, percent < 0
    else:
        is_longer, is_less = low > 1, high < 1
        ends = (1 - high, 1 - low) if is_less else (low - 1, high - 1)  # so much less
        known = f"95 % interval {_percent(ends[0])} to {_percent(ends[1])} %"
    if not (is_longer or is_less):
        return f"{device} pages take about as long as the median device's ({known})"
    # What was seen may lie beyond the interval of the replicates, and on the other side.
    is_on_its_side = value > 1 if is_longer else value < 1
    much = f"{_percent(abs(value - 1))} % " if is_on_its_side else ""
    return f"{device} pages take {much}{'longer' if is_longer else 'less time'} than the median device ({known})"


def _percent(share: float) -> str:
    """Per cent without decimals; below 1 with as many as it takes not to be 0."""
    percent = 100 * share
    return f"{percent:.0f}" if abs(percent) >= 1 or round(percent, DIGITS) == 0 else f"{float(f'{percent:.1g}'):g}"


def matrix(rows: Iterable[tuple[str, int, Ints]]) -> tuple[Ints, list[str], list[int]]:
    """Counts by device, bucket and replicate, with the devices and buckets. rows: device, bucket and counts."""
    every = list(rows)
    devices = sorted({device for device, _, _ in every})
    buckets = sorted({bucket for _, bucket, _ in every})
    device_at = {device: place for place, device in enumerate(devices)}
    bucket_at = {bucket: place for place, bucket in enumerate(buckets)}
    counts = np.zeros((len(devices), len(buckets), len(every[0][2]) if every else 0), np.int64)
    for device, bucket, found in every:
        counts[device_at[device], bucket_at[bucket]] += found
    return counts, devices, buckets
