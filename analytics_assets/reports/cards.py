"""Cards: the HTML of a section, each of its charts with its title, definition, state and values.

Belongs here: elements around a chart. Every text that comes from data or a declaration is escaped here. Does not: the
other parts of a page (parts.py), what charts show (figures modules).
"""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from analytics_assets.reports.charts import Chart
from analytics_assets.reports.numbers import Numbers
from analytics_assets.reports.report import Section
from analytics_assets.reports.stylesheet import scheme_colour
from analytics_assets.reports.values import Values


def section(found: Section, numbers: Numbers, beside: str) -> str:
    """Charts in two columns. beside: HTML beside the title."""
    key = found.title.lower().replace(" ", "-")
    narrow = [chart for chart in found.charts if not chart.is_wide]
    alone = narrow[0] if len(narrow) % 2 == 1 else None  # it takes a row
    cards = [_card(chart, numbers, is_wide=chart.is_wide or chart is alone) for chart in found.charts]
    grid = f'<div class="grid">{"".join(cards)}</div>' if cards else ""
    return (
        f'<section aria-labelledby="{key}"><div class="bar"><h2 id="{key}">{escape(found.title)}</h2>{beside}</div>'
        f"{found.above}{grid}{found.below}</section>"
    )


def freshness(numbers: Numbers) -> str:
    """Up to when a feed's figures go, and which of them may still change."""
    if not numbers.dates:
        return ""
    said = f"As of {numbers.dates[-1]}."
    if numbers.settled_through is None:
        return said
    if numbers.lateness_days == 0:
        return f"{said} Rows usually come on their own day, so no date is expected to change."
    return (
        f"{said} Dates after {numbers.settled_through} may still change: "
        f"rows usually come up to {numbers.lateness_days:,} {'day' if numbers.lateness_days == 1 else 'days'} late."
    )


def _card(chart: Chart, numbers: Numbers, *, is_wide: bool) -> str:
    key, title, about = chart.key, escape(chart.title), escape(chart.about)
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in chart.notes)
    unit = f' <span class="unit">· {escape(chart.unit)}</span>' if chart.unit else ""
    if chart.figure is None:
        inside = f'<div class="empty">{notes}</div>'
    else:
        legend = [
            f'<li><button type="button" aria-pressed="true" data-chart="{key}" data-series="{place}">'
            f'<i style="background:{scheme_colour(colour)}"></i>{name}</button></li>'
            for place, (name, colour) in enumerate(chart.legend)
        ]
        inside = f'<ul class="legend" aria-label="Series of {title}">{"".join(legend)}</ul>' if legend else ""
        height = f' style="height:{chart.height}px"' if chart.height else ""
        kind = "chart map" if chart.is_map else "chart"
        inside += f'<div class="{kind}" id="chart-{key}" role="img" aria-label="{title}: {about}"{height}></div>{notes}'
        fresh = escape(freshness(numbers) if chart.fresh is None else chart.fresh)
        inside += f'<p class="fresh">{fresh}</p>' if fresh else ""
        inside += _details(chart.table(), title, f"{numbers.feed.name}-{key}.csv")
    return (
        f'<figure class="card{" wide" if is_wide else ""}" aria-labelledby="title-{key}">'
        f'<h3 id="title-{key}">{title}{unit}</h3><p class="about">{about}</p>{inside}</figure>'
    )


def _details(values: Values, title: str, file: str) -> str:
    """The values under a chart, the newest date first, and a link that saves them."""
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in values.columns)
    is_dated = bool(values.columns) and values.columns[0] == "Date"
    rows = "".join(
        f'<tr><th scope="row">{escape(values.shown(0, row[0]))}</th>'
        + "".join(f"<td>{_cell(values.shown(place, cell))}</td>" for place, cell in enumerate(row[1:], 1))
        + "</tr>"
        for row in (reversed(values.rows) if is_dated else values.rows)
    )
    return (
        f"<details><summary>Values</summary>"
        f'<div class="values" tabindex="0" role="region" aria-label="{title}, values">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f"{csv_link(values, file)}</details>"
    )


def csv_link(values: Values, file: str) -> str:
    """A link that saves values: it works offline, as it carries them."""
    carried = quote(values.csv(), safe=",:;()*!./")
    return f'<a class="csv" download="{escape(file)}" href="data:text/csv;charset=utf-8,{carried}">Save as CSV</a>'


def _cell(shown: str) -> str:
    return escape(shown) if shown else '<span aria-label="not known">–</span>'
