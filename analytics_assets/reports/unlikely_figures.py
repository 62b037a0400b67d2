"""Figures of unlikely users: who did more than a person can, and what the figures are without them.

Belongs here: what is drawn, under which words. Does not: reading (unlikely_numbers.py). They are users like all others
on every other chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart, Series, Unit, lines, stack
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.unlikely_numbers import Unlikely
from analytics_assets.reports.values import Cell, Values

RECENT_DAYS = 28
NAMES = {"dau": "DAU", "sessions": "Sessions", "events": "Events", "engaged_ms": "Engaged time"}
COLOURS = {"dau": style.BLUE, "sessions": style.GREEN, "events": style.ORANGE, "engaged_ms": style.PURPLE}
COLUMNS = ("Date", "User", "Events", "Busiest minute", "Busiest hour", "Active hours", "Beyond a person's")
NOBODY = "Nobody did more than a person can."


def unlikely_tiles(found: Unlikely | None) -> list[Tile]:
    """How many there were of late, and what part of the events was theirs."""
    if found is None:
        return []
    since = found.dates[-RECENT_DAYS:][0]
    users = {row["user_id"] for row in found.listed if row["event_date"] >= since}
    share = _share(found, "events", RECENT_DAYS)
    said = "" if share is None else f"{share:.1%} of the events "
    return [Tile(label="Unlikely users", value=f"{len(users):,}", period=f"{said}from {since} to {found.dates[-1]}")]


def unlikely_figures(found: Unlikely | None) -> list[Chart]:
    """Who they are, and their part of each figure."""
    return [] if found is None else [users(found), parts(found)]


def users(found: Unlikely) -> Chart:
    """Unlikely users a date; under it who they are, and at which rates."""
    rows = "1 row, a user on a date" if found.number == 1 else f"{found.number:,} rows, each a user on a date"
    notes = [f"Who they are, and at which rates, is in the table: {rows}."] if found.number else []
    if found.number > len(found.listed):
        notes = [f"The table has the newest {len(found.listed):,} of {rows}."]
    return Chart(
        key="unlikely-users",
        title="Unlikely users",
        about="Users who did more on a date than a person can: by their busiest minute, hour, or hours of the day.",
        figure=stack(found.dates, [Series("Unlikely users", found.users, style.VERMILION)]) if found.number else None,
        notes=notes or [NOBODY],
        is_daily=False,
        unit="users",
        values=Values(columns=COLUMNS, rows=[_listed(row) for row in found.listed], formats=_formats()),
    )


def parts(found: Unlikely) -> Chart:
    """Which part of each figure of a date is that of unlikely users."""
    series = [Series(NAMES[name], _parts(found, name), COLOURS[name]) for name in found.with_all]
    unit: Unit = "share"
    names = [NAMES[name] for name in found.with_all]
    rows: list[list[Cell]] = [
        [day, *[cell for name in found.with_all for cell in (found.with_all[name][at], found.without[name][at])]]
        for at, day in enumerate(found.dates)
    ]
    told = [f"{name}{', ms' if name == NAMES['engaged_ms'] else ''}" for name in names]
    shares = {NAMES[name]: _share(found, name, len(found.dates)) for name in found.with_all}
    said = ", ".join(f"{name} {share:.2%}" for name, share in shares.items() if share is not None)
    return Chart(
        key="unlikely-parts",
        title="What unlikely users add",
        about="Their part of each figure of the date: by so much it is smaller when they are left out.",
        figure=lines(found.dates, series, unit) if found.number else None,
        notes=[f"Of all these dates: {said}. The table has each figure with them and without."]
        if found.number
        else [NOBODY],
        is_daily=False,
        unit="share of the figure",
        values=Values(
            columns=["Date", *[column for name in told for column in (name, f"{name}, without them")]],
            rows=rows,
            formats=["%{x}", *["%{y:,d}"] * (2 * len(names))],
        ),
    )


def _parts(found: Unlikely, name: str) -> list[float | None]:
    both = zip(found.with_all[name], found.without[name], strict=True)
    return [None if whole is None or left is None or not whole else 1 - left / whole for whole, left in both]


def _share(found: Unlikely, name: str, days: int) -> float | None:
    """Of a figure of the last dates together."""
    whole = sum(value or 0 for value in found.with_all[name][-days:])
    left = sum(value or 0 for value in found.without[name][-days:])
    return 1 - left / whole if whole else None


def _listed(row: dict[str, Any]) -> Sequence[Cell]:
    rates = [row["events"], row["busiest_minute"], row["busiest_hour"], row["active_hours"]]
    return [row["event_date"], row["user_id"], *rates, ", ".join(row["reasons"])]


def _formats() -> list[str]:
    return ["%{x}", "", *["%{y:,d}"] * 4, ""]
