"""The page of a report in a real browser: charts appear, nothing is loaded, nothing complains."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date, timedelta
from html import escape
from pathlib import Path

import pytest

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.reports.arrivals import Arrivals
from analytics_assets.reports.cohorts import Cell, Cohort
from analytics_assets.reports.numbers import Numbers, Periods
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import reports_of
from analytics_assets.reports.report import Report

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
DAYS = 120
FIRST = date(2025, 1, 1)
HOSTILE = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def chromium() -> str:
    """Path of the browser."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(
            "Chromium is not installed: apt-get install -y chromium. "
            "To leave these tests out on this machine: TIDEBOOK_NO_BROWSER=1"
        )
    return found


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    """A feed with all charts, a gap, and a hostile name."""
    dau = [None if n == 40 else 100 + n for n in range(DAYS)]
    late = [None if n < 28 else value for n, value in enumerate(dau)]
    half = [None if value is None else value / 200 for value in late]
    whole = dict.fromkeys(("dau", "rolling_7", "new"), dau)
    whole |= dict.fromkeys(("rolling_28", "returning", "resurrected", "dormant"), late)
    dates = [FIRST + timedelta(days=n) for n in range(DAYS)]
    rows = [100] * DAYS
    return Numbers(
        feed=NOTES,
        dates=dates,
        daily={**whole, "stickiness_28": half},
        missing=[dates[40]],
        by_attribute={"country": {"DE": dau, HOSTILE: dau}, "device_type": {"iPad": dau}},
        weeks=Periods([FIRST - timedelta(days=2), FIRST + timedelta(days=5)], [None, 300]),
        months=Periods([FIRST], [900]),
        sessions=dau,
        cohorts=[cohort(number) for number in range(6)],
        arrivals=Arrivals(
            dates=dates,
            landed=[200] * DAYS,
            standings={"on_time": rows, "late": [50] * DAYS, "early": [30] * DAYS, "rejected": [20] * DAYS},
            rules={"too_few_fields": 20 * DAYS - 1, HOSTILE: 1},
        ),
        versions={"active_users": 1, "active_users_week": 1, "active_users_month": 1, "sessions": 1, "counts": 1},
    )


def cohort(number: int) -> Cohort:
    """A weekly cohort that is the younger the higher its number."""
    cells = {
        after: Cell(
            after=after,
            retained=100 - after,
            rate=(100 - after) / 100,
            interval=(0.5, 1.0) if after else None,
            is_open=after + number == 5,
        )
        for after in range(6 - number)
    }
    return Cohort(start=FIRST + timedelta(days=5 + 7 * number), size=100, cells=cells, unbounded=cells)


def opened(chromium: str, path: Path, profile: Path, size: str = "1280,2000") -> tuple[str, list[str]]:
    """The page's elements after its scripts have run, and what the browser's console says."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", f"--window-size={size}",
        "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("report", reports_of(NOTES), ids=lambda report: report.name)
def test_each_chart_is_drawn_and_the_console_is_silent(
    chromium: str, numbers: Numbers, tmp_path: Path, report: Report
) -> None:
    path = tmp_path / "notes.html"
    path.write_text(page(numbers, report), encoding="utf-8")
    dom, console = opened(chromium, path, tmp_path / "profile")
    assert console == []
    expected = [chart.key for section in report.shown(numbers) for chart in section.charts]
    assert expected
    parts = re.split(r'<div class="chart[^"]*" id="chart-', dom)[1:]
    assert [part.split('"', 1)[0] for part in parts] == expected
    assert [part.split('"', 1)[0] for part in parts if 'class="main-svg"' in part] == expected
    assert f'data-drawn="{len(expected)}"' in dom
    assert "<img" not in dom


def test_a_page_without_tables_opens_in_silence(chromium: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.html"
    path.write_text(
        page(Numbers(feed=NOTES, absent=["counts", "active_users"]), reports_of(NOTES)[0]), encoding="utf-8"
    )
    dom, console = opened(chromium, path, tmp_path / "profile")
    assert console == []
    assert "tidebook run notes" in dom


@pytest.mark.parametrize("report", reports_of(NOTES), ids=lambda report: report.name)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(
    chromium: str, numbers: Numbers, tmp_path: Path, width: int, report: Report
) -> None:
    # A headless window is never narrower than 500 pixels; a frame is as narrow as it is told. The page's policy
    # would hold for the frame's reader too, so it is taken out here.
    made = re.sub(r"<meta http-equiv=[^>]+>", "", page(numbers, report))
    frame = f'<iframe width="{width}" height="800" style="border:0" srcdoc="{escape(made)}"></iframe>'
    measure = """<script>
      const frame = document.querySelector("iframe");
      const look = setInterval(() => {
        const inside = frame.contentDocument;
        if (!inside || !inside.body || !inside.body.dataset.drawn) return;
        clearInterval(look);
        const right = (element) => element.getBoundingClientRect().right;
        const over = [...inside.querySelectorAll(".chart")]
          .filter((chart) => right(chart.querySelector("svg")) > right(chart) + 1).map((chart) => chart.id);
        document.title = "measured " + inside.documentElement.scrollWidth + " over " + over.join(",");
      }, 100);
    </script>"""
    path = tmp_path / "frame.html"
    path.write_text(f"<!doctype html><title>not measured</title>{frame}{measure}", encoding="utf-8")
    dom, _ = opened(chromium, path, tmp_path / "profile")
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title is not None
    measured = re.fullmatch(r"measured (\d+) over (.*)", title[1])
    assert measured is not None, title[1]
    assert int(measured[1]) <= width
    assert measured[2] == ""
