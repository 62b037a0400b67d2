"""Checks of how much is rejected, late, unknown or missing: each sees what is more than usual, and no chance."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.quality_rule import MAY_HOLD_BACK, QualityRule
from analytics_assets.layers.world import World
from asset_checks.law import Verdict
from asset_checks.laws import law_of
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

FEED = replace(NOTES, quality=QualityRule(most_rejected=0.2, most_late=0.5, most_unknown=0.25, least_rows=4))
DAY = date(2025, 3, 3)
WEEKS = [DAY - timedelta(days=7 * n) for n in range(5)]


@pytest.fixture
def world(tmp_path: Path, quick_spark: Spark) -> World:
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=quick_spark)
    return World(FEED, Landing(root=str(tmp_path)), lakehouse, "test")


def write(world: World, name: str, rows: list[dict[str, Any]]) -> None:
    table = world.tables[name]
    columns = {field: [row.get(field) for row in rows] for field in table.schema.fieldNames()}
    world.lakehouse.put(table, columns, "test", [])
    world.lakehouse.let_go()


def verdicts(world: World, table: str, key: str) -> Mapping[str, Verdict]:
    law = law_of(world.feed, table)
    assert law is not None
    return {check: found[key] for check, found in law.judge(world, [key]).items()}


def counted(day: date, standing: str, rows: int, hour: int | None = None) -> dict[str, Any]:
    of_file = {"arrival_month": f"{day:%Y-%m}", "source": "events", "arrival": f"{day}", "file": "f"}
    return of_file | {"event_date": day, "hour": hour, "standing": standing, "rows": rows}


def events(day: date, number: int) -> list[dict[str, Any]]:
    return [{"event_date": day, "user_id": f"u{place}", "copies": 1} for place in range(number)]


@pytest.mark.parametrize(("rejected", "passed"), [(2, True), (3, False)])
def test_more_rejected_rows_than_usual_are_seen(world: World, rejected: int, passed: bool) -> None:
    rows = [counted(DAY, "landed", 10), counted(DAY, "rejected", rejected), counted(DAY, "on_time", 10 - rejected)]
    write(world, "counts", rows)
    found = verdicts(world, "bronze", f"{DAY}")["few_rows_are_rejected"]
    assert (found.passed, found.figures["rows"], found.figures["of"]) == (passed, rejected, 10)


@pytest.mark.parametrize(("late", "passed"), [(5, True), (6, False)])
def test_more_late_rows_than_usual_are_seen(world: World, late: int, passed: bool) -> None:
    write(world, "counts", [counted(DAY, "landed", 10), counted(DAY, "late", late), counted(DAY, "early", 10 - late)])
    assert verdicts(world, "bronze", f"{DAY}")["few_rows_are_late"].passed is passed


def test_an_arrival_of_few_rows_is_not_judged_by_shares(world: World) -> None:
    write(world, "counts", [counted(DAY, "landed", 3), counted(DAY, "rejected", 3)])
    assert all(verdict.passed for verdict in verdicts(world, "bronze", f"{DAY}").values())


@pytest.fixture
def strict(world: World) -> World:
    """The same feed, which holds dates back by all that it may."""
    return replace(world, feed=replace(FEED, quality=replace(FEED.quality, holds_back=MAY_HOLD_BACK)))


def test_a_quarantined_file_is_a_check_where_it_holds_back(world: World, strict: World) -> None:
    write(world, "counts", [counted(DAY, "landed", 1), counted(DAY, "rejected", 1) | {"rule": "file_header"}])
    assert "no_file_is_quarantined" not in verdicts(world, "bronze", f"{DAY}")
    found = verdicts(strict, "bronze", f"{DAY}")["no_file_is_quarantined"]
    assert not found.passed and found.figures == {"broken": 1, "first": "f: file_header"}


@pytest.mark.parametrize(("standing", "rule"), [("rejected", "file_header"), ("rejected", "status"), ("late", None)])
def test_the_own_date_of_an_arrival_and_those_of_its_rows_are_held_back(
    world: World, strict: World, standing: str, rule: str | None
) -> None:
    before = DAY - timedelta(days=1)
    bad = [counted(DAY, "landed", 10), counted(before, standing, 9) | {"arrival": f"{DAY}", "rule": rule}]
    good = [counted(before, "landed", 1), counted(before, "on_time", 1)]
    write(world, "counts", [*bad, counted(DAY, "on_time", 1), *good])
    held = {DAY, before} if standing == "late" else {DAY}
    assert (world.held_back(), strict.held_back()) == ({}, {f"{DAY}": held})
    law = law_of(strict.feed, "bronze")
    assert law is not None and law.failed(law.judge(strict, [f"{before}", f"{DAY}"])) == {f"{DAY}"}


@pytest.mark.parametrize("names", ["few_rows_are_late", ("event_key_is_unique",)])
def test_what_no_feed_may_decide_is_refused(names: Any) -> None:
    with pytest.raises(ValueError, match="expected a tuple of few_rows_are_rejected, few_rows_are_late"):
        QualityRule(holds_back=names)


def history(world: World, hours: Mapping[date, list[int]], rows: int) -> None:
    """Closed dates with so many rows in each of their hours, and an arrival after the last."""
    each = [counted(day, "on_time", rows, hour) for day, own in hours.items() for hour in own]
    every = [WEEKS[-1] + timedelta(days=n) for n in range((DAY - WEEKS[-1]).days + 2)]
    landed = [counted(day, "landed", 1) | {"event_date": None} for day in every]
    write(world, "counts", [*each, *landed])


@pytest.mark.parametrize(("number", "passed"), [(2, False), (3, True), (12, True), (13, False)])
def test_a_date_with_far_fewer_or_more_events_than_its_weekday_is_seen(world: World, number: int, passed: bool) -> None:
    history(world, {day: [9] for day in WEEKS}, 6)
    write(world, "silver", [row for day in WEEKS[1:] for row in events(day, 6)] + events(DAY, number))
    found = verdicts(world, "silver", f"{DAY}")["volume_is_that_of_the_weekday"]
    assert (found.passed, found.figures["events"], found.figures["usual"]) == (passed, number, 6)


def test_an_open_date_has_no_verdict_on_its_volume(world: World) -> None:
    history(world, {day: [9] for day in WEEKS}, 6)
    after = DAY + timedelta(days=1)
    write(world, "silver", [row for day in WEEKS for row in events(day - timedelta(days=6), 6)])
    assert verdicts(world, "silver", f"{after}")["volume_is_that_of_the_weekday"].passed


@pytest.mark.parametrize(("rows", "passed"), [(20, False), (19, True)])
def test_an_hour_that_is_empty_though_it_was_busy_each_week_is_seen(world: World, rows: int, passed: bool) -> None:
    history(world, {day: [9, 10] for day in WEEKS[1:]} | {DAY: [10]}, rows)
    write(world, "silver", events(DAY, 1))
    found = verdicts(world, "silver", f"{DAY}")["no_busy_hour_is_empty"]
    assert found.passed is passed
    assert found.figures.get("first") == (None if passed else "09:00 to 09:59")


def test_an_hour_that_was_quiet_in_one_of_the_weeks_may_be_empty(world: World) -> None:
    history(world, {day: [9, 10] for day in WEEKS[1:]} | {DAY: [10], WEEKS[2]: [10]}, 50)
    write(world, "silver", events(DAY, 1))
    assert verdicts(world, "silver", f"{DAY}")["no_busy_hour_is_empty"].passed


@pytest.mark.parametrize(("unknown", "passed"), [(2, True), (3, False)])
def test_events_of_more_unknown_users_than_usual_are_seen(world: World, unknown: int, passed: bool) -> None:
    known = {"event_date": DAY, "country": "DE", "device_type": "unknown", "subscription_type": "unknown"}
    stranger = known | {"country": "unknown"}
    write(world, "user_days", [known | {"events": 8 - unknown}, stranger | {"events": unknown}])
    found = verdicts(world, "user_days", f"{DAY}")["users_are_known"]
    assert (found.passed, found.figures["of_unknown_users"]) == (passed, unknown)


def test_a_user_who_stands_in_a_snapshot_twice_is_seen(world: World) -> None:
    ann = {"arrival": f"{DAY}", "user_id": "ann", "country": "DE"}
    write(world, "users", [ann, ann | {"user_id": "bob"}])
    assert verdicts(world, "users", f"{DAY}")["user_is_unique_in_snapshot"].passed
    write(world, "users", [ann, ann | {"country": "FR"}])
    assert not verdicts(world, "users", f"{DAY}")["user_is_unique_in_snapshot"].passed


def test_a_header_that_is_not_that_of_the_contract_is_seen_with_its_file(world: World) -> None:
    plain, drifted = counted(DAY, "landed", 3), counted(DAY, "landed", 3) | {"file": "g", "rule": "unknown columns x"}
    users = [row | {"source": "users"} for row in (plain, drifted)]
    write(world, "counts", [plain, counted(DAY, "rejected", 3) | {"rule": "too_few_fields"}, *users])
    write(world, "users", [])
    assert verdicts(world, "bronze", f"{DAY}")["columns_are_those_of_the_contract"].passed, "users are another source"
    found = verdicts(world, "users", f"{DAY}")["columns_are_those_of_the_contract"]
    assert (found.passed, found.figures) == (False, {"files_that_differ": 1, "first": "g: unknown columns x"})


@pytest.mark.parametrize("wrong", [{"most_late": 1.1}, {"least_volume": 1.5}, {"most_volume": 0.9}, {"least_rows": 0}])
def test_a_rule_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^quality: "):
        QualityRule(**wrong)
