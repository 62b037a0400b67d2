"""Retention in the report: each drawn cell is one of the table's, and what is not known is not drawn."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from scipy.stats import binomtest

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.reports.cohorts import Cell, Cohort, SignUps, overall
from analytics_assets.reports.numbers import read_numbers
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import REPORTS
from analytics_assets.reports.retention_figures import NOTHING, _in_short, curves, retention, sign_up_triangle, triangle
from analytics_assets.transforms.history import History
from analytics_assets.transforms.retention import COHORTS, SIGN_UP, Closed, cells, counted_apart
from resources.lakehouse import Lakehouse
from resources.spark import Spark

MONDAY = date(2025, 1, 6)
WEEK = timedelta(days=7)
# Start, size, and users of the cohort in weeks 0, 1, 2; unbounded below.
SIGNED = ((MONDAY, 8, [4, 2, 0], [5, 2, 0]),)
COUNTS = ((MONDAY, 10, [10, 4, 2], [10, 5, 2]), (MONDAY + WEEK, 30, [30, 3, 9], [30, 10, 9]))


def cohorts(tmp_path: Path, weeks: int) -> tuple[Lakehouse, list[Cohort]]:
    """A real table of retention for a history of so many weeks, and what the report reads of it."""
    rows = [dict(zip(COHORTS.names, ("week", start, "all", "all", *rest), strict=True)) for start, *rest in COUNTS]
    as_of = MONDAY + WEEK * weeks - timedelta(days=1)
    history = History(start=MONDAY, as_of=as_of, missing=frozenset())
    closed = Closed(period="week", periods=history.weeks(), settled_through=as_of - WEEK)
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
    table = feed_tables(NOTES)["retention"]
    made = cells(pa.Table.from_pylist(rows, COHORTS), closed, last=2)
    write_deltalake(lakehouse.location(table), made, partition_by=list(table.partition_by))
    return lakehouse, read_numbers(lakehouse, NOTES).cohorts


def test_the_triangle_draws_known_cells_with_their_users_and_intervals(tmp_path: Path) -> None:
    _, found = cohorts(tmp_path, weeks=3)
    figure = triangle(found).figure
    assert figure is not None
    heat, hatch = figure.data
    assert list(heat.x) == [1, 2]
    assert list(heat.y) == ["2025-01-06 (10)", "2025-01-13 (30)", "2025-01-20 (0)"]
    assert [list(row) for row in heat.z] == [[0.4, 0.2], [0.1, None], [None, None]]
    assert heat.customdata[0][0] == "Week 1: 4 users, 40.0%, 95 % interval 16.8% to 68.7%"
    assert [(x, y[:10]) for x, y in zip(hatch.x, hatch.y, strict=True)] == [(2, "2025-01-06"), (1, "2025-01-13")]
    assert "late rows may still come" in heat.customdata[1][0]


@pytest.mark.parametrize(
    ("users", "said"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10k"), (999_499, "999k"), (999_500, "1.0M"), (12_345_678, "12.3M")],
)
def test_the_size_of_a_large_cohort_is_told_in_few_signs(users: int, said: str) -> None:
    assert _in_short(users) == said


def test_ages_are_weighed_by_the_users_of_the_cohorts_that_are_old_enough(tmp_path: Path) -> None:
    _, found = cohorts(tmp_path, weeks=4)
    assert rates(overall(found)) == {0: 1.0, 1: 7 / 40, 2: 11 / 40}
    assert rates(overall(found, unbounded=True)) == {0: 1.0, 1: 15 / 40, 2: 11 / 40}
    assert rates(overall(cohorts(tmp_path / "younger", weeks=3)[1], unbounded=True)) == {0: 1.0, 1: 0.5, 2: 0.2}


def test_an_age_has_the_interval_of_all_its_users_together(tmp_path: Path) -> None:
    _, found = cohorts(tmp_path, weeks=4)
    together = overall(found)
    assert together[0].interval is None
    assert together[1].interval == pytest.approx(tuple(binomtest(7, 40).proportion_ci(0.95, "wilson")))
    assert (together[1].is_open, together[2].is_open) == (False, True)


def rates(cells: dict[int, Cell]) -> dict[int, float]:
    return {after: cell.rate for after, cell in cells.items()}


def year(root: Path) -> Lakehouse:
    """A real table of a year of cohorts, the n-th of 100 + n users, of whom 10 are active in each later week."""
    whole = [[size, *[10] * 26] for size in (100 + n for n in range(52))]
    starts = [MONDAY + WEEK * n for n in range(52)]
    rows = [
        dict(zip(COHORTS.names, ("week", start, "all", "all", counts[0], counts, counts), strict=True))
        for start, counts in zip(starts, whole, strict=True)
    ]
    as_of = MONDAY + WEEK * 52 - timedelta(days=1)
    history = History(start=MONDAY, as_of=as_of, missing=frozenset())
    closed = Closed(period="week", periods=history.weeks(), settled_through=as_of)
    lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
    table = feed_tables(NOTES)["retention"]
    made = cells(pa.Table.from_pylist(rows, COHORTS), closed, last=26)
    write_deltalake(lakehouse.location(table), made, partition_by=list(table.partition_by))
    return lakehouse


def test_of_a_year_all_cohorts_are_in_the_curves_and_the_latest_27_in_the_triangle(tmp_path: Path) -> None:
    found = read_numbers(year(tmp_path), NOTES).cohorts
    # Week 26 has ended for the 26 first cohorts, of 100 to 125 users; an unbounded figure needs it to have.
    of_26 = sum(range(100, 126))
    assert overall(found)[26].rate == 260 / of_26
    assert overall(found, unbounded=True)[1].rate == 260 / of_26
    assert overall(found)[1].rate == 510 / sum(range(100, 151))
    drawn = curves(found).figure
    assert drawn is not None
    assert drawn.data[0].customdata[25] == "8.9%, 95 % interval 7.9% to 10.0%"
    latest = triangle(found)
    assert latest.figure is not None
    assert [str(name)[:10] for name in latest.figure.data[0].y] == [f"{MONDAY + WEEK * n}" for n in range(25, 52)]
    assert "Drawn are the latest 27 of 52 cohorts." in latest.notes


def test_the_table_under_the_curves_has_the_ends_of_each_interval(tmp_path: Path) -> None:
    _, found = cohorts(tmp_path, weeks=4)
    values = curves(found).table()
    assert values.columns[:4] == [
        "Weeks after",
        "Active in the week",
        "Active in the week, from",
        "Active in the week, to",
    ]
    assert [values.shown(place, cell) for place, cell in enumerate(values.rows[0])][:4] == [
        "1",
        "17.5%",
        "8.7%",
        "31.9%",
    ]


def test_the_curves_name_each_line_and_leave_out_the_cohorts_own_week(tmp_path: Path) -> None:
    _, found = cohorts(tmp_path, weeks=4)
    chart = curves(found)
    assert chart.figure is not None
    drawn = {trace.name: (list(trace.x), list(trace.y)) for trace in chart.figure.data}
    assert drawn["Active in the week"] == ([1, 2], [7 / 40, 11 / 40])
    assert drawn["Cohort of 2025-01-13"] == ([1, 2], [0.1, 0.3])
    assert chart.notes[-1] == "Active in it or later: up to week 2, where both lines meet."


@pytest.mark.parametrize("weeks", [1, 3])
def test_the_page_has_the_section_and_says_what_is_not_known_yet(tmp_path: Path, weeks: int) -> None:
    lakehouse, _ = cohorts(tmp_path, weeks)
    report = next(report for report in REPORTS if report.name == "retention")
    made = page(read_numbers(lakehouse, NOTES), report)
    assert "Weekly retention" in made
    assert (escape(NOTHING) in made) == (weeks == 1)


def with_sign_ups(tmp_path: Path, weeks: int) -> SignUps | None:
    """What the report reads of a table that has cohorts by sign-up beside those by first activity."""
    rows = [dict(zip(COHORTS.names, ("week", start, "all", "all", *rest), strict=True)) for start, *rest in SIGNED]
    as_of = MONDAY + WEEK * weeks - timedelta(days=1)
    history = History(start=MONDAY, as_of=as_of, missing=frozenset())
    closed = Closed(period="week", periods=history.weeks(), settled_through=as_of - WEEK)
    lakehouse, _ = cohorts(tmp_path, weeks)
    made = cells(pa.Table.from_pylist(rows, COHORTS), closed, 2, SIGN_UP)
    location = lakehouse.location(feed_tables(NOTES)["retention"])
    write_deltalake(location, pa.concat_tables([made, counted_apart(1_234, SIGN_UP)]), mode="append")
    numbers = read_numbers(lakehouse, NOTES)
    assert numbers.cohorts == cohorts(tmp_path / "without", weeks)[1], "the others are as they were"
    return numbers.sign_ups


def test_cohorts_by_sign_up_have_a_triangle_of_their_own_from_week_0_on(tmp_path: Path) -> None:
    found = with_sign_ups(tmp_path, weeks=2)
    assert found is not None
    chart = sign_up_triangle(found)
    assert chart.figure is not None
    heat = chart.figure.data[0]
    assert (list(heat.x), list(heat.y)) == ([0, 1], ["2025-01-06 (8)", "2025-01-13 (0)"])
    assert [list(row) for row in heat.z] == [[0.5, 0.25], [None, None]]
    assert heat.zmax == 0.25, "the cohort's own week would leave the rest pale"
    assert heat.customdata[0][0] == "Week 0: 4 users, 50.0%, 95 % interval 21.5% to 78.5%"
    assert "1,234" in chart.notes[-1]


def test_a_feed_whose_table_has_none_by_sign_up_has_no_such_triangle(tmp_path: Path) -> None:
    lakehouse, found = cohorts(tmp_path, weeks=3)
    numbers = read_numbers(lakehouse, NOTES)
    assert numbers.sign_ups is None
    assert [chart.key for chart in retention(found, numbers.sign_ups)] == ["retention", "retention-by-age"]
