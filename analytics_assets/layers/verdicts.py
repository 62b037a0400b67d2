"""Verdicts: judged rows become bronze, as a feed declares its events.

Belongs here: handing a declaration to the transform. Does not: reading rows (reading.py), the contract's verdict
(transforms/bronze.py).
"""

from __future__ import annotations

from pyspark.sql import DataFrame

from analytics_assets.feeds.spec import WHOLE_ROW, Feed
from analytics_assets.transforms.bronze import bronze
from analytics_assets.transforms.contract import contract_of


def with_events(feed: Feed, judged: DataFrame, *, keep_raw: bool = False) -> DataFrame:
    """Rows with the contract's verdict, as bronze has them. keep_raw: also of accepted rows."""
    return bronze(
        judged,
        contract=contract_of(feed.contract),
        event=feed.event.expressions(),
        zone=feed.time_zone,
        source_zone=feed.source_zone,
        first_date=feed.first_date,
        lag_days=feed.lag_days,
        keep_raw=keep_raw or feed.event_key == WHOLE_ROW,
    )
