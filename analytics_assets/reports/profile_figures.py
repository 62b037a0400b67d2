"""Figures of profiles: what the columns of the newest arrival hold beside those before, and how they drifted.

Belongs here: what is drawn, under which words. Does not: reading (profile_numbers.py), the table of columns
(profile_parts.py), distances (transforms/drift.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart
from analytics_assets.reports.profile_numbers import Profiles
from analytics_assets.reports.values import Values
from analytics_assets.transforms.drift import DISTRIBUTION, NULLS, OTHERS, mean, shares

MOST_CHARTS, MOST_BARS = 12, 40
LONGEST = 24
ROW, FRAME = 24, 110
"""Heights in pixels: of a column's row, and of what stands around the rows."""
SCALE = [[place, colour] for place, colour in zip((0.0, 0.5, 1.0), style.SCALE, strict=True)]
POWERS_OF_TWO = "bin, named by its end nearer to 0; the other is twice as far"
DISTANCE = (
    "Jensen-Shannon distance, from 0 (as before) to 1 (nothing in common), to the mean of the arrivals before it."
)


def drift_figures(found: Profiles) -> list[Chart]:
    """The newest arrivals side by side: distances of distributions, and shares of rows without a value."""
    distances = _cells(found, DISTRIBUTION)
    charts = []
    if any(cell is not None for row in distances.values() for cell in row):
        charts.append(_side_by_side(found, "drift", "Drift by arrival", DISTANCE, distances, "distance", ".2f"))
    nulls = {name: row for name, row in _nulls(found).items() if any(row)}
    if nulls:
        about = "Accepted rows of the arrival that have no value in the column / accepted rows."
        charts.append(_side_by_side(found, "nulls", "Rows without a value", about, nulls, "share of the rows", ".1%"))
    return charts


def distributions(found: Profiles) -> list[Chart]:
    """For each column whose values can be compared, their shares in the newest arrival and in those before."""
    charts = []
    for at, row in enumerate(found.columns):
        now = _held(row)
        if now:
            own = [one for rows in found.rows_before for one in rows if one["column_name"] == row["column_name"]]
            charts.append(_distribution(found, at, row, now, [part for part in map(_held, own) if part]))
    return charts[:MOST_CHARTS]


def _held(row: Mapping[str, Any]) -> dict[Any, float]:
    """Share of each bin, also where no value stands twice, which is not compared; else of each frequent value."""
    known = row["rows"] - row["nulls"]
    bins = {one["low"]: one["rows"] / known for one in row["histogram"]} if known else {}
    return bins or shares(row)


def fresh(found: Profiles) -> str:
    """Up to which arrival profiles go, and when one changes."""
    return f"Arrivals up to {found.arrival}. An arrival changes only where its files do."


