"""Reasons: each rule that may reject a row has a sentence."""

import ast
from pathlib import Path

import pytest

from analytics_assets.discovery import load_feeds
from analytics_assets.feeds.spec import Csv, Feed
from analytics_assets.layers import reading
from analytics_assets.layers.reasons import FILE_RULES, reasons

LAYERS = Path(reading.__file__).parent


def quarantined_for() -> set[str]:
    """Rules that the modules of layers give as the reason of a quarantine."""
    calls = [
        node
        for path in LAYERS.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Quarantined"
    ]
    return {str(rule.value) for call in calls if isinstance(rule := call.args[1], ast.Constant)}


def test_every_rule_on_a_file_has_a_sentence() -> None:
    assert quarantined_for() == set(FILE_RULES)


@pytest.mark.parametrize("feed", load_feeds().values(), ids=lambda feed: feed.name)
def test_every_rule_of_a_feed_has_a_sentence_without_asking_a_row(feed: Feed) -> None:
    found = reasons(feed)
    of_format = {"too_few_fields", "invalid_utf8", "stray_quote"} if isinstance(feed.format, Csv) else {"not_an_object"}
    assert {"event_time_not_readable", "in_the_future", "file_name"} | of_format <= set(found)
    assert all(sentence.endswith(".") for sentence in found.values())
    assert {rule for _, broken in feed.examples for rule in broken} <= set(found)
