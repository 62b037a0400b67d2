"""The sensor of a feed: what a tick asks for, what it waits for, what it says. On a real instance and landing."""

import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
from dagster._core.test_utils import create_run_for_test

from analytics_assets.attempts import FEED_TAG, PROCESS_TAG, REFUSED_TAG, WORK_TAG
from analytics_assets.automation import Watch, backfill_job, pass_job
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers.assets import feed_assets
from analytics_assets.sensors import PAUSES, feed_sensor
from asset_checks.freshness import freshness_check
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
FEED = replace(NOTES, look_back_days=10)
LONG_AGO = 1_700_000_000.5
"""Not whole seconds: of those a copy is not taken for the same file before its bytes were read."""
DAY = "2025-03-03"


@dataclass
class Ticks:
    """A landing, a lakehouse and an instance of their own, and the sensor that looks at them."""

    root: Path
    instance: dg.DagsterInstance
    spark: Spark
    later_s: float = 0.0
    cursor: str | None = None
    feed: Any = field(default=FEED)

    def land(self, arrival: str, name: str = "a", at_s: float = LONG_AGO, user: str = "ann") -> Path:
        path = self.root / "landing" / "notes" / "events" / arrival / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEADER}{user},{arrival} 10:00:00,view,p1,10,5.1.0\n")
        os.utime(path, (at_s, at_s))
        return path

    @property
    def resources(self) -> dict[str, Any]:
        lakehouse = Lakehouse(root=str(self.root / "lakehouse"), spark=self.spark, lease_wait_s=0)
        return {"landing": Landing(root=str(self.root / "landing")), "lakehouse": lakehouse, "watch": Watch()}

    @property
    def definitions(self) -> dg.Definitions:
        return dg.Definitions(
            assets=feed_assets(self.feed),
            asset_checks=[freshness_check(self.feed)],
            jobs=[pass_job(self.feed), backfill_job(self.feed)],
            sensors=[feed_sensor(self.feed, clock=lambda: time.time() + self.later_s)],
            resources=self.resources,
        )

    def tick(self) -> dg.SensorResult:
        """One tick, with the cursor that the one before left."""
        repository = self.definitions.get_repository_def()
        with dg.build_sensor_context(
            self.instance,
            cursor=self.cursor,
            repository_def=repository,
            sensor_name="notes_sensor",
            resources={name: self.resources[name] for name in ("landing", "lakehouse")},
        ) as context:
            data = repository.get_sensor_def("notes_sensor").evaluate_tick(context)
        self.cursor = data.cursor
        self.events = data.asset_events
        self.said = data.skip_message or ""
        return data  # type: ignore[return-value]

    def asked(self) -> dict[str, Any] | None:
        """The config of the run that a tick asks for, or None."""
        requests = self.tick().run_requests or []
        assert len(requests) <= 1
        self.request = requests[0] if requests else None
        if self.request is None:
            return None
        config: dict[str, Any] = self.request.run_config["ops"]["notes_pass_tables"]["config"]
        assert config["lists_landing"] is False
        return config

    def record(self, status: dg.DagsterRunStatus, tags: dict[str, str], job: str = "notes_pass") -> str:
        """A run in the instance, as if it had been started somewhere."""
        return create_run_for_test(self.instance, job_name=job, status=status, tags=tags).run_id


@pytest.fixture
def ticks(tmp_path: Path) -> Iterator[Ticks]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        yield Ticks(tmp_path, instance, Spark(master="local[1]"))


def test_what_landed_is_asked_for_once_with_a_key_that_the_same_work_has_again(ticks: Ticks) -> None:
    ticks.land(DAY)
    ticks.land("2025-03-01")
    config = ticks.asked()
    assert config is not None and ticks.request is not None
    assert config["arrivals"] == ["2025-03-01", DAY]
    key, tags = ticks.request.run_key, ticks.request.tags
    assert tags[FEED_TAG] == "notes"
    ticks.cursor = None
    assert ticks.asked() == config
    assert ticks.request.run_key == key, "a daemon that lost its cursor asks for the same run, not for another"


def test_the_same_work_after_a_run_of_it_has_another_key(ticks: Ticks) -> None:
    """A file that was corrected and then put back as it was is work that was done before."""
    ticks.land(DAY)
    assert ticks.asked() and ticks.request
    key = ticks.request.run_key
    ticks.record(dg.DagsterRunStatus.SUCCESS, ticks.request.tags)
    assert ticks.asked() and ticks.request
    assert ticks.request.run_key != key


def test_other_content_is_other_work(ticks: Ticks) -> None:
    ticks.land(DAY)
    assert ticks.asked() and ticks.request
    work = ticks.request.tags[WORK_TAG]
    ticks.land(DAY, at_s=LONG_AGO + 1)
    assert ticks.asked() and ticks.request.tags[WORK_TAG] != work


