"""Document: the HTML around a page's parts, its policy and its scripts.

Belongs here: what makes a file a page that needs nothing else, no server and no network. Does not: parts (parts.py),
which of them a page has (page.py, index.py), colours (style.py).

The page's policy names its scripts by digest and forbids every other one, and every load: text that comes from data
cannot run.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from html import escape

from plotly.io import to_json
from plotly.offline import get_plotlyjs

from analytics_assets.reports.charts import Chart
from analytics_assets.reports.script import SCRIPT
from analytics_assets.reports.stylesheet import CSS


def document(title: str, body: Sequence[str], charts: Sequence[Chart] = ()) -> str:
    """A whole page: its title (plain text), the HTML of its body, and the charts that its script draws."""
    drawn = [chart for chart in charts if chart.figure is not None]
    scripts = [get_plotlyjs(), SCRIPT] if drawn else []
    carried = [
        f'<script type="application/json" id="figures">{figures_json(drawn)}</script>',
        f'<script type="text/plain" id="plotly">{_packed_plotly()}</script>',
        f"<script>{SCRIPT}</script>",
        "<noscript><p>Charts need JavaScript. Their values stand below each of them.</p></noscript>",
    ]
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)} – Tidebook</title>",
        f"<style>{CSS}</style>",
        "</head>",
        "<body>",
        *body,
        *(carried if drawn else []),
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines)


def figures_json(charts: Sequence[Chart]) -> str:
    """Figures by key, as JSON inside a script element: with no `<`, nothing in it can end the element."""
    made = {}
    for chart in charts:
        figure = json.loads(to_json(chart.figure, validate=False))
        figure["layout"].pop("template", None)
        made[chart.key] = {"data": figure["data"], "layout": figure["layout"], "daily": chart.is_daily}
    text = json.dumps(made, separators=(",", ":")).replace("<", "\\u003c")
    return text.replace("&quot;", '\\"').replace("&#x27;", "'")  # plotly knows no such entities, and shows them


@cache
def _packed_plotly() -> str:
    """plotly.js, 1.9 in place of 4.6 MB: a page is to fit into a mail. With no time in it: the same bytes each time."""
    return b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()


def _policy(scripts: Sequence[str]) -> str:
    digests = [b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"
