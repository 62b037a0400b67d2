"""Figures of activity: at which hours, where and what, how often sessions come, how they begin and end.

Belongs here: which sums each chart shows, under which words. Does not: reading (activity_numbers.py), sessions by day
(session_figures.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.activity_numbers import HOURS, Activity
from analytics_assets.reports.charts import Chart, ranking
from analytics_assets.reports.country_map import country_map
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.values import Values
from analytics_assets.transforms.entry_exit_actions import ENTRY, EXIT
from analytics_assets.transforms.session_frequency import LONGER, LOOK_BACK_DAYS

MOST = 12
MOST_SHARES = 5
LONGEST = 48
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SCALE = [[place, colour] for place, colour in zip((0.0, 0.5, 1.0), style.SCALE, strict=True)]
TITLES = {"action": "Events by action", "country": "Events by country"}
NOTHING = "No date is closed yet."


def activity_tiles(found: Activity) -> list[Tile]:
    """Events, the hour of the week with most of them, and the most frequent action and country with their shares."""
    if not found.dates:
        return []
    events = sum(found.values.get("action", {}).values())
    tiles = [Tile(label="Events", value=f"{events:,}", period=_period(found))]
    hours = [(mean, day, hour) for day, row in enumerate(found.week) for hour, mean in enumerate(row) if mean]
    if hours:
        mean, day, hour = max(hours, key=lambda item: (item[0], -item[1], -item[2]))
        busiest = f"{WEEK[day][:3]} {hour:02d}:00"
        tiles.append(Tile(label="Busiest hour", value=busiest, period=f"{mean:,.1f} events on average"))
    for name, values in sorted(found.values.items()):
        total = sum(values.values())
        if total:
            most, number = min(values.items(), key=lambda item: (-item[1], item[0]))
            tiles.append(Tile(label=f"Most frequent {name}", value=f"{number / total:.1%}", period=_cut(most)))
    return tiles


def activity(found: Activity, zone: str) -> list[Chart]:
    """The hours of the week, and events by action, country and object, as far as there are tables."""
    charts = [hours(found, zone)] if found.week and found.values else []
    shown = (
        country_map(found.values.get("country", {}), f"Events of {_period(found)}, by country.")
        if found.dates
        else None
    )
    charts += [shown] if shown else []
    charts += [_ranked(found, name, TITLES[name], found.values[name]) for name in TITLES if name in found.values]
    if found.objects:
        named = {"(none)" if name is None else name: events for name, events in found.objects}
        charts.append(_ranked(found, "object", "Most used objects", named))
    return charts


def of_sessions(found: Activity) -> list[Chart]:
    """Days between sessions, entry and exit actions, as far as there are tables."""
    charts = [frequency(found)] if found.frequency else []
    return charts + [_edge(found, edge) for edge in (ENTRY, EXIT) if found.edges.get(edge)]


def hours(found: Activity, zone: str) -> Chart:
    """Events an hour by weekday and hour of the day."""
    heat = go.Heatmap(
        x=list(range(HOURS)),
        y=list(WEEK),
        z=found.week,
        colorscale=SCALE,
        zmin=0,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hovertemplate="%{y} %{x}:00<br>%{z:,.1f} events<extra></extra>",
        colorbar={"tickformat": ",d", "thickness": 10, "outlinewidth": 0, "len": 0.9},
    )
    xaxis = {"title": {"text": "Hour"}, "dtick": 4, "tickangle": 0, "showgrid": False}
    yaxis = {"type": "category", "autorange": "reversed", "showgrid": False, "dtick": 1}
    return Chart(
        key="hours",
        title="Hours of the week",
        about=f"Events an hour, the mean of {_period(found)}. Hours of {zone}.",
        figure=go.Figure(heat, style.layout(xaxis, yaxis, hovermode="closest")),
        is_daily=False,
        unit="events",
        values=Values(
            columns=["Weekday", *[f"{hour:02d}:00" for hour in range(HOURS)]],
            rows=[[day, *row] for day, row in zip(WEEK, found.week, strict=True)],
            formats=["%{y}", *["%{z:,.1f}"] * HOURS],
        ),
        is_wide=True,
        height=280,
    )


def frequency(found: Activity) -> Chart:
    """Sessions by the days since the user's session before."""
    known = [(since, sessions) for since, sessions in found.frequency.items() if since is not None]
    names = {0: "same day", LONGER: f"over {LOOK_BACK_DAYS}, or first"}
    places = [names.get(since, str(since)) for since in range(LONGER + 1)]
    by_place = dict(known)
    bars = go.Bar(
        x=places,
        y=[by_place.get(since, 0) for since in range(LONGER + 1)],
        name="Sessions",
        marker={"color": style.BLUE, "line": {"width": 0}},
        hovertemplate="%{y:,d}",
    )
    notes = []
    if longer := by_place.get(LONGER, 0):
        notes.append(f"Last bar, {longer:,} sessions: more than {LOOK_BACK_DAYS} days, or the user's first session.")
    if unknown := found.frequency.get(None, 0):
        notes.append(f"Of {unknown:,} sessions it is not known: dates before them are missing, or before the history.")
    xaxis = {"title": {"text": "Days since the session before"}, "type": "category", "showgrid": False, "nticks": 12}
    largest = max([number for _, number in known], default=0)
    figure = go.Figure(bars, style.layout(xaxis, style.count_axis(largest))) if known else None
    return Chart(
        key="session-frequency",
        title="Days between sessions",
        about=f"Sessions by the days since their user's session before, of {_period(found)}.",
        figure=figure,
        notes=notes,
        is_daily=False,
        unit="sessions",
    )


