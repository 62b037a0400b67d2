"""Headline: the few numbers that stand large at the top of a page, each with its change.

Belongs here: which period a number is of, and what it is compared with. Does not: reading (numbers.py), HTML
(page.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from analytics_assets.reports.numbers import Numbers, Periods, Value

WEEK = 7
NOTHING = "–"


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A large number. period: what it is of. change: against what `before` names; empty if not known."""

    label: str
    value: str
    period: str
    change: str = ""
    before: str = ""


def tiles(numbers: Numbers) -> list[Tile]:
    """DAU, WAU, MAU, stickiness and sessions of the last complete day, week or month."""
    return [
        _day(numbers, "DAU", numbers.daily.get("dau", [])),
        _period("WAU", numbers.weeks, "week", lambda start: f"week of {start}"),
        _period("MAU", numbers.months, "month", lambda start: f"{start:%B %Y}"),
        _day(numbers, "Stickiness", numbers.daily.get("stickiness_28", []), is_share=True),
        _day(numbers, "Sessions", numbers.sessions),
    ]


def change(now: float, before: float, *, is_share: bool = False) -> str:
    """The change in per cent, for shares in percentage points; empty if there is nothing to compare with."""
    if is_share:
        return _signed((now - before) * 100, "pp")
    return _signed((now / before - 1) * 100, "%") if before else ""


def _signed(number: float, unit: str) -> str:
    rounded = round(number, 1)
    if rounded == 0:
        return f"± 0.0 {unit}"
    return f"{'▲ +' if rounded > 0 else '▼ −'}{abs(rounded):,.1f} {unit}"


def _day(numbers: Numbers, label: str, values: Sequence[Value], *, is_share: bool = False) -> Tile:
    last = _last(values)
    if last is None:
        return Tile(label=label, value=NOTHING, period="no complete period yet")
    now = values[last]
    before = values[last - WEEK] if last >= WEEK else None
    assert now is not None
    return Tile(
        label=label,
        value=f"{now:.1%}" if is_share else f"{now:,}",
        period=f"{numbers.dates[last]}",
        change=change(now, before, is_share=is_share) if before is not None else "",
        before="7 days before",
    )


def _period(label: str, periods: Periods, word: str, named: Callable[[date], str]) -> Tile:
    last = _last(periods.users)
    if last is None:
        return Tile(label=label, value=NOTHING, period=f"no complete {word} yet")
    now = periods.users[last]
    before = periods.users[last - 1] if last else None
    assert now is not None
    return Tile(
        label=label,
        value=f"{now:,}",
        period=named(periods.starts[last]),
        change=change(now, before) if before is not None else "",
        before=f"the {word} before",
    )


def _last(values: Sequence[Value]) -> int | None:
    """Place of the last value that is known."""
    return max((place for place, value in enumerate(values) if value is not None), default=None)
