"""Figures of anomalies: each daily series in all with what was expected, and the alarms as a list.

Belongs here: charts over series_points and anomalies. Does not: reading (anomaly_numbers.py).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from html import escape
from typing import Any

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.anomaly_numbers import Anomalies, Watched
from analytics_assets.reports.arrivals import every_date
from analytics_assets.reports.charts import HOVER, Chart, Series, Unit, lines, stack
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.values import Values
from analytics_assets.transforms.columns import TOTAL

TITLES = {
    "events": "Events",
    "dau": "Daily active users",
    "active_users": "Active users of the hour",
    "sessions": "Sessions",
    "mean_session_s": "Mean session length",
    "p95_load_ms": "95th percentile of load times",
    "rejected_share": "Rejected rows",
    "late_share": "Late rows",
}
UNITS: dict[str, Unit] = {
    "mean_session_s": "seconds",
    "p95_load_ms": "milliseconds",
    "rejected_share": "share",
    "late_share": "share",
}
"""All others are counts, of which what is expected need not be a whole number."""
LISTED_ALARMS = 200
RECENT_DAYS = 28
LONGEST_S = 120
COLUMNS = ("From", "To", "Figure", "Of", "Kind", "Severity", "Score", "Actual", "Expected", "Carried by")


def anomaly_tiles(found: Anomalies | None) -> list[Tile]:
    """Alarms of the last dates, those that go on, and the one that is farthest off."""
    last = max((one.dates[-1] for one in found.watched if one.dates), default=None) if found else None
    if found is None or last is None:
        return []
    since = last - timedelta(days=RECENT_DAYS - 1)
    recent = [alarm for alarm in found.alarms if alarm["start_date"] >= since]
    lasting = sum(alarm["end_date"] is None for alarm in found.alarms)
    tiles = [
        Tile(label="Alarms", value=f"{len(recent):,}", period=f"began from {since} to {last}"),
        Tile(label="Alarms that go on", value=f"{lasting:,}", period=f"as of {last}"),
    ]
    if recent:
        far = max(recent, key=lambda alarm: alarm["score"])
        expected = f"{_moment(far, 'peak')}, expected {measured(far['metric'], far['expected'])}"
        label = TITLES.get(far["metric"], far["metric"])
        label += "" if far["dimension"] == TOTAL else f" of {far['value']}"
        tiles.append(
            Tile(label=f"Farthest off: {label}", value=measured(far["metric"], far["actual"]), period=expected)
        )
    return tiles


def measured(metric: str, value: float) -> str:
    """A figure with its unit: shares in per cent, times in milliseconds, seconds or minutes, whole counts."""
    unit = UNITS.get(metric, "about")
    if unit == "share":
        return f"{value:.2%}"
    if unit == "milliseconds":
        return f"{value:,.0f} ms"
    if unit == "seconds":
        return f"{value:,.0f} s" if value < LONGEST_S else f"{value / 60:,.1f} min"
    return f"{value:,.0f}"


def anomalies(found: Anomalies) -> list[Chart]:
    """The alarms by date with their list, and a chart for each series that has an expectation."""
    drawn = [one for one in found.watched if any(value is not None for value in one.figures["expected"])]
    return [alarm_list(found), *[watched(one) for one in drawn]]


def alarm_list(found: Anomalies) -> Chart:
    """How many alarms began on each date; under it all that the table says of them."""
    starts = [alarm["start_date"] for alarm in found.alarms]
    last = max([*starts, *[one.dates[-1] for one in found.watched]], default=None)
    days = every_date(min(starts), last) if starts and last else []
    begun = {
        way: Counter(alarm["start_date"] for alarm in found.alarms if alarm["direction"] == way)
        for way in ("up", "down")
    }
    series = [
        Series("Above what was expected", [begun["up"][day] for day in days], style.ORANGE),
        Series("Below", [begun["down"][day] for day in days], style.BLUE),
    ]
    figure = stack(days, series)
    notes = ["The table lists them, with the values that carried them."] if figure else ["No figure was unusual."]
    if len(found.alarms) > LISTED_ALARMS:
        notes = [
            f"The table lists the newest {LISTED_ALARMS} of {len(found.alarms):,}, with the values that carried them."
        ]
    return Chart(
        key="alarms",
        title="Alarms",
        about="Figures that were too far from what their weekday (and hour) led to expect, by the date they began.",
        figure=figure,
        notes=notes,
        is_daily=False,
        unit="alarms",
        values=Values(
            columns=COLUMNS,
            rows=[_listed(alarm) for alarm in found.alarms[:LISTED_ALARMS]],
            formats=[""] * len(COLUMNS),
        ),
        is_wide=True,
    )


def watched(one: Watched) -> Chart:
    """The figure, what was expected, where an alarm begins, and what was flagged."""
    title = TITLES.get(one.metric, escape(one.metric))
    unit = UNITS.get(one.metric, "about")
    named = (("actual", title, style.BLUE), ("expected", "Expected", style.GREY))
    edges = (("expected_low", "Alarm below", style.PALE), ("expected_high", "Alarm above", style.PALE))
    series = [Series(name, one.figures[key], colour) for key, name, colour in (*edges, *named)]
    figure = lines(one.dates, series, unit)
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
                hovertemplate=HOVER[unit],
            )
        )
    return Chart(
        key=f"watched-{one.metric.replace('_', '-')}",
        title=title,
        about="The figure of each date, what its weekday led to expect of it, and beyond which an alarm begins.",
        figure=figure,
        notes=[] if one.flagged else ["No date was unusual."],
        is_daily=False,
        unit="" if unit == "about" else unit,
    )


def _listed(alarm: dict[str, Any]) -> list[Any]:
    of = "all" if alarm["dimension"] == "all" else f"{alarm['dimension']} {alarm['value']}"
    carried = [f"{one['dimension']} {one['value']} {one['share']:.0%}" for one in alarm["carried_by"] or []]
    return [
        _moment(alarm, "start"),
        _moment(alarm, "end") or "goes on",
        TITLES.get(alarm["metric"], alarm["metric"]),
        of,
        alarm["kind"].replace("_", " "),
        alarm["severity"],
        f"{alarm['score']:.1f}",
        measured(alarm["metric"], alarm["actual"]),
        measured(alarm["metric"], alarm["expected"]),
        ", ".join(carried),
    ]


def _moment(alarm: dict[str, Any], end: str) -> str:
    day, hour = alarm[f"{end}_date"], alarm[f"{end}_hour"]
    return "" if day is None else f"{day}" if hour is None else f"{day} {hour:02d}:00"
