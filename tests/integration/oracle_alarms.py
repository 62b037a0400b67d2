"""The oracle's tables series_points and anomalies, from the series that oracle_anomalies.sql made.

Belongs here: rows of the two tables, the values that carry an alarm. Does not: verdicts (alarms.py). Nothing of
Tidebook is imported.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import alarms
import duckdb
import pyarrow as pa

Row = dict[str, Any]
Key = tuple[str, str, str, str]
NAMES = ("metric", "granularity", "dimension", "value")
SEVERITIES = ((10, "high"), (6, "medium"), (0, "low"))
CARRIER = "STRUCT(dimension VARCHAR, value VARCHAR, share DECIMAL(18, 6), usual_share DECIMAL(18, 6))[]"


def judge_series(sql: duckdb.DuckDBPyConnection, rule: alarms.Rule = alarms.Rule()) -> None:  # noqa: B008
    """Make both tables."""
    rows = sql.sql(
        "SELECT * FROM series_input ORDER BY metric, granularity, dimension, value, day, hour"
    ).to_arrow_table()
    points, reports = tables(rows.to_pylist(), rule)
    six = "::DECIMAL(18, 6)"
    sql.register("judged_points", pa.Table.from_pylist(points))
    sql.execute(f"""CREATE TABLE series_points AS SELECT * REPLACE (
        actual{six} AS actual, expected{six} AS expected, expected_low{six} AS expected_low,
        expected_high{six} AS expected_high, score{six} AS score) FROM judged_points""")
    sql.register("judged_alarms", pa.Table.from_pylist(reports))
    sql.execute(f"""CREATE TABLE anomalies AS SELECT * REPLACE (
        actual{six} AS actual, expected{six} AS expected, score{six} AS score,
        carried_by::{CARRIER} AS carried_by) FROM judged_alarms""")


def tables(rows: list[Row], rule: alarms.Rule) -> tuple[list[Row], list[Row]]:
    """Rows of series_points and anomalies, of series with a figure.

    rows: NAMES, kind, day, hour, amount, volume, in the order of time.
    """
    series: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        series[tuple(row[name] for name in NAMES)].append(row)  # type: ignore[index]
    series = {key: own for key, own in series.items() if any(_figure(row) is not None for row in own)}
    judged = {key: alarms.verdicts(own, own[0]["kind"], key[1], rule) for key, own in series.items()}
    points = [_point(key, row) for key, own in judged.items() for row in own]
    reports = [_report(key, own, over, judged) for key in judged for own, over in alarms.alarms(judged[key])]
    return points, reports


def _figure(row: Row) -> float | None:
    if row["amount"] is None or (row["kind"] == "share" and not row["volume"]):
        return None
    return float(row["amount"] / row["volume"] if row["kind"] == "share" else row["amount"])


def _hour(key: Key, row: Row) -> int | None:
    return row["hour"] if key[1] == "hour" else None


def _point(key: Key, row: Row) -> Row:
    return {
        **dict(zip(NAMES, key, strict=True)),
        "event_date": row["day"],
        "hour": _hour(key, row),
        "actual": _figure(row),
        "volume": None if row["amount"] is None else row["volume"],
        "expected": row["expected"],
        "expected_low": row["low"],
        "expected_high": row["high"],
        "score": row["score"],
        "is_flagged": None if row["score"] is None else row["sign"] != 0,
    }


def _report(key: Key, own: list[Row], is_over: bool, judged: dict[Key, list[Row]]) -> Row:
    peak = max(own, key=lambda row: abs(row["score"]))
    is_up = own[0]["sign"] > 0
    return {
        **dict(zip(NAMES, key, strict=True)),
        "start_date": own[0]["day"],
        "start_hour": _hour(key, own[0]),
        "end_date": own[-1]["day"] if is_over else None,
        "end_hour": _hour(key, own[-1]) if is_over else None,
        "points": len(own),
        "kind": "level_shift" if own[-1]["is_shift"] else "spike" if is_up else "drop",
        "direction": "up" if is_up else "down",
        "peak_date": peak["day"],
        "peak_hour": _hour(key, peak),
        "actual": _figure(peak),
        "expected": peak["expected"],
        "score": peak["score"],
        "severity": next(name for least, name in SEVERITIES if abs(peak["score"]) >= least),
        "carried_by": _carriers(key, own, judged),
    }


def _carriers(key: Key, own: list[Row], judged: dict[Key, list[Row]]) -> list[Row]:
    """Values whose share of the change is more than their usual one by five points of a hundred; at most five."""
    if key[0] not in ("dau", "sessions") or key[2] != "all":
        return []
    days = {row["day"] for row in own}
    usual = sum(row["expected"] for row in own)
    change = sum(row["amount"] for row in own) - usual
    found = []
    for (metric, granularity, dimension, value), rows in judged.items():
        if (metric, granularity) != key[:2] or dimension == "all":
            continue
        there = [row for row in rows if row["day"] in days and row["amount"] is not None]
        is_new = rows[0]["day"] >= own[0]["day"]
        if any(row["expected"] is None for row in there) and not is_new:
            continue
        expected = sum(row["expected"] or 0 for row in there)
        share = (sum(row["amount"] for row in there) - expected) / change
        # Where nothing at all is usual, nothing is the usual share of a value.
        usual_share = expected / usual if usual else 0.0
        if share - usual_share >= 0.05:
            found.append({"dimension": dimension, "value": value, "share": share, "usual_share": usual_share})
    found.sort(key=lambda one: (one["usual_share"] - one["share"], one["dimension"], one["value"]))
    return found[:5]
