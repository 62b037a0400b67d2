"""Figures of power users: which share of the engaged time the top users have, and how that moves from month to month.

Belongs here: what is drawn, under which words. Does not: reading (power_numbers.py). No user is named.
"""

from __future__ import annotations

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart, Series, lines
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.power_numbers import Concentration, Curve
from analytics_assets.reports.values import Cell, Values

TOPS = ((1, style.BLUE), (5, style.GREEN), (10, style.ORANGE))
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


def power_figures(found: Concentration) -> list[Chart]:
    """The curve, and the top 1, 5 and 10 % by month."""
    return [curve(found), by_month(found)]


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


def _line(name: str, of_period: Curve, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[0, *of_period.shares],
        y=[0.0, *of_period.shares.values()],
        name=name,
        mode="lines",
        line={"color": colour, "width": 1.75},
        hovertemplate="%{y:.1%}",
    )
