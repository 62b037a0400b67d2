"""Health: from where on a feed is amber, and red, and in which words."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_assets.alerts.cause import Cause, Severity
from analytics_assets.alerts.told import Book, seen, taken
from analytics_assets.feeds.notes import FEED
from analytics_assets.health import feed_health, open_alerts, overdue
from analytics_assets.layers.world import World, empty_counts
from analytics_assets.reports.health_parts import health_section, light
from analytics_assets.transforms.health import (
    Failing,
    FeedHealth,
    Finding,
    HealthRule,
    Light,
    alerts_finding,
    checks_finding,
    freshness_finding,
    late_finding,
    rejected_finding,
    volume_finding,
)
from analytics_assets.transforms.history import History
from asset_checks.conservation import LANDED, UNIQUE
from asset_checks.dagster_checks import evaluation
from asset_checks.failing import failing_checks
from asset_checks.law import Check, Verdict
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

GREEN, AMBER, RED = Light.GREEN, Light.AMBER, Light.RED
RULE = HealthRule()
AS_OF = date(2025, 3, 31)


def closed(days: int = 60, missing: Collection[date] = ()) -> History:
    """So many closed dates, up to AS_OF."""
    return History(start=AS_OF - timedelta(days=days - 1), as_of=AS_OF, missing=frozenset(missing))


def days_before(rows: int, days: int = 28) -> dict[date, int]:
    return {AS_OF - timedelta(days=n): rows for n in range(1, days + 1)}


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (100, GREEN),
        (199, GREEN),
        (200, AMBER),
        (51, GREEN),
        (50, AMBER),
        (10, RED),
        (1000, RED),
        (999, AMBER),
        (0, RED),
    ],
)
def test_volume_is_judged_by_how_many_times_it_is_the_usual_one_up_or_down(own: int, expected: Light) -> None:
    found = volume_finding({**days_before(100), AS_OF: own}, closed(), RULE)
    assert found == Finding("volume", expected, f"{own:,} rows of {AS_OF}, usually 100")


def test_no_row_at_all_is_red() -> None:
    assert volume_finding(days_before(100), closed(), RULE) == Finding("volume", RED, f"0 rows of {AS_OF}, usually 100")


def test_a_date_without_an_arrival_is_red_and_enters_no_comparison() -> None:
    gone = AS_OF - timedelta(days=1)
    assert volume_finding(days_before(100), closed(missing=[AS_OF]), RULE).light == RED
    rows = {**days_before(100, 7), AS_OF: 40}
    assert volume_finding(rows, closed(8), RULE).light == AMBER
    assert volume_finding(rows, closed(8, [gone]), RULE).said.endswith("too few dates before it to compare")


def test_dates_before_the_history_are_no_dates_without_rows() -> None:
    rows = {**days_before(100, 8), AS_OF: 100, AS_OF - timedelta(days=40): 1}
    assert volume_finding(rows, closed(9), RULE).said.endswith("usually 100")
    assert volume_finding(rows, closed(), RULE).said.endswith("usually 0")


@given(rows=st.dictionaries(st.dates(AS_OF - timedelta(days=40), AS_OF), st.integers(0, 10**9)))
def test_any_volume_has_a_light(rows: Mapping[date, int]) -> None:
    assert volume_finding(rows, closed(), RULE).light in (GREEN, AMBER, RED)


@pytest.mark.parametrize(("rejected", "expected"), [(0, GREEN), (19, GREEN), (20, AMBER), (99, AMBER), (100, RED)])
def test_the_rejected_share_is_of_landed_rows(rejected: int, expected: Light) -> None:
    assert rejected_finding(1000, rejected, RULE).light == expected


def test_the_late_share_is_of_accepted_rows_and_none_of_none_is_fine() -> None:
    assert [late_finding(100, late, RULE).light for late in (9, 10, 30)] == [GREEN, AMBER, RED]
    assert late_finding(100, 9, RULE).said == "9.00% of 100 accepted rows in 7 days"
    assert late_finding(0, 0, RULE) == Finding("late", GREEN, "no row was accepted in 7 days")


@pytest.mark.parametrize(
    ("newest", "expected", "arrivals"),
    [
        ("2025-03-30", "2025-03-31", 1),
        ("2025-03-01", "2025-03-31", 30),
        ("2025-03-30T22", "2025-03-31T01", 3),
        ("2025-04-02", "2025-03-31", 1),  # later ones came, this one did not
    ],
)
def test_arrivals_that_are_due_are_counted_from_the_newest_one(newest: str, expected: str, arrivals: int) -> None:
    assert overdue(newest, expected) == arrivals


def test_one_arrival_overdue_is_amber_and_two_are_red() -> None:
    assert [freshness_finding("", number, RULE).light for number in (0, 1, 2)] == [GREEN, AMBER, RED]


def test_a_failing_check_is_red_where_it_holds_partitions_back_and_else_amber() -> None:
    warns = Failing("profiles", "columns_are_stable", False, [])
    holds = Failing("silver", "event_key_is_unique", True, ["2025-03-01", "2025-03-02"])
    assert checks_finding([]) == Finding("checks", GREEN, "none is failing")
    assert checks_finding([warns]).light == AMBER
    assert checks_finding([holds, warns]) == Finding(
        "checks",
        RED,
        "2 failing: event_key_is_unique of silver (2025-03-01 and 1 more), columns_are_stable of profiles",
    )
    assert checks_finding([warns] * 5).said.endswith("columns_are_stable of profiles and 2 more")


@pytest.mark.parametrize("wrong", [{"rejected": (0.2, 0.1)}, {"volume": (0.5, 2.0)}, {"late": (-0.1, 0.1)}])
def test_thresholds_that_say_nothing_are_refused(wrong: dict[str, tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match=f"health: {next(iter(wrong))} is "):
        HealthRule(**wrong)  # type: ignore[arg-type]


def health_of(*findings: Finding) -> FeedHealth:
    return FeedHealth(feed="<notes>", seen_at=datetime(2025, 4, 1, 8, tzinfo=timezone.utc), findings=findings)


def test_a_feed_is_as_bad_as_its_worst_finding_and_unread_it_is_neither_good_nor_bad() -> None:
    assert health_of(Finding("a", GREEN, ""), Finding("b", RED, ""), Finding("c", AMBER, "")).word == "red"
    assert (health_of().light, health_of().word, health_section(health_of())) == (None, "not read yet", "")


def test_the_page_says_each_light_in_a_word_and_escapes_what_it_says() -> None:
    html = health_section(health_of(Finding("checks", AMBER, "1 failing: <b>")))
    assert '<i aria-hidden="true">\u25b2</i> amber</span>' in html
    assert "1 failing: &lt;b&gt;" in html
    assert "tidebook status &lt;notes&gt;" in html
    assert "2025-04-01 08:00 UTC" in html
    assert light("<x>") == "&lt;x&gt;"


def world_of(root: Path) -> World:
    """A world whose engine does not exist."""
    lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
    return World(FEED, Landing(root=str(root / "landing")), lakehouse, run_id="test")


def put_counts(world: World, days: int, late: int, rejected: int) -> None:
    """A hundred landed rows for each date to the first of April, so many of them late and rejected in the last week."""
    rows = []
    for n in range(days):
        day = date(2025, 4, 1) - timedelta(days=n)
        of_late, of_rejected = (late, rejected) if n < 8 else (0, 0)
        standings = {"landed": 100, "on_time": 100 - of_late - of_rejected, "late": of_late, "rejected": of_rejected}
        rows += [
            {
                **dict.fromkeys(empty_counts().column_names),
                "arrival_month": f"{day:%Y-%m}",
                "source": "events",
                "arrival": f"{day}",
                "file": f"{day}.csv",
                "event_date": {"on_time": day, "late": day - timedelta(days=40)}.get(standing),
                "standing": standing,
                "rule": "a_rule" if standing == "rejected" else None,
                "rows": number,
            }
            for standing, number in standings.items()
        ]
    world.lakehouse.put(world.tables["counts"], pa.Table.from_pylist(rows, empty_counts().schema), "test", [])
    world.lakehouse.let_go()


def lights(world: World, now: datetime) -> dict[str, Light]:
    return {one.name: one.light for one in feed_health(world, now, []).findings}


def test_a_feeds_health_comes_from_its_counts_without_a_jvm(tmp_path: Path) -> None:
    world, now = world_of(tmp_path), datetime(2025, 4, 2, 12, tzinfo=timezone.utc)
    assert feed_health(world, now, []).findings == []
    put_counts(world, 20, late=0, rejected=0)
    fine = {"freshness": GREEN, "volume": GREEN, "rejected": GREEN, "late": GREEN, "checks": GREEN, "alerts": GREEN}
    assert lights(world, now) == fine
    assert lights(world, now + timedelta(days=1)) == fine | {"freshness": AMBER}
    assert lights(world, now + timedelta(days=2)) == fine | {"freshness": RED}
    put_counts(world, 20, late=30, rejected=30)
    found = feed_health(world, now, [])
    assert {one.name: one.said for one in found.findings} == {
        "freshness": "arrival 2025-04-01 is there",
        "volume": "40 rows of 2025-03-31, usually 100",
        "rejected": "30.00% of 700 landed rows in 7 days",
        "late": "42.86% of 490 accepted rows in 7 days",
        "checks": "none is failing",
        "alerts": "none is open",
    }
    assert (found.word, lights(world, now)["volume"]) == ("red", AMBER)


def test_open_alerts_are_told_with_the_newest_and_when_somebody_heard_last() -> None:
    noon = datetime(2025, 4, 2, 12, tzinfo=timezone.utc)

    def cause(feed: str, place: str, severity: Severity) -> Cause:
        words = {"headline": f"{place} is wrong", "where": "", "bad": "", "look": ""}
        return Cause(feed=feed, kind="check", place=place, severity=severity, since_s=0, **words)

    book = seen(Book(), [cause("notes", "bronze", Severity.WARN)], [], ["log"], noon.timestamp())
    assert alerts_finding(open_alerts(book, "notes")) == Finding(
        "alerts", AMBER, "1 open, nobody is told yet; the newest, since 2025-04-02 12:00 UTC: bronze is wrong"
    )
    book = taken(book, "log", "notes/check/bronze", noon.timestamp() + 60)
    causes = [cause("notes", "bronze", Severity.WARN), cause("notes", "silver", Severity.ERROR)]
    book = seen(book, [*causes, cause("shop", "silver", Severity.ERROR)], [], ["log"], noon.timestamp() + 3600)
    assert alerts_finding(open_alerts(book, "notes")) == Finding(
        "alerts",
        RED,
        "2 open, last told at 2025-04-02 12:01 UTC; the newest, since 2025-04-02 13:00 UTC: silver is wrong",
    )
    assert open_alerts(seen(book, [], [], ["log"], noon.timestamp() + 7200), "notes") == []


def record(instance: dg.DagsterInstance, verdicts: Collection[tuple[Check, str, bool]]) -> None:
    """A run that judges partitions so."""

    @dg.op
    def judge(context: dg.OpExecutionContext) -> None:
        for check, key, passed in verdicts:
            context.log_event(evaluation(FEED.name, check, key, Verdict(passed), None))  # type: ignore[arg-type]

    @dg.job
    def job() -> None:
        judge()

    job.execute_in_process(instance=instance)


def test_a_check_fails_as_long_as_the_newest_verdict_on_some_partition_does() -> None:
    first, second = "2025-03-01", "2025-03-02"
    with dg.DagsterInstance.ephemeral() as instance:
        assert failing_checks(instance, FEED) == []
        record(instance, [(UNIQUE, second, False), (UNIQUE, first, False), (LANDED, first, False)])
        record(instance, [(UNIQUE, "2025-03-03", True)])
        of_bronze = Failing("bronze", LANDED.name, True, [first])
        assert failing_checks(instance, FEED) == [of_bronze, Failing("silver", UNIQUE.name, True, [first, second])]
        record(instance, [(UNIQUE, second, True), (UNIQUE, first, True)])
        assert failing_checks(instance, FEED) == [of_bronze]
