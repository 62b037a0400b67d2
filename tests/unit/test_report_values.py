"""Values under a chart: the table and the CSV say what the chart draws, and carry no formula from a stranger."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import escape, unescape
from urllib.parse import unquote

import pytest

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.reports import cards, style
from analytics_assets.reports.charts import Chart, Series, lines, ranking, stack
from analytics_assets.reports.numbers import Numbers
from analytics_assets.reports.report import Section
from analytics_assets.reports.values import Values, figure_values

FIRST = date(2025, 3, 3)
DATES = [FIRST, FIRST + timedelta(days=1)]
FORMULAS = ('=HYPERLINK("http://x";"y")', "+1", "-1", "@SUM(A1)", "\tx", "\rx")


def card(chart: Chart, numbers: Numbers | None = None) -> str:
    return cards.section(Section(title="S", charts=[chart]), numbers or Numbers(feed=NOTES), "")


def saved(made: str) -> tuple[str, list[list[str]]]:
    """Name and rows of the CSV that a card offers."""
    found = re.search(r'download="([^"]+)" href="data:text/csv;charset=utf-8,([^"]*)"', made)
    assert found is not None
    return found[1], list(csv.reader(io.StringIO(unquote(unescape(found[2])), newline="")))


def cells(made: str) -> list[list[str]]:
    """Rows of the table of a card, its head first."""
    rows = re.findall(r"<tr>(.*?)</tr>", made, re.DOTALL)
    return [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]


def test_lines_are_a_row_a_date_and_a_column_a_series() -> None:
    figure = lines(DATES, [Series("A", [1000, None], style.BLUE), Series("B", [None, 2], style.SKY)])
    made = card(Chart(key="users", title="Users", about="", figure=figure))
    assert cells(made) == [["Date", "A", "B"], ["2025-03-04", "–", "2"], ["2025-03-03", "1,000", "–"]]
    assert saved(made) == (
        "notes-users.csv",
        [["Date", "A", "B"], ["2025-03-03", "1000", ""], ["2025-03-04", "", "2"]],
    )


def test_shares_are_read_in_per_cent_and_saved_as_they_are() -> None:
    figure = lines(DATES, [Series("A", [0.1234, 1.0], style.BLUE)], "share")
    made = card(Chart(key="s", title="S", about="", figure=figure))
    assert [row[1] for row in cells(made)] == ["A", "100.0%", "12.3%"]
    assert [row[1] for row in saved(made)[1]] == ["A", "0.1234", "1.0"]


def test_a_bar_that_goes_down_is_a_number_of_users() -> None:
    figure = stack(DATES, [Series("Dormant", [-3, None], style.VERMILION, shown=[3, None])])
    assert figure is not None
    assert figure_values(figure).rows == [[FIRST, 3], [DATES[1], None]]


def test_a_ranking_is_a_row_a_name() -> None:
    figure = ranking(["most", "least"], [5, 1], "Rows", style.BLUE)
    assert figure is not None
    assert list(figure_values(figure).columns) == ["Value", "Rows"]
    assert sorted(figure_values(figure).rows) == [["least", 1], ["most", 5]]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_name_that_a_spreadsheet_would_run_is_text_in_the_csv_and_itself_in_the_table(formula: str) -> None:
    figure = stack(DATES, [Series(escape(formula), [-1, 2], style.BLUE)])
    made = card(Chart(key="x", title="X", about="", figure=figure))
    head, *rows = saved(made)[1]
    assert head == ["Date", f"'{formula}"]
    assert rows == [["2025-03-03", "-1"], ["2025-03-04", "2"]]  # numbers stay numbers
    assert cells(made)[0] == ["Date", formula]


def test_html_in_names_is_text_in_the_table_and_in_the_link() -> None:
    hostile = "</table><script>x</script>\"'&<img src=x>"
    values = Values(columns=["Date", hostile], rows=[[hostile, 1]], formats=["", ""])
    figure = stack(DATES, [Series("A", [1, 1], style.BLUE)])
    made = card(Chart(key="x", title=hostile, about=hostile, figure=figure, unit=hostile, fresh=hostile, values=values))
    assert "<script" not in made
    assert "<img" not in made
    assert saved(made)[1] == [["Date", hostile], [hostile, "1"]]


@pytest.mark.parametrize(
    ("lateness", "said"),
    [
        (None, "As of 2025-03-04."),
        (0, "As of 2025-03-04. Rows usually come on their own day, so no date is expected to change."),
        (1, "As of 2025-03-04. Dates after 2025-03-03 may still change: rows usually come up to 1 day late."),
    ],
)
def test_each_chart_says_up_to_when_it_goes_and_what_may_change(lateness: int | None, said: str) -> None:
    figure = stack(DATES, [Series("A", [1, 1], style.BLUE)])
    numbers = Numbers(feed=NOTES, dates=DATES, lateness_days=lateness)
    assert said in card(Chart(key="x", title="X", about="", figure=figure), numbers)
    own = Chart(key="x", title="X", about="", figure=figure, fresh="Arrivals up to now.")
    assert "As of" not in card(own, numbers)


def test_a_lone_narrow_chart_takes_a_row_and_wide_ones_do_not_count() -> None:
    figure = stack(DATES, [Series("A", [1, 1], style.BLUE)])
    charts = [Chart(key=key, title=key, about="", figure=figure, is_wide=key == "w") for key in ("w", "a", "b", "c")]
    made = cards.section(Section(title="S", charts=charts), Numbers(feed=NOTES), "")
    assert re.findall(r'class="card( wide)?" aria-labelledby="title-(\w)"', made) == [
        (" wide", "w"),
        (" wide", "a"),
        ("", "b"),
        ("", "c"),
    ]
