"""Feeds: each one's examples hold, and feeds come from modules, files and entry points."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets import discovery
from analytics_assets.discovery import FeedError, load_feeds
from analytics_assets.feeds.access_log import FEED as ACCESS_LOG
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.shop import FEED as SHOP
from analytics_assets.feeds.spec import WHOLE_ROW, Csv, Dimension, Feed, JsonArray, SessionRule
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.verdicts import with_events
from analytics_assets.transforms.bronze import judge
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.records import judge_records

FEEDS = load_feeds()


def judged(raw: DataFrame, feed: Feed) -> DataFrame:
    """Lines or records with the verdict of the feed's contract."""
    contract = contract_of(feed.contract)
    if isinstance(feed.format, JsonArray):
        return judge_records(raw, contract, feed.format.rest)
    return judge(raw, contract, feed.format.sep, check_utf8=True, has_quotes=True)


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_each_example_of_a_feed_breaks_exactly_the_rules_it_names(spark: SparkSession, feed: Feed) -> None:
    lines = [("9999-01-01", "example", place, line) for place, (line, _) in enumerate(feed.examples)]
    raw = spark.createDataFrame(lines, "arrival string, file string, line_number long, raw string").coalesce(1)
    rows = with_events(feed, judged(raw, feed), keep_raw=True)
    found = {row.raw: row.violations or [] for row in rows.collect()}
    assert found == {line: list(broken) for line, broken in feed.examples}


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_each_feed_has_a_good_example_and_a_bad_one_and_says_what_it_is(feed: Feed) -> None:
    assert {bool(broken) for _, broken in feed.examples} == {True, False}
    assert feed.description.endswith(".")
    assert feed.owner


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_every_column_of_every_table_is_described_and_has_its_partitions(feed: Feed) -> None:
    for table in feed_tables(feed).values():
        names = table.schema.fieldNames()
        assert len(names) == len(set(names)), table.name
        assert {*table.partition_by, *table.statistics} <= set(names), table.name
        assert [field.name for field in table.schema if not field.metadata.get("comment")] == [], table.name


def test_a_feed_without_durations_and_dimensions_has_no_columns_for_them() -> None:
    tables = feed_tables(ACCESS_LOG)
    columns = {name for table in tables.values() for name in table.schema.fieldNames()}
    assert not columns & {"duration_ms", "engaged_ms", "app_version", "country"}
    assert "users" not in tables
    assert {"users", "users_rejected"} <= set(feed_tables(NOTES))


def test_the_feeds_of_this_package_are_found_by_name() -> None:
    assert list(FEEDS) == sorted(FEEDS)
    assert (FEEDS["notes"], FEEDS["access_log"]) == (NOTES, ACCESS_LOG)


