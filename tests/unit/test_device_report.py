"""Devices in the report: each dot is one of the table's, and what is not known is not drawn."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports.device_figures import device_differences, device_tiles
from analytics_assets.reports.device_numbers import Devices
from analytics_assets.reports.numbers import read_numbers
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import REPORTS
from resources.delta_tables import arrow_schema
from resources.lakehouse import Lakehouse
from resources.spark import Spark

FEBRUARY = date(2025, 2, 1)
IN_ALL = {"period_month": "all", "period": "all", "period_start": FEBRUARY}
EFFECT = {"epsilon_squared": 0.05, "epsilon_squared_low": 0.04, "epsilon_squared_high": 0.06, "effect_size": "small"}


def difference(version: str, device: str, ratio: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    figures = {"p50_ratio": ratio, "p50_ratio_low": low, "p50_ratio_high": high}
    words = None if ratio is None else f"{device} pages, in words"
    return {**IN_ALL, "app_version": version, "device_type": device, "loads": 7, **figures, "in_words": words}


def lakehouse(root: Path, effect: dict[str, Any] = EFFECT) -> Lakehouse:
    made = Lakehouse(root=str(root), spark=Spark(master="sc://127.0.0.1:1"))
    month = {"period_month": "2025-02", "period": "month", "period_start": FEBRUARY}
    rows = {
        "device_effect": [
            {**IN_ALL, "app_version": "all", "loads": 21, "is_complete": True, **effect},
            {**month, "app_version": "all", "loads": 9, "is_complete": True},
        ],
        "device_differences": [
            difference("all", "<Mac>", 0.8, 0.75, 0.9),
            difference("all", "iPad", 1.12, 1.1, 1.15),
            difference("all", "TV", 1.0, None, None),
            difference("stratified", "iPad", 1.1, 1.05, 1.12),
            difference("5.10.0", "iPad", 3.0, 2.0, 4.0),
            {**difference("all", "iPad", 9.0, 9.0, 9.0), **month},
        ],
    }
    for name, found in rows.items():
        table = feed_tables(NOTES)[name]
        write_deltalake(made.location(table), pa.Table.from_pylist(found, arrow_schema(table)))
    return made


def devices(root: Path) -> Devices:
    found = read_numbers(lakehouse(root), NOTES).devices
    assert found is not None
    return found


def test_devices_are_drawn_in_per_cent_with_their_intervals_the_slowest_on_top(tmp_path: Path) -> None:
    figure = device_differences(devices(tmp_path)).figure
    assert figure is not None
    every, within = figure.data
    assert list(figure.layout.yaxis.ticktext) == ["iPad", "TV", "&lt;Mac&gt;"]
    assert [round(x) for x in every.x] == [12, 0, -20]
    assert [round(more) for more in every.error_x.array] == [3, 0, 10]
    assert [round(less) for less in every.error_x.arrayminus] == [2, 0, 5]
    assert ([round(x) for x in within.x], [round(y) for y in within.y]) == ([10], [0])
    assert (every.name, within.name) == ("All versions", "Within versions")


def test_the_table_under_the_chart_leaves_out_what_is_not_known(tmp_path: Path) -> None:
    values = device_differences(devices(tmp_path)).table()
    shown = [[values.shown(place, cell) for place, cell in enumerate(row)] for row in values.rows]
    assert shown == [
        ["iPad", "All versions", "7", "12.0", "10.0", "15.0"],
        ["TV", "All versions", "7", "0.0", "", ""],
        ["<Mac>", "All versions", "7", "-20.0", "-25.0", "-10.0"],
        ["iPad", "Within versions", "7", "10.0", "5.0", "12.0"],
    ]


def test_the_large_numbers_are_the_slowest_and_the_fastest_device_and_the_effect(tmp_path: Path) -> None:
    tiles = device_tiles(devices(tmp_path))
    assert [tile.value for tile in tiles] == ["+12 %", "\u221220 %", "small"]
    assert [tile.period for tile in tiles][:2] == ["iPad, to the median device", "<Mac>, to the median device"]


def test_the_page_says_the_differences_in_sentences(tmp_path: Path) -> None:
    numbers = read_numbers(lakehouse(tmp_path), NOTES)
    text = page(numbers, next(report for report in REPORTS if report.name == "devices"))
    assert "iPad pages, in words." in text and "&lt;Mac&gt; pages, in words." in text and "<Mac>" not in text
    assert "the device is a small part: epsilon squared 0.050 (0.040 to 0.060)" in text


@pytest.mark.parametrize("effect", [{}, {"epsilon_squared": None}])
def test_without_a_known_effect_nothing_is_drawn(tmp_path: Path, effect: dict[str, Any]) -> None:
    assert read_numbers(lakehouse(tmp_path, effect), NOTES).devices is None