def test_a_file_that_is_still_young_is_waited_for(ticks: Ticks) -> None:
    ticks.land("2025-03-01")
    ticks.land(DAY, at_s=time.time())
    config = ticks.asked()
    assert config and config["arrivals"] == ["2025-03-01"]
    ticks.later_s = 61
    config = ticks.asked()
    assert config and config["arrivals"] == ["2025-03-01", DAY]


def test_what_waits_is_said(ticks: Ticks) -> None:
    ticks.land(DAY, at_s=time.time())
    assert ticks.asked() is None
    assert ticks.said == (
        f"Nothing to do: 1 files are as they were read. {DAY} waits for notes/events/{DAY}/a.csv to be 60 s old."
    )


@pytest.mark.parametrize("status", ["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
def test_nothing_is_asked_for_while_a_run_of_the_feed_is_under_way(ticks: Ticks, status: str) -> None:
    ticks.land(DAY)
    run = ticks.record(dg.DagsterRunStatus[status], {FEED_TAG: "notes"}, "notes_backfill")
    assert ticks.asked() is None
    assert ticks.said == f"Run {run[:8]} of notes_backfill is {status.lower()}."


def test_runs_of_other_feeds_do_not_count(ticks: Ticks) -> None:
    ticks.land(DAY)
    ticks.record(dg.DagsterRunStatus.STARTED, {FEED_TAG: "access_log"}, "access_log_pass")
    assert ticks.asked()


def test_a_run_over_the_feeds_assets_counts(ticks: Ticks) -> None:
    ticks.land(DAY)
    create_run_for_test(
        ticks.instance,
        job_name="__ASSET_JOB",
        status=dg.DagsterRunStatus.STARTING,
        asset_selection={dg.AssetKey(["notes", "silver"])},
    )
    assert ticks.asked() is None


def process_words(run: str, pid: int, began: float) -> dict[str, str]:
    words = {"run": run, "host": socket.gethostname(), "pid": pid, "began": began}
    return {FEED_TAG: "notes", PROCESS_TAG: json.dumps(words)}


def test_a_run_whose_process_is_gone_is_told_as_failed_and_holds_nothing_up(ticks: Ticks) -> None:
    ticks.land(DAY)
    run = ticks.record(dg.DagsterRunStatus.STARTED, {FEED_TAG: "notes"})
    ticks.instance.add_run_tags(run, process_words(run, 2**22 - 3, 5.0))
    assert ticks.asked()
    found = ticks.instance.get_run_by_id(run)
    assert found and found.status == dg.DagsterRunStatus.FAILURE


def test_a_living_run_and_one_with_the_words_of_another_are_left_alone(ticks: Ticks) -> None:
    ticks.land(DAY)
    own = psutil.Process()
    living = ticks.record(dg.DagsterRunStatus.STARTED, {FEED_TAG: "notes"})
    ticks.instance.add_run_tags(living, process_words(living, own.pid, own.create_time()))
    again = ticks.record(dg.DagsterRunStatus.STARTED, process_words("the one before", 2**22 - 3, 5.0))
    assert ticks.asked() is None
    for run in (living, again):
        found = ticks.instance.get_run_by_id(run)
        assert found and found.status == dg.DagsterRunStatus.STARTED


def fail(ticks: Ticks, **more: str) -> str:
    """The run that was asked for fails."""
    assert ticks.request is not None
    run = ticks.record(dg.DagsterRunStatus.NOT_STARTED, {**ticks.request.tags, **more})
    found = ticks.instance.get_run_by_id(run)
    assert found is not None
    ticks.instance.report_run_failed(found)
    return run


def test_a_failed_run_is_asked_for_three_times_again_with_growing_pauses_and_then_a_person_is(ticks: Ticks) -> None:
    ticks.land(DAY)
    keys = set()
    assert list(PAUSES) == sorted(set(PAUSES)) and len(PAUSES) == 3
    for failures, pause in enumerate(PAUSES, start=1):
        assert ticks.asked() and ticks.request
        keys.add(ticks.request.run_key)
        run = fail(ticks)
        assert ticks.asked() is None
        assert ticks.said.startswith(f"Run {run[:8]} failed; it is asked for again in ")
        assert f"(failure {failures} of 4): arrival {DAY}." in ticks.said
        ticks.later_s += pause.total_seconds() + 1
    assert ticks.asked() and ticks.request
    keys.add(ticks.request.run_key)
    assert len(keys) == 4
    run = fail(ticks)
    for _ in range(2):
        ticks.later_s += 86_400
        assert ticks.asked() is None
        assert ticks.said == (
            f"Gave up after 4 runs that failed at the same work, the last of them {run[:8]}: arrival {DAY}. "
            "Look into that run, then: tidebook run notes"
        )
    ticks.land(DAY, at_s=LONG_AGO + 1)
    assert ticks.asked(), "what landed is other work"


def test_a_clock_that_was_put_back_is_not_waited_for(ticks: Ticks) -> None:
    ticks.land(DAY)
    assert ticks.asked()
    fail(ticks)
    assert ticks.asked() is None
    ticks.later_s = -365 * 86_400.0
    assert ticks.asked()


def test_a_good_run_by_hand_ends_the_counting(ticks: Ticks) -> None:
    ticks.land(DAY)
    for _ in range(4):
        assert ticks.asked()
        fail(ticks)
        ticks.later_s += 3600
    assert ticks.asked() is None
    ticks.record(dg.DagsterRunStatus.SUCCESS, {FEED_TAG: "notes"})
    assert ticks.asked()


def test_a_run_that_another_writer_held_up_is_asked_for_again_without_end(ticks: Ticks) -> None:
    ticks.land(DAY)
    for _ in range(6):
        assert ticks.asked()
        fail(ticks, **{REFUSED_TAG: "another writer"})


def test_a_landing_that_cannot_be_seen_changes_nothing_and_is_said(ticks: Ticks) -> None:
    assert ticks.asked() is None
    assert ticks.said.startswith("Landing cannot be seen, and nothing was changed: ")
    assert "saw no such folder" in ticks.said
    (ticks.root / "landing" / "notes" / "events" / DAY).mkdir(parents=True)
    assert ticks.asked() is None
    assert "saw no file of feed notes" in ticks.said


def test_freshness_is_recorded_where_its_answer_may_be_another_one(ticks: Ticks) -> None:
    ticks.land(DAY)
    ticks.tick()
    [event] = ticks.events
    assert (event.check_name, event.passed, event.blocking) == ("arrival_is_there", False, False)
    ticks.tick()
    assert ticks.events == []
    ticks.later_s = 86_400
    ticks.tick()
    assert len(ticks.events) == 1


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Path:
    """Four arrivals of which two are older than the look-back, all read."""
    root = tmp_path_factory.mktemp("read")
    with dg.instance_for_test(temp_dir=str(tmp_path_factory.mktemp("home"))) as instance:
        made = Ticks(root, instance, quick_spark)
        for arrival in ("2025-01-01", "2025-01-02", "2025-03-02", DAY):
            made.land(arrival)
        job = made.definitions.resolve_job_def("notes_pass")
        assert job.execute_in_process(instance=instance).success
    return root


@pytest.fixture
def quiet(ticks: Ticks, read_once: Path) -> Ticks:
    """A copy of them, in which nothing is behind."""
    for name in ("landing", "lakehouse"):
        shutil.copytree(read_once / name, ticks.root / name)
    return ticks


def test_where_nothing_is_behind_nothing_is_asked_for(quiet: Ticks) -> None:
    for _ in range(3):
        assert quiet.asked() is None
        assert quiet.said.startswith("Nothing to do: ")


@pytest.mark.parametrize(
    ("table", "version"),
    [
        ("tide", 0),
        ("silver", 0),
        ("sessions", 0),
        ("user_days", 0),
        ("active_users", 0),
        ("active_users_week", 0),
        ("active_users_month", 0),
        ("restatements", 0),
    ],
)
def test_a_table_that_is_behind_is_asked_for_without_reading_an_arrival(quiet: Ticks, table: str, version: int) -> None:
    shutil.rmtree(quiet.root / "lakehouse" / "notes" / table)
    config = quiet.asked()
    assert config is not None and (config["arrivals"], config["snapshots"]) == ([], [])


def test_a_late_file_of_an_older_arrival_is_found_within_a_day(quiet: Ticks) -> None:
    quiet.land("2025-01-02", "late")
    for _ in range(24):
        config = quiet.asked()
        if config:
            assert config["arrivals"] == ["2025-01-02"]
            break
        quiet.later_s += 3600
    else:
        pytest.fail("not found in 24 hours")
    quiet.later_s += 30
    assert quiet.asked() == config, "it is found again until it is read, wherever the round is"


def test_a_snapshot_is_asked_for(quiet: Ticks) -> None:
    path = quiet.root / "landing" / "notes" / "users" / "2025-03-01" / "users.csv"
    path.parent.mkdir(parents=True)
    path.write_text("user_id,join_date,country,device_type,subscription_type\nann,2025-01-01,DE,phone,free\n")
    os.utime(path, (LONG_AGO, LONG_AGO))
    config = quiet.asked()
    assert config is not None and (config["arrivals"], config["snapshots"]) == ([], ["2025-03-01"])


def test_what_is_remembered_of_a_quiet_tick_holds_only_while_the_tables_stay(quiet: Ticks) -> None:
    assert quiet.asked() is None and quiet.cursor is not None
    assert json.loads(quiet.cursor)["quiet"]
    shutil.rmtree(quiet.root / "lakehouse" / "notes" / "sessions")
    assert quiet.asked()
    assert quiet.cursor and json.loads(quiet.cursor)["quiet"] == ""
