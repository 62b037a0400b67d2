"""Checks of power users: each finds the fault that it is there for. Real tables, written and read without a JVM."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.world import World
from asset_checks.power_checks import AT_LEAST_SO_MANY, BOUNDS, MONOTONE, NO_TIME_LOST, judge
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

PERIOD = {
    "period_month": "2025-01",
    "period": "month",
    "period_start": date(2025, 1, 1),
    "period_end": date(2025, 1, 31),
}
# Twenty users: one with 100 s, two with 40 s, two with 10 s, the others with nothing.
TIMES = [100, 40, 40, 10, 10, *[0] * 15]
Rows = dict[str, list[dict[str, Any]]]


def good() -> Rows:
    """The tables as they should be."""
    tops = [-(-len(TIMES) * x // 100) for x in range(1, 101)]
    ranks = [(1, 1, 100), (2, 10, 40), (2, 10, 40)]
    return {
        "power_users": [
            {**PERIOD, "user_id": f"u{n}", "rank": rank, "top_percent": x, "capped_ms": ms, "share": ms / sum(TIMES)}
            for n, (rank, x, ms) in enumerate(ranks)
        ],
        "engagement_concentration": [
            {
                **PERIOD,
                "top_percent": x,
                "users": len(TIMES),
                "top_users": number,
                "capped_ms": sum(TIMES),
                "top_ms": sum(TIMES[:number]),
                "share": sum(TIMES[:number]) / sum(TIMES),
                "is_complete": True,
            }
            for x, number in enumerate(tops, 1)
        ],
        "duration_cuts": [
            {**PERIOD, "action": "read", "events": 30, "engaged_ms": 150, "events_cut": 1, "cut_ms": 25},
            {**PERIOD, "action": "edit", "events": 30, "engaged_ms": 75, "events_cut": 0, "cut_ms": 0},
        ],
    }


def verdicts(folder: Path, rows: Rows) -> set[str]:
    """Names of the checks that fail."""
    lakehouse = Lakehouse(root=str(folder), spark=Spark(master="local[1]"))
    world = World(FEED, Landing(root=str(folder)), lakehouse, "test")
    try:
        for name, found in rows.items():
            schema = arrow_schema(world.tables[name])
            lakehouse.put(world.tables[name], pa.Table.from_pylist(found, schema), "test", [""])
    finally:
        lakehouse.let_go()
    return {name for name, by_key in judge(world, [""]).items() if not by_key[""].passed}


def test_good_tables_pass_all_checks(tmp_path: Path) -> None:
    assert verdicts(tmp_path, good()) == set()


def test_a_period_that_is_not_complete_is_not_judged(tmp_path: Path) -> None:
    rows = good()
    open_month = {**PERIOD, "period_month": "2025-02", "top_percent": 1, "is_complete": False}
    rows["engagement_concentration"].append(open_month)
    assert verdicts(tmp_path, rows) == set()


def changed(table: str, place: int, **values: Any) -> Callable[[Rows], None]:
    return lambda rows: rows[table][place].update(values)


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        pytest.param(changed("power_users", 0, share=1.5), BOUNDS, id="a share above 1"),
        pytest.param(changed("power_users", 2, rank=3), BOUNDS, id="equal times, other ranks"),
        pytest.param(changed("power_users", 0, capped_ms=30), BOUNDS, id="ranks against the order of time"),
        pytest.param(lambda rows: rows["power_users"].clear(), AT_LEAST_SO_MANY, id="nobody is there"),
        pytest.param(lambda rows: rows.update(power_users=rows["power_users"][:1]), AT_LEAST_SO_MANY, id="too few"),
        pytest.param(changed("power_users", 0, top_percent=5), AT_LEAST_SO_MANY, id="nobody in the top 1 %"),
        pytest.param(changed("engagement_concentration", 40, top_ms=0), MONOTONE, id="the curve falls"),
        pytest.param(changed("engagement_concentration", 0, top_ms=60), MONOTONE, id="one user has two times"),
        pytest.param(changed("engagement_concentration", 9, top_ms=199), MONOTONE, id="a later user has more"),
        pytest.param(changed("engagement_concentration", 99, top_ms=201), MONOTONE, id="all have more than all"),
        pytest.param(lambda rows: rows["engagement_concentration"].pop(), MONOTONE, id="100 % is away"),
        pytest.param(changed("duration_cuts", 0, cut_ms=24), NO_TIME_LOST, id="a millisecond is lost"),
        pytest.param(lambda rows: rows["duration_cuts"].pop(), NO_TIME_LOST, id="an action is away"),
    ],
)
def test_each_fault_is_found(tmp_path: Path, fault: Callable[[Rows], None], found: Any) -> None:
    rows = good()
    fault(rows)
    assert found.name in verdicts(tmp_path, rows)
