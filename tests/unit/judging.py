"""A feed's verdicts on rows, without landing or tables.

Belongs here: lines or records -> bronze. Does not: reading files.
"""

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.spec import Feed, JsonArray
from analytics_assets.layers.verdicts import with_events
from analytics_assets.transforms.bronze import judge
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.records import judge_records


def verdicts(raw: DataFrame, feed: Feed) -> DataFrame:
    """In: arrival and raw, a line or a record's JSON. Out: bronze."""
    contract = contract_of(feed.contract)
    if isinstance(feed.format, JsonArray):
        judged = judge_records(raw, contract, feed.format.rest)
    else:
        judged = judge(raw, contract, feed.format.sep, check_utf8=True, has_quotes=True)
    judged = judged.withColumns({"file": F.lit("file"), "line_number": F.lit(1)})
    return with_events(feed, judged, keep_raw=True)
