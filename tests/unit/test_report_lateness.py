"""How late rows usually come, as a report says it: read from counts, of the arrivals that the definition names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports.numbers import Numbers, read_numbers
from resources.lakehouse import Lakehouse
from resources.spark import Spark

FIRST = date(2024, 12, 30)
DAY = timedelta(days=1)
USERS = pa.schema(
    [("event_month", pa.string()), ("event_date", pa.date32()), ("dimension", pa.string()), ("value", pa.string())]
    + [(name, pa.int64()) for name in ("dau", "rolling_7", "rolling_28", "new", "returning", "resurrected", "dormant")]
    + [("stickiness_28", pa.float64()), ("is_missing", pa.bool_())]
)
COUNTS = pa.schema(
    [(name, pa.string()) for name in ("arrival_month", "source", "arrival", "standing", "rule")]
    + [("event_date", pa.date32()), ("rows", pa.int64())]
)


def read(tmp_path: Path, late: dict[int, tuple[int, int]], days: int) -> Numbers:
    """Numbers of a feed with 100 rows on time each day, and late: number of the arrival -> rows, days late."""
    lakehouse = Lakehouse(root=str(tmp_path), spark=Spark(master="sc://127.0.0.1:1"))
    tables = feed_tables(NOTES)

    def row(number: int, standing: str, rows: int, days_late: int = 0) -> dict[str, object]:
        arrival = FIRST + DAY * number
        own = {"arrival_month": f"{arrival:%Y-%m}", "source": "events", "arrival": f"{arrival}", "standing": standing}
        return {**own, "rule": None, "event_date": arrival - DAY * days_late, "rows": rows}

    counted = [row(n, standing, 100) for n in range(days) for standing in ("on_time", "landed")]
    counted += [row(n, "late", rows, days_late) for n, (rows, days_late) in late.items()]
    dates = [FIRST + DAY * n for n in range(days)]
    users = [
        {"event_month": f"{day:%Y-%m}", "event_date": day, "dimension": "all", "value": "all", "dau": 1}
        for day in dates
    ]
    for name, rows, schema in (("counts", counted, COUNTS), ("active_users", users, USERS)):
        table = pa.Table.from_pylist(rows, schema)
        write_deltalake(lakehouse.location(tables[name]), table, partition_by=[schema.names[0]])
    return read_numbers(lakehouse, NOTES)


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        ({}, 0),
        ({1: (2, 3)}, 0),  # 2 of 502 rows: less than 0.5 %
        ({1: (3, 3)}, 3),  # 3 of 503 rows
        ({1: (3, 3), 4: (1, 40)}, 3),
    ],
)
def test_it_is_that_of_99_and_a_half_per_cent_of_the_accepted_rows(
    tmp_path: Path, late: dict[int, tuple[int, int]], expected: int
) -> None:
    found = read(tmp_path, late, days=5)
    assert found.lateness_days == expected
    assert found.settled_through == FIRST + DAY * (4 - expected)


def test_only_the_90_newest_arrivals_count(tmp_path: Path) -> None:
    assert read(tmp_path / "in", {10: (9000, 2)}, days=100).lateness_days == 2
    assert read(tmp_path / "out", {9: (9000, 2)}, days=100).lateness_days == 0


def test_without_a_closed_date_nothing_is_settled() -> None:
    assert Numbers(feed=NOTES, lateness_days=3).settled_through is None
    assert replace(Numbers(feed=NOTES), dates=[FIRST]).settled_through is None
