"""Figures of retention: the triangles of cohorts, and how many are left by age.

Belongs here: which cells each chart shows, under which words. Does not: reading (cohorts.py), other figures
(figures.py).
"""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart
from analytics_assets.reports.cohorts import Cell, Cohort, SignUps, overall
from analytics_assets.reports.values import Values

SCALE = [[place, colour] for place, colour in zip((0.0, 0.5, 1.0), style.SCALE, strict=True)]
COLOUR_BAR = {
    **{"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
    **{"tickformat": ".3~p", "thickness": 8, "outlinewidth": 0, "len": 0.6, "nticks": 5},
}
"""On top, so that a phone's width is left to the cells."""
LATEST = 3
ROW, FRAME = 22, 130
"""Heights in pixels: of a cohort's row, and of what stands around the rows."""
COLOURS = (style.ORANGE, style.GREEN, style.PURPLE)
NOTHING = "No week after a cohort's own has ended yet."
NO_WEEK = "No week in which users signed up has ended yet."


def retention(cohorts: list[Cohort], sign_ups: SignUps | None) -> list[Chart]:
    """The triangle, the curves, and the triangle by sign-up where the feed has one."""
    return [triangle(cohorts), curves(cohorts), *([sign_up_triangle(sign_ups)] if sign_ups else [])]


def triangle(cohorts: list[Cohort]) -> Chart:
    """Each cohort a row, each week after its own a column."""
    weeks = sorted({after for cohort in cohorts for after in cohort.cells if after})
    chart = Chart(
        key="retention",
        title="Weekly retention",
        about="Of the users first active in a week, the share active in the k-th week after. One row is a cohort.",
        figure=None,
        notes=[] if weeks else [NOTHING],
    )
    return _of_cells(chart, cohorts, weeks)


def sign_up_triangle(sign_ups: SignUps) -> Chart:
    """Each cohort by sign-up a row, its own week and each one after a column."""
    weeks = sorted({after for cohort in sign_ups.cohorts for after in cohort.cells})
    apart = f"Active users of whom no date of sign-up is known, and who are in no row: {sign_ups.without:,}."
    chart = Chart(
        key="retention-by-sign-up",
        title="Weekly retention by sign-up",
        about="Of the users who signed up in a week, the share active in that week (0) after they did, and in the k-th "
        "week after. Colours end at the greatest share after week 0.",
        figure=None,
        notes=[*([] if weeks else [NO_WEEK]), *([apart] if sign_ups.without else [])],
    )
    return _of_cells(chart, sign_ups.cohorts, weeks)


def _of_cells(chart: Chart, cohorts: list[Cohort], weeks: list[int]) -> Chart:
    if not weeks:
        return chart
    names = [f"{cohort.start} ({cohort.size:,})" for cohort in cohorts]
    rows = [[cohort.cells.get(week) for week in weeks] for cohort in cohorts]
    later = [cell.rate for row in rows for week, cell in _at(weeks, row) if week and cell.rate is not None]
    heat = go.Heatmap(
        x=weeks,
        y=names,
        z=[[None if cell is None else cell.rate for cell in row] for row in rows],
        customdata=[[_said(cell) for cell in row] for row in rows],
        colorscale=SCALE,
        zmin=0,
        zmax=max(later, default=0) or 1,  # of a cohort's own week next to all are active: it would leave the rest pale
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hovertemplate="Cohort of %{y}<br>%{customdata}<extra></extra>",
        colorbar=COLOUR_BAR,
    )
    opened = [
        (week, name) for name, row in zip(names, rows, strict=True) for week, cell in _at(weeks, row) if cell.is_open
    ]
    hatch = go.Scatter(
        x=[week for week, _ in opened],
        y=[name for _, name in opened],
        mode="markers",
        marker={"symbol": "line-ne", "size": 9, "line": {"color": style.ORANGE, "width": 1.5}},
        hoverinfo="skip",
        showlegend=False,
    )
    xaxis = {"title": {"text": "Weeks after"}, "dtick": 1 if len(weeks) <= 14 else 4, "tickangle": 0, "showgrid": False}
    yaxis = {"type": "category", "autorange": "reversed", "showgrid": False, "dtick": 1}
    values = Values(
        columns=["Cohort", "Users", *[f"Week {week}" for week in weeks]],
        rows=[
            [cohort.start, cohort.size, *(None if cell is None else cell.rate for cell in row)]
            for cohort, row in zip(cohorts, rows, strict=True)
        ],
        formats=["%{x}", "%{y:,d}", *["%{z:.1%}"] * len(weeks)],
    )
    return replace(
        chart,
        figure=go.Figure([heat, hatch], style.layout(xaxis, yaxis, hovermode="closest")),
        notes=["Beside each cohort: its users. Hatched: late rows may still change the cell.", *chart.notes],
        is_daily=False,
        unit="share of the cohort",
        values=values,
        is_wide=True,
        height=ROW * len(cohorts) + FRAME,
    )


def curves(cohorts: list[Cohort]) -> Chart:
    """All cohorts together, bounded and unbounded, and the latest ones."""
    title, about = (
        "Retention by age",
        "Share of the users of all cohorts that are old enough, by weeks after their first.",
    )
    bounded, unbounded = overall(cohorts), overall(cohorts, unbounded=True)
    aged = [cohort for cohort in cohorts if len(cohort.cells) > 1][-LATEST:]
    series = [("Active in the week", bounded, style.BLUE, "solid")]
    if unbounded:
        series.append(("Active in it or later", unbounded, style.SKY, "solid"))
    series += [
        (f"Cohort of {cohort.start}", {after: cell.rate for after, cell in sorted(cohort.cells.items())}, colour, "dot")
        for cohort, colour in zip(aged, COLOURS, strict=False)
    ]
    drawn = [(name, {k: rate for k, rate in rates.items() if k}, colour, dash) for name, rates, colour, dash in series]
    if not any(rates for _, rates, _, _ in drawn):
        return Chart(key="retention-by-age", title=title, about=about, figure=None, notes=[NOTHING])
    traces = [
        go.Scatter(
            x=list(rates),
            y=list(rates.values()),
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 1.75, "dash": dash},
            marker={"color": colour, "size": 5},
            hovertemplate="%{y:.1%}",
        )
        for name, rates, colour, dash in drawn
        if rates
    ]
    xaxis = {"title": {"text": "Weeks after"}, "rangemode": "tozero", "showgrid": False, "hoverformat": "d"}
    notes = [] if unbounded else ["Active in a week or later: known when the last of the weeks has ended."]
    figure = go.Figure(traces, style.layout(xaxis, style.RATE_AXIS["share"]))
    return Chart(
        key="retention-by-age",
        title=title,
        about=about,
        figure=figure,
        notes=notes,
        is_daily=False,
        unit="share of users",
    )


def _said(cell: Cell | None) -> str:
    if cell is None:
        return ""
    within = "" if cell.interval is None else f", 95 % interval {cell.interval[0]:.1%} to {cell.interval[1]:.1%}"
    state = "; late rows may still come" if cell.is_open else ""
    return f"Week {cell.after}: {cell.retained:,} users, {cell.rate:.1%}{within}{state}"


def _at(weeks: list[int], row: list[Cell | None]) -> list[tuple[int, Cell]]:
    return [(week, cell) for week, cell in zip(weeks, row, strict=True) if cell is not None]
