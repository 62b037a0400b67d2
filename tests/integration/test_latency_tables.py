"""Load times from landed files: exact within 1 %, late rows change their periods alone, checks see faults."""

import math
import random
import shutil
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from asset_checks.laws import law_of
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)

DAY = timedelta(days=1)
FIRST, LAST = date(2025, 1, 29), date(2025, 3, 4)
"""Closed dates: a whole February, with a week of January and February before it."""
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
SHARES = {"p50": 500, "p75": 750, "p95": 950, "p99": 990}
LATE = date(2025, 2, 1)

Loads = dict[date, list[tuple[str, int]]]
Key = tuple[str, date, str, str]


def heavy_loads() -> Loads:
    """Version and milliseconds of each load: lognormal, Pareto of index 0.7 and values of a few milliseconds."""
    draw = random.Random(5)
    kinds: list[Callable[[], float]] = [
        lambda: draw.lognormvariate(6.5, 1.5),
        lambda: 10 * draw.paretovariate(0.7),
        lambda: draw.choice([0, 0, 1, 2]),
    ]
    days = [FIRST + DAY * n for n in range((LAST - FIRST).days + 2)]
    return {
        day: [
            (version, min(7_200_000, int(kind())))
            for version, kind in zip(("5.9.0", "5.10.0", "5.10.0-beta"), kinds, strict=True)
            for _ in range(draw.randrange(70))
        ]
        for day in days
    }


@pytest.fixture(scope="module")
def loads() -> Loads:
    return heavy_loads()


@pytest.fixture(scope="module")
def world(loads: Loads, quick_spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("latency")
    for day, own in loads.items():
        lines = [
            f"u{n % 20},{day} {n // 60:02d}:{n % 60:02d}:00,page_view,p{n},{ms},{v}" for n, (v, ms) in enumerate(own)
        ]
        land(root / "landing", day, "events.csv", [*lines, f"u0,{day} 12:00:00,edit,p1,5,5.9.0"])
    made = world_at(root, quick_spark)
    assert run_pass(made, Observer()).failed == {}
    made.lakehouse.let_go()
    return made


def world_at(root: Path, spark: Spark) -> World:
    return World(
        FEED, Landing(root=str(root / "landing")), Lakehouse(root=str(root / "lakehouse"), spark=spark), "test"
    )


def land(landing: Path, arrival: date, name: str, lines: list[str]) -> None:
    file = landing / "notes/events" / arrival.isoformat() / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEADER + "".join(f"{line}\n" for line in lines))


def copy_of(world: World, root: Path) -> World:
    shutil.copytree(Path(world.landing.root).parent, root, dirs_exist_ok=True)
    return world_at(root, world.lakehouse.spark)


def rows_of(world: World) -> dict[Key, dict[str, Any]]:
    rows = world.lakehouse.arrow(world.tables["latency"]).to_pylist()
    return {(row["period"], row["period_start"], row["dimension"], row["value"]): row for row in rows}


def periods_of(day: date) -> set[tuple[str, date]]:
    return {("day", day), ("week", day - DAY * day.weekday()), ("month", day.replace(day=1)), ("all", FIRST)}


def test_every_quantile_of_landed_loads_is_within_one_per_cent_of_the_exact_one(world: World, loads: Loads) -> None:
    exact: dict[Key, list[int]] = defaultdict(list)
    for day, own in loads.items():
        for version, ms in own if day <= LAST else ():
            for period in periods_of(day):
                for series in (("all", "all"), ("app_version", version), ("device_type", "unknown")):
                    exact[(*period, *series)].append(ms)
    rows = rows_of(world)
    shown = {key: row for key, row in rows.items() if row["loads"]}
    assert {*shown} == {key for key in exact if rows[key]["is_complete"]}
    assert {key[0] for key in shown} == {"day", "week", "month", "all"}
    for key, row in shown.items():
        in_order = sorted(exact[key])
        assert (row["loads"], row["is_few"]) == (len(in_order), len(in_order) < 100)
        for name, share in SHARES.items():
            at_rank = in_order[max(1, math.ceil(share * len(in_order) / 1000)) - 1]
            assert row[name] == pytest.approx(at_rank, rel=0.01 + 1e-12), (key, name)


