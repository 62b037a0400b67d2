"""What is wrong with a feed, read from real tables and a real instance: grouped, with an example and a next step."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.test_utils import create_run_for_test
from deltalake import write_deltalake

from analytics_assets.alerts.cause import Cause, Severity
from analytics_assets.alerts.causes import look
from analytics_assets.alerts.runs import LONG_REFUSED_S, run_causes
from analytics_assets.attempts import REFUSED_TAG, WORK_TAG
from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.world import COUNTS, World
from analytics_assets.sensors import PAUSES
from asset_checks.anomaly_checks import ANOMALIES_LAW
from asset_checks.conservation import LANDED, UNIQUE
from asset_checks.dagster_checks import evaluation
from asset_checks.law import Check, Verdict
from asset_checks.profile_checks import PROFILES_LAW
from resources.delta_tables import arrow_schema
from resources.event_log import gathered_events
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

NOW = datetime(2025, 3, 3, 7, tzinfo=timezone.utc)
NOW_S = NOW.timestamp()
DAYS = [date.fromordinal(date(2024, 1, 1).toordinal() + day).isoformat() for day in range(365)]
SUCCESS, FAILURE = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
LANDED_ROW = {
    "arrival_month": "2025-03",
    "source": "events",
    "arrival": "2025-03-02",
    "file": "notes/events/2025-03-02/a.csv",
    "standing": "landed",
    "rows": 1,
}


class Standing:
    """A lakehouse, a landing and an instance, with what the test puts there."""

    def __init__(self, root: Path, instance: dg.DagsterInstance, feed: Feed = NOTES) -> None:
        self.root, self.instance = root, instance
        lakehouse = Lakehouse(root=str(root / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
        (root / "landing").mkdir(exist_ok=True)
        self.world = World(feed, Landing(root=str(root / "landing")), lakehouse, "")

    def counts(self, *rows: dict[str, Any]) -> None:
        self._write("counts", pa.Table.from_pylist([{**LANDED_ROW, **row} for row in rows], COUNTS))

    def table(self, name: str, *rows: dict[str, Any]) -> None:
        self._write(name, pa.Table.from_pylist(list(rows), arrow_schema(self.world.tables[name])))

    def _write(self, name: str, rows: pa.Table) -> None:
        write_deltalake(self.world.lakehouse.location(self.world.tables[name]), rows, mode="overwrite")

    def judged(self, check: Check, keys: Sequence[str | None], passed: bool, **figures: Any) -> None:
        run_id = self.ran(SUCCESS, job="notes_backfill")
        with gathered_events(self.instance.event_log_storage):
            for key in keys:
                found = evaluation("notes", check, key, Verdict(passed, figures), None)
                event = dg.DagsterEvent(
                    event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
                    job_name="notes_backfill",
                    event_specific_data=found,
                )
                self.instance.report_dagster_event(event, run_id)

    def plans(self, check: Check, run_id: str) -> None:
        """A run says that it will judge a check as a whole."""
        planned = AssetCheckEvaluationPlanned(asset_key=dg.AssetKey(["notes", check.table]), check_name=check.name)
        event = dg.DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED.value,
            job_name="notes_backfill",
            event_specific_data=planned,
        )
        self.instance.report_dagster_event(event, run_id)

    def ran(self, status: dg.DagsterRunStatus, job: str = "notes_pass", **tags: str) -> str:
        return create_run_for_test(self.instance, job_name=job, status=status, tags=tags).run_id

    def causes(self, lists_landing: bool = True) -> list[Cause]:
        return look([self.world], self.instance, NOW_S, lists_landing).causes


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.DagsterInstance]:
    """An instance with the project's storages, made once: that takes a second."""
    home = tmp_path_factory.mktemp("dagster")
    (home / "dagster.yaml").write_text((Path(__file__).parents[2] / "dagster.yaml").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        with dg.DagsterInstance.get() as made:
            yield made


@pytest.fixture
def standing(tmp_path: Path, instance: dg.DagsterInstance) -> Standing:
    """A feed that is fresh and fine, in an instance without runs."""
    instance.wipe()
    made = Standing(tmp_path, instance)
    made.counts({})
    return made


def test_nothing_is_wrong_with_a_feed_that_is_fresh_and_fine(standing: Standing) -> None:
    standing.judged(UNIQUE, ["2025-03-01"], True)
    standing.ran(SUCCESS)
    assert standing.causes() == []


def test_a_year_of_dates_that_fail_a_check_is_one_cause_with_the_first_of_them(standing: Standing) -> None:
    standing.judged(UNIQUE, DAYS, False, events=120, keys_standing_twice=3)
    [cause] = standing.causes()
    assert cause.headline == f"365 dates of silver fail event_key_is_unique, {DAYS[0]} to {DAYS[-1]}"
    assert cause.example == "2024-01-01: events 120, keys_standing_twice 3"
    assert (cause.severity, cause.look) == (Severity.ERROR, "tidebook why notes 2024-01-01")
    assert standing.instance.get_run_by_id(cause.run_id) is not None


def test_dates_that_were_judged_again_and_passed_are_no_longer_part_of_it(standing: Standing) -> None:
    standing.judged(UNIQUE, ["2025-03-01", "2025-03-02"], False)
    standing.judged(UNIQUE, ["2025-03-01"], True)
    [cause] = standing.causes()
    assert cause.headline == "1 date of silver fails event_key_is_unique, 2025-03-02"
    standing.judged(UNIQUE, ["2025-03-02"], True)
    assert standing.causes() == []


def test_two_checks_are_two_causes_and_one_that_holds_nothing_back_is_a_warning(standing: Standing) -> None:
    [profile_check] = PROFILES_LAW.checks[:1]
    standing.judged(LANDED, ["2025-03-01"], False)
    standing.judged(profile_check, ["2025-03-01"], False)
    found = {cause.place: cause for cause in standing.causes()}
    assert {place: cause.severity for place, cause in found.items()} == {
        "bronze": Severity.ERROR,
        "profiles": Severity.WARN,
    }
    assert found["bronze"].headline.startswith("1 arrival of bronze fails")


def test_a_warning_older_than_the_look_back_is_told_no_more(standing: Standing) -> None:
    [profile_check] = PROFILES_LAW.checks[:1]
    standing.judged(profile_check, ["2025-01-05", "2025-02-20"], False)
    [cause] = standing.causes()
    assert cause.headline.startswith("1 arrival of profiles fails") and cause.example.startswith("2025-02-20")
    standing.judged(profile_check, ["2025-04-01"], True)
    assert standing.causes() == []


def test_a_verdict_on_a_whole_range_counts_for_nothing_beside_those_on_its_dates(standing: Standing) -> None:
    standing.judged(UNIQUE, ["2025-03-01", None], False)
    standing.judged(UNIQUE, ["2025-03-01"], True)
    assert standing.causes() == []


def test_of_a_check_that_a_run_is_just_judging_nothing_is_known_until_the_run_ends(standing: Standing) -> None:
    check = ANOMALIES_LAW.checks[0]
    standing.judged(check, [None], False)
    assert [cause.rule for cause in standing.causes()] == [check.name]
    run_id = standing.ran(dg.DagsterRunStatus.STARTED, job="notes_backfill")
    standing.plans(check, run_id)
    looked = look([standing.world], standing.instance, NOW_S)
    assert (looked.causes, looked.unsure) == ([], [f"notes/check/anomalies/{check.name}"])
    run = standing.instance.get_run_by_id(run_id)
    assert run is not None
    standing.instance.report_run_failed(run)
    assert look([standing.world], standing.instance, NOW_S).unsure == []


def test_the_newest_run_of_a_job_tells(standing: Standing) -> None:
    failed = standing.ran(FAILURE)
    [cause] = standing.causes()
    assert (cause.key, cause.run_id, cause.headline) == ("notes/run/notes_pass", failed, "notes_pass failed")
    standing.ran(FAILURE)
    [cause] = standing.causes()
    assert cause.headline == "notes_pass failed, 2 runs in a row"
    standing.ran(FAILURE, job="notes_maintenance")
    assert len(standing.causes()) == 2
    standing.ran(SUCCESS)
    assert [cause.place for cause in standing.causes()] == ["notes_maintenance"]


def test_a_run_says_what_it_died_of(standing: Standing) -> None:
    @dg.op
    def tables() -> None:
        raise OSError("No space left on device\nand more")

    @dg.job(name="notes_pass", executor_def=dg.in_process_executor)
    def job() -> None:
        tables()

    job.execute_in_process(instance=standing.instance, raise_on_error=False)
    [cause] = standing.causes()
    assert cause.example == "OSError: No space left on device"


def test_a_run_that_is_asked_for_again_is_a_warning_until_the_sensor_gives_up(standing: Standing) -> None:
    for _ in PAUSES:
        standing.ran(FAILURE, **{WORK_TAG: "work"})
    [cause] = standing.causes()
    assert (cause.severity, cause.bad) == (Severity.WARN, "the sensor asks for it again")
    standing.ran(FAILURE, **{WORK_TAG: "work"})
    [cause] = standing.causes()
    assert cause.severity == Severity.ERROR and cause.bad.startswith("the sensor has given up")


def test_a_run_that_another_writer_held_up_is_told_when_that_goes_on(standing: Standing) -> None:
    standing.ran(FAILURE, **{REFUSED_TAG: "another writer", WORK_TAG: "work"})
    [record] = standing.instance.get_run_records()
    ended_s = record.update_timestamp.timestamp()
    assert run_causes(standing.instance, NOTES, ended_s + 60) == []
    assert len(run_causes(standing.instance, NOTES, ended_s + LONG_REFUSED_S + 60)) == 1


def test_a_run_that_failed_for_a_check_is_no_cause_beside_the_check(standing: Standing) -> None:
    @dg.op
    def tables() -> None:
        raise dg.Failure("Checks failed, and these partitions went no further: silver: 2025-03-01", allow_retries=False)

    @dg.job(name="notes_pass", executor_def=dg.in_process_executor)
    def job() -> None:
        tables()

    job.execute_in_process(instance=standing.instance, raise_on_error=False)
    assert [cause.kind for cause in standing.causes()] == ["run"]
    standing.judged(UNIQUE, ["2025-03-01"], False)
    assert [cause.kind for cause in standing.causes()] == ["check"]


def test_a_feed_is_stale_from_when_the_arrival_after_its_newest_was_due(standing: Standing) -> None:
    standing.counts({"arrival": "2025-02-27", "arrival_month": "2025-02"})
    [cause] = standing.causes()
    assert cause.headline == "nothing newer than arrival 2025-02-27 was read"
    assert cause.since_s == datetime(2025, 3, 1, 6, tzinfo=timezone.utc).timestamp()


def test_quarantined_files_are_a_cause_a_rule_and_rejected_rows_are_none(standing: Standing) -> None:
    def rejected(name: str, rule: str) -> dict[str, Any]:
        return {"file": f"notes/events/2025-03-02/{name}", "standing": "rejected", "rule": rule}

    standing.counts(
        {}, rejected("c.csv", "file_header"), rejected("b.csv", "file_header"), rejected("e.csv", "file_empty"),
        rejected("a.csv", "user_id_missing"),
    )  # fmt: skip
    found = {cause.rule: cause for cause in standing.causes()}
    assert {rule: cause.headline for rule, cause in found.items()} == {
        "file_header": "2 files of events quarantined: file_header",
        "file_empty": "1 file of events quarantined: file_empty",
    }
    assert found["file_header"].example == "notes/events/2025-03-02/b.csv"


def test_a_name_of_a_file_puts_nothing_into_the_command_to_look_closer(standing: Standing) -> None:
    for name in ("$(rm -rf ~).csv", "`id`.csv", "' or '1' = '1.csv", 'a".csv', "a\\.csv", "a\nb.csv"):
        standing.counts({}, {"file": f"notes/events/2025-03-02/{name}", "standing": "rejected", "rule": "file_empty"})
        [cause] = standing.causes()
        assert cause.look == "tidebook show notes/bronze --where \"arrival = '2025-03-02'\""


def alarm(**more: Any) -> dict[str, Any]:
    usual = {"metric": "dau", "granularity": "day", "dimension": "all", "value": "all", "points": 1, "kind": "drop"}
    usual |= {"start_date": date(2025, 3, 1), "peak_date": date(2025, 3, 1), "direction": "down", "severity": "medium"}
    return {**usual, "actual": 120.0, "expected": 430.0, "score": -9.1, "carried_by": [], **more}


def test_alarms_of_a_figure_that_last_are_one_cause_and_those_that_are_over_are_none(standing: Standing) -> None:
    carried = [{"dimension": "country", "value": "DE", "share": 0.8, "usual_share": 0.2}]
    standing.table(
        "anomalies",
        alarm(dimension="country", value="DE", score=-20.0, severity="high", start_date=date(2025, 2, 28)),
        alarm(carried_by=carried),
        alarm(metric="sessions", end_date=date(2025, 3, 2)),
    )
    [cause] = standing.causes()
    assert cause.headline == "dau is below what was expected since 2025-02-28, and 1 series more"
    assert cause.example == "2025-03-01: 120, expected 430; country DE carries 80% of it"
    assert cause.severity == Severity.ERROR
    assert cause.since_s == datetime(2025, 2, 28, tzinfo=timezone.utc).timestamp()


def test_a_changed_file_of_a_purged_arrival_is_a_cause(standing: Standing) -> None:
    ide = Standing(standing.root, standing.instance, replace(IDE, closed_through=date(2025, 3, 2)))
    file = "ide/2025-03-01/events.csv"
    ide.counts({"arrival": "2025-03-01", "file": file, "fingerprint": "as it was read"})
    ide.table("purged_arrivals", {"arrival": "2025-03-01"})
    (standing.root / "landing" / file).parent.mkdir(parents=True)
    (standing.root / "landing" / file).write_text("other bytes\n")
    [cause] = ide.causes()
    assert (cause.headline, cause.example) == ("files of 1 purged arrival changed, 2025-03-01", file)
    assert look([ide.world], ide.instance, NOW_S, lists_landing=False).unsure == ["ide/refused/"]


def test_a_feed_whose_tables_cannot_be_read_is_a_cause_and_the_others_are_looked_at(standing: Standing) -> None:
    broken = Standing(standing.root, standing.instance, IDE)
    broken.counts({})
    for log in (Path(broken.world.lakehouse.location(broken.world.tables["counts"])) / "_delta_log").iterdir():
        log.write_text("no log")
    standing.ran(FAILURE)
    found = look([broken.world, standing.world], standing.instance, NOW_S)
    assert [cause.key for cause in found.causes] == ["ide/tables/lakehouse", "notes/run/notes_pass"]
    assert found.unsure == ["ide/"]


def test_a_feed_of_which_nothing_has_landed_is_nobodys_trouble(tmp_path: Path, standing: Standing) -> None:
    assert Standing(tmp_path / "landing", standing.instance, IDE).causes() == []