def _distribution(
    found: Profiles, at: int, row: Mapping[str, Any], now: Mapping[Any, float], before: Sequence[Mapping[Any, float]]
) -> Chart:
    usual = mean(before) if before else {}
    is_bins = bool(row["histogram"])
    every = {one for one in (*now, *usual) if one is not OTHERS or now.get(one) or usual.get(one)}
    order = sorted(every) if is_bins else sorted(every, key=lambda one: (one is OTHERS, -now.get(one, 0), str(one)))
    is_hour = row["distinct"] is None
    names = [_bin(one, is_hour=is_hour) if is_bins else _value(one) for one in order]
    # On a phone the whole names of bins would stand upright and take the chart's place.
    short = [_end(one) for one in order] if is_bins and not is_hour else names
    by = ("hour of the day" if is_hour else POWERS_OF_TWO) if is_bins else "value"
    series = [(f"Arrival {found.arrival}", now, style.BLUE)]
    if before:
        series.append((f"Mean of {len(before)} before", usual, style.GREY))
    traces = [
        go.Bar(
            x=[str(place) for place in range(len(order[:MOST_BARS]))],
            y=[part.get(one, 0.0) for one in order[:MOST_BARS]],
            name=escape(name),
            marker={"color": colour, "line": {"width": 0}},
            customdata=[escape(name) for name in names[:MOST_BARS]],
            hovertemplate="%{customdata}: %{y:.1%}",
        )
        for name, part, colour in series
    ]
    ticks = {"tickvals": [str(place) for place in range(len(order))], "ticktext": [escape(name) for name in short]}
    step = max(1, -(-len(order) // 8))
    xaxis = {
        **{"type": "category", "tickmode": "array", "showgrid": False, "automargin": True},
        **{name: values[:MOST_BARS:step] for name, values in ticks.items()},
    }
    return Chart(
        key=f"distribution-{at}",
        title=row["column_name"],
        about=f"Share of the rows with a value, by {by}.",
        figure=go.Figure(traces, style.layout(xaxis, style.RATE_AXIS["share"], barmode="group")),
        is_daily=False,
        unit="share of the rows",
        fresh=fresh(found),
        values=Values(
            columns=["Value", *[name for name, _, _ in series]],
            rows=[
                [name, *[part.get(one, 0.0) for _, part, _ in series]] for name, one in zip(names, order, strict=True)
            ],
            formats=["", *["%{y:.1%}"] * len(series)],
        ),
    )


def _side_by_side(
    found: Profiles, key: str, title: str, about: str, cells: Mapping[str, list[float | None]], unit: str, form: str
) -> Chart:
    """A row a column, a place for each of the newest arrivals."""
    known = [cell for row in cells.values() for cell in row if cell is not None]
    names = list(cells)
    measure = DISTRIBUTION if key == "drift" else NULLS
    heat = go.Heatmap(
        x=list(found.newest),
        y=[escape(name) for name in names],
        z=list(cells.values()),
        colorscale=SCALE,
        zmin=0,
        zmax=max(known) or 1,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hovertemplate=f"%{{y}}, arrival %{{x}}<br>%{{z:{form}}}<extra></extra>",
        colorbar={"tickformat": form, "thickness": 10, "outlinewidth": 0, "len": 0.9, "nticks": 4},
    )
    told = {(one.column, arrival) for arrival, every in found.newest.items() for one in every if _is_told(one, measure)}
    marked = [(arrival, name) for name in names for arrival in found.newest if (name, arrival) in told]
    marks = go.Scatter(
        x=[arrival for arrival, _ in marked],
        y=[escape(name) for _, name in marked],
        mode="markers",
        marker={"symbol": "circle-open", "size": 11, "color": style.ORANGE, "line": {"width": 2}},
        hoverinfo="skip",
        showlegend=False,
    )
    xaxis = {"type": "category", "showgrid": False, "automargin": True}
    yaxis = {"type": "category", "autorange": "reversed", "showgrid": False, "dtick": 1}
    notes = (
        ["Circles: what the check of drift tells."]
        if marked
        else ["None is further off than the check of drift tells."]
    )
    return Chart(
        key=key,
        title=title,
        about=about,
        figure=go.Figure([heat, marks], style.layout(xaxis, yaxis, hovermode="closest")),
        notes=notes,
        is_daily=False,
        unit=unit,
        fresh=fresh(found),
        values=Values(
            columns=["Column", *found.newest],
            rows=[[name, *row] for name, row in cells.items()],
            formats=["", *[f"%{{z:{form}}}"] * len(found.newest)],
        ),
        height=ROW * len(names) + FRAME,
    )


def _is_told(one: Any, measure: str) -> bool:
    return bool(one.is_beyond and one.measure == measure)


def _cells(found: Profiles, measure: str) -> dict[str, list[float | None]]:
    """By column the measure of each of the newest arrivals; None where it is not known."""
    by_arrival = [{one.column: one.value for one in every if one.measure == measure} for every in found.newest.values()]
    names = [row["column_name"] for row in found.columns]
    cells = {name: [values.get(name) for values in by_arrival] for name in names}
    return {name: row for name, row in cells.items() if any(cell is not None for cell in row)}


def _nulls(found: Profiles) -> dict[str, list[float | None]]:
    return {
        row["column_name"]: [found.null_shares[arrival].get(row["column_name"]) for arrival in found.newest]
        for row in found.columns
    }


def _bin(low: float, *, is_hour: bool) -> str:
    """A bin by its ends, the one towards 0 first."""
    if is_hour:
        return f"{low:02.0f}:00"
    return "0" if low == 0 else f"{_end(low)} to {_end(2 * low)}"


def _value(value: str | None) -> str:
    return "(other values)" if value is OTHERS else _cut(value or "(empty)")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\u2026"


def _end(number: float) -> str:
    """An end of a bin, a power of two: in millions where it is long, and short where it is a fraction."""
    size = abs(number)
    if size < 1 or size >= 1e12:
        return f"{number:g}"
    return f"{number:,.0f}" if size < 1e6 else f"{number / 1e6:,.1f} M"