FILE = """
from dataclasses import replace
from analytics_assets.feeds.access_log import FEED as OTHER
FEED = replace(OTHER, name={name!r}, landing={name!r} + "/{{arrival}}/*.log")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path of Python; what is loaded from it is forgotten."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def test_a_file_or_a_module_may_bring_a_feed(folder: Path) -> None:
    (folder / "one_feed.py").write_text(FILE.format(name="one"))
    (folder / "two_feed.py").write_text(FILE.format(name="two"))
    found = load_feeds([str(folder / "one_feed.py"), "two_feed"])
    assert list(found) == sorted([*FEEDS, "one", "two"])
    assert found["one"].landing == "one/{arrival}/*.log"


def test_the_same_file_twice_is_one_feed(folder: Path) -> None:
    (folder / "one_feed.py").write_text(FILE.format(name="one"))
    assert "one" in load_feeds([str(folder / "one_feed.py")] * 2)


def test_an_installed_package_may_bring_feeds_by_entry_points(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "package_feed.py").write_text(FILE.format(name="packaged"))
    entries = [
        EntryPoint("module", "package_feed", "tidebook.feeds"),
        EntryPoint("feed", "package_feed:FEED", "tidebook.feeds"),
    ]
    monkeypatch.setattr(discovery, "entry_points", lambda group: [entry for entry in entries if entry.group == group])
    assert list(load_feeds()) == sorted([*FEEDS, "packaged"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X = 1\n", r"^tidebook_feed_bad: saw no FEED, expected FEED = Feed\(\.\.\.\)$"),
        ("FEED = 'feed'\n", "saw no FEED"),
        ("import no_such_module\n", r"^feed \S+bad\.py cannot be loaded: ModuleNotFoundError: No module named"),
        ("FEED = (\n", "cannot be loaded: SyntaxError"),
        (
            FILE.format(name="Bad Name"),
            "cannot be loaded: ValueError: feed name: saw 'Bad Name', expected small letters",
        ),
        (FILE.format(name="notes"), "^two feeds are named 'notes': rename one of them$"),
    ],
)
def test_a_feed_that_cannot_be_loaded_says_which_and_why(folder: Path, text: str, message: str) -> None:
    (folder / "bad.py").write_text(text)
    with pytest.raises(FeedError, match=message):
        load_feeds([str(folder / "bad.py")])


def test_a_feed_that_cannot_be_loaded_says_the_same_the_second_time(folder: Path) -> None:
    (folder / "broken.py").write_text("import no_such_module\n")
    for _ in range(2):
        with pytest.raises(FeedError, match="No module named 'no_such_module'"):
            load_feeds([str(folder / "broken.py")])


def test_a_file_or_module_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(FeedError, match=r"none\.py: no such file; TIDEBOOK_FEEDS names modules or \.py files"):
        load_feeds([str(folder / "none.py")])
    with pytest.raises(FeedError, match="feed no_such_feed cannot be loaded: ModuleNotFoundError"):
        load_feeds(["no_such_feed"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Shop"}, "feed name: saw 'Shop', expected small letters, digits and _"),
        ({"name": "_leases"}, "feed name: saw '_leases'"),
        ({"landing": "shop/*.csv"}, "landing is 'shop/\\*.csv', expected a relative pattern with one {arrival}"),
        ({"landing": "/shop/{arrival}/*.csv"}, "expected a relative pattern"),
        ({"landing": "../shop/{arrival}/*.csv"}, "expected a relative pattern"),
        ({"landing": "{arrival}/{arrival}/*.csv"}, "with one {arrival}"),
        ({"landing": "sh*p/{arrival}/*.csv"}, "expected no wildcard before {arrival}"),
        ({"time_zone": "Berlin"}, "saw time zone 'Berlin', expected a name such as Europe/Berlin"),
        ({"source_zone": "../etc/passwd"}, "saw time zone"),
        ({"event_key": ("user", "event_time")}, "event_key is .*, expected names from"),
        ({"event_key": ()}, "event_key is"),
        ({"lag_days": -1}, "lag_days is -1, expected 0 or more"),
        ({"dimensions": NOTES.dimensions * 2}, "saw 2 dimensions, expected at most one"),
    ],
)
def test_a_wrong_declaration_is_refused_when_it_is_declared(change: dict[str, Any], message: str) -> None:
    declared = {name: getattr(NOTES, name) for name in NOTES.__dataclass_fields__}
    with pytest.raises(ValueError, match=message):
        Feed(**(declared | change))


@pytest.mark.parametrize("sep", ["", ",,", '"', "\n", "\r"])
def test_a_separator_is_one_sign_that_ends_no_line_and_quotes_nothing(sep: str) -> None:
    with pytest.raises(ValueError, match="sep: saw"):
        Csv(sep=sep)


def test_a_timeout_is_more_than_nothing() -> None:
    with pytest.raises(ValueError, match="timeout: saw 0:00:00, expected more than 0"):
        SessionRule(timeout=timedelta(0))


def test_a_dimension_is_partitioned_by_one_of_its_attributes() -> None:
    declared = {name: getattr(NOTES.dimensions[0], name) for name in Dimension.__dataclass_fields__}
    with pytest.raises(ValueError, match="partition_by is 'user_id', expected one of"):
        Dimension(**(declared | {"partition_by": "user_id"}))


def test_the_date_of_sign_up_is_a_date_of_the_snapshots() -> None:
    declared = {name: getattr(NOTES.dimensions[0], name) for name in Dimension.__dataclass_fields__}
    with pytest.raises(ValueError, match=r"sign_up_date is 'country', expected one of \['join_date'\]"):
        Dimension(**(declared | {"sign_up_date": "country"}))


def test_a_whole_row_may_be_the_key() -> None:
    assert ACCESS_LOG.event_key == WHOLE_ROW


def test_keys_over_all_dates_are_not_purged() -> None:
    with pytest.raises(ValueError, match="shop: saw retention_days and key_scope 'feed', expected one of them"):
        replace(SHOP, retention_days=14)
