"""Compares what Tidebook wrote with what DuckDB wrote, every row and column of the tables.

Belongs here: which columns, equality. Does not: running either (pipeline.py).

Rows are compared by the sum of their hashes, which does not depend on their order, and by sums that a person
can read. Read by DuckDB on both sides: Tidebook's files are those that Delta's log names.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
from deltalake import DeltaTable

SERIES = "dimension, value"
ATTRIBUTES = "country, device_type, subscription_type"
EVENT = "event_time::TIMESTAMP, event_date::DATE, user_id, action, object_id, duration_ms::BIGINT, app_version"
SESSION = "session_start::TIMESTAMP, session_date::DATE"

# Table: (columns that must be equal, sums to show).
TABLES = {
    "bronze": (f"{EVENT}, file, violations, arrival::VARCHAR, standing", "count(violations)"),
    "silver": (
        f"{EVENT}, {ATTRIBUTES}, {SESSION}, is_session_entry, is_session_exit, copies::BIGINT, arrival, file",
        "sum(copies)",
    ),
    "sessions": (
        f"session_id, user_id, {SESSION}, duration_s, engaged_ms, actions, is_bounce, "
        "entry_action, entry_object_id, exit_action, exit_object_id",
        "sum(actions), sum(engaged_ms), sum(duration_s), count(*) FILTER (is_bounce)",
    ),
    "user_days": (
        "user_id, event_date::DATE, events, engaged_ms, first_event_time::TIMESTAMP, last_event_time::TIMESTAMP, "
        f"{ATTRIBUTES}",
        "sum(events), sum(engaged_ms)",
    ),
    "active_users": (
        f"event_date::DATE, {SERIES}, dau, rolling_7, rolling_28, rolling_30, stickiness_7, stickiness_28, "
        'new, "returning", resurrected, dormant, is_missing',
        "list(dau ORDER BY event_date) FILTER (dimension = 'all')",
    ),
    "active_users_week": (f"week_start, {SERIES}, wau, is_complete", "sum(wau)"),
    "active_users_month": (f"month_start, {SERIES}, mau, is_complete", "sum(mau)"),
}
# Of a rejected row the verdict counts: what stands in its columns where it could not be split says nothing.
ROWS = {"bronze": "standing <> 'rejected'"}


@dataclass(frozen=True)
class Comparison:
    """Rows and sums of a table on both sides. is_equal: every row and column is."""

    table: str
    is_equal: bool
    tidebook: list[object]
    duckdb: list[object]


def compare(lakehouse: Path, parquet: Path) -> list[Comparison]:
    """Compare the tables of feed notes in a lakehouse with those in a folder of Parquet files."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'").fetchall()
        found = []
        for table in TABLES:
            ours = _measure(connection, table, DeltaTable(lakehouse / "notes" / table).file_uris())
            files = [*parquet.glob(f"{table}.parquet"), *parquet.glob(f"{table}/**/*.parquet")]
            theirs = _measure(connection, table, [str(path) for path in files])
            found.append(Comparison(table, ours == theirs, ours[1:], theirs[1:]))
        return found


def _measure(connection: duckdb.DuckDBPyConnection, table: str, files: list[str]) -> list[object]:
    columns, sums = TABLES[table]
    condition = ROWS.get(table, "true")
    query = f"""SELECT sum(hash({columns})) FILTER ({condition}), count(*), {sums}
    FROM read_parquet(?, hive_partitioning = true, hive_types_autocast = false)"""
    return list(connection.execute(query, [files]).fetchall()[0])
