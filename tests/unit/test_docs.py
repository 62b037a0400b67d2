"""Docs name what there is: tables, commands, settings; their links lead somewhere."""

import re
from pathlib import Path

import pytest

from analytics_assets.cli import app
from analytics_assets.discovery import load_feeds
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.contract import rules as contract_rules
from resources.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").rglob("*.md"))]


def test_the_readme_names_every_table_with_its_grain() -> None:
    tables = {(table.name, table.grain) for feed in load_feeds().values() for table in feed_tables(feed).values()}
    assert {(name, grain) for name, grain in tables if f"| `{name}` | {grain} |" not in README} == set()


def test_the_readme_names_every_command() -> None:
    commands = {str(command.callback.__name__) for command in app.registered_commands if command.callback}
    groups = {str(group.name) for group in app.registered_groups}
    assert {name for name in commands | groups if f"`tidebook {name}" not in README} == set()


def test_the_readme_names_every_setting() -> None:
    assert {name for name in Settings.model_fields if f"`TIDEBOOK_{name.upper()}`" not in README} == set()


def test_the_docs_name_every_field_of_a_feed() -> None:
    page = (PROJECT / "docs" / "feeds.md").read_text()
    assert {name for name in Feed.__dataclass_fields__ if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("feed", load_feeds().values(), ids=load_feeds())
def test_the_page_of_a_feed_names_its_columns_and_the_reasons_for_which_it_rejects_rows(feed: Feed) -> None:
    assert f"feeds/{feed.name}.md" in (PROJECT / "docs" / "feeds.md").read_text()
    page = (PROJECT / "docs" / "feeds" / f"{feed.name}.md").read_text()
    contract = contract_of(feed.contract)
    rules = {rule.name for rule in contract_rules(contract, str.upper)}
    reasons = rules | {reason for _, broken in feed.examples for reason in broken}
    keys = {column.key for column in contract.columns}
    assert {name for name in keys | reasons if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("feed", ["ide", "aqua", "shop", "notes"])
def test_the_page_of_a_feed_says_how_to_make_a_sample(feed: str) -> None:
    assert f"`tidebook generate {feed}" in (PROJECT / "docs" / "feeds" / f"{feed}.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
