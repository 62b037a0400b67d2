"""Which series there are, and their points, from small tables."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.series import Inputs, Series, points
from analytics_assets.transforms.anomalies import Point
from analytics_assets.transforms.history import History

DAY = timedelta(days=1)
START = date(2025, 3, 29)


def made(
    days: int, feed: Feed = FEED, missing: frozenset[date] = frozenset(), **more: Any
) -> dict[Series, list[Point]]:
    """Points of a history of so many days in which nothing happened but what is given."""
    nothing = pa.table({name: [] for name in ("period_start", "dimension", "value", "event_date", "session_date")})
    usual: dict[str, Any] = dict.fromkeys(("active_users", "session_days", "loads", "landed", "by_hour"), nothing)
    usual |= {"events": {}, "history": History(start=START, as_of=START + DAY * (days - 1), missing=missing)}
    return points(Inputs(**{**usual, **more}), feed)


def test_an_hour_that_the_clocks_leave_out_or_pass_twice_is_not_known() -> None:
    found = made(300, replace(FEED, time_zone="Europe/Berlin"))[Series("accepted_rows", "hour")]
    unknown = {(point.day, point.hour) for point in found if point.amount is None}
    assert unknown == {(date(2025, 3, 30), 2), (date(2025, 10, 26), 2)}


def test_hours_without_rows_are_0_and_those_of_a_missing_date_are_not_known() -> None:
    rows = pa.table({"event_date": [START], "hour": [7], "rows": [5]})
    found = made(2, missing=frozenset({START + DAY}), by_hour=rows)[Series("accepted_rows", "hour")]
    assert [point.amount for point in found] == [0] * 7 + [5] + [0] * 16 + [None] * 24
