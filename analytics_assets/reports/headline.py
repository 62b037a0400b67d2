"""Headline: the few numbers that stand large at the top of a page, each with its change.

Belongs here: which period a number is of, and what it is compared with. Does not: reading (numbers.py), HTML
(page.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from analytics_assets.reports.arrivals import REJECTED
from analytics_assets.reports.numbers import Numbers, Periods, Value

WEEK = 7
NOTHING = "–"


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A large number. period: what it is of. change: against what `before` names; empty if not known.

    All are plain text, which may come from data: whoever shows them escapes them.
    """

    label: str
    value: str
    period: str
    change: str = ""
    before: str = ""


def tiles(numbers: Numbers) -> list[Tile]:
    """DAU, WAU, MAU, stickiness and sessions of the last complete day, week or month."""
    return [*active_users(numbers), *sessions(numbers)[:1]]


def active_users(numbers: Numbers) -> list[Tile]:
    """DAU, WAU, MAU and stickiness."""
    return [
        day_tile(numbers, "DAU", numbers.daily.get("dau", [])),
        _period("WAU", numbers.weeks, "week", lambda start: f"week of {start}"),
        _period("MAU", numbers.months, "month", lambda start: f"{start:%B %Y}"),
        day_tile(numbers, "Stickiness", numbers.daily.get("stickiness_28", []), is_share=True),
    ]


def sessions(numbers: Numbers) -> list[Tile]:
    """Sessions, and the share of them with one action."""
    found = [day_tile(numbers, "Sessions", numbers.sessions)]
    if numbers.session_days:
        found.append(day_tile(numbers, "Bounce rate", numbers.session_days["bounce_rate"], is_share=True))
    return found


def retention(numbers: Numbers) -> list[Tile]:
    """The share of the newest cohort that is old enough who came again in the week after their first."""
    known = [cohort for cohort in numbers.cohorts if 1 in cohort.cells]
    label = "Active in the week after"
    if not known:
        return [Tile(label=label, value=NOTHING, period="no cohort is old enough yet")]
    now, before = known[-1], known[-2] if len(known) > 1 else None
    rate = now.cells[1].rate
    changed = "" if before is None else change(rate, before.cells[1].rate, is_share=True)
    period = f"cohort of {now.start}"
    return [Tile(label=label, value=f"{rate:.1%}", period=period, change=changed, before="the cohort before")]


def data_quality(numbers: Numbers) -> list[Tile]:
    """Rows landed, rejected and late, and duplicates, over all arrivals."""
    arrivals = numbers.arrivals
    if arrivals is None or not arrivals.dates:
        return []
    landed = sum(rows or 0 for rows in arrivals.landed)
    rejected = sum(rows or 0 for rows in arrivals.standings[REJECTED])
    period = f"{arrivals.dates[0]} to {arrivals.dates[-1]}"
    late = sum(rows or 0 for rows in arrivals.standings["late"])
    known = [rows for rows in arrivals.duplicates if rows is not None]
    return [
        Tile(label="Rows landed", value=f"{landed:,}", period=period),
        Tile(label="Rejected rows", value=f"{rejected:,}", period=_of_landed(rejected, landed)),
        Tile(label="Late rows", value=f"{late:,}", period=_of_landed(late, landed)),
        Tile(
            label="Duplicates",
            value=f"{sum(known):,}" if known else NOTHING,
            period=f"of {len(known):,} dates" if known else "no date is computed yet",
        ),
    ]


def _of_landed(rows: int, landed: int) -> str:
    return f"{rows / landed:.2%} of the rows landed" if landed else NOTHING


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


def day_tile(numbers: Numbers, label: str, values: Sequence[Value], *, is_share: bool = False) -> Tile:
    """The last known of a feed's daily values, compared with the one 7 days before."""
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
