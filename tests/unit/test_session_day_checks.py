"""Checks of session days: each sees a figure that cannot be, or sessions that are not there."""

from datetime import date
from decimal import Decimal
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
KEY = DAY.isoformat()
ALL: dict[str, Any] = {
    **{"session_date": DAY, "dimension": "all", "value": "all", "is_missing": False, "dau": 2},
    **{"sessions": 3, "actions": 5, "bounces": 1, "total_duration_s": Decimal(30), "mean_duration_s": 10.0},
    **{"p50_duration_s": Decimal(8), "p95_duration_s": Decimal(20), "bounce_rate": 1 / 3},
    **{"actions_per_session": 5 / 3, "sessions_per_active_user": 1.5},
}
COUNTRY = ALL | {"dimension": "country"}
DE = COUNTRY | {"value": "DE", "sessions": 2, "actions": 4, "bounce_rate": 0.5, "actions_per_session": 2.0}
FR = COUNTRY | {"value": "FR", "sessions": 1, "actions": 1, "bounce_rate": 1.0, "actions_per_session": 1.0}
NONE = dict.fromkeys(("sessions", "actions", "bounces", "total_duration_s", "bounce_rate"))


def passed(tmp_path: Path, spark: Spark, *rows: dict[str, Any], sessions: int = 3) -> tuple[bool, bool]:
    """Verdicts on bounds and sums of a date with these rows."""
    world = World(FEED, Landing(root=str(tmp_path)), Lakehouse(root=str(tmp_path / "lake"), spark=spark), "test")
    ids = [{"session_date": DAY, "session_id": f"s{n}"} for n in range(sessions)]
    for name, found in (("session_days", list(rows)), ("sessions", ids)):
        table = world.tables[name]
        columns = {field: [row.get(field) for row in found] for field in table.schema.fieldNames()}
        world.lakehouse.put(table, columns, "test", [KEY])
    world.lakehouse.let_go()
    law = law_of(FEED, "session_days")
    assert law is not None
    bounds, sums = (found[KEY].passed for found in law.judge(world, [KEY]).values())
    return bounds, sums


def test_figures_that_add_up_pass(tmp_path: Path, quick_spark: Spark) -> None:
    assert passed(tmp_path, quick_spark, ALL, DE, FR) == (True, True)


@pytest.mark.parametrize(
    "wrong",
    [{"bounces": 4}, {"actions": 2}, {"p50_duration_s": Decimal(21)}, {"bounce_rate": 1.01}, {"bounces": -1}],
)
def test_a_figure_that_cannot_be_is_seen(tmp_path: Path, quick_spark: Spark, wrong: dict[str, Any]) -> None:
    assert passed(tmp_path, quick_spark, ALL | wrong) == (False, True)


def test_a_value_or_a_session_that_is_lost_is_seen(tmp_path: Path, quick_spark: Spark) -> None:
    assert passed(tmp_path, quick_spark, ALL, DE) == (True, False)
    assert passed(tmp_path, quick_spark, ALL, DE, FR, sessions=4) == (True, False)


def test_only_a_date_whose_arrival_is_missing_is_null(tmp_path: Path, quick_spark: Spark) -> None:
    assert passed(tmp_path, quick_spark, ALL | NONE | {"is_missing": True}, sessions=0) == (True, True)
    assert passed(tmp_path, quick_spark, ALL | NONE, sessions=0) == (False, True)
