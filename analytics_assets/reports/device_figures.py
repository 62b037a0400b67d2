"""Figures of devices: how much longer pages take on each than on the median device, with what is certain of it.

Belongs here: what is drawn, under which words. Does not: reading (device_numbers.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart
from analytics_assets.reports.device_numbers import Devices, Difference
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.values import Cell, Values
from analytics_assets.transforms.columns import TOTAL

SERIES = {TOTAL: ("All versions", style.BLUE, -0.12), "stratified": ("Within versions", style.ORANGE, 0.12)}
ROW, FRAME = 46, 60
"""Heights in pixels: of a device, and of what stands around them."""
ABOUT = "Median load time on each device against the median device, in per cent, with 95 % intervals."


def device_tiles(devices: Devices | None) -> list[Tile]:
    """The slowest and the fastest device, and how much the device matters."""
    if devices is None:
        return []
    rows = devices.differences[TOTAL]
    ends = [("Slowest device", rows[0]), ("Fastest device", rows[-1])] if len(rows) > 1 else []
    tiles = [
        Tile(label=label, value=_signed(_percent(row.ratio)), period=f"{row.device}, to the median device")
        for label, row in ends
    ]
    effect = f"epsilon squared {devices.epsilon_squared:.3f}"
    return [*tiles, Tile(label="Effect of the device", value=devices.effect_size, period=effect)]


def _signed(percent: float) -> str:
    return f"{percent:+.0f} %".replace("-", "\u2212")


def device_differences(devices: Devices) -> Chart:
    """A dot a device, to the right where pages take longer; a bar where the truth lies with 95 % certainty."""
    rows = devices.differences[TOTAL]
    names = [row.device for row in rows]
    shown = [(SERIES[version], found) for version, found in devices.differences.items()]
    traces = [_dots(names, found, *how) for how, found in shown]
    xaxis = {
        "title": {"text": "% longer than on the median device"},
        "zeroline": True,
        "zerolinecolor": style.MUTED,
    }
    places = list(range(len(names)))
    ticks = {"tickmode": "array", "tickvals": places, "ticktext": [escape(name) for name in names]}
    yaxis = {**ticks, "autorange": "reversed", "showgrid": False}
    return Chart(
        key="device-differences",
        title="Load time by device",
        about=ABOUT,
        figure=go.Figure(traces, style.layout(xaxis, yaxis, hovermode="closest")),
        notes=[f"{row.in_words}." for row in rows] + [_effect(devices)],
        is_daily=False,
        unit="difference to the median device",
        values=_values(devices),
        is_wide=True,
        height=ROW * len(names) + FRAME,
        fresh=f"Complete months from {devices.since:%B %Y} on.",
    )


def _dots(names: Sequence[str], rows: Sequence[Difference], name: str, colour: str, beside: float) -> go.Scatter:
    known = [row for row in rows if row.device in names]
    values = [_percent(row.ratio) for row in known]
    ends = [row.interval or (row.ratio, row.ratio) for row in known]
    return go.Scatter(
        x=values,
        y=[names.index(row.device) + beside for row in known],
        name=name,
        mode="markers",
        marker={"color": colour, "size": 9},
        line={"color": colour},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_percent(high) - value for (_, high), value in zip(ends, values, strict=True)],
            "arrayminus": [value - _percent(low) for (low, _), value in zip(ends, values, strict=True)],
            "color": colour,
            "thickness": 1.5,
        },
        customdata=[escape(row.in_words) for row in known],
        hovertemplate="%{customdata}",
    )


def _values(devices: Devices) -> Values:
    rows: list[list[Cell]] = []
    for version, found in devices.differences.items():
        for row in found:
            low, high = row.interval or (None, None)
            percents = [None if ratio is None else _percent(ratio) for ratio in (row.ratio, low, high)]
            rows.append([row.device, SERIES[version][0], row.loads, *percents])
    return Values(
        columns=["Device", "Over", "Loads", "Longer, %", "From, %", "To, %"],
        rows=rows,
        formats=["%{x}", "%{x}", "%{y:,d}", "%{y:.1f}", "%{y:.1f}", "%{y:.1f}"],
    )


def _effect(devices: Devices) -> str:
    within = "" if devices.interval is None else f" ({devices.interval[0]:.3f} to {devices.interval[1]:.3f})"
    return (
        f"Of all that makes load times differ, the device is a {devices.effect_size} part: epsilon squared "
        f"{devices.epsilon_squared:.3f}{within}. Users choose their devices: a difference is no proof of a cause. "
        "Where a version is used more on one device, read within versions."
    )


def _percent(ratio: float) -> float:
    return 100 * (ratio - 1)
