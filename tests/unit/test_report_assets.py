"""Reports as assets and as a command: each page is written, linked and shown, and nothing else is needed for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from rich.console import Console

from analytics_assets.commands import report as command
from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.world import World
from analytics_assets.report_assets import page_metadata, report_assets, report_key
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.pages import REPORTS, reports_of
from analytics_assets.reports.writing import write_reports
from analytics_assets.schedules import feed_schedules
from resources.errors import UserError
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.settings import load_settings
from resources.spark import Spark

MONDAY = date(2025, 3, 3)
ACTIVE_USERS = reports_of(ACCESS_LOG)[0]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands ask this instance of Dagster for checks, and no other."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.fixture
def empty(tmp_path: Path) -> Lakehouse:
    """A lakehouse without a table, whose engine does not exist."""
    return Lakehouse(root=str(tmp_path / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))


@pytest.fixture
def lakehouse(empty: Lakehouse) -> Lakehouse:
    """The same with two dates of active users: 7, then 1,234."""
    whole = ("dau", "rolling_7", "rolling_28", "new", "returning", "resurrected", "dormant")
    rows = [
        {"event_month": "2025-03", "event_date": MONDAY + timedelta(days=n), "dimension": "all", "value": "all"}
        | dict.fromkeys(whole, users)
        | {"stickiness_28": None, "is_missing": False}
        for n, users in enumerate((7, 1234))
    ]
    types = {"event_date": pa.date32(), "stickiness_28": pa.float64(), "is_missing": pa.bool_()}
    types |= dict.fromkeys(whole, pa.int64())
    schema = pa.schema([(name, types.get(name, pa.string())) for name in rows[0]])
    table = feed_tables(ACCESS_LOG)["active_users"]
    write_deltalake(empty.location(table), pa.Table.from_pylist(rows, schema), partition_by=["event_month"])
    return empty


def test_every_report_has_a_name_of_its_own_a_sentence_and_tables_that_some_feed_has() -> None:
    assert len({report.name for report in REPORTS}) == len(REPORTS)
    assert all(report.about.endswith(".") and report.tables for report in REPORTS)


def places(lakehouse: Lakehouse) -> dict[str, object]:
    """The resources of pages. Nothing has landed."""
    return {"lakehouse": lakehouse, "landing": Landing(root=f"{lakehouse.root}/landing")}


def test_each_report_is_an_asset_that_links_its_page_and_shows_its_figures(
    lakehouse: Lakehouse, tmp_path: Path
) -> None:
    assets = report_assets(ACCESS_LOG, tmp_path / "reports", tmp_path)
    done = dg.materialize([assets], resources=places(lakehouse))
    found = {event.asset_key: event.materialization.metadata for event in done.get_asset_materialization_events()}
    assert set(found) == {report_key(ACCESS_LOG, report) for report in reports_of(ACCESS_LOG)}
    metadata = found[report_key(ACCESS_LOG, ACTIVE_USERS)]
    page = Path(str(metadata["page"].value))
    assert page == tmp_path / "reports" / "access_log" / "active-users.html"
    assert "1,234" in page.read_text(encoding="utf-8")
    assert "| DAU | **1,234** | 2025-03-04 |" in str(metadata["figures"].value)
    assert metadata["as_of"].value == "2025-03-04"


def test_words_from_data_are_words_in_the_table_of_figures(lakehouse: Lakehouse, tmp_path: Path) -> None:
    hostile = Tile(label="a|b", value="[x](javascript:alert(1))", period="<img src=x>\n**c**")
    report = replace(ACTIVE_USERS, tiles=lambda _: [hostile])
    written = write_reports(lakehouse, ACCESS_LOG, tmp_path / "reports", [report.name])
    row = str(page_metadata(written, report)["figures"].value).splitlines()[2]
    assert row == r"| a\|b | **\[x\](javascript:alert(1))** | \<img src=x\> \*\*c\*\* |  |"


def test_a_report_can_be_made_alone(lakehouse: Lakehouse, tmp_path: Path) -> None:
    assets = report_assets(ACCESS_LOG, tmp_path / "reports", tmp_path)
    key = report_key(ACCESS_LOG, ACTIVE_USERS)
    done = dg.materialize([assets], resources=places(lakehouse), selection=[key])
    assert [event.asset_key for event in done.get_asset_materialization_events()] == [key]
    pages = {path.name for path in (tmp_path / "reports" / "access_log").glob("*.html")}
    assert pages == {"active-users.html", "index.html"}
    links = re.findall(r'href="([^":]+)"', (tmp_path / "reports" / "access_log" / "index.html").read_text())
    assert set(links) == {"../index.html", "index.html", "active-users.html"}  # none leads nowhere


@pytest.mark.parametrize("place", ["empty", "lakehouse"])
def test_the_schedule_writes_pages_only_where_there_is_something_to_show(
    request: pytest.FixtureRequest, place: str
) -> None:
    schedule = next(found for found in feed_schedules(ACCESS_LOG) if found.name == "access_log_daily_reports")
    with dg.build_schedule_context(resources={"lakehouse": request.getfixturevalue(place)}) as context:
        assert bool(schedule.evaluate_tick(context).run_requests) == (place == "lakehouse")


def world_of(lakehouse: Lakehouse) -> World:
    return World(ACCESS_LOG, Landing(root=f"{lakehouse.root}/landing"), lakehouse, run_id="")


def settings(monkeypatch: pytest.MonkeyPatch, lakehouse: Lakehouse, tmp_path: Path) -> None:
    """The command finds this lakehouse and these folders."""
    known = SimpleNamespace(feeds=(), reports=str(tmp_path / "reports"))
    monkeypatch.setattr(command, "load_settings", lambda: known)
    monkeypatch.setattr(command, "open_places", lambda _: (None, lakehouse))


def test_the_command_writes_one_page_to_another_folder(
    lakehouse: Lakehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(monkeypatch, lakehouse, tmp_path)
    command.report("access_log", tmp_path / "for anna", ["active-users"], False, Console(width=300))
    said = capsys.readouterr().out
    assert f"{tmp_path}/for anna/access_log/active-users.html" in said
    assert "1 page of access_log, as of 2025-03-04" in said
    assert not (tmp_path / "reports").exists()
    assert len(list((tmp_path / "for anna" / "access_log").glob("*.html"))) == 2


@pytest.mark.parametrize(
    ("place", "names", "said"),
    [
        (
            "lakehouse",
            ["nope"],
            "saw --page 'nope', expected one of: active-users",
        ),
        ("empty", [], "nothing of access_log has been computed yet. Run: tidebook run access_log"),
    ],
)
def test_the_command_says_what_to_do(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    names: list[str],
    said: str,
) -> None:
    settings(monkeypatch, request.getfixturevalue(place), tmp_path)
    with pytest.raises(UserError, match=said):
        command.report("access_log", None, names, False, Console())


def test_a_folder_that_cannot_be_written_is_one_message(lakehouse: Lakehouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written: .*Set TIDEBOOK_REPORTS"):
        command.write_pages(world_of(lakehouse), tmp_path / "file" / "reports")
