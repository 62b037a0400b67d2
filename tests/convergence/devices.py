"""The oracle's device effect: rank statistics and their bootstrap in plain Python, by replicate, in fractions.

Belongs here: METRICS "Device effect". Does not: sentences, which unit tests hold against examples. Nothing of Tidebook
is imported.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from itertools import combinations

from closed_dates import History
from described import Described
from events import DAY, UNKNOWN, Row

GAMMA = 1.01 / 0.99
REPLICATES = 500
FEW = 100
Load = tuple[str, str, int]  # user, device, bucket
Cells = Mapping[tuple[str, int], int]  # loads by device and bucket
Figure = Fraction | float | None


def expected(feed: Described, history: History | None, silver: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows of device_effect, device_differences and device_pairs."""
    if history is None or not (feed.has_duration and feed.has_version and "device_type" in feed.attributes):
        return {}
    months = {day.replace(day=1) for day in history.dates}
    complete = sorted(m for m in months if history.has(m, (m + DAY * 31).replace(day=1) - DAY))
    strata: dict[tuple[str, str, date, str], list[Load]] = {}
    for month in complete:
        strata["month", f"{month:%Y-%m}", month, "all"] = []
        strata["all", "all", complete[0], "all"] = []
    of_versions: dict[tuple[date, str], list[Load]] = defaultdict(list)
    for event in silver:
        month, device = event["event_date"].replace(day=1), event["device_type"]
        if event["action"] == "page_view" and device != UNKNOWN and month in complete:
            of_versions[month, event["app_version"]].append((event["user_id"], device, bucket(event["duration_ms"])))
    for (month, version), loads in of_versions.items():
        by_device = Counter(device for _, device, _ in loads)
        for name in ("all", version) if sum(n >= FEW for n in by_device.values()) > 1 else ("all",):
            strata.setdefault(("month", f"{month:%Y-%m}", month, name), []).extend(loads)
            strata.setdefault(("all", "all", complete[0], name), []).extend(loads)
    assert all(version == "all" for *_, version in strata), "the mean over versions is not in this oracle"
    tables: dict[str, list[Row]] = {"device_effect": [], "device_differences": [], "device_pairs": []}
    for month in sorted(months - {*complete}):
        open_month = ("month", f"{month:%Y-%m}", month, "all")
        tables["device_effect"].append(_effect(open_month, None, (None, None, None), False))
    for key, loads in strata.items():
        _tell(tables, key, loads)
    return tables


def bucket(duration_ms: int) -> int:
    """Of 2 %."""
    return -1 if duration_ms == 0 else math.ceil(math.log(duration_ms) / math.log(GAMMA))


def weights(user: str) -> list[int]:
    """How often each replicate counts the user."""
    drawn = hashlib.shake_128(b"tidebook|" + user.encode()).digest(2 * REPLICATES)
    steps = [round(65_536 * sum(math.exp(-1) / math.factorial(k) for k in range(last + 1))) for last in range(12)]
    draws = [drawn[2 * r] + 256 * drawn[2 * r + 1] for r in range(REPLICATES)]
    return [sum(step <= draw for step in steps) for draw in draws]


def _tell(tables: dict[str, list[Row]], key: tuple[str, str, date, str], loads: list[Load]) -> None:
    of_user = {user: weights(user) for user, _, _ in loads}
    samples: list[Cells] = [Counter((device, at) for _, device, at in loads)]
    for replicate in range(REPLICATES):
        counted: Counter[tuple[str, int]] = Counter()
        for user, device, at in loads:
            counted[device, at] += of_user[user][replicate]
        samples.append({cell: number for cell, number in counted.items() if number})
    devices = sorted({device for _, device, _ in loads})
    tables["device_effect"].append(_effect(key, len(loads), _estimated(samples, epsilon_squared), True))
    period, name, start, version = key
    common = {"period": period, "period_month": name, "period_start": start, "app_version": version}
    for device in devices:
        found = _estimated(samples, lambda cells, device=device: ratio(cells, device))
        row = {**common, "device_type": device, "loads": sum(d == device for _, d, _ in loads)}
        tables["device_differences"].append({**row, **_named("p50_ratio", found)})
    for one, other in combinations(devices, 2):
        found = _estimated(samples, lambda cells, one=one, other=other: delta(cells, one, other))
        row = {**common, "device_type": one, "other_device_type": other}
        tables["device_pairs"].append({**row, **_named("cliffs_delta", found)})


def _effect(
    key: tuple[str, str, date, str], loads: int | None, found: tuple[Figure, Figure, Figure], is_complete: bool
) -> Row:
    period, name, start, version = key
    epsilon = found[0]
    words = {0.01: "negligible", 0.06: "small", 0.14: "medium", 2: "large"}
    word = None if epsilon is None else words[min(bound for bound in words if epsilon < bound)]
    return {
        **{"period": period, "period_month": name, "period_start": start, "app_version": version},
        **{"loads": loads, "effect_size": word, "is_complete": is_complete},
        **_named("epsilon_squared", found),
    }


def _named(name: str, found: tuple[Figure, Figure, Figure]) -> Row:
    values = [None if value is None else round(float(value), 9) for value in found]
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))


def _estimated(samples: list[Cells], figure: Callable[[Cells], Figure]) -> tuple[Figure, Figure, Figure]:
    """What was seen, and the 13th and the 488th of the 500 replicates; no interval where one has no value."""
    seen, *replicates = [figure(cells) if _tells(cells) else None for cells in samples]
    if seen is None or None in replicates:
        return seen, None, None
    ordered = sorted(replicates)
    return seen, ordered[12], ordered[487]


def _tells(cells: Cells) -> bool:
    return len({device for device, _ in cells}) > 1 and len({at for _, at in cells}) > 1


def epsilon_squared(cells: Cells) -> Figure:
    """H with the correction for ties, over n - 1."""
    ranks, tied = {}, Counter[int]()
    for (_, at), number in cells.items():
        tied[at] += number
    below = 0
    for at in sorted(tied):
        ranks[at] = below + Fraction(tied[at] + 1, 2)
        below += tied[at]
    n, sums, loads = below, Counter[str](), Counter[str]()
    for (device, at), number in cells.items():
        sums[device] += number * ranks[at]
        loads[device] += number
    h = Fraction(12, n * (n + 1)) * sum(sums[d] ** 2 / loads[d] for d in loads) - 3 * (n + 1)
    correction = 1 - Fraction(sum(t**3 - t for t in tied.values()), n**3 - n)
    return h / correction / (n - 1)


def delta(cells: Cells, one: str, other: str) -> Figure:
    """Cliff's, by pairs."""
    pairs = [
        (number * more, (at > there) - (at < there))
        for (device, at), number in cells.items()
        for (against, there), more in cells.items()
        if device == one and against == other
    ]
    every = sum(number for number, _ in pairs)
    return Fraction(sum(number * sign for number, sign in pairs), every) if every else None


def ratio(cells: Cells, device: str) -> Figure:
    """p50 of the device over the median of the devices' p50s."""
    medians = {}
    for name in {name for name, _ in cells}:
        values = sorted(at for (own, at), number in cells.items() if own == name for _ in range(number))
        medians[name] = values[-(-len(values) // 2) - 1]
    ordered = sorted(medians.values())
    two = (ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2])
    if device not in medians or -1 in two:
        return None
    return 0.0 if medians[device] == -1 else GAMMA ** (medians[device] - sum(two) / 2)
