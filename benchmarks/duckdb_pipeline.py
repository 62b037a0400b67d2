"""Runs duckdb_pipeline.sql: python -m benchmarks.duckdb_pipeline LANDING OUT TIMINGS.

Belongs here: stages and their times. Does not: what they compute (duckdb_pipeline.sql).
"""

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

SQL = Path(__file__).with_suffix(".sql")
STAGE = re.compile("^-- stage: (.+)$", re.MULTILINE)
THREADS = 2


def stages(sql: str) -> Iterator[tuple[str, str]]:
    """Name and SQL of each stage; what comes before the first one belongs to it."""
    preamble, *parts = STAGE.split(sql)
    for name, statements in zip(parts[::2], parts[1::2], strict=True):
        yield name, preamble + statements
        preamble = ""


def run(landing: Path, out: Path) -> dict[str, float]:
    """Write all tables as Parquet under `out`, which must not exist; give the end of each stage (epoch, s)."""
    out.mkdir(parents=True)
    connection = duckdb.connect(config={"threads": THREADS, "temp_directory": str(out / "_temp")})
    for name, folder in (("landing", landing), ("out", out)):
        connection.execute(f"SET VARIABLE {name} = ?", [str(folder.resolve())]).fetchall()
    ended = {}
    for name, statements in stages(SQL.read_text(encoding="utf-8")):
        for statement in duckdb.extract_statements(statements):
            connection.execute(statement).fetchall()
        ended[name] = time.time()
    connection.close()
    return ended


if __name__ == "__main__":
    landing, out, timings = map(Path, sys.argv[1:])
    timings.write_text(json.dumps({"ended": run(landing, out)}))
