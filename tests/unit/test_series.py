"""Which series there are, and their points, from small tables."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from analytics_assets.feeds import aqua
from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.series import Series, points
from analytics_assets.layers.series_inputs import Inputs
from analytics_assets.transforms.anomalies import Point
from analytics_assets.transforms.history import History

DAY = timedelta(days=1)
START = date(2025, 3, 29)
EVENTS, USERS = Series("events", "hour"), Series("active_users", "hour")
REJECTED, LATE = Series("rejected_share", "hour"), Series("late_share", "hour")
Rows = list[dict[str, Any]]
NOTHING = pa.table({name: [] for name in ("period_start", "dimension", "value", "event_date", "session_date")})


def made(
    days: int, feed: Feed = FEED, missing: frozenset[date] = frozenset(), hours: Rows | None = None, **more: Rows
) -> dict[Series, list[Point]]:
    """Points of a history of so many days in which nothing happened but what is given."""
    tables = dict.fromkeys(("active_users", "session_days", "loads", "landed"), NOTHING)
    tables |= {name: pa.Table.from_pylist(rows) for name, rows in more.items()}
    history = History(start=START, as_of=START + DAY * (days - 1), missing=missing)
    found = Inputs(**tables, history=history, events={}, hours={})
    return points(found, pa.Table.from_pylist(hours) if hours else NOTHING, feed)


def test_an_hour_that_the_clocks_leave_out_or_pass_twice_is_not_known() -> None:
    found = made(300, replace(FEED, time_zone="Europe/Berlin"))
    for series in (EVENTS, USERS):
        unknown = {(point.day, point.hour) for point in found[series] if point.amount is None}
        assert unknown == {(date(2025, 3, 30), 2), (date(2025, 10, 26), 2)}


def test_hours_without_events_are_0_and_those_of_a_missing_date_are_not_known() -> None:
    seven = {"event_date": START, "value": "07", "events": 5, "users": 2}
    found = made(2, missing=frozenset({START + DAY}), hours=[seven])
    assert [point.amount for point in found[EVENTS]] == [0] * 7 + [5] + [0] * 16 + [None] * 24
    assert [point.amount for point in found[USERS]] == [0] * 7 + [2] + [0] * 16 + [None] * 24


def arrived(hour: str, **standings: int) -> Rows:
    return [{"arrival": f"{START}{hour}", "standing": name, "rows": rows} for name, rows in standings.items()]


def test_where_hours_arrive_their_shares_are_those_of_each_hour_and_unknown_where_none_came() -> None:
    landed = [*arrived("T03", on_time=90, late=6, rejected=4), *arrived("T05", on_time=7)]
    found = made(1, aqua.FEED, landed=landed)
    assert {point.hour: (point.amount, point.volume) for point in found[REJECTED] if point.amount is not None} == {
        3: (4, 100),
        5: (0, 7),
    }
    assert {point.hour: (point.amount, point.volume) for point in found[LATE] if point.amount is not None} == {
        3: (6, 96),
        5: (0, 7),
    }
    assert found[Series("late_share", "day")] == [Point(START, 0, 6, 103)]


def test_where_days_arrive_shares_have_no_hours() -> None:
    found = made(1, landed=arrived("", on_time=7))
    assert {REJECTED, LATE} & set(found) == set()
    assert found[Series("late_share", "day")] == [Point(START, 0, 0, 7)]
