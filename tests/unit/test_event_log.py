"""Dagster's event log in one file: what is stored, together with others, and when Dagster does not fit."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy
import yaml
from dagster._core.storage.event_log.base import PartitionKeyFilter

from resources.event_log import SingleFileEventLog, gathered_events

ROOT = Path(__file__).parents[2]
SILVER = dg.AssetKey(["notes", "silver"])
UNIQUE = dg.AssetCheckKey(SILVER, "unique_key")
DAYS = ["2025-01-01", "2025-01-02", "2025-01-03"]


def log_days(context: dg.OpExecutionContext) -> None:
    for rows, day in enumerate(DAYS):
        context.log_event(
            dg.AssetMaterialization(
                SILVER, partition=day, metadata={"rows": rows}, tags={"dagster/data_version": f"v{rows}"}
            )
        )
        context.log_event(
            dg.AssetCheckEvaluation(
                asset_key=SILVER,
                check_name="unique_key",
                passed=day != DAYS[1],
                partition=day,
                metadata={"rows": rows},
                blocking=True,
            )
        )


@dg.op
def each_event(context: dg.OpExecutionContext) -> None:
    log_days(context)


@dg.op
def gathered(context: dg.OpExecutionContext) -> None:
    with gathered_events(context.instance.event_log_storage):
        log_days(context)
        assert context.instance.get_latest_materialization_event(SILVER) is None
    assert context.instance.get_latest_materialization_event(SILVER) is not None


@dg.job(executor_def=dg.in_process_executor)
def logs_each_event() -> None:
    each_event()


@dg.job(executor_def=dg.in_process_executor)
def logs_gathered_events() -> None:
    gathered()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as instance:
        yield instance


def test_the_projects_dagster_yaml_names_this_storage_and_sends_no_telemetry(
    instance: dg.DagsterInstance, home: Path
) -> None:
    assert type(instance.event_log_storage) is SingleFileEventLog
    assert instance.telemetry_enabled is False
    with sqlalchemy.create_engine(f"sqlite:///{home}/event_log.db").connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with instance.event_log_storage._connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1  # NORMAL


@pytest.mark.parametrize("job", [logs_each_event, logs_gathered_events], ids=lambda job: job.name)
def test_events_that_an_op_logs_for_assets_defined_elsewhere_are_found_by_partition(
    instance: dg.DagsterInstance, job: dg.JobDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    assert job.execute_in_process(instance=instance).success

    storage = instance.event_log_storage
    assert storage.get_materialized_partitions(SILVER) == set(DAYS)
    versions = storage.get_latest_tags_by_partition(
        SILVER, dg.DagsterEventType.ASSET_MATERIALIZATION, tag_keys=["dagster/data_version"]
    )
    assert {day: tags["dagster/data_version"] for day, tags in versions.items()} == {
        day: f"v{rows}" for rows, day in enumerate(DAYS)
    }
    latest = storage.get_latest_asset_check_execution_by_key([UNIQUE])[UNIQUE]
    assert (latest.partition, latest.status.value) == (DAYS[2], "SUCCEEDED")
    failed = storage.get_asset_check_execution_history(
        UNIQUE, limit=10, partition_filter=PartitionKeyFilter(key=DAYS[1])
    )
    assert [(record.partition, record.status.value) for record in failed] == [(DAYS[1], "FAILED")]
    assert failed[0].event is not None
    evaluation = failed[0].event.asset_check_evaluation
    assert evaluation is not None and evaluation.metadata["rows"].value == 1


def test_a_second_run_adds_to_the_history_of_a_partition(instance: dg.DagsterInstance) -> None:
    logs_each_event.execute_in_process(instance=instance)
    logs_each_event.execute_in_process(instance=instance)

    history = instance.event_log_storage.get_asset_check_execution_history(
        UNIQUE, limit=10, partition_filter=PartitionKeyFilter(key=DAYS[0])
    )
    assert len({record.run_id for record in history}) == 2


def entry(number: int, run_id: str = "a-run", partition: str | None = None) -> dg.EventLogEntry:
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        job_name="a_job",
        event_specific_data=dg._core.events.StepMaterializationData(
            dg.AssetMaterialization(SILVER, partition=partition or str(number))
        ),
    )
    return dg.EventLogEntry(
        error_info=None,
        level=20,
        user_message="",
        run_id=run_id,
        timestamp=1_700_000_000.0 + number,
        dagster_event=event,
    )


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = SingleFileEventLog(str(tmp_path))
    parent = type(storage).__mro__[1]
    store_one = parent.store_event

    def fail_on_the_third(self: SingleFileEventLog, event: dg.EventLogEntry) -> None:
        store_one(self, event)
        if event.timestamp == 1_700_000_002.0:
            raise OSError("disk full")

    monkeypatch.setattr(parent, "store_event", fail_on_the_third)
    with pytest.raises(OSError, match="disk full"):
        storage.store_event_batch([entry(number) for number in range(5)])
    assert storage.get_logs_for_run("a-run") == []

    monkeypatch.undo()
    storage.store_event_batch([entry(number) for number in range(5)])
    assert storage.get_materialized_partitions(SILVER) == {"0", "1", "2", "3", "4"}
    storage.dispose()


def test_what_was_gathered_before_an_error_is_stored(tmp_path: Path) -> None:
    storage = SingleFileEventLog(str(tmp_path))
    with pytest.raises(ValueError, match="later"), gathered_events(storage):
        storage.store_event(entry(1))
        raise ValueError("later")
    assert len(storage.get_logs_for_run("a-run")) == 1
    storage.dispose()


def test_another_thread_is_not_gathered(tmp_path: Path) -> None:
    storage = SingleFileEventLog(str(tmp_path))
    with gathered_events(storage):
        storage.store_event(entry(1, "gathered"))
        other = threading.Thread(target=lambda: storage.store_event(entry(2, "at-once")))
        other.start()
        other.join()
        assert len(storage.get_logs_for_run("at-once")) == 1
        assert storage.get_logs_for_run("gathered") == []
    assert len(storage.get_logs_for_run("gathered")) == 1
    storage.dispose()


WRITER = """
import sys
sys.path[:0] = sys.argv[3:]
from resources.event_log import SingleFileEventLog
from tests.unit.test_event_log import entry
import os, pathlib, time
base_dir = pathlib.Path(sys.argv[1])
(base_dir / f"ready-{os.getpid()}").touch()
while not (base_dir / "go").exists():
    time.sleep(0.001)
