"""Numbers on the pages of real tables, read in a browser, are those that SQL finds in the tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from chromium import Browser, Page, opened
from deltalake import DeltaTable
from places import Place

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.reports.pages import reports_of
from analytics_assets.reports.writing import write_reports
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions
from resources.lakehouse import Lakehouse
from resources.spark import Spark

# All tables are made before the first test.
pytestmark = pytest.mark.timeout(900)

# A complete month, and weeks enough for anomalies to have something to expect.
SAMPLE = NotesOptions(start=date(2025, 2, 24), end=date(2025, 4, 6), events=12_000, users=600, broken_share=0.01)
CARD = "document.getElementById('title-{chart}').parentElement"
ROWS = "[...{of}.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"

# A page, a chart, and SQL for rows of the table under it, as they are shown.
NUMBERS = [
    (
        "active-users",
        "dau",
        "SELECT event_date::TEXT, format('{:,}', dau) FROM active_users WHERE dimension = 'all' AND dau IS NOT NULL",
    ),
    (
        "sessions",
        "sessions",
        "SELECT session_date::TEXT, format('{:,}', sessions) FROM session_days"
        " WHERE dimension = 'all' AND sessions IS NOT NULL",
    ),
    (
        "activity",
        "events-by-action",
        "SELECT value, format('{:,}', sum(events)::BIGINT) FROM activity_mix WHERE dimension = 'action'"
        " AND event_date > (SELECT max(event_date) FROM active_users) - 28"
        " AND event_date <= (SELECT max(event_date) FROM active_users) GROUP BY value",
    ),
    (
        "retention",
        "retention",
        "SELECT cohort_start::TEXT, format('{:,}', any_value(size)),"
        " coalesce(format('{:.1f}%', 100 * max(rate) FILTER (periods_after = 1)), '–')"
        " FROM retention WHERE period = 'week' AND cohort_by = 'first_activity' AND dimension = 'all'"
        " AND size IS NOT NULL GROUP BY cohort_start",
    ),
    (
        "load-times",
        "load-times",
        "SELECT period_start::TEXT, format('{:,.0f} ms', p50), format('{:,.0f} ms', p95) FROM latency"
        " WHERE period = 'day' AND dimension = 'all' AND NOT is_few",
    ),
    (
        "devices",
        "device-differences",
        "SELECT device_type, 'All versions', format('{:,}', loads), format('{:.1f}', 100 * (p50_ratio - 1))"
        " FROM device_differences WHERE period = 'all' AND app_version = 'all'",
    ),
    (
        "anomalies",
        "watched-events",
        "SELECT event_date::TEXT, format('{:,.0f}', expected_low), format('{:,.0f}', expected_high),"
        " format('{:,.0f}', actual) FROM series_points"
        " WHERE metric = 'events' AND granularity = 'day' AND expected_low IS NOT NULL",
    ),
    (
        "power-users",
        "top-users-by-month",
        "SELECT period_start::TEXT, format('{:.1f}%', 100 * share) FROM engagement_concentration"
        " WHERE period = 'month' AND is_complete AND top_percent = 1",
    ),
    (
        "data-quality",
        "standings",
        "SELECT arrival, format('{:,}', (sum(rows) FILTER (standing IN ('on_time', 'early')))::BIGINT) FROM counts"
        " WHERE source = 'events' AND standing = 'on_time' GROUP BY arrival",
    ),
    (
        "rejected-rows",
        "rules",
        "SELECT rule, format('{:,}', sum(rows)::BIGINT) FROM counts"
        " WHERE source = 'events' AND standing = 'rejected' GROUP BY rule",
    ),
    (
        "sessions",
        "sessions-by-device-type",
        "SELECT value, format('{:,}', sum(sessions)::BIGINT),"
        " format('{:,.1f} min', sum(total_duration_s) / sum(sessions) / 60),"
        " format('{:,.2f}', sum(actions) / sum(sessions)), format('{:.1f}%', 100 * sum(bounces) / sum(sessions))"
        " FROM session_days WHERE dimension = 'device_type' AND sessions > 0"
        " AND session_date > (SELECT max(event_date) FROM active_users) - 28 GROUP BY value",
    ),
    (
        "power-users",
        "duration-cuts",
        "SELECT CASE period WHEN 'month' THEN period_month ELSE 'last 28 days' END, action,"
        " format('{:,.1f}', threshold_ms / 1000), format('{:,}', events), format('{:,}', events_cut),"
        " format('{:,.1f}', engaged_ms / 60000), format('{:,.1f}', cut_ms / 60000) FROM duration_cuts",
    ),
    (
        "data-quality",
        "duplicates",
        "SELECT event_date::TEXT, format('{:,}', accepted - events) FROM"
        " (SELECT event_date, sum(rows)::BIGINT AS accepted FROM counts WHERE source = 'events'"
        " AND standing IN ('on_time', 'late', 'early') GROUP BY event_date)"
        " JOIN (SELECT event_date, count(*) AS events FROM silver GROUP BY event_date) USING (event_date)",
    ),
]
PROFILE = "SELECT column_name, format('{:.1f}%', 100 * nulls / rows), coalesce(format('{:,}', \"distinct\"), '–')"
PROFILE += " FROM profiles WHERE arrival = (SELECT max(arrival) FROM profiles)"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Place:
    """Tables of the sample, and its pages in the folder reports."""
    root = tmp_path_factory.mktemp("pages")
    generate_notes(root / "landing", SAMPLE)
    made = Place(root, root / "landing")
    made.run(NOTES, quick_spark)
    write_reports(Lakehouse(root=str(made.lakehouse), spark=quick_spark), NOTES, root / "reports")
    return made


@pytest.fixture(scope="module")
def tables(place: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    """SQL over the tables of the lakehouse."""
    with duckdb.connect() as connection:
        for log in sorted((place.lakehouse / "notes").glob("*/_delta_log")):
            connection.register(log.parent.name, DeltaTable(str(log.parent)).to_pyarrow_table())
        yield connection


def of_page(place: Place, name: str) -> Path:
    return place.root / "reports" / "notes" / f"{name}.html"


def told(shown: Page, of: str) -> list[list[str]]:
    """The rows of a table on a page."""
    shown.run(f"{of}.querySelectorAll('details').forEach((part) => {{ part.open = true }})")
    rows: list[list[str]] = shown.run(ROWS.format(of=of))
    return rows


def test_each_page_is_read(place: Place) -> None:
    assert {*[page for page, _, _ in NUMBERS], "data-profile"} == {report.name for report in reports_of(NOTES)}


@pytest.mark.parametrize(("page", "chart", "sql"), NUMBERS, ids=[f"{page}-{chart}" for page, chart, _ in NUMBERS])
def test_the_numbers_under_a_chart_are_those_of_the_table(
    browser: Browser, place: Place, tables: duckdb.DuckDBPyConnection, page: str, chart: str, sql: str
) -> None:
    expected = [list(row) for row in tables.sql(sql).fetchall()]
    assert expected, "nothing to compare"
    with opened(browser, of_page(place, page)) as shown:
        shown.wait_for("document.body.dataset.drawn")
        rows = [row[: len(expected[0])] for row in told(shown, CARD.format(chart=chart))]
        assert [row for row in expected if row not in rows] == []
        assert shown.complaints() == []


def test_the_profile_is_that_of_the_newest_arrival(
    browser: Browser, place: Place, tables: duckdb.DuckDBPyConnection
) -> None:
    expected = [list(row) for row in tables.sql(PROFILE).fetchall()]
    with opened(browser, of_page(place, "data-profile")) as shown:
        assert [
            row[:3] for row in told(shown, "document.querySelector('section[aria-labelledby=columns]')")
        ] == expected
        assert shown.complaints() == []
