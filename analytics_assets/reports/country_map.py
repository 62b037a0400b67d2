"""Country map: events by country on a map of the world that needs no network.

Belongs here: what is drawn, under which words. Does not: outlines and codes (world.py), the ranking beside it
(activity_figures.py). Plotly's own base map would be loaded from a server: none of its layers is shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart
from analytics_assets.reports.values import Values
from analytics_assets.reports.world import Country, countries, events_by_country, outlines

SCALE = [[place, colour] for place, colour in zip((0.0, 0.5, 1.0), style.SCALE, strict=True)]
HEIGHT = 500
POINT = 8
"""Size in pixels of a country that is too small for an outline."""
NORTH, SOUTH = 84, -57


def country_map(values: Mapping[str, int], about: str) -> Chart | None:
    """Each country in the colour of its events; None if no value is the code of a country."""
    found, others = events_by_country(values)
    if not found:
        return None
    most = max(found.values())
    shown = [country for country in countries() if country.polygons]
    points = [country for country in found if country.middle is not None]
    ends = {"zmin": 0, "zmax": _place(max(most, 1))}
    land = go.Choropleth(
        geojson=outlines(shown),
        locations=[country.name for country in shown],
        z=[_place(found.get(country, 0)) for country in shown],
        customdata=[_said(country, found) for country in shown],
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=SCALE,
        **ends,
        marker={"line": {"color": style.GREY, "width": 0.5}},
        colorbar={
            **{"orientation": "h", "x": 0.5, "y": 0, "yanchor": "top", "len": 0.6, "thickness": 8, "outlinewidth": 0},
            **_ticks(most),
        },
    )
    small = go.Scattergeo(
        lon=[country.middle[0] for country in points if country.middle],
        lat=[country.middle[1] for country in points if country.middle],
        customdata=[_said(country, found) for country in points],
        hovertemplate="%{customdata}<extra></extra>",
        mode="markers",
        marker={
            **{"size": POINT, "color": [_place(found[country]) for country in points], "colorscale": SCALE},
            **{"cmin": 0, "cmax": ends["zmax"], "line": {"color": style.GREY, "width": 1}},
        },
        showlegend=False,
    )
    geo = {
        "visible": False,
        "bgcolor": style.CLEAR,
        "projection": {"type": "natural earth"},
        "lataxis": {"range": [SOUTH, NORTH]},
        "lonaxis": {"range": [-180, 180]},
    }
    layout = style.layout({}, {}, geo=geo, hovermode="closest", margin={"l": 0, "r": 0, "t": 0, "b": 36})
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0].name))
    return Chart(
        key="country-map",
        title="Map of events",
        about=about,
        figure=go.Figure([land, *([small] if points else [])], layout),
        notes=_notes(points, others),
        is_daily=False,
        unit="events",
        values=Values(
            columns=["Country", "Code", "Events"],
            rows=[[country.name, country.codes[0], events] for country, events in ordered],
            formats=["", "", "%{y:,d}"],
        ),
        is_wide=True,
        height=HEIGHT,
        is_map=True,
    )


def _place(events: int) -> float:
    """Where a number lies on the scale of colours, which goes by factors: few countries have most events."""
    return round(math.log10(1 + events), 4)


def _ticks(most: int) -> dict[str, object]:
    numbers = [0, *[10**power for power in range(len(str(most)))]]
    return {"tickmode": "array", "tickvals": [_place(n) for n in numbers], "ticktext": [f"{n:,}" for n in numbers]}


def _said(country: Country, found: Mapping[Country, int]) -> str:
    if not country.codes:
        return f"{escape(country.name)}: no country code"
    return f"{escape(country.name)} ({country.codes[0]}): {found.get(country, 0):,} events"


def _notes(points: list[Country], others: Mapping[str, int]) -> list[str]:
    notes = ["Colours go by factors of ten. Borders are those of Natural Earth."]
    if points:
        notes.append("A circle is a country too small for an outline.")
    if others:
        most = min(others, key=lambda value: (-others[value], value))
        which = most if len(others) == 1 else f"{most} and {len(others) - 1:,} more"
        notes.append(f"Not on the map, as no country code: {sum(others.values()):,} events of {which}.")
    return notes