def _edge(found: Activity, edge: str) -> Chart:
    rows = _first(found.edges[edge])
    names, sessions = [name for name, _, _ in rows], [number for _, number, _ in rows]
    chart = _bars(
        f"{edge}-actions",
        f"{edge.capitalize()} actions",
        f"Sessions by their {'first' if edge == ENTRY else 'last'} action, of {_period(found)}.",
        names,
        sessions,
        "sessions",
    )
    if edge == ENTRY:
        shares = ", ".join(f"{name} {bounces / number:.1%}" for name, number, bounces in rows[:MOST_SHARES])
        chart.notes.append(f"Bounce rate: {shares}.")
    return chart


def _first(edges: Mapping[str, tuple[int, int]]) -> list[tuple[str, int, int]]:
    ordered = sorted(edges.items(), key=lambda item: (-item[1][0], item[0]))
    return [(name, sessions, bounces) for name, (sessions, bounces) in ordered[:MOST]]


def _ranked(found: Activity, key: str, title: str, values: Mapping[str, int]) -> Chart:
    first = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:MOST]
    more = len(values) - len(first)
    about = f"Events of {_period(found)}."
    if key == "object":
        about = f"Pages, files or products with the most events of {_period(found)}."
    chart = _bars(f"events-by-{key}", title, about, [name for name, _ in first], [n for _, n in first], "events")
    if more > 0 and key != "object":
        chart.notes.append(f"{more:,} more with fewer events.")
    return chart


def _bars(key: str, title: str, about: str, names: Sequence[str], values: Sequence[int], unit: str) -> Chart:
    return Chart(
        key=key,
        title=title,
        about=about,
        figure=ranking(_labels(names), values, unit.capitalize(), style.BLUE),
        notes=[] if names else [NOTHING],
        is_daily=False,
        unit=unit,
    )


def _labels(names: Sequence[str]) -> list[str]:
    """Names as plotly may have them, long ones cut; two that would be one are told apart."""
    cut = [_cut(name) for name in names]
    return [escape(name if cut.count(name) == 1 else f"{name} ({at})") for at, name in enumerate(cut, 1)]


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}\u2026"


def _period(found: Activity) -> str:
    return f"{len(found.dates)} closed dates from {found.dates[0]} to {found.dates[-1]}"
