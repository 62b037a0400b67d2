"""Figures of anomalies: each daily series in all with what was expected, and the alarms as a list.

Belongs here: charts over series_points and anomalies. Does not: reading (anomaly_numbers.py).
"""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import Any

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.anomaly_numbers import Anomalies, Watched
from analytics_assets.reports.charts import Chart, Series, lines, stack
from analytics_assets.reports.values import Values

TITLES = {
    "events": "Events",
    "dau": "Daily active users",
    "sessions": "Sessions",
    "mean_session_s": "Mean session length",
    "p95_load_ms": "95th percentile of load times",
    "rejected_share": "Rejected rows",
    "late_share": "Late rows",
}
UNITS = {"mean_session_s": "seconds", "p95_load_ms": "milliseconds", "rejected_share": "share", "late_share": "share"}
COLUMNS = ("From", "To", "Figure", "Of", "Kind", "Severity", "Score", "Actual", "Expected", "Carried by")


def anomalies(found: Anomalies) -> list[Chart]:
    """The alarms by date with their list, and a chart for each series that has an expectation."""
    drawn = [one for one in found.watched if any(value is not None for value in one.figures["expected"])]
    return [alarm_list(found), *[watched(one) for one in drawn]]


def alarm_list(found: Anomalies) -> Chart:
    """How many alarms began on each date; under it all that the table says of them."""
    days = sorted({alarm["start_date"] for alarm in found.alarms})
    begun = {
        way: Counter(alarm["start_date"] for alarm in found.alarms if alarm["direction"] == way)
        for way in ("up", "down")
    }
    series = [
        Series("Above what was expected", [begun["up"][day] for day in days], style.ORANGE),
        Series("Below", [begun["down"][day] for day in days], style.BLUE),
    ]
    figure = stack(days, series)
    return Chart(
        key="alarms",
        title="Alarms",
        about="Figures that were too far from what their weekday (and hour) led to expect, by the date they began.",
        figure=figure,
        notes=["The table lists them, with the values that carried them."] if figure else ["No figure was unusual."],
        is_daily=False,
        unit="alarms",
        values=Values(columns=COLUMNS, rows=[_listed(alarm) for alarm in found.alarms], formats=[""] * len(COLUMNS)),
        is_wide=True,
    )


def watched(one: Watched) -> Chart:
    """The figure, what was expected, where an alarm begins, and what was flagged."""
    title = TITLES.get(one.metric, escape(one.metric))
    is_share = one.metric.endswith("_share")
    named = (("actual", title, style.BLUE), ("expected", "Expected", style.GREY))
    edges = (("expected_low", "Alarm below", style.PALE), ("expected_high", "Alarm above", style.PALE))
    series = [Series(name, one.figures[key], colour) for key, name, colour in (*edges, *named)]
    figure = lines(one.dates, series, "share" if is_share else "ratio")
    if figure is not None and one.flagged:
        by_date = dict(zip(one.dates, one.figures["actual"], strict=True))
        figure.add_trace(
            go.Scatter(
                x=one.flagged,
                y=[by_date[day] for day in one.flagged],
                name="Flagged",
                mode="markers",
                line={"color": style.VERMILION},
                marker={"color": style.VERMILION, "size": 9, "symbol": "circle-open", "line": {"width": 2}},
                hovertemplate="%{y:.1%}" if is_share else "%{y:,.2f}",
            )
        )
    return Chart(
        key=f"watched-{one.metric.replace('_', '-')}",
        title=title,
        about="The figure of each date, what its weekday led to expect of it, and beyond which an alarm begins.",
        figure=figure,
        notes=[] if one.flagged else ["No date was unusual."],
        is_daily=False,
        unit=UNITS.get(one.metric, ""),
    )


def _listed(alarm: dict[str, Any]) -> list[Any]:
    of = "all" if alarm["dimension"] == "all" else f"{alarm['dimension']} {alarm['value']}"
    carried = [f"{one['dimension']} {one['value']} {one['share']:.0%}" for one in alarm["carried_by"] or []]
    return [
        _moment(alarm, "start"),
        _moment(alarm, "end") or "goes on",
        alarm["metric"],
        of,
        alarm["kind"].replace("_", " "),
        alarm["severity"],
        f"{alarm['score']:.1f}",
        f"{alarm['actual']:,.6g}",
        f"{alarm['expected']:,.6g}",
        ", ".join(carried),
    ]


def _moment(alarm: dict[str, Any], end: str) -> str:
    day, hour = alarm[f"{end}_date"], alarm[f"{end}_hour"]
    return "" if day is None else f"{day}" if hour is None else f"{day} {hour:02d}:00"
