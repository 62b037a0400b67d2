"""The live table of load times: the last hours, minute by minute, of dates that are not closed yet.

Belongs here: its shape. Does not: how it is computed (transforms/live_loads.py), the tables of dates to which it gives
way (latency_tables.py).
"""

from __future__ import annotations

from analytics_assets.feeds.fields import load_fields
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.table import Table, declared
from analytics_assets.transforms import columns as c

LIVE = "live_latency_buckets"
LIVE_TABLES = (LIVE,)
"""Tables that a live run alone writes: no pass, no upkeep, and outside the law of convergence."""


def live_tables(feed: Feed) -> list[Table]:
    """The live table; none for a feed whose events do not say how long pages took to load."""
    if not feed.has_load_times:
        return []
    return [
        declared(
            feed,
            LIVE,
            "a minute, app version, device, bucket and file",
            "Page views of the last hours by how long they took, as `tidebook live` counts them while files land.",
            [c.FILE_ID, c.MINUTE, *load_fields(feed), c.BUCKET, c.LOADS, c.FILE, c.FINGERPRINT],
            partition_by=("file_id",),
            statistics=("minute", "fingerprint"),
        )
    ]
