"""Charts: the two kinds of a report, lines and stacked bars over dates, with title, definition and notes.

Belongs here: how values become a plotly figure. Does not: which values a chart shows (figures.py,
landed_figures.py), colours and axes (style.py).

A figure holds exactly the values it is given. None is a gap in a line and no bar, never 0. Plotly reads a
little HTML in names: names that come from data are escaped before they come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.numbers import Value
from analytics_assets.reports.values import Values, as_hovered, figure_values

Unit = Literal["count", "about", "share", "ratio", "minutes", "seconds", "milliseconds"]
HOVER: dict[Unit, str] = {
    "count": "%{y:,d}",
    "about": "%{y:,.0f}",
    "share": "%{y:.1%}",
    "ratio": "%{y:,.2f}",
    "minutes": "%{y:,.1f} min",
    "seconds": "%{y:,.1f} s",
    "milliseconds": "%{y:,.0f} ms",
}


@dataclass(frozen=True)
class Series:
    """A line or a colour of a stack. name: escaped. shown: what the hover says where it is not the value."""

    name: str
    values: Sequence[Value]
    colour: str
    shown: Sequence[Value] | None = None


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart of a page.

    about: the definition of what is drawn, one sentence. notes: what is not drawn, and why. figure: None where there
    is nothing to draw yet; the notes say why. is_daily: whether the page's choice of days applies. unit: of its
    values, behind the title. fresh: up to when it goes and what may still change, None for what holds of the feed's
    closed dates. values: the table under it where the figure does not tell. is_wide: takes a row. height: in pixels,
    where the usual one does not fit. is_map: on a narrow page it is as low as the map is.
    """

    key: str
    title: str
    about: str
    figure: go.Figure | None
    notes: list[str] = field(default_factory=list)
    is_daily: bool = True
    unit: str = ""
    fresh: str | None = None
    values: Values | None = None
    is_wide: bool = False
    height: int | None = None
    is_map: bool = False

    def table(self) -> Values:
        """What is drawn, as a table."""
        assert self.figure is not None, self.key
        return self.values or figure_values(self.figure)

    @property
    def legend(self) -> list[tuple[str, str]]:
        """Name (escaped) and colour of each series; empty where the title names the only one."""
        traces = self.figure.data if self.figure is not None else ()
        found = [
            (str(trace.name), str(trace.line.color if trace.type == "scatter" else trace.marker.color))
            for trace in traces
            if trace.type in ("scatter", "bar") and trace.showlegend is not False
        ]
        return [] if [name for name, _ in found] == [self.title] else found


def lines(dates: Sequence[date], series: Sequence[Series], unit: Unit = "count") -> go.Figure | None:
    """A line for each series; None if no value is known."""
    known = [value for entry in series for value in entry.values if value is not None]
    if not known:
        return None
    yaxis = style.count_axis(max(known)) if unit == "count" else style.RATE_AXIS[unit]
    traces = [
        go.Scatter(
            x=list(dates),
            y=list(entry.values),
            name=entry.name,
            # A value between two gaps has no line: a mark shows it.
            mode="lines+markers" if len(dates) <= style.FEW or _has_lone(entry.values) else "lines",
            line={"color": entry.colour, "width": 1.75},
            marker={"color": entry.colour, "size": 5 if len(dates) <= style.FEW else 3},
            connectgaps=False,
            hovertemplate=HOVER[unit],
        )
        for entry in series
    ]
    return go.Figure(traces, style.layout(style.date_axis(_days(dates)), yaxis))


def stack(dates: Sequence[date], series: Sequence[Series]) -> go.Figure | None:
    """A bar a date, the series on top of each other, negative ones below 0; None if no value is known."""
    known = [abs(value) for entry in series for value in entry.values if value is not None]
    if not known:
        return None
    traces = [
        go.Bar(
            x=list(dates),
            y=list(entry.values),
            name=entry.name,
            marker={"color": entry.colour, "line": {"width": 0}},
            customdata=list(entry.shown) if entry.shown is not None else None,
            hovertemplate=HOVER["count"] if entry.shown is None else "%{customdata:,d}",
        )
        for entry in series
    ]
    layout = style.layout(style.date_axis(_days(dates)), style.count_axis(max(known)), barmode="relative")
    return go.Figure(traces, layout)


def periods(
    starts: Sequence[date], values: Sequence[Value], name: str, word: Literal["week", "month"]
) -> go.Figure | None:
    """A bar for each week or month, as wide as it is; None if there is none."""
    if not starts:
        return None
    is_month = word == "month"
    bars = go.Bar(
        x=list(starts),
        y=list(values),
        name=name,
        marker={"color": style.BLUE, "line": {"width": 0}},
        xperiod="M1" if is_month else 7 * style.DAY_MS,
        xperiod0=starts[0],
        xperiodalignment="middle",
        xhoverformat="%B %Y" if is_month else "Week of %Y-%m-%d",
        hovertemplate=HOVER["count"],
    )
    xaxis = style.month_axis(len(starts)) if is_month else style.week_axis()
    largest = max(value for value in values if value is not None)
    return go.Figure(bars, style.layout(xaxis, style.count_axis(largest)))


def ranking(
    names: Sequence[str], values: Sequence[float], name: str, colour: str, unit: Unit = "count"
) -> go.Figure | None:
    """A horizontal bar for each name, the first on top, with its value; None if there is none."""
    if not names:
        return None
    said = [as_hovered(value, HOVER[unit]) for value in reversed(values)]
    bars = go.Bar(
        x=list(reversed(values)),
        y=list(reversed(names)),
        name=name,
        orientation="h",
        width=min(0.7, 0.15 * len(names)),  # of few names, too, bars are slim
        marker={"color": colour},
        text=said,
        textposition="outside",
        cliponaxis=False,
        hovertemplate=f"%{{y}}: {HOVER[unit].replace('%{y', '%{x')}<extra></extra>",
    )
    # For the numbers beside the bars, on a phone, too: the longest takes as much of it as it has signs.
    room = {"range": [0, (max(values) or 1) * (1.05 + 0.03 * max(map(len, said)))], "nticks": 5}
    xaxis = {**(style.count_axis(max(values)) if unit == "count" else style.RATE_AXIS[unit]), **room}
    yaxis = {"type": "category", "showgrid": False}
    return go.Figure(bars, style.layout(xaxis, yaxis, hovermode="closest"))


def some(names: Sequence[str], word: str) -> str:
    """The names where they are few, else how many and the latest."""
    return ", ".join(names) if len(names) <= 3 else f"{len(names):,} {word}s, the latest {names[-1]}"


def _has_lone(values: Sequence[Value]) -> bool:
    padded = [None, *values, None]
    return any(
        here is not None and before is None and after is None
        for before, here, after in zip(padded, padded[1:], padded[2:], strict=False)
    )


def _days(dates: Sequence[date]) -> int:
    """Days from the first to the last of some dates: there may be fewer dates."""
    return (max(dates) - min(dates)).days + 1
