"""Activity and profiles in the report: sums of the tables as they are, names from data as text."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports import activity_figures
from analytics_assets.reports.numbers import Numbers, read_numbers
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import REPORTS
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.spark import Spark

MONDAY = date(2025, 1, 6)
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    """Ten closed dates; the second has no arrival."""
    made = Lakehouse(root=str(tmp_path / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
    days = [{"event_date": MONDAY + timedelta(days=n), "is_missing": n == 1} for n in range(10)]
    total = {"dimension": "all", "value": "all", "event_month": "2025-01"}
    write(made, "active_users", [{**total, **day, "dau": None if day["is_missing"] else 1} for day in days])
    return made


def write(lakehouse: Lakehouse, name: str, rows: list[dict[str, Any]]) -> None:
    table = feed_tables(NOTES)[name]
    made = pa.Table.from_pylist(rows, arrow_schema(table))
    write_deltalake(lakehouse.location(table), made, partition_by=list(table.partition_by))


def mix(day: int, dimension: str, value: str, events: int) -> dict[str, Any]:
    return {
        "event_date": MONDAY + timedelta(days=day), "dimension": dimension, "value": value, "events": events, "users": 1
    }  # fmt: skip


def shown(found: Numbers, name: str) -> str:
    return page(found, next(report for report in REPORTS if report.name == name))


def test_an_hour_of_the_week_is_the_mean_of_its_weekdays_with_an_arrival(lakehouse: Lakehouse) -> None:
    # Two Mondays are closed, and of two Tuesdays one has an arrival.
    rows = [mix(0, "hour", "09", 10), mix(7, "hour", "09", 5), mix(8, "hour", "23", 4), mix(1, "hour", "23", 99)]
    write(lakehouse, "activity_mix", [*rows, mix(0, "action", "view", 19)])
    found = read_numbers(lakehouse, NOTES)
    assert [found.activity.week[0][9], found.activity.week[1][23], found.activity.week[2][9]] == [7.5, 4.0, 0.0]
    [heat, actions] = activity_figures.activity(found.activity, "UTC")
    assert heat.figure is not None and list(heat.figure.data[0].z[0])[9] == 7.5
    assert actions.figure is not None and list(actions.figure.data[0].x) == [19]


def test_events_of_a_value_and_object_add_up_over_the_dates(lakehouse: Lakehouse) -> None:
    write(
        lakehouse, "activity_mix", [mix(0, "country", "DE", 2), mix(2, "country", "DE", 3), mix(2, "country", "FR", 9)]
    )
    objects = [(0, "p1", 4), (2, "p1", 4), (2, "p2", 7), (3, None, 1)]
    of_objects = [
        {"event_date": MONDAY + timedelta(days=day), "object_id": name, "events": n} for day, name, n in objects
    ]
    write(lakehouse, "object_days", of_objects)
    found = read_numbers(lakehouse, NOTES).activity
    assert found.values["country"] == {"DE": 5, "FR": 9}
    assert found.objects == [("p1", 8), ("p2", 7), (None, 1)]


def test_the_large_numbers_are_sums_the_busiest_hour_and_the_most_frequent_values(lakehouse: Lakehouse) -> None:
    hours = [mix(0, "hour", "09", 10), mix(7, "hour", "09", 6), mix(2, "hour", "23", 4)]
    actions = [mix(0, "action", "view", 10), mix(7, "action", "<edit>", 6), mix(2, "action", "view", 4)]
    write(lakehouse, "activity_mix", [*hours, *actions])
    found = read_numbers(lakehouse, NOTES)
    tiles = [(tile.label, tile.value, tile.period) for tile in activity_figures.activity_tiles(found.activity)]
    assert tiles == [
        ("Events", "20", "9 closed dates from 2025-01-06 to 2025-01-15"),
        ("Busiest hour", "Mon 09:00", "8.0 events on average"),
        ("Most frequent action", "70.0%", "view"),
    ]


def test_what_is_not_known_of_days_between_sessions_is_said_and_not_drawn(lakehouse: Lakehouse) -> None:
    total = {"session_date": MONDAY, "dimension": "all", "value": "all"}
    of_days = [(0, 5), (1, 3), (29, 2), (None, 7)]
    rows = [{**total, "days_since": since, "sessions": sessions} for since, sessions in of_days]
    write(lakehouse, "session_frequency", [*rows, {**rows[0], "dimension": "country", "value": "DE"}])
    chart = activity_figures.frequency(read_numbers(lakehouse, NOTES).activity)
    assert chart.figure is not None
    drawn = dict(zip(chart.figure.data[0].x, chart.figure.data[0].y, strict=True))
    assert (drawn["same day"], drawn["1"], drawn["2"], drawn["over 28, or first"]) == (5, 3, 0, 2)
    assert sum(drawn.values()) == 10
    assert chart.notes[0] == "Last bar, 2 sessions: more than 28 days, or the user's first session."
    assert chart.notes[1].startswith("Of 7 sessions it is not known")


def test_entry_actions_have_their_bounce_rates(lakehouse: Lakehouse) -> None:
    total = {"session_date": MONDAY, "dimension": "all", "value": "all"}
    edges = [("entry", HOSTILE, 8, 2), ("entry", "edit", 2, 0), ("exit", "edit", 10, 2)]
    rows = [dict(zip(("edge", "action", "sessions", "bounces"), edge, strict=True)) for edge in edges]
    write(lakehouse, "entry_exit_actions", [{**total, **row} for row in rows])
    write(lakehouse, "sessions", [])
    found = read_numbers(lakehouse, NOTES)
    entry, leave = activity_figures.of_sessions(found.activity)
    assert entry.figure is not None and leave.figure is not None
    assert list(entry.figure.data[0].y) == ["edit", escape(HOSTILE)]
    assert entry.notes == [f"Bounce rate: {HOSTILE} 25.0%, edit 0.0%."]
    assert HOSTILE not in shown(found, "sessions")


def test_long_names_are_cut_and_stay_apart(lakehouse: Lakehouse) -> None:
    names = {"x" * 90 + end: 5 for end in "ab"}
    write(lakehouse, "activity_mix", [mix(0, "action", name, events) for name, events in names.items()])
    [_, chart] = activity_figures.activity(read_numbers(lakehouse, NOTES).activity, "UTC")
    assert chart.figure is not None
    labels = list(chart.figure.data[0].y)
    assert len(set(labels)) == 2 and all(len(label) < 60 for label in labels)


def profile(day: int, top: str, nulls: int = 0) -> dict[str, Any]:
    arrival = (MONDAY + timedelta(days=day)).isoformat()
    return {
        "arrival_month": arrival[:7],
        "arrival": arrival,
        "column_name": "action",
        "rows": 1000,
        "nulls": nulls,
        "distinct": 2,
        "minimum": top,
        "maximum": top,
        "top_values": [{"value": top, "rows": 900}],
        "histogram": [],
        "input_version": "v",
    }


def test_the_page_of_profiles_marks_what_drifted_and_escapes_what_it_shows(lakehouse: Lakehouse) -> None:
    write(lakehouse, "profiles", [*[profile(day, "view") for day in range(5)], profile(5, HOSTILE, nulls=100)])
    found = read_numbers(lakehouse, NOTES)
    assert found.profiles.arrival == "2025-01-11" and len(found.profiles.before) == 5
    made = shown(found, "data-profile")
    assert HOSTILE not in made and escape(HOSTILE) in made
    assert "\u26a0 nulls 0.0% before, \u26a0 distance" in made
    assert "Columns that drifted" in made


def test_a_profile_without_enough_before_it_says_so(lakehouse: Lakehouse) -> None:
    write(lakehouse, "profiles", [profile(0, "view")])
    made = shown(read_numbers(lakehouse, NOTES), "data-profile")
    assert "is compared with none" in made and "\u26a0" not in made
