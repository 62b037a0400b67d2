"""Load times in the report: which versions have a line, what stands for the others, what is marked."""

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import dataset

from analytics_assets.reports.load_figures import by_version, devices, last_versions, load_tiles, load_times
from analytics_assets.reports.load_numbers import BARS, LINES, Loads, Speed, read_loads

FIRST = date(2025, 3, 3)
DAY = timedelta(days=1)
LATENCY = pa.schema(
    [
        ("period_month", pa.string()),
        ("period", pa.string()),
        ("period_start", pa.date32()),
        ("dimension", pa.string()),
        ("value", pa.string()),
        ("loads", pa.int64()),
        ("p50", pa.float64()),
        ("p95", pa.float64()),
    ]
)
BUCKETS = pa.schema(
    [("event_date", pa.date32()), ("app_version", pa.string()), ("bucket", pa.int32()), ("loads", pa.int64())]
)


def row(
    n: int, value: str, loads: int | None, p95: float | None, period: str = "day", dimension: str = ""
) -> dict[str, Any]:
    start = FIRST + DAY * n
    name = dimension or ("all" if value == "all" else "app_version")
    month = "all" if period == "all" else f"{start:%Y-%m}"
    of_series = {"dimension": name, "value": value, "loads": loads, "p50": p95, "p95": p95}
    return {"period_month": month, "period": period, "period_start": start, **of_series}


def counted(n: int, version: str | None, bucket: int | None, loads: int) -> dict[str, Any]:
    return {"event_date": FIRST + DAY * n, "app_version": version, "bucket": bucket, "loads": loads}


def read(latency: list[dict[str, Any]], buckets: list[dict[str, Any]]) -> Loads:
    found = read_loads(
        dataset.dataset(pa.Table.from_pylist(latency, LATENCY)), dataset.dataset(pa.Table.from_pylist(buckets, BUCKETS))
    )
    assert found is not None
    return found


def test_lines_are_in_the_order_of_versions_and_have_gaps_where_loads_are_few_or_not_known() -> None:
    rows = [row(n, "all", 400, 9.0) for n in range(2)] + [row(2, "all", None, None)]
    rows += [
        row(0, "5.10.0", 100, 1.0),
        row(1, "5.10.0", 99, 2.0),
        row(2, "5.10.0", None, None),
        row(1, "5.9.0", 300, 3.0),
    ]
    found = read(rows, [counted(0, "5.9.0", 1, 1)])
    assert found.dates == [FIRST, FIRST + DAY, FIRST + DAY * 2]
    assert [*found.by_version.items()] == [("5.9.0", [None, 3.0, None]), ("5.10.0", [1.0, None, None])]
    assert (found.few_points, found.daily["p95"]) == (1, [9.0, 9.0, None])
    assert "Dates of a version with fewer than 100 loads are not drawn: 1." in by_version(found).notes


def test_the_versions_that_have_no_line_are_one_line_from_their_buckets() -> None:
    versions = [f"5.{n}.0" for n in range(LINES + 3)]
    rows = [row(n, "all", 900, 9.0) for n in range(2)]
    rows += [row(0, version, 200 + (place < LINES), 7.0) for place, version in enumerate(versions)]
    buckets = [counted(0, version, -1, 95) for version in versions[LINES:-1]] + [counted(0, versions[-1], 700, 200)]
    found = read(rows, [*buckets, counted(0, versions[0], 9, 10**6), counted(1, versions[-1], 700, 99)])
    assert found.number_of_others == 3
    p95 = found.others[0]
    assert p95 == pytest.approx(1.0202**700, rel=0.2)
    assert found.others[1] is None
    assert [name for name, _ in by_version(found).legend][-1] == "other (3)"


def test_one_version_more_than_fits_has_a_line_of_its_own() -> None:
    versions = [f"5.{n}.0" for n in range(LINES + 1)]
    found = read([row(0, "all", 900, 9.0), *[row(0, version, 200, 7.0) for version in versions]], [])
    assert ([*found.by_version], found.number_of_others) == (versions, 0)


def test_bars_of_the_last_days_are_in_the_order_of_versions_and_few_loads_are_marked() -> None:
    buckets = [counted(0, "5.9.0", 100, 10**6), counted(5, "5.9.0", 0, 100), counted(9, "5.10.0", -1, 99)]
    rows = [row(n, "all", 300, 9.0) for n in range(32)]
    found = read(rows, [*buckets, counted(9, None, None, 0)])
    assert [(speed.value, speed.loads) for speed in found.last] == [("5.9.0", 100), ("5.10.0", 99)]
    chart = last_versions(found)
    assert chart.figure is not None
    assert [*chart.figure.data[0].y] == ["5.9.0 ", "5.10.0 * "]
    assert chart.notes == ["* fewer than 100 loads: 5.10.0."]


def test_of_thousands_of_versions_those_with_most_loads_have_bars() -> None:
    found = read([row(0, "all", 300, 9.0)], [counted(0, f"5.{n}.0", 5, n + 1) for n in range(3000)])
    assert [speed.value for speed in found.last] == [f"5.{n}.0" for n in range(3000 - BARS, 3000)]
    assert f"The {BARS} with most loads, of 3,000 versions." in last_versions(found).notes


def test_devices_are_compared_over_the_whole_history_the_fastest_first() -> None:
    rows = [row(0, "all", 300, 9.0), row(0, "all", 300, 9.0, "all"), row(0, "5.9.0", 300, 9.0, "all")]
    rows += [row(0, "<b>", 200, 8.0, "all", "device_type"), row(0, "Mac", 99, 4.0, "all", "device_type")]
    found = read(rows, [])
    assert [(speed.value, speed.is_few) for speed in found.devices] == [("Mac", True), ("<b>", False)]
    figure = devices(found).figure
    assert figure is not None
    assert [*figure.data[0].y] == ["Mac * ", "&lt;b&gt; "]


def test_tiles_are_of_the_last_date_with_loads() -> None:
    found = read([row(0, "all", 300, 1234.5), row(1, "all", 0, None)], [])
    assert [(tile.value, tile.period) for tile in load_tiles(found)] == [("1,234 ms", f"{FIRST}")] * 2


def test_nothing_is_drawn_before_there_are_tables_and_charts_say_why_they_are_empty() -> None:
    assert load_times(None) == []
    assert [tile.value for tile in load_tiles(None)] == ["–", "–"]
    found = read([row(0, "all", None, None)], [])
    assert [chart.figure for chart in load_times(found)] == [None] * 3
    assert all(chart.notes for chart in load_times(found))
    assert read_loads(None, None) is None


def test_a_speed_is_few_below_a_hundred() -> None:
    assert [Speed(value="v", loads=n, p50=1, p95=1).is_few for n in (99, 100)] == [True, False]
