"""Figures of load times: all loads by day, versions over time and of late, devices.

Belongs here: charts over the tables latency and latency_buckets. Does not: reading (load_numbers.py), the live figure
(commands/live.py), whether devices differ (docs/metrics.md, Device effect).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from analytics_assets.reports import style
from analytics_assets.reports.charts import HOVER, Chart, Series, lines
from analytics_assets.reports.headline import NOTHING, Tile
from analytics_assets.reports.load_numbers import LAST_DAYS, Loads, Speed

ROW, FRAME = 22, 70
"""Pixels of a bar, and of what stands around all of them."""
WITHIN = "Times are within 1 % of the exact ones."


def load_times(loads: Loads | None) -> list[Chart]:
    """The charts of the page; none where there are no loads."""
    if loads is None:
        return []
    return [all_loads(loads), by_version(loads), last_versions(loads), *([devices(loads)] if loads.devices else [])]


def load_tiles(loads: Loads | None) -> list[Tile]:
    """Median and 95th percentile of the last date that has loads."""
    found = []
    for name, label in (("p50", "Median load time"), ("p95", "95th percentile")):
        known = [] if loads is None else list(zip(loads.dates, loads.daily[name], strict=True))
        known = [(day, value) for day, value in known if value is not None]
        shown = f"{known[-1][1]:,.0f} ms" if known else NOTHING
        found.append(Tile(label=label, value=shown, period=f"{known[-1][0]}" if known else "no loads yet"))
    return found


def all_loads(loads: Loads) -> Chart:
    """Median and 95th percentile of all loads by day."""
    series = [
        Series("Median", loads.daily["p50"], style.BLUE),
        Series("95th percentile", loads.daily["p95"], style.ORANGE),
    ]
    return _over_dates(loads, "load-times", "Load times", "How long pages took to load on the date.", series, [WITHIN])


def by_version(loads: Loads) -> Chart:
    """95th percentile by app version over time."""
    colours = (*style.VALUES, style.GREY)
    series = [
        Series(escape(version), values, colour)
        for (version, values), colour in zip(loads.by_version.items(), colours, strict=False)
    ]
    notes = ["A version's first days are those of the users who update first."]
    if loads.number_of_others:
        series.append(Series(f"other ({loads.number_of_others:,})", loads.others, style.GREY))
        notes.append(f"The {len(loads.by_version)} versions with most loads have a line; the rest are other.")
    if loads.few_points:
        notes.append(f"Dates of a version with fewer than 100 loads are not drawn: {loads.few_points:,}.")
    about = "95 of 100 page views of the date were loaded within this time, by version of the app."
    return _over_dates(loads, "load-times-by-version", "95th percentile by version", about, series, notes)


def last_versions(loads: Loads) -> Chart:
    """95th percentile by app version in the last dates, in the order of versions."""
    title = f"95th percentile by version, last {LAST_DAYS} days"
    about = f"Over all page views of the last {min(LAST_DAYS, len(loads.dates))} dates, oldest version on top."
    notes = [_few(loads.last)] if any(speed.is_few for speed in loads.last) else []
    if loads.last_versions > len(loads.last):
        notes.append(f"The {len(loads.last)} with most loads, of {loads.last_versions:,} versions.")
    return Chart(
        key="load-times-last-versions",
        title=title,
        about=about,
        figure=_bars(loads.last, [("95th percentile", [speed.p95 for speed in loads.last], style.ORANGE)]),
        notes=notes or ([] if loads.last else ["No page view in these dates."]),
        is_daily=False,
        unit="ms",
        height=FRAME + ROW * max(len(loads.last), 6),
    )


def devices(loads: Loads) -> Chart:
    """Median and 95th percentile by device over all dates."""
    quantiles = [
        ("Median", [speed.p50 for speed in loads.devices], style.BLUE),
        ("95th percentile", [speed.p95 for speed in loads.devices], style.ORANGE),
    ]
    return Chart(
        key="load-times-by-device",
        title="Load times by device",
        about="Over all closed dates, by the device that the user had on the date; the fastest on top.",
        figure=_bars(loads.devices, quantiles),
        notes=[_few(loads.devices)] if any(speed.is_few for speed in loads.devices) else [],
        is_daily=False,
        unit="ms",
    )


def _over_dates(
    loads: Loads, key: str, title: str, about: str, series: Sequence[Series], notes: Sequence[str]
) -> Chart:
    figure = lines(loads.dates, series, "milliseconds")
    shown = list(notes) if figure is not None else ["No closed date has enough page views yet."]
    return Chart(key=key, title=title, about=about, figure=figure, notes=shown, unit="ms")


def _bars(speeds: Sequence[Speed], quantiles: Sequence[tuple[str, Sequence[float], str]]) -> go.Figure | None:
    """Horizontal bars, the first on top, a colour for each quantile; few loads are marked by their name."""
    if not speeds:
        return None
    # A space in front: a version such as 5.10 is a name, not a number.
    names = [f"{escape(speed.value)}{' *' if speed.is_few else ''} " for speed in speeds]
    traces = [
        go.Bar(
            x=list(values),
            y=names,
            name=name,
            orientation="h",
            marker={"color": colour},
            hovertemplate=HOVER["milliseconds"].replace("%{y", "%{x"),
        )
        for name, values, colour in quantiles
    ]
    xaxis = {**style.RATE_AXIS["milliseconds"]}
    yaxis = {"type": "category", "autorange": "reversed", "showgrid": False}
    return go.Figure(traces, style.layout(xaxis, yaxis, barmode="group", hovermode="closest"))


def _few(speeds: Sequence[Speed]) -> str:
    return f"* fewer than 100 loads: {', '.join(speed.value for speed in speeds if speed.is_few)}."