def test_a_late_row_changes_its_day_week_month_and_the_whole_history_alone(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    before, parts = rows_of(live), live.lakehouse.versions(live.tables["latency"])
    land(tmp_path / "landing", LAST, "late.csv", [f"late,{LATE} 10:00:00,page_view,p1,7200000,5.11.0"])
    run_pass(live, Observer())
    after = rows_of(live)
    changed = {key for key in {*before, *after} if _figures(before.get(key, {})) != _figures(after.get(key, {}))}
    assert {(period, start) for period, start, *_ in changed} == periods_of(LATE)
    assert {key[3] for key in changed} == {"all", "5.11.0", "unknown"}
    versions = live.lakehouse.versions(live.tables["latency"])
    assert {part for part in versions if versions[part] != parts[part]} == {"2025-01", "2025-02", "all"}
    assert after["day", LATE, "app_version", "5.11.0"]["p50"] == pytest.approx(7_200_000, rel=0.01)
    live.lakehouse.let_go()


def test_a_pass_without_anything_new_writes_nothing(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    tables = [live.tables[name] for name in ("latency", "latency_buckets")]
    before = [live.lakehouse.version(table) for table in tables]
    run_pass(live, Observer())
    assert [live.lakehouse.version(table) for table in tables] == before
    live.lakehouse.let_go()


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "input_version"}


def _verdicts(world: World, table: str) -> set[str]:
    law = law_of(FEED, table)
    assert law is not None
    keys = [""] if table == "latency" else sorted(world.lakehouse.versions(world.tables[table]))
    return {name for name, found in law.judge(world, keys).items() if not all(v.passed for v in found.values())}


FAULTS: list[tuple[str, str, Key, Callable[[Any], Any]]] = [
    ("quantiles_are_in_order", "p75", ("day", LATE, "all", "all"), lambda p75: p75 * 1e9),
    ("quantiles_are_in_order", "p50", ("day", LATE, "all", "all"), lambda _: None),
    ("quantiles_are_in_order", "is_few", ("month", date(2025, 2, 1), "all", "all"), lambda few: not few),
    ("quantiles_are_in_order", "is_complete", ("month", date(2025, 3, 1), "all", "all"), lambda _: True),
    ("loads_add_up", "loads", ("day", LATE, "app_version", "5.9.0"), lambda loads: loads + 1),
    ("loads_add_up", "loads", ("week", date(2025, 2, 3), "device_type", "unknown"), lambda loads: loads - 1),
    ("loads_add_up", "loads", ("all", FIRST, "all", "all"), lambda loads: loads - 1),
]


@pytest.mark.parametrize(("check", "column", "key", "wrong"), FAULTS)
def test_a_wrong_figure_fails_its_check(
    world: World, tmp_path: Path, check: str, column: str, key: Key, wrong: Callable[[Any], Any]
) -> None:
    live = copy_of(world, tmp_path)
    table, rows = live.tables["latency"], rows_of(live)
    assert _verdicts(live, "latency") == set()
    rows[key][column] = wrong(rows[key][column])
    live.lakehouse.put(table, pa.Table.from_pylist([*rows.values()], live.lakehouse.arrow(table).schema), "test", [])
    live.lakehouse.let_go()
    assert check in _verdicts(live, "latency")


def test_a_page_view_that_is_not_counted_fails_its_check(world: World, tmp_path: Path) -> None:
    live = copy_of(world, tmp_path)
    assert _verdicts(live, "latency_buckets") == set()
    table = live.tables["latency_buckets"]
    rows = live.lakehouse.arrow(table)
    live.lakehouse.put(table, rows.slice(1), "test", [])
    live.lakehouse.let_go()
    assert _verdicts(live, "latency_buckets") == {"loads_are_page_views"}
