"""The example file on each feed's page holds what the page says of it."""

import json
import re
from pathlib import Path

import pytest
from judging import verdicts
from pyspark.sql import SparkSession

from analytics_assets.discovery import load_feeds
from analytics_assets.feeds.spec import Feed, JsonArray

PAGES = Path(__file__).resolve().parents[2] / "docs" / "feeds"
OK = "on_time"
EXAMPLES = {
    "notes": ("2025-01-03", [OK, OK, OK, OK, "late", OK, "duration_out_of_range", "timestamp_not_timestamp",
                             "too_few_fields"]),
    "ide": ("2025-01-03", [OK, OK, OK, "late", OK, OK, OK, "late", "user_id_missing"]),
    "aqua": ("2025-01-05T08", [OK, OK, OK, OK, "late", "late", OK, "distinct_id_missing", "timestamp_not_timestamp",
                               "not_an_object"]),
    "shop": ("2025-01-03", [OK, OK, OK, OK, OK, "late", OK, "interaction_id", "timestamp"]),
    "access_log": ("2015-05-17", [OK] * 7 + ["status", "event_time_not_readable", "unclosed_quote"]),
}  # fmt: skip


def example_rows(feed: Feed) -> list[str]:
    """Rows of the first block of code on a feed's page."""
    found = re.search(r"^```\w*\n(.*?)^```", (PAGES / f"{feed.name}.md").read_text(), re.DOTALL | re.MULTILINE)
    assert found
    if isinstance(feed.format, JsonArray):
        return [json.dumps(record) for record in json.loads(found.group(1))]
    return found.group(1).splitlines()[feed.format.header :]


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_row_of_an_example_stands_as_its_page_says(name: str, spark: SparkSession) -> None:
    feed = load_feeds()[name]
    arrival, expected = EXAMPLES[name]
    rows = [(arrival, raw) for raw in example_rows(feed)]
    raw = spark.createDataFrame(rows, "arrival string, raw string").coalesce(1)
    found = [" ".join(row.violations or [row.standing]) for row in verdicts(raw, feed).collect()]
    assert found == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_reasons_of_an_example_are_said_in_words_below_it(name: str) -> None:
    words = (PAGES / f"{name}.md").read_text().split("```")[2]
    told = set(re.findall(r"`(\w+)`", words.split("\n## ")[0]))
    assert {reason for reason in EXAMPLES[name][1] if reason not in (OK, "late")} <= told
