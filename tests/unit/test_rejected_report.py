"""Rejected rows in the report: every rule with its rows, the newest rows as they landed, as text alone."""

from typing import Any

import pytest

from analytics_assets.feeds.notes import FEED
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.reasons import EARLIER
from analytics_assets.layers.rules import contract_version
from analytics_assets.reports import rejected_parts
from analytics_assets.reports.rejected_numbers import RejectedRows, read_rejected
from resources.lakehouse import Lakehouse
from resources.spark import Spark

OLD, NEW = "2025-03-02", "2025-03-03"
HOSTILE = "=cmd()<script>alert(1)</script>\x1b[31m\u202e"


def counted(arrival: str, standing: str, rule: str | None, rows: int, source: str = "events") -> dict[str, Any]:
    place = {"arrival_month": arrival[:7], "source": source, "arrival": arrival, "file": f"{arrival}.csv"}
    return place | {"standing": standing, "rule": rule, "rows": rows}


def rejected(arrival: str, line: int, raw: str, *rules: str, contract: str = "") -> dict[str, Any]:
    place = {"arrival": arrival, "standing": "rejected", "file": f"{arrival}.csv", "line_number": line, "raw": raw}
    return place | {"violations": [*rules], "contract_version": contract or contract_version(FEED)}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> RejectedRows:
    lakehouse, tables = Lakehouse(root=str(tmp_path_factory.mktemp("lakehouse")), spark=quick_spark), feed_tables(FEED)
    counts = [
        counted(OLD, "landed", None, 9),
        counted(OLD, "rejected", "too_few_fields", 2),
        counted(NEW, "rejected", "too_few_fields", 4),
        counted(NEW, "rejected", "file_header", 1),
        counted(NEW, "rejected", "no_such_rule", 5),
        counted(NEW, "warned", "odd", 7),
        counted(NEW, "rejected", "too_few_fields", 50, source="users"),
    ]
    bronze = [
        rejected(OLD, 2, "an older one", "too_few_fields"),
        *[rejected(NEW, line, HOSTILE, "too_few_fields", "user_id_missing") for line in (7, 8, 9, 10)],
        rejected(NEW, 1, "user,time", "file_header"),
        rejected(NEW, 3, "x", "no_such_rule", contract="earlier"),
        {"arrival": NEW, "standing": "on_time", "file": "f", "line_number": 5, "raw": None, "violations": None},
    ]
    for name, rows in (("counts", counts), ("bronze", bronze)):
        columns = {field: [row.get(field) for row in rows] for field in tables[name].schema.fieldNames()}
        lakehouse.put(tables[name], columns, "test", [])
    lakehouse.let_go()
    opened = {name: lakehouse.dataset(tables[name]) for name in ("counts", "bronze")}
    return read_rejected(FEED, opened["counts"], opened["bronze"])


def test_rules_stand_with_their_rows_and_arrivals_those_with_most_rows_first(found: RejectedRows) -> None:
    assert [(rule.name, rule.rows, rule.arrivals) for rule in found.rules] == [
        ("too_few_fields", 6, [OLD, NEW]),
        ("no_such_rule", 5, [NEW]),
        ("file_header", 1, [NEW]),
    ]
    assert [(rule.name, rule.rows) for rule in found.warnings] == [("odd", 7)]
    assert found.rules[1].sentence == EARLIER != found.rules[0].sentence


def test_examples_are_of_the_newest_arrival_and_few(found: RejectedRows) -> None:
    few, earlier, header = found.rules
    assert len(few.examples) == 3 and {row.raw for row in few.examples} == {HOSTILE}
    assert few.examples[0].rules == ["too_few_fields", "user_id_missing"]
    assert [row.is_earlier for row in earlier.examples] == [True]
    assert [(row.line_number, row.raw) for row in header.examples] == [(1, "user,time")]


def test_what_landed_is_shown_as_text_alone(found: RejectedRows) -> None:
    html = rejected_parts.examples(found.rules, "notes")
    assert "<script>" not in html and "\x1b" not in html and "\u202e" not in html
    assert r"=cmd()&lt;script&gt;alert(1)&lt;/script&gt;\u001b[31m\u202e" in html
    assert f"{NEW}.csv, line 7; broke too_few_fields, user_id_missing" in html
    assert "tidebook rejected notes --rule too_few_fields" in html and f"--arrival {NEW}" in html


def test_quarantined_files_are_no_rejected_rows_among_the_large_numbers(found: RejectedRows) -> None:
    told = {tile.label: tile.value for tile in rejected_parts.tiles(found)}
    assert told == {"Rejected rows": "11", "Quarantined files": "1", "Rules that were broken": "3", "Warnings": "7"}
