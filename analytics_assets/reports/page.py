"""Page: a report of a feed as one HTML file.

Belongs here: what a page consists of, and in which order. Does not: which pages there are (pages.py), reading
(numbers.py), charts (figures modules), the HTML of a part (parts.py), writing files (writing.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from analytics_assets.reports import cards, parts
from analytics_assets.reports.document import document
from analytics_assets.reports.health_parts import health_section
from analytics_assets.reports.numbers import Numbers
from analytics_assets.reports.pages import reports_of
from analytics_assets.reports.report import Report, Section
from analytics_assets.transforms.health import FeedHealth


def page(
    numbers: Numbers, report: Report, linked: Sequence[Report] | None = None, health: FeedHealth | None = None
) -> str:
    """The whole page. The same numbers give the same bytes: nothing reads the clock.

    linked: the reports that stand beside it; by default all of the feed. health: for a page that says how the feed is.
    """
    found = report.shown(numbers)
    charts = [chart for section in found for chart in section.charts]
    daily = next((section for section in found if _is_daily(section)), None)
    absent = [name for name in report.tables if name in numbers.absent]
    body = [
        parts.header(numbers, report, reports_of(numbers.feed) if linked is None else linked),
        "<main>",
        parts.tile_list(report.tiles(numbers)) if found else parts.nothing(numbers, absent),
        parts.not_there(numbers, absent) if found else "",
        health_section(health) if health and report.shows_health else "",
        *[cards.section(section, numbers, parts.ranges(numbers) if section is daily else "") for section in found],
        parts.how_to_read(report.reading) if found else "",
        "</main>",
        parts.footer(numbers, report.tables),
    ]
    return document(f"{numbers.feed.name} – {report.title}", body, charts)


def _is_daily(section: Section) -> bool:
    return any(chart.is_daily and chart.figure is not None for chart in section.charts)
