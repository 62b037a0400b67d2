"""Which series there are, and their points, from small tables."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from analytics_assets.feeds import aqua
from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.series import Series, points
from analytics_assets.layers.series_inputs import Hours, Inputs
from analytics_assets.transforms.anomalies import Point
from analytics_assets.transforms.history import History

DAY = timedelta(days=1)
START = date(2025, 3, 29)
EVENTS, USERS = Series("events", "hour"), Series("active_users", "hour")
SESSIONS, LENGTH = Series("sessions", "hour"), Series("mean_session_s", "hour")
REJECTED, LATE = Series("rejected_share", "hour"), Series("late_share", "hour")
Rows = list[dict[str, Any]]
NOTHING = pa.table({name: [] for name in ("period_start", "dimension", "value", "event_date", "session_date")})


def made(
    days: int,
    feed: Feed = FEED,
    missing: frozenset[date] = frozenset(),
    hours: Rows | None = None,
    begun: Rows | None = None,
    **more: Rows,
) -> dict[Series, list[Point]]:
    """Points of a history of so many days in which nothing happened but what is given."""
    tables = dict.fromkeys(("active_users", "session_days", "loads", "landed"), NOTHING)
    tables |= {name: pa.Table.from_pylist(rows) for name, rows in more.items()}
    history = History(start=START, as_of=START + DAY * (days - 1), missing=missing)
    found = Inputs(**tables, history=history, events={}, hours={})
    mix, sessions = (pa.Table.from_pylist(rows) if rows else NOTHING for rows in (hours, begun))
    return points(found, Hours(mix, sessions), feed)


def test_an_hour_that_the_clocks_leave_out_or_pass_twice_is_not_known() -> None:
    found = made(300, replace(FEED, time_zone="Europe/Berlin"))
    for series in (EVENTS, USERS, SESSIONS):
        unknown = {(point.day, point.hour) for point in found[series] if point.amount is None}
        assert unknown == {(date(2025, 3, 30), 2), (date(2025, 10, 26), 2)}


def test_hours_without_events_are_0_and_those_of_a_missing_date_are_not_known() -> None:
    seven = {"event_date": START, "value": "07", "events": 5, "users": 2}
    found = made(2, missing=frozenset({START + DAY}), hours=[seven])
    assert [point.amount for point in found[EVENTS]] == [0] * 7 + [5] + [0] * 16 + [None] * 24
    assert [point.amount for point in found[USERS]] == [0] * 7 + [2] + [0] * 16 + [None] * 24


def test_sessions_and_their_mean_length_are_those_that_began_in_the_hour() -> None:
    nine = {"session_date": START, "hour": 9, "sessions": 4, "total_duration_s": Decimal("10.000")}
    found = made(1, begun=[nine])
    assert [point.amount for point in found[SESSIONS]] == [0] * 9 + [4] + [0] * 14
    assert found[LENGTH] == [Point(START, n, 2.5 if n == 9 else None, 4 if n == 9 else 0) for n in range(24)]


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


def loads(value: str, *known: int, few: Sequence[int] = ()) -> Rows:
    """Rows of latency of an app version: days, counted from the first, with loads enough, and with few."""
    return [
        {
            "period_start": START + DAY * day,
            "dimension": "all" if value == "all" else "app_version",
            "value": value,
            "loads": 100,
            "p95": 2000.0,
            "is_few": day in few,
        }
        for day in sorted([*known, *few])
    ]


def test_load_times_of_a_version_go_from_the_first_known_ones_until_56_days_after_the_last() -> None:
    found = made(100, loads=loads("1.0", 3, 20, few=[1, 30, 90]))
    own = found[Series("p95_load_ms", "day", "app_version", "1.0")]
    assert [point.day for point in own] == [START + DAY * n for n in range(3, 77)]
    assert [n for n, point in enumerate(own) if point.amount is not None] == [0, 17]


def test_load_times_in_all_go_through_every_date() -> None:
    assert len(made(100, loads=loads("all", 3))[Series("p95_load_ms", "day")]) == 100


def test_a_series_without_a_known_figure_is_not_there() -> None:
    never = {"session_date": START, "dimension": "country", "value": "DE", "sessions": 0, "mean_duration_s": None}
    found = made(30, loads=[*loads("2.0", few=[5]), *loads("all", few=[5])], session_days=[never])
    assert sorted(found) == [
        USERS,
        Series("events", "day"),
        EVENTS,
        Series("sessions", "day", "country", "DE"),
        SESSIONS,
    ]
