"""Sections about what landed: what became of the rows, and which of them were rejected.

Belongs here: which charts and tables stand in them. Does not: the charts (landed_figures.py), HTML (rejected_parts.py,
parts.py), the pages (pages.py).
"""

from __future__ import annotations

from analytics_assets.reports import parts, rejected_parts
from analytics_assets.reports.arrivals import DAY
from analytics_assets.reports.landed_figures import landed_rows, rejected_by_rule
from analytics_assets.reports.numbers import Numbers
from analytics_assets.reports.report import Section


def data_quality(numbers: Numbers) -> list[Section]:
    """What landed, and what became of it."""
    arrivals = numbers.arrivals
    if arrivals is None or not arrivals.dates:
        return []
    last_closed = numbers.dates[-1] + DAY * numbers.feed.lag_days if numbers.dates else None
    charts = landed_rows(arrivals, last_closed)
    return [
        Section(title="Landed rows", charts=charts, above=parts.conservation(arrivals)),
        Section(title="Last arrivals", below=parts.last_arrivals(arrivals)),
    ]


def rejected_rows(numbers: Numbers) -> list[Section]:
    """Rules that were broken, and rows that broke them."""
    found, arrivals, feed = numbers.rejected, numbers.arrivals, numbers.feed.name
    if arrivals is None or not arrivals.dates:
        return []
    return [
        Section(
            title="Broken rules",
            charts=rejected_by_rule(arrivals),
            below=rejected_parts.rules(found.rules, feed, "rejected"),
        ),
        Section(title="Newest rejected rows", below=rejected_parts.examples(found.rules, feed)),
        Section(title="Warnings", below=rejected_parts.rules(found.warnings, feed, "warned")),
    ]
