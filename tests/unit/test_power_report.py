"""Power users in the report: the curve is the table's, months stand in order, and no user is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports.numbers import read_numbers
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import REPORTS
from analytics_assets.reports.power_figures import by_month, curve, cut_away, power_tiles
from analytics_assets.reports.power_numbers import Concentration
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.spark import Spark

JANUARY, FEBRUARY, MARCH = date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)


def points(key: str, start: date, end: date, power: float | None) -> list[dict[str, Any]]:
    """A curve of 200 users: the share of the top x % is (x / 100) to some power; unknown without one."""
    period = {"period_month": key, "period": "rolling_28" if key == "rolling_28" else "month"}
    return [
        {
            **period,
            "period_start": start,
            "period_end": end,
            "top_percent": x,
            "users": None if power is None else 200,
            "top_users": None if power is None else 2 * x,
            "share": None if power is None else (x / 100) ** power,
        }
        for x in range(1, 101)
    ]


def lakehouse(root: Path, *curves: list[dict[str, Any]]) -> Lakehouse:
    made = Lakehouse(root=str(root), spark=Spark(master="sc://127.0.0.1:1"))
    table = feed_tables(NOTES)["engagement_concentration"]
    rows = [row for found in curves for row in found]
    write_deltalake(made.location(table), pa.Table.from_pylist(rows, arrow_schema(table)))
    return made


def full(root: Path) -> Lakehouse:
    return lakehouse(
        root,
        points("rolling_28", date(2025, 2, 3), date(2025, 3, 2), 0.5),
        points("2025-02", FEBRUARY, date(2025, 2, 28), 0.25),
        points("2025-03", MARCH, date(2025, 3, 31), None),
        points("2025-01", JANUARY, date(2025, 1, 31), 1.0),
    )


def concentration(made: Lakehouse) -> Concentration:
    found = read_numbers(made, NOTES).concentration
    assert found is not None
    return found


def test_the_curve_has_the_last_days_the_latest_complete_month_and_what_would_be_even(tmp_path: Path) -> None:
    figure = curve(concentration(full(tmp_path))).figure
    assert figure is not None
    assert [trace.name for trace in figure.data] == ["Last 28 days", "February 2025", "If all had the same"]
    last, month, even = figure.data
    assert (last.x[0], last.y[0], last.x[25], last.y[25]) == (0, 0, 25, 0.5)
    assert (len(last.x), month.y[100], list(even.y)) == (101, 1.0, [0, 1])


def test_months_stand_in_order_without_the_open_one(tmp_path: Path) -> None:
    figure = by_month(concentration(full(tmp_path))).figure
    assert figure is not None
    assert [list(trace.x) for trace in figure.data] == [[JANUARY, FEBRUARY]] * 3
    assert [(trace.name, round(trace.y[0], 9)) for trace in figure.data] == [
        ("Top 1 %", 0.01),
        ("Top 5 %", 0.05),
        ("Top 10 %", 0.1),
    ]


def test_the_table_under_the_curve_says_how_many_users_the_top_are(tmp_path: Path) -> None:
    values = curve(concentration(full(tmp_path))).table()
    shown = [[values.shown(place, cell) for place, cell in enumerate(row)] for row in values.rows]
    assert shown[24] == ["Last 28 days", "25", "50", "50.0%"]
    assert (len(shown), shown[199]) == (200, ["February 2025", "100", "200", "100.0%"])


def test_the_page_shows_both_and_what_is_cut(tmp_path: Path) -> None:
    numbers = read_numbers(full(tmp_path), NOTES)
    text = page(numbers, next(report for report in REPORTS if report.name == "power-users"))
    assert "Last 28 days: 200 active users." in text and "p99.9" in text


def test_the_large_numbers_are_of_the_last_28_days_or_else_of_the_latest_month(tmp_path: Path) -> None:
    tiles = power_tiles(concentration(full(tmp_path / "full")))
    assert (tiles[0].label, tiles[0].value) == ("Time of the top 1 %", "10.0%")
    assert tiles[0].period == "2 users, 2025-02-03 to 2025-03-02"
    months = lakehouse(tmp_path / "months", points("2025-01", JANUARY, date(2025, 1, 31), 1.0))
    assert power_tiles(concentration(months))[0].period == "2 users, 2025-01-01 to 2025-01-31"


def test_what_the_cut_takes_away_is_said_of_all_actions_together_and_listed_by_action(tmp_path: Path) -> None:
    made = full(tmp_path)
    month = {"period_month": "2025-01", "period": "month", "period_start": JANUARY, "period_end": date(2025, 1, 31)}
    rolling = {"period_month": "rolling_28", "period": "rolling_28", "period_start": date(2025, 2, 3)}
    view = {"action": "view", "events": 900, "engaged_ms": 5_400_000, "threshold_ms": 60_500, "events_cut": 1}
    edit = {"action": "edit", "events": 100, "engaged_ms": 600_000, "threshold_ms": 9_000, "events_cut": 0, "cut_ms": 0}
    rows = [{**month, **view, "cut_ms": 60_000}, {**month, **edit}, {**rolling, **view, "cut_ms": 54_000}]
    table = feed_tables(NOTES)["duration_cuts"]
    write_deltalake(made.location(table), pa.Table.from_pylist(rows, arrow_schema(table)))
    chart = cut_away(read_numbers(made, NOTES).cuts)
    assert chart.figure is not None
    assert {trace.name: list(trace.y) for trace in chart.figure.data} == {"Events": [0.001], "Time": [0.01]}
    assert chart.notes == [
        "Last 28 days: 1 of 900 events are cut; of 90 minutes they lose 0.9 (1.00%).",
        "January 2025: 1 of 1,000 events are cut; of 100 minutes they lose 1.0 (1.00%).",
    ]
    values = chart.table()
    shown = [[values.shown(place, cell) for place, cell in enumerate(row)] for row in values.rows]
    assert shown[0] == ["last 28 days", "view", "60.5", "900", "1", "90.0", "0.9"]
    assert [row[:3] for row in shown[1:]] == [["2025-01", "view", "60.5"], ["2025-01", "edit", "9.0"]]


def test_before_a_period_is_complete_nothing_is_drawn(tmp_path: Path) -> None:
    made = lakehouse(tmp_path, points("2025-01", JANUARY, date(2025, 1, 31), None))
    numbers = read_numbers(made, NOTES)
    assert numbers.concentration is None
    assert next(report for report in REPORTS if report.name == "power-users").shown(numbers) == []


def test_before_a_month_is_complete_its_chart_says_so(tmp_path: Path) -> None:
    made = lakehouse(tmp_path, points("rolling_28", date(2025, 1, 2), date(2025, 1, 29), 0.5))
    chart = by_month(concentration(made))
    assert (chart.figure, chart.notes) == (None, ["Known when a whole month has been closed."])
