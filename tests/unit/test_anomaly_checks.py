"""Checks of anomalies: each sees a point that is not what the figures say."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.world import World
from asset_checks.laws import law_of
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

DAY = date(2025, 1, 6)
TOTAL = {"dimension": "all", "value": "all", "event_date": DAY}


def passed(world: World, points: list[dict[str, Any]]) -> dict[str, bool]:
    """Verdicts by check, where these are the points, of 3 active users and 2 sessions, and none is flagged."""
    write(world, "active_users", [{**TOTAL, "dau": 3}])
    write(world, "session_days", [{**TOTAL, "session_date": DAY, "sessions": 2}])
    write(world, "series_points", [{**TOTAL, **point} for point in points])
    write(world, "anomalies", [])
    law = law_of(FEED, "anomalies")
    assert law is not None
    return {check: verdicts[""].passed for check, verdicts in law.judge(world, [""]).items()}


def write(world: World, name: str, rows: list[dict[str, Any]]) -> None:
    table = world.tables[name]
    world.lakehouse.put(table, {f: [row.get(f) for row in rows] for f in table.schema.fieldNames()}, "test", [""])
    world.lakehouse.let_go()


@pytest.fixture
def world(tmp_path: Path, quick_spark: Spark) -> World:
    return World(FEED, Landing(root=str(tmp_path)), Lakehouse(root=str(tmp_path / "lake"), spark=quick_spark), "test")


def of_day(metric: str, actual: float | None) -> dict[str, Any]:
    return {"metric": metric, "granularity": "day", "actual": actual}


def by_hour(metric: str, *of_hours: float | None) -> list[dict[str, Any]]:
    every = [*of_hours, *[0.0] * (24 - len(of_hours))]
    return [
        {"metric": metric, "granularity": "hour", "hour": hour, "actual": actual} for hour, actual in enumerate(every)
    ]


DAYS = [of_day("events", 9.0), of_day("dau", 3.0), of_day("sessions", 2.0)]
FINE = {
    "alarms_are_bounded": True,
    "alarms_are_the_flagged_points": True,
    "series_are_the_figures": True,
    "hours_add_up": True,
}


def test_hours_that_make_up_their_date_pass(world: World) -> None:
    assert (
        passed(
            world, [*DAYS, *by_hour("events", 4.0, 5.0), *by_hour("active_users", 3.0, 2.0), *by_hour("sessions", 2.0)]
        )
        == FINE
    )


@pytest.mark.parametrize(
    "hours",
    [by_hour("events", 4.0, 6.0), by_hour("events"), by_hour("active_users", 4.0), by_hour("sessions", 1.0)],
    ids=["more events", "none", "more users than the date has", "fewer sessions"],
)
def test_hours_that_do_not_fail(world: World, hours: list[dict[str, Any]]) -> None:
    assert passed(world, [*DAYS, *hours]) == FINE | {"hours_add_up": False}


def test_of_a_date_with_an_hour_that_is_not_known_nothing_is_said(world: World) -> None:
    assert passed(world, [*DAYS, *by_hour("events", 4.0, None)]) == FINE


def test_active_users_other_than_those_of_the_series_fail(world: World) -> None:
    assert passed(world, [of_day("dau", 4.0), of_day("sessions", 2.0)]) == FINE | {"series_are_the_figures": False}
