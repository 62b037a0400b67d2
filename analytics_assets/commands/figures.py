"""The figures of a feed in short: what landed, what became of it, and the last complete periods. Needs no JVM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from analytics_assets.layers.world import LandedRows, World, landed_rows
from analytics_assets.transforms.columns import TOTAL


@dataclass(frozen=True, kw_only=True)
class Figures(LandedRows):
    """What became of the rows that landed, sessions, and active users of the feed's total series.

    dau: by date. last_*: (period, users) of the last complete period, None where none is complete.
    stickiness: DAU / rolling 28 of the last date.
    """

    silver: int
    sessions: int
    dau: dict[str, int]
    last_wau: tuple[str, int] | None
    last_mau: tuple[str, int] | None
    stickiness: float | None

    @property
    def duplicates(self) -> int:
        """Accepted rows that are no event of their own."""
        return self.accepted - self.silver


def feed_figures(world: World) -> Figures:
    """Read the figures from counts, Delta's log and the tables of active users."""
    daily = _series(world, "active_users", "event_date", ("dau", "stickiness_28"))
    return Figures(
        **vars(landed_rows(world.counts())),
        silver=sum(world.lakehouse.rows(world.tables["silver"]).values()),
        sessions=sum(world.lakehouse.rows(world.tables["sessions"]).values()),
        dau={day: row["dau"] for day, row in daily.items() if row["dau"] is not None},
        last_wau=_last(_series(world, "active_users_week", "week_start", ("wau",)), "wau"),
        last_mau=_last(_series(world, "active_users_month", "month_start", ("mau",)), "mau"),
        stickiness=daily[max(daily)]["stickiness_28"] if daily else None,
    )


def print_figures(figures: Figures, seconds: Mapping[str, float], console: Console) -> None:
    """Print the figures and the seconds of each stage."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    table.add_row("rows landed", f"{figures.landed:,}")
    table.add_row("accepted", f"{figures.accepted:,}")
    reasons = ", ".join(f"{rule} {number:,}" for rule, number in figures.reasons.items())
    table.add_row("rejected", f"{figures.rejected:,}", reasons)
    table.add_row("duplicates", f"{figures.duplicates:,}")
    table.add_row("late", f"{figures.late:,}")
    table.add_row("events", f"{figures.silver:,}")
    table.add_row("sessions", f"{figures.sessions:,}")
    last = max(figures.dau, default=None)
    table.add_row("DAU", f"{figures.dau[last]:,}" if last else "null", last or "no closed date")
    for name, found, what in (("WAU", figures.last_wau, "week of"), ("MAU", figures.last_mau, "month of")):
        table.add_row(
            name, f"{found[1]:,}" if found else "null", f"{what} {found[0]}" if found else "no complete period"
        )
    stickiness = f"{figures.stickiness:.1%}" if figures.stickiness is not None else "null"
    table.add_row("stickiness", stickiness, "DAU / rolling 28")
    table.add_row("seconds", f"{sum(seconds.values()):.1f}", ", ".join(f"{k} {v:.1f}" for k, v in seconds.items()))
    console.print()
    console.print(table)


def _series(world: World, name: str, key: str, columns: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    table = world.tables[name]
    if not world.lakehouse.exists(table):
        return {}
    rows = world.lakehouse.arrow(table, [key, *columns], pc.field("dimension") == TOTAL).to_pylist()
    return {row[key].isoformat(): row for row in rows}


def _last(series: Mapping[str, Mapping[str, Any]], column: str) -> tuple[str, int] | None:
    known = [(day, row[column]) for day, row in series.items() if row[column] is not None]
    return max(known, default=None)
