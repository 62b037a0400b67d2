"""The views of a feed: SELECTs from its tables, computed when they are read.

Belongs here: the view that every feed has, and which there are. Does not: how a view is declared (own_names.py) or read
(commands/tables.py).
"""

from __future__ import annotations

from analytics_assets.feeds.spec import Feed, View

REJECTED_ROWS = View(
    name="rejected",
    description="Rows that broke a rule, as they landed: where they stood, and all the rules that they broke.",
    sql="SELECT arrival, file, line_number, violations, raw, header, contract_version FROM bronze "
    "WHERE standing = 'rejected'",
)


def feed_views(feed: Feed) -> dict[str, View]:
    """All views of a feed by name."""
    return {view.name: view for view in (REJECTED_ROWS, *feed.views)}
