"""Reasons: every rule by which a row of a feed can be rejected, with what is wrong where it is broken.

Belongs here: gathering the rules from where they are asked. Does not: asking them (transforms/), which files are
quarantined (reading.py). Needs no JVM.
"""

from __future__ import annotations

from pyspark.sql import Column

from analytics_assets.feeds.formats import Csv
from analytics_assets.feeds.spec import Feed
from analytics_assets.transforms.bronze import asks_duration, event_rules, line_rules
from analytics_assets.transforms.contract import contract_of, rules
from analytics_assets.transforms.records import record_rules
from analytics_assets.transforms.row_rules import REJECT, WARN

FILE_RULES = {
    "file_name": "The file's name cannot be read as the feed expects it: the file is one row.",
    "file_kind": "What stands there is no file: a link out of landing or to nowhere, a pipe, a socket or a device.",
    "file_unreadable": "The file may not be read.",
    "file_packed": "The file is packed: it is never unpacked. Let it land unpacked.",
    "file_line_too_long": "The file has a line, or a record, above the limit: the file is one row.",
    "file_too_large": "The file is larger than its format is read: it is one row.",
    "file_empty": "The file has no line, not even a header.",
    "file_encoding": "The file is not written in an encoding that the feed declares: it is one row.",
    "file_header": "The file's header lacks columns that the contract requires: the file is one row.",
    "file_not_json": "The file is not a JSON array: it is one row.",
}
"""Rules on a whole file, which is quarantined where it breaks one."""


EARLIER = "A rule of an earlier contract."
"""What is said of a rule that is none of these any more."""


def reasons(feed: Feed) -> dict[str, str]:
    """Rule -> sentence: on files, on lines or records, of the contract, on events."""
    asks = asks_duration(contract_of(feed.contract).columns, feed.event.expressions())
    asked = [
        *(line_rules() if isinstance(feed.format, Csv) else record_rules()),
        *[rule for rule in rules(contract_of(feed.contract), _not_asked) if rule.severity == REJECT],
        *event_rules(lambda: _not_asked("arrival"), feed.first_date, asks_duration=asks),
    ]
    return {**FILE_RULES, **{rule.name: rule.sentence for rule in asked}}


def warnings(feed: Feed) -> dict[str, str]:
    """Rule -> sentence, of those that warn."""
    return {rule.name: rule.sentence for rule in rules(contract_of(feed.contract), _not_asked) if rule.severity == WARN}


def _not_asked(name: str) -> Column:
    raise AssertionError(f"{name}: rules are only named here")
