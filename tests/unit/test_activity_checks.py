"""Checks of what was done: each sees a number that is not as it should be."""

from collections.abc import Mapping
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

DAY, KEY = date(2025, 1, 6), "2025-01-06"
EVENTS = [{"event_date": DAY, "user_id": user} for user in ("ann", "ann", "bob")]
SESSIONS = [{"session_date": DAY, "session_id": f"s{n}"} for n in range(3)]
MIX = [
    ("action", "view", 2, 2),
    ("action", "edit", 1, 1),
    ("hour", "09", 3, 2),
]
OBJECTS = [("p1", 2, 2), (None, 1, 1)]
FREQUENCY = [("all", "all", 0, 1), ("all", "all", None, 2), ("country", "DE", 29, 3)]
EDGES = [("all", "entry", "view", 3, 1), ("all", "exit", "view", 1, 1), ("all", "exit", "edit", 2, 0)]


@pytest.fixture
def world(tmp_path: Path, quick_spark: Spark) -> World:
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=quick_spark)
    made = World(FEED, Landing(root=str(tmp_path)), lakehouse, "test")
    write(made, "silver", EVENTS)
    write(made, "sessions", SESSIONS)
    return made


def write(world: World, name: str, rows: list[dict[str, Any]]) -> None:
    table = world.tables[name]
    columns = {field: [row.get(field) for row in rows] for field in table.schema.fieldNames()}
    world.lakehouse.put(table, columns, "test", [KEY])
    world.lakehouse.let_go()


def passed(world: World, name: str, columns: str, rows: list[tuple[Any, ...]]) -> Mapping[str, bool]:
    """Verdicts on the date, by check, of a table with these rows."""
    day = "event_date" if name in ("activity_mix", "object_days") else "session_date"
    write(world, name, [{day: DAY, **dict(zip(columns.split(), row, strict=True))} for row in rows])
    law = law_of(FEED, name)
    assert law is not None
    return {check: verdicts[KEY].passed for check, verdicts in law.judge(world, [KEY]).items()}


MIX_COLUMNS, OBJECT_COLUMNS = "dimension value events users", "object_id events users"
FREQUENCY_COLUMNS, EDGE_COLUMNS = "dimension value days_since sessions", "dimension edge action sessions bounces"


def test_what_adds_up_passes(world: World) -> None:
    found = {
        **passed(world, "activity_mix", MIX_COLUMNS, MIX),
        **passed(world, "object_days", OBJECT_COLUMNS, OBJECTS),
        **passed(world, "session_frequency", FREQUENCY_COLUMNS, FREQUENCY),
        **passed(world, "entry_exit_actions", EDGE_COLUMNS, EDGES),
    }
    assert len(found) == 5 and all(found.values())


@pytest.mark.parametrize(
    ("rows", "failing"),
    [
        (MIX[1:], "activity_adds_up_to_silver"),
        ([*MIX[:2], ("hour", "09", 4, 2)], "activity_adds_up_to_silver"),
        ([*MIX[:2], ("hour", "09", 3, 4)], "users_of_values_agree"),
        ([*MIX[:2], ("hour", "09", 3, 1)], "users_of_values_agree"),
    ],
)
def test_an_event_lost_or_a_user_too_many_is_seen(world: World, rows: list[tuple[Any, ...]], failing: str) -> None:
    assert not passed(world, "activity_mix", MIX_COLUMNS, rows)[failing]


@pytest.mark.parametrize("rows", [[], OBJECTS[:1], [("p1", 3, 4)]])
def test_an_object_lost_is_seen(world: World, rows: list[tuple[Any, ...]]) -> None:
    assert not passed(world, "object_days", OBJECT_COLUMNS, rows)["objects_add_up_to_silver"]


def test_a_session_lost_from_one_value_is_seen(world: World) -> None:
    rows = [*FREQUENCY[:2], ("country", "DE", 29, 2)]
    assert not passed(world, "session_frequency", FREQUENCY_COLUMNS, rows)["frequencies_add_up_to_sessions"]


@pytest.mark.parametrize("last", [("all", "exit", "edit", 1, 0), ("all", "exit", "edit", 2, 1)])
def test_sessions_or_bounces_that_differ_between_the_edges_are_seen(world: World, last: tuple[Any, ...]) -> None:
    assert not passed(world, "entry_exit_actions", EDGE_COLUMNS, [*EDGES[:2], last])["edges_add_up_to_sessions"]
