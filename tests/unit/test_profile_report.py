"""Profiles in the report: arrivals side by side are what the check of drift tells, and columns can be taken away."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports.numbers import read_numbers
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import REPORTS
from analytics_assets.reports.profile_figures import _bin, distributions, drift_figures
from analytics_assets.reports.profile_numbers import NEWEST, Profiles
from analytics_assets.reports.profile_parts import _cut
from analytics_assets.transforms.drift import arrivals_before, drifts
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.spark import Spark

FIRST = date(2025, 1, 6)
DAYS = 12
DRIFTED = 9
"""On the ninth day an action changes its name, and every tenth duration is missing."""


def profile(day: int) -> list[dict[str, Any]]:
    """Of 1,000 rows actions, durations (each another one) and users."""
    arrival = {"arrival": f"{FIRST + timedelta(days=day)}", "arrival_month": "2025-01", "rows": 1_000}
    is_new = day == DRIFTED
    nulls = 100 if is_new else 0
    actions = [{"value": "<view>" if is_new else "view", "rows": 900 - day}, {"value": "edit", "rows": 100 + day}]
    bins = [{"low": 0.0, "rows": 500}, {"low": 1024.0, "rows": 500 - nulls}]
    of_actions = {"column_name": "action", "nulls": 0, "distinct": 2, "top_values": actions, "histogram": []}
    of_durations = {"column_name": "duration_ms", "nulls": nulls, "distinct": 1_000 - nulls, "histogram": bins}
    of_users = {"column_name": "user_id", "nulls": 0, "distinct": 7, "top_values": [], "histogram": []}
    ends = {"minimum": "-1", "maximum": None, "input_version": "v"}
    return [{**arrival, **ends, "top_values": [], **found} for found in (of_actions, of_durations, of_users)]


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    """A real table of profiles."""
    made = Lakehouse(root=str(tmp_path / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
    table = feed_tables(NOTES)["profiles"]
    rows = pa.Table.from_pylist([row for day in range(DAYS) for row in profile(day)], arrow_schema(table))
    write_deltalake(made.location(table), rows, partition_by=list(table.partition_by))
    return made


@pytest.fixture
def found(lakehouse: Lakehouse) -> Profiles:
    """What the report reads of it."""
    return read_numbers(lakehouse, NOTES).profiles


def test_each_of_the_newest_arrivals_is_beside_those_before_it(found: Profiles) -> None:
    arrivals = [f"{FIRST + timedelta(days=day)}" for day in range(DAYS)]
    assert list(found.newest) == arrivals[-NEWEST:]
    by_arrival = dict(zip(arrivals, [profile(day) for day in range(DAYS)], strict=True))
    for arrival, every in found.newest.items():
        before = [by_arrival[one] for one in arrivals_before(arrival, arrivals)]
        assert every == drifts(by_arrival[arrival], before)
    assert found.drifts == found.newest[arrivals[-1]]


def test_what_the_check_tells_has_a_circle(found: Profiles) -> None:
    drift, nulls = drift_figures(found)
    assert drift.figure is not None and nulls.figure is not None
    drifted = f"{FIRST + timedelta(days=DRIFTED)}"
    heat, marks = drift.figure.data
    assert list(heat.y) == ["action"], "values that are all different are compared with nothing"
    assert list(zip(marks.x, marks.y, strict=True)) == [(drifted, "action")]
    heat, marks = nulls.figure.data
    assert [list(row) for row in heat.z] == [[0.1 if arrival == drifted else 0.0 for arrival in found.newest]]
    assert list(zip(marks.x, marks.y, strict=True)) == [(drifted, "duration_ms")]
    values = nulls.table()
    assert values.shown(1, values.rows[0][list(values.columns).index(drifted)]) == "10.0%"


def test_a_distribution_stands_beside_the_mean_of_those_before(found: Profiles) -> None:
    actions, durations = distributions(found)
    assert actions.table().columns == ["Value", "Arrival 2025-01-17", "Mean of 7 before"]
    rows = {row[0]: row[1:] for row in actions.table().rows}
    assert (rows["view"][0], rows["edit"][0], rows["<view>"][0]) == (0.889, 0.111, 0.0)
    assert rows["<view>"][1] == pytest.approx(0.891 / 7)
    assert actions.figure is not None
    assert list(actions.figure.layout.xaxis.ticktext) == ["view", "edit", "&lt;view&gt;"]
    assert [row[:2] for row in durations.table().rows] == [["0", 0.5], ["1,024 to 2,048", 0.5]]


def test_the_columns_can_be_saved_and_say_up_to_when_they_go(lakehouse: Lakehouse) -> None:
    text = page(read_numbers(lakehouse, NOTES), next(report for report in REPORTS if report.name == "data-profile"))
    assert "Arrivals up to 2025-01-17. An arrival changes only where its files do." in text
    [link] = re.findall(r'download="notes-columns.csv" href="data:text/csv;charset=utf-8,([^"]*)"', text)
    head, *rows = csv.reader(unquote(link).splitlines())
    assert head[:5] == ["Column", "Rows", "Nulls", "Distinct", "Least"]
    assert rows[0][:6] == ["action", "1000", "0", "2", "'-1", ""]
    assert rows[0][6] == "view (889), edit (111)"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2025-01-06T09:30:00.123000Z", "2025-01-06 09:30:00Z"),
        ("x" * 41, "x" * 39 + "\u2026"),
        ("p100Z", "p100Z"),
        (None, ""),
    ],
)
def test_the_least_and_greatest_value_are_shown_shortly(value: str | None, said: str) -> None:
    assert _cut(value) == said


@pytest.mark.parametrize(
    ("low", "said"),
    [
        (0.0, "0"),
        (-512.0, "-512 to -1,024"),
        (0.25, "0.25 to 0.5"),
        (524288.0, "524,288 to 1.0 M"),
        (2.0**21, "2.1 M to 4.2 M"),
        (2.0**50, "1.1259e+15 to 2.2518e+15"),
    ],
)
def test_bins_are_named_by_their_ends_in_few_signs(low: float, said: str) -> None:
    assert _bin(low, is_hour=False) == said