storage = SingleFileEventLog(sys.argv[1])
for number in range(100):
    storage.store_event(entry(number, sys.argv[2]))
storage.store_event_batch([entry(number, sys.argv[2]) for number in range(100, 300)])
storage.dispose()
"""


def start_writer(base_dir: Path, run_id: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, str(base_dir), run_id, str(ROOT)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": ""})


def test_processes_that_start_and_write_at_once_lose_no_event(tmp_path: Path) -> None:
    run_ids = [f"run-{number}" for number in range(4)]
    writers = [start_writer(tmp_path, run_id) for run_id in run_ids]
    while len(list(tmp_path.glob("ready-*"))) < len(run_ids):
        assert all(writer.poll() is None for writer in writers), [w.stderr and w.stderr.read() for w in writers]
        time.sleep(0.01)
    (tmp_path / "go").touch()
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert writer.returncode == 0, errors

    storage = SingleFileEventLog(str(tmp_path))
    assert [len(storage.get_logs_for_run(run_id)) for run_id in run_ids] == [300] * 4
    storage.dispose()


def test_a_watcher_sees_what_another_process_stores(tmp_path: Path) -> None:
    storage = SingleFileEventLog(str(tmp_path))
    seen: list[dg.EventLogEntry] = []
    all_seen = threading.Event()

    def watch(event: dg.EventLogEntry, _cursor: str) -> None:
        seen.append(event)
        if len(seen) == 300:
            all_seen.set()

    storage.watch("watched", None, watch)
    (tmp_path / "go").touch()
    writer = start_writer(tmp_path, "watched")
    assert all_seen.wait(timeout=60), f"saw {len(seen)} of 300 events"
    storage.end_watch("watched", watch)
    writer.communicate(timeout=60)
    storage.dispose()


def test_dagsters_default_takes_over_with_a_warning_where_the_private_module_does_not_fit(home: Path) -> None:
    code = """
import warnings
from dagster._core.storage.event_log.sqlite.consolidated_sqlite_event_log import (
    ConsolidatedSqliteEventLogStorage,
)
del ConsolidatedSqliteEventLogStorage._connect
import dagster as dg
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    with dg.DagsterInstance.get() as instance:
        print(type(instance.event_log_storage).__name__)
    print(*(w.message for w in seen if w.category is RuntimeWarning))
"""
    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert answer.returncode == 0, answer.stderr
    storage, warning = answer.stdout.splitlines()
    assert storage == "SqliteEventLogStorage"
    assert "not what Tidebook expects (_connect)" in warning


def test_dagster_yaml_names_only_what_can_be_imported() -> None:
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    for storage in ("run_storage", "event_log_storage", "schedule_storage"):
        module = __import__(settings[storage]["module"], fromlist=["_"])
        assert hasattr(module, settings[storage]["class"])
