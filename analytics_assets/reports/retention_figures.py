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
    **{"tickformat": ".3~p", "thickness": 8, "outlinewidth": 0, "len": 0.8, "nticks": 4, "tickangle": 0},
}
"""On top, so that a phone's width is left to the cells."""
DRAWN_COHORTS = 27
"""Rows of a triangle, the latest cohorts: half a year and the week that begins it."""
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
    """Each of the latest cohorts a row, each week after its own a column."""
    drawn = cohorts[-DRAWN_COHORTS:]
    weeks = sorted({after for cohort in drawn for after in cohort.cells if after})
    chart = Chart(
        key="retention",
        title="Weekly retention",
        about="Of the users first active in a week, the share active in the k-th week after. One row is a cohort.",
        figure=None,
        notes=[*([] if weeks else [NOTHING]), *_undrawn(cohorts)],
    )
    return _of_cells(chart, drawn, weeks)


def sign_up_triangle(sign_ups: SignUps) -> Chart:
    """Each of the latest cohorts by sign-up a row, its own week and each one after a column."""
    drawn = sign_ups.cohorts[-DRAWN_COHORTS:]
    weeks = sorted({after for cohort in drawn for after in cohort.cells})
    apart = f"Active users of whom no date of sign-up is known, and who are in no row: {sign_ups.without:,}."
    chart = Chart(
        key="retention-by-sign-up",
        title="Weekly retention by sign-up",
        about="Of the users who signed up in a week, the share active in that week (0) after they did, and in the k-th "
        "week after. Colours end at the greatest share after week 0.",
        figure=None,
        notes=[
            *([] if weeks else [NO_WEEK]),
            *_undrawn(sign_ups.cohorts),
            *([apart] if sign_ups.without else []),
        ],
    )
    return _of_cells(chart, drawn, weeks)


def _undrawn(cohorts: list[Cohort]) -> list[str]:
    earlier = len(cohorts) - DRAWN_COHORTS
    return [f"Drawn are the latest {DRAWN_COHORTS} of {len(cohorts):,} cohorts."] if earlier > 0 else []


def _in_short(users: int) -> str:
    """A cohort's size beside its row, where a phone has few places; whole in the table of values."""
    if users < 10_000:
        return f"{users:,}"
    return f"{users / 1e3:.0f}k" if users < 999_500 else f"{users / 1e6:.1f}M"


def _of_cells(chart: Chart, cohorts: list[Cohort], weeks: list[int]) -> Chart:
    if not weeks:
        return chart
    names = [f"{cohort.start} ({_in_short(cohort.size)})" for cohort in cohorts]
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
    """All cohorts together, bounded and unbounded, with what is certain of them, and the latest ones."""
    title, about = (
        "Retention by age",
        "Share of the users of all cohorts that are old enough, by weeks after their first, with 95 % intervals.",
    )
    bounded, unbounded = overall(cohorts), overall(cohorts, unbounded=True)
    aged = [cohort for cohort in cohorts if len(cohort.cells) > 1][-LATEST:]
    series = [("Active in the week", bounded, style.BLUE)]
    if unbounded:
        series.append(("Active in it or later", unbounded, style.SKY))
    of_all = len(series)
    series += [
        (f"Cohort of {cohort.start}", dict(sorted(cohort.cells.items())), colour)
        for cohort, colour in zip(aged, COLOURS, strict=False)
    ]
    drawn = [(name, [cell for after, cell in cells.items() if after], colour) for name, cells, colour in series]
    if not any(cells for _, cells, _ in drawn):
        return Chart(key="retention-by-age", title=title, about=about, figure=None, notes=[NOTHING])
    traces = [
        _curve(name, cells, colour, is_of_all=place < of_all) for place, (name, cells, colour) in enumerate(drawn)
    ]
    xaxis = {"title": {"text": "Weeks after"}, "rangemode": "tozero", "showgrid": False, "hoverformat": "d"}
    later = (
        f"Active in it or later: up to week {max(unbounded)}, where both lines meet."
        if unbounded
        else "Active in a week or later: known when the last of the weeks has ended."
    )
    figure = go.Figure(traces, style.layout(xaxis, style.RATE_AXIS["share"]))
    return Chart(
        key="retention-by-age",
        title=title,
        about=about,
        figure=figure,
        notes=[
            "Bars: where the share of all lies with 95 % certainty (Wilson). Of a cohort the hover says it.",
            later,
        ],
        is_daily=False,
        unit="share of users",
        values=_by_age(drawn),
    )


def _curve(name: str, cells: list[Cell], colour: str, *, is_of_all: bool) -> go.Scatter:
    """A line over ages; of all cohorts with a bar from one end of each interval to the other."""
    ends = [cell.interval or (cell.rate, cell.rate) for cell in cells]
    bars = {
        "type": "data",
        "symmetric": False,
        "array": [high - cell.rate for cell, (_, high) in zip(cells, ends, strict=True)],
        "arrayminus": [cell.rate - low for cell, (low, _) in zip(cells, ends, strict=True)],
        "color": colour,
        "thickness": 1,
        "width": 2,
    }
    return go.Scatter(
        x=[cell.after for cell in cells],
        y=[cell.rate for cell in cells],
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 1.75, "dash": "solid" if is_of_all else "dot"},
        marker={"color": colour, "size": 5},
        error_y=bars if is_of_all else None,
        customdata=[f"{cell.rate:.1%}{_within(cell)}" for cell in cells],
        hovertemplate="%{customdata}",
    )


def _by_age(drawn: list[tuple[str, list[Cell], str]]) -> Values:
    """Each series at each age, with the ends of its interval."""
    series = [(name, {cell.after: cell for cell in cells}) for name, cells, _ in drawn]
    heads = [f"{name}{end}" for name, _ in series for end in ("", ", from", ", to")]
    rows: list[list[float | None]] = []
    for after in sorted({after for _, cells in series for after in cells}):
        found = [cells.get(after) for _, cells in series]
        ends = [(None, None, None) if cell is None else (cell.rate, *(cell.interval or (None, None))) for cell in found]
        rows.append([after, *[share for row in ends for share in row]])
    return Values(columns=["Weeks after", *heads], rows=rows, formats=["%{x}", *["%{y:.1%}"] * len(heads)])


def _said(cell: Cell | None) -> str:
    if cell is None:
        return ""
    state = "; late rows may still come" if cell.is_open else ""
    return f"Week {cell.after}: {cell.retained:,} users, {cell.rate:.1%}{_within(cell)}{state}"


def _within(cell: Cell) -> str:
    return "" if cell.interval is None else f", 95 % interval {cell.interval[0]:.1%} to {cell.interval[1]:.1%}"


def _at(weeks: list[int], row: list[Cell | None]) -> list[tuple[int, Cell]]:
    return [(week, cell) for week, cell in zip(weeks, row, strict=True) if cell is not None]
