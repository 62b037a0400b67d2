"""Unlikely users in the report: they are listed, and their part of each figure is what the tables say."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports import unlikely_numbers
from analytics_assets.reports.numbers import read_numbers
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import REPORTS
from analytics_assets.reports.unlikely_figures import NOBODY, parts, unlikely_tiles, users
from analytics_assets.reports.unlikely_numbers import Unlikely
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.spark import Spark

FIRST = date(2025, 3, 3)
DAYS = 40
BOT = "<b>bot</b>"


def lakehouse(root: Path, listed: list[dict[str, Any]]) -> Lakehouse:
    """Forty closed dates of 10 users and 100 events; on the first and the last one bots do 40 of these."""
    made = Lakehouse(root=str(root), spark=Spark(master="sc://127.0.0.1:1"))
    dates = [FIRST + timedelta(days=n) for n in range(DAYS)]
    total = {"dimension": "all", "value": "all", "event_month": "2025-03", "is_missing": False}
    bots = [sum(row["event_date"] == day for row in listed) for day in dates]
    days = [
        {
            **{"event_date": day, "unlikely_users": some, "dau": 10, "likely_dau": 10 - some},
            **{"sessions": 0, "likely_sessions": 0, "events": 100, "likely_events": 100 - 40 * (some > 0)},
            **{"engaged_ms": 1_000, "likely_engaged_ms": 1_000, "is_missing": False},
        }
        for day, some in zip(dates, bots, strict=True)
    ]
    rows = {"active_users": [{**total, "event_date": day, "dau": 10} for day in dates], "likely_days": days}
    for name, found in {**rows, "unlikely_users": listed}.items():
        table = feed_tables(NOTES)[name]
        columns = pa.Table.from_pylist(found, arrow_schema(table))
        write_deltalake(made.location(table), columns, partition_by=list(table.partition_by))
    return made


def bot(day: int, user: str, actions: int) -> dict[str, Any]:
    rates = {
        "events": actions + 1,
        "actions": actions,
        "busiest_minute": 91,
        "busiest_hour": actions,
        "active_hours": 3,
    }
    return {"event_date": FIRST + timedelta(days=day), "user_id": user, **rates, "reasons": ["minute", "hour"]}


LISTED = [bot(0, "old", 2_000), bot(DAYS - 1, "u1", 1_600), bot(DAYS - 1, BOT, 1_700)]


def unlikely(made: Lakehouse) -> Unlikely:
    found = read_numbers(made, NOTES).unlikely
    assert found is not None
    return found


def test_they_are_listed_the_newest_and_busiest_first_and_their_names_are_text(tmp_path: Path) -> None:
    made = lakehouse(tmp_path, LISTED)
    chart = users(unlikely(made))
    last = FIRST + timedelta(days=DAYS - 1)
    assert chart.table().rows == [
        [last, BOT, 1701, 91, 1700, 3, "minute, hour"],
        [last, "u1", 1601, 91, 1600, 3, "minute, hour"],
        [FIRST, "old", 2001, 91, 2000, 3, "minute, hour"],
    ]
    assert chart.figure is not None and list(chart.figure.data[0].y) == [1, *[0] * (DAYS - 2), 2]
    text = page(read_numbers(made, NOTES), next(report for report in REPORTS if report.name == "anomalies"))
    assert BOT not in text and "&lt;b&gt;bot&lt;/b&gt;" in text


def test_their_part_of_a_figure_is_by_how_much_it_is_smaller_without_them(tmp_path: Path) -> None:
    found = unlikely(lakehouse(tmp_path, LISTED))
    chart = parts(found)
    assert chart.figure is not None
    drawn = {trace.name: list(trace.y) for trace in chart.figure.data}
    assert (drawn["DAU"][0], drawn["DAU"][-1], drawn["Events"][-1]) == pytest.approx((0.1, 0.2, 0.4))
    assert drawn["Sessions"] == [None] * DAYS, "of nothing there is no part"
    assert chart.table().rows[-1][:7] == [FIRST + timedelta(days=DAYS - 1), 10, 8, 0, 0, 100, 60]
    assert "DAU 0.75%, Events 2.00%, Engaged time 0.00%." in chart.notes[0]


def test_the_large_number_is_of_the_last_28_dates(tmp_path: Path) -> None:
    [tile] = unlikely_tiles(unlikely(lakehouse(tmp_path, LISTED)))
    assert (tile.value, tile.period) == ("2", "1.4% of the events from 2025-03-15 to 2025-04-11")


def test_where_nobody_is_unlikely_the_page_says_so(tmp_path: Path) -> None:
    found = unlikely(lakehouse(tmp_path, []))
    assert [(chart.figure, chart.notes) for chart in (users(found), parts(found))] == [(None, [NOBODY])] * 2


def test_more_than_are_listed_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlikely_numbers, "LISTED_USERS", 2)
    chart = users(unlikely(lakehouse(tmp_path, LISTED)))
    assert chart.notes == ["The table has the newest 2 of 3 rows, each a user on a date."]
