"""Load numbers: the load times that a report shows, read from their tables without a JVM.

Belongs here: reading, which versions have a line of their own, quantiles of periods that no row has (the last 28 days,
other versions together) from buckets. Does not: drawing (load_figures.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.buckets import quantile
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.latency import APP_VERSION, FEW, version_order_of

LINES = 7
"""So many versions have a line of their own, those with most loads; the rest are one."""
BARS = 20
LAST_DAYS = 28
DRAWN_DAYS = 400
P50, P95 = 500, 950

Value = float | None


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Loads of a value, and two quantiles of their times in milliseconds."""

    value: str
    loads: int
    p50: float
    p95: float

    @property
    def is_few(self) -> bool:
        """Whether the quantiles say little."""
        return self.loads < FEW


@dataclass(frozen=True, kw_only=True)
class Loads:
    """Load times in milliseconds. Lists of daily values are aligned with `dates`; None is what is not known.

    daily: in all, by quantile. by_version: p95 by day of the versions with most loads, in the order of versions, None
    where these are few; few_points: on how many of their dates. others: p95 by day of all other versions together, so
    many. last: the versions with most loads in the last 28 dates, in the order of versions, of last_versions. devices:
    over all dates, the fastest first.
    """

    dates: list[date]
    daily: dict[str, list[Value]]
    by_version: dict[str, list[Value]] = field(default_factory=dict)
    few_points: int = 0
    others: list[Value] = field(default_factory=list)
    number_of_others: int = 0
    last: list[Speed] = field(default_factory=list)
    last_versions: int = 0
    devices: list[Speed] = field(default_factory=list)


def read_loads(latency: Dataset | None, buckets: Dataset | None) -> Loads | None:
    """What stands in both tables now; None where one is not there, or no date is closed."""
    if latency is None or buckets is None:
        return None
    wanted = (pc.field("period") == "day") & (pc.field("dimension") == TOTAL)
    names = ["period_start", "loads", "p50", "p95"]
    rows = sorted(latency.to_table(columns=names, filter=wanted).to_pylist(), key=lambda row: row["period_start"])
    rows = rows[-DRAWN_DAYS:]
    if not rows:
        return None
    dates = [row["period_start"] for row in rows]
    known = {row["period_start"] for row in rows if row["loads"]}
    by_version = _by_version(latency, dates)
    every = sorted(by_version, key=lambda version: (-sum(n for n, _ in by_version[version].values()), version))
    # One version more than fits needs no other name than its own.
    top = every if len(every) == LINES + 1 else every[:LINES]
    top = sorted(top, key=_order)
    last, versions = _last(buckets, dates[-LAST_DAYS:])
    return Loads(
        dates=dates,
        daily={name: [row[name] for row in rows] for name in ("p50", "p95")},
        by_version={version: [_known(by_version[version].get(day)) for day in dates] for version in top},
        few_points=sum(loads < FEW for version in top for loads, _ in by_version[version].values()),
        others=_others(buckets, dates, known, top) if len(top) < len(every) else [],
        number_of_others=len(every) - len(top),
        last=last,
        last_versions=versions,
        devices=_devices(latency),
    )


def _order(version: str) -> tuple[str, str]:
    return version_order_of(version), version


def _known(found: tuple[int, float] | None) -> Value:
    return found[1] if found is not None and found[0] >= FEW else None


def _by_version(latency: Dataset, dates: Sequence[date]) -> dict[str, dict[date, tuple[int, float]]]:
    """Loads and p95 of each version by day."""
    wanted = (
        (pc.field("period") == "day")
        & (pc.field("dimension") == APP_VERSION)
        & (pc.field("period_month") >= f"{dates[0]:%Y-%m}")
        & (pc.field("period_start") >= dates[0])
        & (pc.field("loads") > 0)
    )
    found: dict[str, dict[date, tuple[int, float]]] = {}
    table = latency.to_table(columns=["value", "period_start", "loads", "p95"], filter=wanted)
    for version, day, loads, p95 in zip(*(column.to_pylist() for column in table.columns), strict=True):
        found.setdefault(version, {})[day] = (loads, p95)
    return found


def _others(buckets: Dataset, dates: Sequence[date], known: set[date], top: Sequence[str]) -> list[Value]:
    others = ~pc.field(APP_VERSION).isin(pa.array(top, pa.string()))
    counts = _counts(buckets, "event_date", dates[0], dates[-1], others)
    enough = {day for day in known if sum(counts.get(day, {}).values()) >= FEW}
    return [quantile(counts[day], P95) if day in enough else None for day in dates]


def _last(buckets: Dataset, dates: Sequence[date]) -> tuple[list[Speed], int]:
    counts = _counts(buckets, APP_VERSION, dates[0], dates[-1])
    speeds = [_speed(version, found) for version, found in counts.items()]
    most = sorted(speeds, key=lambda speed: (-speed.loads, speed.value))[:BARS]
    return sorted(most, key=lambda speed: _order(speed.value)), len(speeds)


def _counts(
    buckets: Dataset, key: str, first: date, last: date, where: pc.Expression | None = None
) -> dict[object, dict[int, int]]:
    """Loads by bucket of each value of a column, over dates."""
    wanted = (pc.field("event_date") >= first) & (pc.field("event_date") <= last) & pc.field("bucket").is_valid()
    table = buckets.to_table(columns=[key, "bucket", "loads"], filter=wanted if where is None else wanted & where)
    sums = table.group_by([key, "bucket"]).aggregate([("loads", "sum")])
    found: dict[object, dict[int, int]] = {}
    for row in sums.to_pylist():
        found.setdefault(row[key], {})[row["bucket"]] = row["loads_sum"]
    return found


def _speed(value: object, counts: dict[int, int]) -> Speed:
    return Speed(value=str(value), loads=sum(counts.values()), p50=quantile(counts, P50), p95=quantile(counts, P95))


def _devices(latency: Dataset) -> list[Speed]:
    wanted = (pc.field("period") == TOTAL) & ~pc.field("dimension").isin([TOTAL, APP_VERSION])
    rows = latency.to_table(columns=["value", "loads", "p50", "p95"], filter=wanted).to_pylist()
    return sorted((Speed(**row) for row in rows), key=lambda speed: (speed.p50, speed.value))
