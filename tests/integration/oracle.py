"""The oracle: what should come out of landed notes, computed by DuckDB from the same bytes.

Belongs here: running oracle.sql, and after it the files of single metrics and their verdicts. Does not: any
formula. Nothing of Tidebook is imported, so that an error in Tidebook cannot also be the oracle's.
"""

from pathlib import Path

import duckdb
from oracle_alarms import judge_series

TOPICS = (
    "oracle",
    "oracle_latency",
    "oracle_device",
    "oracle_power",
    "oracle_anomalies",
    "oracle_activity",
    "oracle_profiles",
)
SQL = [Path(__file__).with_name(f"{name}.sql") for name in TOPICS]


def oracle(landing: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the tables that should come out, under the names of Tidebook's."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute("SET VARIABLE landing = ?", [str(landing)])
    for file in SQL:
        connection.execute(file.read_text(encoding="utf-8"))
    judge_series(connection)
    return connection
