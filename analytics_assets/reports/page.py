"""Page: a feed's figures as one HTML file that needs nothing else, no server and no network.

Belongs here: what the page consists of, in which order, and writing it. Does not: reading (numbers.py),
charts (figures.py, landed_figures.py), the HTML of a part (parts.py), colours (style.py).

The same tables give the same bytes: nothing reads the clock. The page's policy names its scripts by digest
and forbids every other one, and every load: text that comes from data cannot run.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from plotly.io import to_json
from plotly.offline import get_plotlyjs

from analytics_assets.feeds.spec import Feed
from analytics_assets.reports import figures, parts
from analytics_assets.reports.charts import Chart
from analytics_assets.reports.headline import tiles
from analytics_assets.reports.landed_figures import landed_rows
from analytics_assets.reports.numbers import DAY, Numbers, read_numbers
from analytics_assets.reports.retention_figures import retention
from analytics_assets.reports.script import SCRIPT
from analytics_assets.reports.session_figures import session_figures
from analytics_assets.reports.style import CSS
from resources.lakehouse import Lakehouse


def write_report(lakehouse: Lakehouse, feed: Feed, folder: Path) -> Path:
    """Write `<folder>/<feed>.html` from what stands in the feed's tables, and give its path.

    A reader sees the page from before or the new one, never a part. A feed whose tables are missing gets a
    page that says what to run. Needs no JVM. Raises OSError if the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{feed.name}.html"
    unfinished = folder / f".{feed.name}.{os.getpid()}.html"
    try:
        unfinished.write_text(page(read_numbers(lakehouse, feed)), encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def page(numbers: Numbers) -> str:
    """The whole page."""
    found = sections(numbers)
    drawn = [chart for _, charts, _ in found for chart in charts if chart.figure is not None]
    scripts = [get_plotlyjs(), SCRIPT] if drawn else []
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(numbers.feed.name)} – active users – Tidebook</title>",
        f"<style>{CSS}</style>",
        "</head>",
        "<body>",
        parts.header(numbers),
        "<main>",
        parts.tile_list(tiles(numbers)) + parts.not_there(numbers) if numbers.dates else parts.nothing(numbers),
        *[
            parts.section(title, charts, above, parts.ranges(numbers) if place == 0 else "")
            for place, (title, charts, above) in enumerate(found)
        ],
        parts.last_dates(numbers) if numbers.dates else "",
        parts.how_to_read() if found else "",
        "</main>",
        parts.footer(numbers),
        f'<script type="application/json" id="figures">{figures_json(drawn)}</script>',
        *[f"<script>{script}</script>" for script in scripts],
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines)


def sections(numbers: Numbers) -> list[tuple[str, list[Chart], str]]:
    """Title, charts and the HTML above them, of each part that the feed has."""
    found: list[tuple[str, list[Chart], str]] = []
    if numbers.dates:
        found.append(("Active users", figures.active_users(numbers), ""))
    if numbers.by_attribute:
        charts = [figures.by_attribute(numbers, name) for name in numbers.by_attribute]
        found.append(("Active users by attribute", charts, ""))
    if numbers.sessions:
        found.append(
            ("Sessions", [figures.sessions(numbers), figures.sessions_per_user(numbers), *session_figures(numbers)], "")
        )
    if numbers.cohorts:
        found.append(("Retention", retention(numbers.cohorts), ""))
    arrivals = numbers.arrivals
    if arrivals is not None and arrivals.dates:
        last_closed = numbers.dates[-1] + DAY * numbers.feed.lag_days if numbers.dates else None
        found.append(("Landed rows", landed_rows(arrivals, last_closed), parts.conservation(arrivals)))
    return found


def figures_json(charts: Sequence[Chart]) -> str:
    """Figures by key, as JSON inside a script element: with no `<`, nothing in it can end the element."""
    made = {}
    for chart in charts:
        figure = json.loads(to_json(chart.figure, validate=False))
        figure["layout"].pop("template", None)
        made[chart.key] = {"data": figure["data"], "layout": figure["layout"], "daily": chart.is_daily}
    return json.dumps(made, separators=(",", ":")).replace("<", "\\u003c")


def _policy(scripts: Sequence[str]) -> str:
    digests = [b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"
