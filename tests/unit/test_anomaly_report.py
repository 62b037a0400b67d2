"""Anomalies in the report: what is drawn is what the tables say, and every alarm is listed."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports.anomaly_figures import LISTED_ALARMS, alarm_list, anomalies, anomaly_tiles, measured
from analytics_assets.reports.anomaly_numbers import Anomalies
from analytics_assets.reports.numbers import read_numbers
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.spark import Spark

FIRST = date(2025, 3, 3)
OF_ALL = {"metric": "dau", "granularity": "day", "dimension": "all", "value": "all"}
CARRIED = [{"dimension": "country", "value": "US", "share": 0.64, "usual_share": 0.26}]
ALARM = {
    **OF_ALL,
    **{"start_date": FIRST + timedelta(days=1), "points": 1, "kind": "spike", "direction": "up", "severity": "high"},
    **{"peak_date": FIRST + timedelta(days=1), "actual": 350.0, "expected": 123.4, "score": 15.2},
    "carried_by": CARRIED,
}


def read(tmp_path: Path, points: list[dict[str, Any]], alarms: list[dict[str, Any]]) -> Anomalies | None:
    """What the report reads of real tables with these rows."""
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
    for name, rows in (("series_points", points), ("anomalies", alarms)):
        table = feed_tables(NOTES)[name]
        write_deltalake(lakehouse.location(table), pa.Table.from_pylist(rows, arrow_schema(table)))
    return read_numbers(lakehouse, NOTES).anomalies


def point(day: int, actual: float, is_flagged: bool, **more: Any) -> dict[str, Any]:
    figures = {"actual": actual, "expected": 120.0, "expected_low": 90.0, "expected_high": 160.0}
    return {**OF_ALL, "event_date": FIRST + timedelta(days=day), "is_flagged": is_flagged, **figures, **more}


def test_a_series_is_drawn_with_what_was_expected_and_what_was_flagged(tmp_path: Path) -> None:
    of_value = point(0, 7.0, True, dimension="country", value="DE")
    found = read(tmp_path, [point(1, 350.0, True), point(0, 118.0, False), of_value], [ALARM])
    assert found is not None
    _, chart = anomalies(found)
    assert chart.figure is not None
    drawn = {trace.name: (list(trace.x), list(trace.y)) for trace in chart.figure.data}
    days = [FIRST, FIRST + timedelta(days=1)]
    assert drawn["Daily active users"] == (days, [118.0, 350.0])
    assert (drawn["Expected"][1], drawn["Alarm below"][1]) == ([120.0, 120.0], [90.0, 90.0])
    assert drawn["Flagged"] == ([days[1]], [350.0])


def test_every_alarm_is_listed_with_what_carried_it_and_one_that_lasts_goes_on(tmp_path: Path) -> None:
    hourly = {"granularity": "hour", "metric": "events", "start_hour": 9, "end_date": FIRST, "end_hour": 11}
    older = {**ALARM, **hourly, "start_date": FIRST, "direction": "down", "kind": "drop", "carried_by": []}
    found = read(tmp_path, [point(0, 118.0, False)], [older, ALARM])
    assert found is not None
    rows = alarm_list(found).table().rows
    assert [row[:6] for row in rows] == [
        ["2025-03-04", "goes on", "Daily active users", "all", "spike", "high"],
        ["2025-03-03 09:00", "2025-03-03 11:00", "Events", "all", "drop", "high"],
    ]
    assert [row[-1] for row in rows] == ["country US 64%", ""]


@pytest.mark.parametrize("alarms", [[], [ALARM]])
def test_without_an_alarm_the_page_says_that_nothing_was_unusual(tmp_path: Path, alarms: list[dict[str, Any]]) -> None:
    found = read(tmp_path, [point(0, 118.0, False)], alarms)
    assert found is not None
    assert (alarm_list(found).notes == ["No figure was unusual."]) == (not alarms)


@pytest.mark.parametrize(
    ("metric", "value", "words"),
    [
        ("events", 12345.6, "12,346"),
        ("active_users", 0.4, "0"),
        ("rejected_share", 0.0123, "1.23%"),
        ("late_share", 1.0, "100.00%"),
        ("p95_load_ms", 2345.67, "2,346 ms"),
        ("mean_session_s", 93.21, "93 s"),
        ("mean_session_s", 934.2, "15.6 min"),
    ],
)
def test_an_alarm_has_its_figures_with_their_unit(tmp_path: Path, metric: str, value: float, words: str) -> None:
    assert measured(metric, value) == words
    found = read(tmp_path, [point(0, 118.0, False)], [{**ALARM, "metric": metric, "actual": value, "expected": value}])
    assert found is not None
    assert alarm_list(found).table().rows[0][7:9] == [words, words]


def test_the_large_numbers_are_of_the_last_four_weeks_and_of_what_goes_on(tmp_path: Path) -> None:
    old = {**ALARM, "start_date": FIRST - timedelta(days=27), "end_date": FIRST, "score": 99.0}
    found = read(tmp_path, [point(1, 118.0, False)], [ALARM, old, {**ALARM, "end_date": FIRST, "score": 4.0}])
    alarms, lasting, far = anomaly_tiles(found)
    assert (alarms.value, lasting.value) == ("2", "1")
    assert (far.label, far.value) == ("Farthest off: Daily active users", "350")
    assert far.period == "2025-03-04, expected 123"


def test_a_large_number_of_one_value_names_it(tmp_path: Path) -> None:
    found = read(tmp_path, [point(1, 118.0, False)], [{**ALARM, "dimension": "country", "value": "DE"}])
    assert anomaly_tiles(found)[-1].label == "Farthest off: Daily active users of DE"


def test_more_alarms_than_are_listed_are_said(tmp_path: Path) -> None:
    found = read(tmp_path, [point(0, 118.0, False)], [ALARM] * (LISTED_ALARMS + 1))
    assert found is not None
    chart = alarm_list(found)
    assert len(chart.table().rows) == LISTED_ALARMS
    assert "newest 200 of 201" in chart.notes[0]
