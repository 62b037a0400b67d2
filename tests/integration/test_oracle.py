"""Everything that comes out of 200,000 events equals what plain SQL makes of the same files, to the row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hard_notes import make_hard
from oracle import oracle

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import (
    active_users,
    bronze,
    dimension,
    from_silver,
    silver,
)
from analytics_assets.layers.metrics import metrics_of
from analytics_assets.layers.world import World
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

# All tables are made before the first test: a minute on two quiet cores, and longer on busy ones.
pytestmark = pytest.mark.timeout(900)

SAMPLE = NotesOptions(
    start=date(2025, 1, 15),
    end=date(2025, 5, 14),
    events=200_000,
    users=20_000,
    late_share=0.03,
    duplicate_share=0.02,
    broken_share=0.005,
    seed=3,
)


TABLES = (
    "verdicts",
    "rejected",
    "silver",
    "sessions",
    "user_days",
    "active_users",
    "active_users_week",
    "active_users_month",
    "activity_mix",
    "object_days",
    "session_days",
    "session_frequency",
    "entry_exit_actions",
    "session_hours",
    "user_history",
    "retention",
    "latency_buckets",
    "latency",
    "device_effect",
    "device_differences",
    "device_pairs",
    "duration_buckets",
    "duration_cuts",
    "power_users",
    "engagement_concentration",
    "series_points",
    "anomalies",
    "unlikely_users",
    "likely_days",
    "profiles",
)
# Of intervals tests/convergence has an oracle.
INTERVALS = {
    "device_effect": {"epsilon_squared_low", "epsilon_squared_high"},
    "device_differences": {"p50_ratio_low", "p50_ratio_high", "in_words"},
    "device_pairs": {"cliffs_delta_low", "cliffs_delta_high"},
}
WITHOUT_VERSION = ("user_history", "retention", "device_differences", "device_pairs", "power_users")
WITHOUT_VERSION += ("series_points", "anomalies", "unlikely_users")


@dataclass
class Both:
    """The tables that came out, as `ours`.name, beside the oracle's of the same names."""

    sql: duckdb.DuckDBPyConnection

    def differences(self, table: str) -> list[str]:
        """The first rows that stand in one alone, each said to be ours or the oracle's."""
        described = self.sql.execute(f"DESCRIBE {table}").fetchall()
        columns = ", ".join(name for name, *_ in described)
        typed = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind, *_ in described)
        ours, theirs = f"SELECT {typed} FROM ours.{table}", f"SELECT {typed} FROM {table}"
        rows = self.sql.execute(
            f"""(SELECT 'ours alone' AS stands, * FROM ({ours} EXCEPT ALL {theirs}) LIMIT 20)
            UNION ALL (SELECT 'oracle alone', * FROM ({theirs} EXCEPT ALL {ours}) LIMIT 20)
            ORDER BY ALL"""
        ).fetchall()
        return [f"{table} ({columns})", *map(str, rows)] if rows else []


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, spark_resource: Spark) -> Iterator[Both]:
    folder: Path = tmp_path_factory.mktemp("oracle")
    generate_notes(folder / "landing", SAMPLE)
    make_hard(folder / "landing")
    lakehouse = Lakehouse(root=str(folder / "lakehouse"), spark=spark_resource)
    world = World(FEED, Landing(root=str(folder / "landing")), lakehouse, "test")
    try:
        _run(world)
    finally:
        lakehouse.let_go()
    sql = oracle(folder / "landing")
    sql.execute("CREATE SCHEMA ours")
    for name in ("bronze", *TABLES[2:]):
        table = world.tables[name]
        # Rejected rows keep what landed, also where it is no text: of them the verdict is compared.
        verdict = ["arrival", "file", "line_number", "standing", "violations"]
        rows = lakehouse.table_reader(table).to_pyarrow_table(columns=verdict if name == "bronze" else None)
        sql.register("arrived", rows)
        sql.execute(f"CREATE TABLE ours.{name} AS FROM arrived")
        sql.unregister("arrived")
    sql.execute(
        """CREATE VIEW ours.verdicts AS
        SELECT arrival, file, standing, violations[1] AS rule, count(*) AS rows FROM ours.bronze GROUP BY ALL;
        CREATE VIEW ours.rejected AS FROM ours.bronze WHERE standing = 'rejected'"""
    )
    yield Both(sql)
    sql.close()


