"""All that comes out of a real log equals what an oracle in plain Python makes of the same lines, to the row.

Belongs here: the oracle of histories (tests/convergence) beside the tables of the log. Does not: reading its lines
(log_lines.py), known figures of it (test_access_log.py).
"""

from dataclasses import replace
from datetime import date
from typing import Any

import events
import figures
import log_lines
import pytest
from comparing import unequal
from described import ACCESS_LOG, lasting
from places import Place
from tables import rows_of, table_names

pytestmark = pytest.mark.timeout(900)

DESCRIBED = replace(lasting(ACCESS_LOG, date(2015, 5, 17), date(2015, 5, 20)), read=log_lines.requests)
TABLES = (
    *("bronze", "tide", "silver", "sessions", "user_days", "active_users", "active_users_week", "active_users_month"),
    *("activity_mix", "object_days", "session_days", "session_frequency", "entry_exit_actions", "session_hours"),
    *("user_history", "retention", "series_points", "anomalies", "unlikely_users", "likely_days", "profiles"),
)
FOR_THE_NEXT_RUN = ("counts", "table_versions", "user_history_versions", "retention_versions")
BANDS = {"expected", "expected_low", "expected_high", "score"}
INTERVALS = {"rate_low", "rate_high", "unbounded_rate_low", "unbounded_rate_high"}
LEFT_OUT = {"bronze": {"raw", "header", "contract_version"}, "series_points": BANDS, "retention": INTERVALS}
"""Beside input_version, which says from what a partition was made."""
FIELDS = ("event_time", "event_date", "user_id", "action", "object_id", *log_lines.KEPT)

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def oracle(log_days: dict[str, list[bytes]]) -> dict[str, Rows]:
    """Rows of each table."""
    files = {f"access_log/{day}/access.log": b"".join(lines) for day, lines in log_days.items()}
    landed = events.verdicts(DESCRIBED, files)
    made = figures.expected(DESCRIBED, files, {}) | {"profiles": log_lines.profiles(landed)}
    for verdict, row in zip(landed, made["bronze"], strict=True):
        row |= {name: verdict.get(name) for name in FIELDS}
    return made


def ours(place: Place, table: str) -> Rows:
    """Rows of a table; of a rejected line the verdict, as the values say how far it was understood."""
    rows = rows_of(place.lakehouse, "access_log", table)
    for row in rows:
        if table == "bronze" and row["standing"] == "rejected":
            row |= dict.fromkeys(FIELDS)
        if table == "profiles":
            row["top_values"] = tuple({**one, "value": log_lines.shortened(one["value"])} for one in row["top_values"])
            row |= {end: log_lines.shortened(row[end]) for end in ("minimum", "maximum")}
    return rows


@pytest.mark.parametrize("table", TABLES)
def test_every_row_of_the_real_logs_tables_equals_the_oracles(
    access_log: Place, oracle: dict[str, Rows], table: str
) -> None:
    assert unequal(table, ours(access_log, table), oracle[table]) == []


def test_the_oracle_leaves_out_no_table_and_no_column(access_log: Place, oracle: dict[str, Rows]) -> None:
    assert sorted({*TABLES, *FOR_THE_NEXT_RUN}) == table_names(access_log.lakehouse, "access_log")
    for table in {*TABLES} - {"anomalies"}:  # in which there is no row
        names = {*ours(access_log, table)[0]} - {*oracle[table][0]} - {"input_version"}
        assert names == LEFT_OUT.get(table, set()), table


def test_four_dates_are_too_few_for_any_verdict(access_log: Place, oracle: dict[str, Rows]) -> None:
    assert oracle["anomalies"] == []
    assert [row for row in ours(access_log, "series_points") if any(row[name] is not None for name in BANDS)] == []


def test_the_comparison_sees_one_changed_number(access_log: Place, oracle: dict[str, Rows]) -> None:
    rows = ours(access_log, "activity_mix")
    rows[0]["users"] += 1
    assert len(unequal("activity_mix", rows, oracle["activity_mix"])) == 2
