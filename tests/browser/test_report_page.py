"""The pages of reports in a real browser: charts appear, nothing is loaded, nothing complains, nothing is cut off."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import Browser, Page, opened
from sample import FIRST, HOSTILE, sample_numbers

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.report_assets import page_metadata
from analytics_assets.reports import style
from analytics_assets.reports.document import figures_json
from analytics_assets.reports.index import feed_index, feeds_index, summary
from analytics_assets.reports.numbers import Numbers, Periods
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import REPORTS, reports_of
from analytics_assets.reports.report import Report
from analytics_assets.reports.world import countries
from analytics_assets.reports.writing import Pages

EACH = pytest.mark.parametrize("report", reports_of(NOTES), ids=lambda report: report.name)
ACTIVE_USERS = next(report for report in REPORTS if report.name == "active-users")


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    """A feed with all charts, a gap, and a hostile name wherever a name comes from data."""
    return sample_numbers()


def written(folder: Path, numbers: Numbers, report: Report) -> Path:
    path = folder / f"{report.name}.html"
    path.write_text(page(numbers, report), encoding="utf-8")
    return path


def drawn(shown: Page) -> list[str]:
    """Keys of the charts that stand on a page, once all are drawn."""
    shown.wait_for("!document.getElementById('figures') || document.body.dataset.drawn")
    keys = shown.run(
        "[...document.querySelectorAll('.chart')].filter((c) => c.querySelector('.main-svg')).map((c) => c.id)"
    )
    return [key.removeprefix("chart-") for key in keys]


def cut_off(shown: Page) -> list[str]:
    """Charts that are wider than their card."""
    found = shown.run(
        "[...document.querySelectorAll('.chart')].filter((c) => c.querySelector('svg')"
        ".getBoundingClientRect().right > c.getBoundingClientRect().right + 1).map((c) => c.id)"
    )
    return [str(key) for key in found]


@EACH
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_each_chart_is_drawn_nothing_complains_and_nothing_is_wider_than_the_window(
    browser: Browser, numbers: Numbers, tmp_path: Path, report: Report, width: int, scheme: str
) -> None:
    expected = [chart.key for section in report.shown(numbers) for chart in section.charts]
    assert report.shown(numbers), f"sample.py has nothing for the report {report.name}"
    with opened(browser, written(tmp_path, numbers, report), width, scheme) as shown:
        assert drawn(shown) == expected
        shown.run("document.querySelectorAll('details').forEach((part) => { part.open = true })")
        assert shown.run("document.documentElement.scrollWidth") <= width
        assert cut_off(shown) == []
        assert shown.complaints() == []
        assert shown.run("document.images.length") == 0


@EACH
def test_each_page_has_figures_that_the_ui_shows(numbers: Numbers, report: Report) -> None:
    pages = Pages(numbers=numbers, index=Path("index.html"), reports={report.name: Path("page.html")})
    assert "| **" in str(page_metadata(pages, report)["figures"].value)


def test_the_map_has_each_country_in_its_colour_and_those_too_small_as_circles(
    browser: Browser, numbers: Numbers, tmp_path: Path
) -> None:
    activity = next(report for report in REPORTS if report.name == "activity")
    with opened(browser, written(tmp_path, numbers, activity)) as shown:
        drawn(shown)
        land = "[...document.querySelectorAll('#chart-country-map .choroplethlayer path')]"
        assert shown.run(f"{land}.length") == sum(bool(country.polygons) for country in countries())
        # No outline goes round the wrong way, and so covers the whole world but its country.
        high = "document.querySelector('#chart-country-map').clientHeight"
        assert shown.run(f"{land}.filter((path) => path.getBoundingClientRect().height > 0.7 * {high}).length") == 0
        assert shown.run("document.querySelectorAll('#chart-country-map .scattergeo path.point').length") == 1


def test_what_a_page_would_not_let_run_does_complain(browser: Browser, numbers: Numbers, tmp_path: Path) -> None:
    path = written(tmp_path, numbers, ACTIVE_USERS)
    path.write_text(path.read_text(encoding="utf-8").replace("</main>", "<script>document.title=1</script></main>"))
    with opened(browser, path) as shown:
        drawn(shown)
        # The policy's complaint may come after the charts.
        browser.wait_for(lambda: any("Content Security Policy" in said for said in shown.complaints()))
        assert shown.run("document.title") == "notes – Active users – Tidebook"


def test_a_page_without_tables_opens_in_silence(browser: Browser, tmp_path: Path) -> None:
    nothing = Numbers(feed=NOTES, absent=["counts", "active_users"])
    with opened(browser, written(tmp_path, nothing, ACTIVE_USERS)) as shown:
        assert shown.complaints() == []
        assert "tidebook run notes" in shown.run("document.body.innerText")


def test_a_feed_without_a_user_has_a_page(browser: Browser, numbers: Numbers, tmp_path: Path) -> None:
    none = {name: [None if value is None else 0 for value in values] for name, values in numbers.daily.items()}
    quiet = replace(numbers, daily=none, by_attribute={}, weeks=Periods([FIRST], [None]), months=Periods([FIRST], [0]))
    with opened(browser, written(tmp_path, quiet, ACTIVE_USERS)) as shown:
        assert "dau" in drawn(shown)
        assert shown.complaints() == []


@pytest.mark.parametrize(("width", "longest"), [(390, 18), (1280, 40)])
def test_a_name_from_data_is_shown_as_it_is_and_cut_where_it_leaves_no_room(
    browser: Browser, numbers: Numbers, tmp_path: Path, width: int, longest: int
) -> None:
    rules = next(report for report in REPORTS if report.name == "data-quality")
    with opened(browser, written(tmp_path, numbers, rules), width) as shown:
        drawn(shown)
        ticks = shown.run("[...document.querySelectorAll('#chart-rules .ytick text')].map((tick) => tick.textContent)")
    whole = HOSTILE if len(HOSTILE) <= longest else f"{HOSTILE[: longest - 1]}…"
    assert whole in ticks


def line_colour(shown: Page) -> str:
    return str(shown.run("getComputedStyle(document.querySelector('#chart-dau .js-line')).stroke"))


def rgb(colour: str) -> str:
    return "rgb(" + ", ".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + ")"


def test_the_page_follows_the_scheme_also_while_it_is_open(browser: Browser, numbers: Numbers, tmp_path: Path) -> None:
    with opened(browser, written(tmp_path, numbers, ACTIVE_USERS), scheme="light") as shown:
        drawn(shown)
        ground = "getComputedStyle(document.body).backgroundColor"
        swatch = "getComputedStyle(document.querySelector('.legend i')).backgroundColor"
        assert (shown.run(ground), line_colour(shown)) == (rgb(style.PAPER), rgb(style.BLUE))
        assert shown.run(swatch) == rgb(style.ORANGE)
        shown.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        shown.wait_for("document.body.dataset.scheme === 'dark'")
        assert (shown.run(ground), line_colour(shown)) == (rgb(style.DARK[style.PAPER]), rgb(style.DARK[style.BLUE]))


def test_every_colour_of_a_figure_has_one_in_the_dark_scheme(numbers: Numbers) -> None:
    charts = [chart for report in REPORTS for section in report.shown(numbers) for chart in section.charts]
    found = set(re.findall(r'"(#[0-9a-fA-F]{6})"', figures_json([chart for chart in charts if chart.figure])))
    assert style.BLUE in found
    assert found - set(style.DARK) == set()


def test_a_number_on_the_page_is_the_one_that_was_given(browser: Browser, numbers: Numbers, tmp_path: Path) -> None:
    expected = [(f"{day}", users) for day, users in zip(numbers.dates, numbers.daily["dau"], strict=True)]
    with opened(browser, written(tmp_path, numbers, ACTIVE_USERS)) as shown:
        drawn(shown)
        card = "document.getElementById('title-dau').parentElement"
        shown.run(f"{card}.querySelector('details').open = true")
        rows = shown.run(f"[...{card}.querySelectorAll('tbody tr')].map((r) => [...r.cells].map((c) => c.innerText))")
        assert rows == [[day, "–" if users is None else str(users)] for day, users in reversed(expected)]
        trace = "document.getElementById('chart-dau').data[0]"
        assert shown.run(f"[{trace}.x[{trace}.x.length - 1], {trace}.y[{trace}.y.length - 1]]") == list(expected[-1])


def test_the_link_saves_the_values_without_a_network(browser: Browser, numbers: Numbers, tmp_path: Path) -> None:
    browser.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=True)
    with opened(browser, written(tmp_path, numbers, ACTIVE_USERS)) as shown:
        drawn(shown)
        shown.run("document.querySelector('a[download=\"notes-dau-by-country.csv\"]').click()")
        saved = tmp_path / "notes-dau-by-country.csv"
        browser.wait_for(saved.exists)
        assert shown.complaints() == []
    with saved.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["Date", HOSTILE, "DE"]
    by_country = numbers.by_attribute["country"]
    columns = [numbers.dates, by_country[HOSTILE], by_country["DE"]]
    assert rows == [["" if value is None else str(value) for value in row] for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_indexes_link_every_page(browser: Browser, numbers: Numbers, tmp_path: Path, width: int) -> None:
    reports = reports_of(NOTES)
    (tmp_path / "notes").mkdir()
    (tmp_path / "index.html").write_text(feeds_index([summary(numbers)]), encoding="utf-8")
    (tmp_path / "notes" / "index.html").write_text(feed_index(numbers, reports), encoding="utf-8")
    links = set()
    for index in ("index.html", "notes/index.html"):
        with opened(browser, tmp_path / index, width) as shown:
            assert shown.run("document.documentElement.scrollWidth") <= width
            assert shown.complaints() == []
            links |= set(shown.run("[...document.querySelectorAll('a')].map((a) => a.pathname)"))
    expected = {"index.html", "notes/index.html", *(f"notes/{report.name}.html" for report in reports)}
    assert {str(Path(link).relative_to(tmp_path)) for link in links} == expected