def _run(world: World) -> None:
    bronze.build_bronze(world, bronze.pending_arrivals(world))
    dimension.build_dimension(world, dimension.pending_snapshots(world))
    silver.build_silver(world, silver.dates_behind(world))
    from_silver.build_sessions(world, from_silver.dates_behind(world, "sessions"))
    from_silver.build_user_days(world, from_silver.dates_behind(world, "user_days"))
    for table, build in from_silver.FURTHER.items():
        if table in world.tables:
            build(world, from_silver.dates_behind(world, table))
    with active_users.current_activity(world) as now:
        assert now is not None
        for table in (active_users.DAILY, active_users.WEEK, active_users.MONTH):
            active_users.build_active_users(world, now, table, active_users.keys_behind(world, now, table))
    for metric in metrics_of(world):
        metric.build(world, sorted(metric.behind(world)))


@pytest.mark.parametrize("table", TABLES)
def test_every_row_and_column_equals_the_oracles(both: Both, table: str) -> None:
    assert both.differences(table) == []


@pytest.mark.parametrize("table", [name for name in TABLES if name not in ("verdicts", "rejected")])
def test_the_oracle_leaves_out_no_column(both: Both, table: str) -> None:
    def names(name: str) -> set[str]:
        return {row[0] for row in both.sql.execute(f"DESCRIBE {name}").fetchall()}

    of_sessions_and_user_days = {
        "country",
        "device_type",
        "subscription_type",
        "session_start",
        "session_date",
        "is_session_entry",
        "is_session_exit",
    }
    left_out = INTERVALS.get(table, set()) | ({"input_version"} if table not in WITHOUT_VERSION else set())
    left_out |= of_sessions_and_user_days if table == "silver" else set()
    assert names(f"ours.{table}") - names(table) == left_out


def test_the_comparison_sees_one_changed_number(both: Both) -> None:
    both.sql.execute("BEGIN")
    try:
        both.sql.execute(
            """UPDATE ours.active_users SET dormant = dormant + 1
            WHERE event_date = '2025-05-01' AND value = 'all'"""
        )
        assert len(both.differences("active_users")) == 3
    finally:
        both.sql.execute("ROLLBACK")


def test_the_sample_has_every_case(both: Both) -> None:
    """Else equal tables would prove less than they seem to."""
    rules = {row[0] for row in both.sql.execute("SELECT DISTINCT rule FROM verdicts").fetchall()}
    assert rules == {
        None,
        "before_first_date",
        "duration_ms_not_integer",
        "duration_out_of_range",
        "file_empty",
        "file_header",
        "in_the_future",
        "invalid_utf8",
        "stray_quote",
        "timestamp_not_timestamp",
        "too_few_fields",
        "too_many_fields",
        "unclosed_quote",
        "user_id_missing",
    }
    counted = both.sql.execute(
        """SELECT
            count(*) FILTER (is_missing), count(*) FILTER (rolling_30 IS NULL), count(rolling_30),
            max(resurrected) > 0, max(dormant) > 0, max("returning") > 0, count(DISTINCT dimension)
        FROM active_users"""
    ).fetchall()
    missing, unknown, known, *others = counted[0]
    assert missing > 0 and unknown > 0 and known > 0
    assert others == [True, True, True, 4]


def test_the_sample_has_a_period_of_each_kind_with_power_users_and_cuts(both: Both) -> None:
    shown = both.sql.execute(
        "SELECT period, is_complete FROM engagement_concentration WHERE top_percent = 1 ORDER BY ALL"
    ).fetchall()
    assert {True, False} == {is_complete for period, is_complete in shown if period != "rolling_28"}
    assert ("rolling_28", True) in shown
    cut = both.sql.execute("SELECT max(events_cut) > 5, min(events_cut) = 0 FROM duration_cuts").fetchall()
    assert cut == [(True, True)]
    known = both.sql.execute("SELECT count(*) FROM power_users WHERE main_country <> 'unknown'").fetchall()
    assert known[0][0] > 0
