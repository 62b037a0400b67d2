"""The oracle's verdicts: METRICS "Anomalies" in plain Python. Nothing of Tidebook is imported.

Belongs here: what is expected of each point of a series, which are flagged, the alarms that they make. Does not: which
series there are (the oracles of each folder). Everything is computed anew for each point from lists of all before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import asin, exp, expm1, log, log1p, pi, sin, sqrt
from statistics import median
from typing import Any

Row = dict[str, Any]
IN_A_ROW = {"day": 14, "hour": 72}


@dataclass(frozen=True)
class Rule:
    """Thresholds, least volume, holidays."""

    enter: float = 4.0
    leave: float = 2.0
    least: int = 20
    holidays: tuple[date, ...] = ()


def place(kind: str, point: Row) -> float:
    """Where a value stands on its scale."""
    amount = point["amount"]
    return log((amount + 0.5) / (point["volume"] - amount + 0.5)) if kind == "share" else log1p(amount)


def back(kind: str, value: float) -> float:
    """The figure that stands there."""
    value = max(-700, min(700, value))
    return 1 / (1 + exp(-value)) if kind == "share" else max(0.0, expm1(value))


def even(kind: str, amount: float, volume: float) -> float:
    """A value on the scale on which chance alone spreads it alike everywhere."""
    if kind == "share":
        return 2 * asin(sqrt((amount + 0.375) / (volume + 0.75)))
    return 2 * sqrt(amount + 0.375) if kind == "count" else log1p(amount)


def mad(values: list[float]) -> float:
    """Median absolute deviation."""
    middle = median(values)
    return median(abs(value - middle) for value in values)


def step(kind: str, one: Row, other: Row) -> float:
    """From one point to the other, where chance alone gives 1."""
    difference = even(kind, other["amount"], other["volume"]) - even(kind, one["amount"], one["volume"])
    if kind == "count":
        return difference / sqrt(2)
    return difference / sqrt(1 / one["volume"] + 1 / other["volume"])


def deviations(kind: str, baselines: Iterable[list[Row]]) -> tuple[float, float]:
    """How far points lie from each other from week to week, on the scale and against chance."""
    pairs = [(a, b) for found in baselines for a, b in pairwise(found[-8:])]
    if not pairs:
        return 0.0, 0.0
    on_scale = mad([place(kind, b) - place(kind, a) for a, b in pairs])
    return 1.4826 * on_scale / sqrt(2), 1.4826 * mad([step(kind, a, b) for a, b in pairs])


def verdicts(points: Iterable[Row], kind: str, granularity: str, rule: Rule) -> list[Row]:
    """For each point (day, hour, amount, volume): expected, low, high, score, sign, is_shift."""
    made: list[Row] = []
    baselines: dict[tuple[int, int], list[Row]] = {}
    leads: dict[int, list[float]] = {}
    flagged: list[Row] = []
    of_slot: dict[tuple[int, int], list[Row]] = {}
    today, least = None, (0.0, 0.0)
    for point in points:
        slot = (point["day"].weekday(), point["hour"])
        row = {**point, "expected": None, "low": None, "high": None, "score": None, "sign": 0, "is_shift": False}
        made.append(row)
        if point["amount"] is None or (kind != "count" and point["volume"] == 0):
            continue
        own = baselines.setdefault(slot, [])[-8:]
        if granularity == "hour" and point["day"] != today:
            today, least = point["day"], deviations(kind, baselines.values())
        is_holiday = point["day"] in rule.holidays
        centre = None
        if len(own) >= 4:
            centre = median(place(kind, one) for one in own)
            ahead = leads.get(point["hour"], [])[-28:]
            value = centre + (median(ahead) if len(ahead) >= 7 else 0)
            of_hour = [found for (_, hour), found in baselines.items() if hour == point["hour"]]
            both = zip(deviations(kind, of_hour), least, strict=True)
            spread, dispersion = (sqrt(1 + pi / 2 / len(own)) * max(pair) for pair in both)
            spread = max(spread, 0.05 if kind == "share" else 0.02)
            dispersion = max(1.0, dispersion)
            _compare(row, kind, rule, value, spread, dispersion)
            n = point["amount"] if kind == "count" else point["volume"]
            if max(n, row["expected"] if kind == "count" else 0) < rule.least or is_holiday:
                row |= {"low": None, "high": None, "score": None}
        if is_holiday:
            continue
        if row["score"] is not None:
            sign = 1 if row["score"] > 0 else -1
            goes_on = bool(flagged) and flagged[-1]["sign"] == sign
            if abs(row["score"]) >= (rule.leave if goes_on else rule.enter):
                row["sign"] = sign
                flagged = [*flagged, row] if goes_on else [row]
                before = of_slot.get(slot, [])
                of_slot[slot] = [*before, row] if before and before[-1]["sign"] == sign else [row]
                if len(flagged) == IN_A_ROW[granularity]:
                    row["is_shift"] = True
                    baselines, leads, of_slot = {}, {}, {}
                    for one in flagged:
                        baselines.setdefault((one["day"].weekday(), one["hour"]), []).append(one)
                    flagged = []
                elif len(of_slot[slot]) == 4:
                    baselines[slot] = of_slot.pop(slot)
                continue
            flagged = []
            of_slot.pop(slot, None)
        baselines[slot].append(row)
        if centre is not None:
            leads.setdefault(point["hour"], []).append(place(kind, point) - centre)
    return made


def _compare(row: Row, kind: str, rule: Rule, value: float, spread: float, dispersion: float) -> None:
    """Expected, the band around it, and the lesser of two scores."""
    amount, volume, expected = row["amount"], row["volume"], back(kind, value)
    weight = 1.0 if kind == "count" else sqrt(volume + 0.5) if kind == "share" else sqrt(volume)
    whole = expected * volume if kind == "share" else expected
    usual = dispersion / weight
    if kind == "length":
        usual = min(usual, 1.0)  # what a single length varies by
    chance = (even(kind, amount, volume) - even(kind, whole, volume)) / usual
    score = (place(kind, row) - value) / spread
    same_side = score * chance > 0
    row["expected"] = expected
    row["score"] = (score if abs(score) <= abs(chance) else chance) if same_side else 0.0
    reach = rule.enter * usual
    for name, side, farther in (("low", -1, min), ("high", 1, max)):
        at = even(kind, whole, volume) + side * reach
        if kind == "count":
            edge = max(max(at / 2, 0) ** 2 - 0.375, 0)
        elif kind == "share":
            share = sin(min(max(at / 2, 0), pi / 2)) ** 2
            edge = min(max((share * (volume + 0.75) - 0.375) / volume, 0), 1)
        else:
            edge = back(kind, at)
        row[name] = farther(edge, back(kind, value + side * rule.enter * spread))


def alarms(found: list[Row]) -> list[tuple[list[Row], bool]]:
    """Flagged points of one sign in a row, and whether that is over. Points without a verdict are passed over."""
    made: list[tuple[list[Row], bool]] = []
    is_open = False
    for row in found:
        if row["score"] is None:
            continue
        if is_open and row["sign"] != made[-1][0][-1]["sign"]:
            made[-1] = (made[-1][0], True)
            is_open = False
        if row["sign"]:
            made = made if is_open else [*made, ([], False)]
            made[-1][0].append(row)
            is_open = not row["is_shift"]
            made[-1] = (made[-1][0], row["is_shift"])
    return made
