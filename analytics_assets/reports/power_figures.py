"""Figures of power users: which share of the engaged time the top users have, and how that moves from month to month.

Belongs here: what is drawn, under which words. Does not: reading (power_numbers.py). No user is named.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart, Series, lines
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.power_numbers import Concentration, Curve, Cut
from analytics_assets.reports.values import Cell, Values

TOPS = ((1, style.BLUE), (5, style.GREEN), (10, style.ORANGE))
MS_PER_MINUTE = 60_000
UNIT = "share of engaged time"
CUT = "Each duration counts up to its action's p99.9 in the period, so that a page left open does not decide."


def power_tiles(found: Concentration | None) -> list[Tile]:
    """Share of the time that the top users have, in the last 28 days or else in the latest month."""
    of_period = None if found is None else found.last_days or found.months[-1]
    if of_period is None:
        return []
    period = f"{of_period.start} to {of_period.end}"
    return [
        Tile(
            label=f"Time of the top {top} %",
            value=f"{of_period.shares[top]:.1%}",
            period=f"{of_period.top_users[top]:,} users, {period}",
        )
        for top, _ in TOPS
    ]


def power_figures(found: Concentration, cuts: Sequence[Cut]) -> list[Chart]:
    """The curve, the top 1, 5 and 10 % by month, and what cutting durations takes away."""
    return [curve(found), by_month(found), *([cut_away(cuts)] if cuts else [])]


def curve(found: Concentration) -> Chart:
    """Share of the time over share of the users, of the last 28 days and of the latest complete month."""
    drawn = [("Last 28 days", found.last_days, style.BLUE)] if found.last_days else []
    drawn += [(f"{month.start:%B %Y}", month, style.ORANGE) for month in found.months[-1:]]
    traces = [_line(name, of_period, colour) for name, of_period, colour in drawn]
    even = go.Scatter(
        x=[0, 100],
        y=[0, 1],
        name="If all had the same",
        mode="lines",
        line={"color": style.GREY, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    xaxis = {"title": {"text": "% of the users, most time first"}, "showgrid": False}
    rows: list[list[Cell]] = [
        [name, percent, of_period.top_users[percent], share]
        for name, of_period, _ in drawn
        for percent, share in of_period.shares.items()
    ]
    return Chart(
        key="engagement-concentration",
        title="Engaged time of the top users",
        about="Which share of all engaged time the users with the most of it have.",
        figure=go.Figure([*traces, even], style.layout(xaxis, style.RATE_AXIS["share"])),
        notes=[f"{name}: {of_period.users:,} active users." for name, of_period, _ in drawn] + [CUT],
        is_daily=False,
        unit=UNIT,
        values=Values(
            columns=["Period", "Top per cent", "Users", "Share"],
            rows=rows,
            formats=["", "%{x:d}", "%{x:,d}", "%{y:.1%}"],
        ),
        fresh=f"Up to {drawn[0][1].end}." if drawn else None,
    )


def by_month(found: Concentration) -> Chart:
    """Share of the top 1, 5 and 10 % in each complete month."""
    starts = [month.start for month in found.months]
    series = [Series(f"Top {top} %", [month.shares[top] for month in found.months], colour) for top, colour in TOPS]
    return Chart(
        key="top-users-by-month",
        title="Engaged time of the top users by month",
        about="Share of all engaged time that the top 1, 5 and 10 % of the month's active users have.",
        figure=lines(starts, series, unit="share"),
        notes=[CUT] if starts else ["Known when a whole month has been closed."],
        is_daily=False,
        unit=UNIT,
        fresh=f"Complete months up to {found.months[-1].start:%B %Y}." if starts else None,
    )


def cut_away(cuts: Sequence[Cut]) -> Chart:
    """Which part of the events is cut, and which part of the time, in each complete month."""
    months = [cut for cut in cuts if cut.is_month]
    starts = sorted({cut.start for cut in months})
    of_month = [[cut for cut in months if cut.start == start] for start in starts]
    series = [
        Series("Events", [_part(found, "events_cut", "events") for found in of_month], style.BLUE),
        Series("Time", [_part(found, "cut_ms", "engaged_ms") for found in of_month], style.ORANGE),
    ]
    last_days = [cut for cut in cuts if not cut.is_month]
    periods = [("Last 28 days", last_days)] if last_days else []
    periods += [(f"{starts[-1]:%B %Y}", of_month[-1])] if starts else []
    rows: list[list[Cell]] = [
        [
            f"{cut.start:%Y-%m}" if cut.is_month else "last 28 days",
            cut.action,
            cut.threshold_ms / 1000,
            cut.events,
            cut.events_cut,
            cut.engaged_ms / MS_PER_MINUTE,
            cut.cut_ms / MS_PER_MINUTE,
        ]
        for cut in (*last_days, *reversed(months))
    ]
    return Chart(
        key="duration-cuts",
        title="What the cut at p99.9 takes away",
        about="Events whose duration is above their action's p99.9 of the month, and the time that lies above it.",
        figure=lines(starts, series, unit="share"),
        notes=[_effect(name, found) for name, found in periods]
        + ([] if starts else ["By month known when a whole month has been closed."]),
        is_daily=False,
        unit="share",
        values=Values(
            columns=["Period", "Action", "Cut at, s", "Events", "Events cut", "Time, min", "Time cut, min"],
            rows=rows,
            formats=["", "", "%{y:,.1f}", "%{y:,d}", "%{y:,d}", "%{y:,.1f}", "%{y:,.1f}"],
        ),
        fresh=f"Complete months up to {starts[-1]:%B %Y}." if starts else None,
    )


def _part(cuts: Sequence[Cut], part: str, whole: str) -> float | None:
    of_all = sum(getattr(cut, whole) for cut in cuts)
    return sum(getattr(cut, part) for cut in cuts) / of_all if of_all else None


def _effect(name: str, cuts: Sequence[Cut]) -> str:
    events, cut = sum(one.events for one in cuts), sum(one.events_cut for one in cuts)
    minutes, minutes_cut = (sum(ms) / MS_PER_MINUTE for ms in ([c.engaged_ms for c in cuts], [c.cut_ms for c in cuts]))
    share = f" ({minutes_cut / minutes:.2%})" if minutes else ""
    return (
        f"{name}: {cut:,} of {events:,} events are cut; of {minutes:,.0f} minutes they lose {minutes_cut:,.1f}{share}."
    )


def _line(name: str, of_period: Curve, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[0, *of_period.shares],
        y=[0.0, *of_period.shares.values()],
        name=name,
        mode="lines",
        line={"color": colour, "width": 1.75},
        hovertemplate="%{y:.1%}",
    )
