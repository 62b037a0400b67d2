"""Landing and tables in a bucket: the same tables as in folders, one driver, nothing done without a listing."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from buckets import BUCKET, KEY, SECRET, BucketPlace, Server, free_port
from deltalake import DeltaTable
from places import Place
from tables import differences, rows_of, table_names

from resources.bucket_lease import BucketLease
from resources.object_store import ObjectStore

pytestmark = pytest.mark.timeout(1500)

FINGERPRINTS = ("fingerprint", "input_version")
"""A file's mark of its last change is a time in a folder and an ETag in a bucket."""
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
LATE_ROW = "late{0},2025-02-27 10:00:0{0},page_view,p000001,100,5.8.1\n"
LATE_DAY, LATE_ARRIVAL = "2025-02-27", "2025-03-05"


@pytest.fixture(scope="module")
def place(moto: Server, notes: Place, tmp_path_factory: pytest.TempPathFactory) -> BucketPlace:
    """The landing of `notes` in a bucket, and all tables of it in the bucket too, from one run of the command."""
    made = BucketPlace(tmp_path_factory.mktemp("s3"), notes.landing, moto, "all-notes")
    moto.upload(notes.landing, f"{made.prefix}/landing")
    made.done("run", "notes")
    return made


@pytest.fixture
def keys(moto: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The keys, for what runs in the tests' own process."""
    for name, value in moto.credentials.items():
        monkeypatch.setenv(name, value)
    yield


def test_all_tables_are_those_of_the_same_landing_in_folders(place: BucketPlace, notes: Place) -> None:
    tables = place.tables()
    without = dict.fromkeys(table_names(notes.lakehouse, "notes"), FINGERPRINTS)
    assert differences(notes.lakehouse, tables, "notes", without=without) == []
    assert len(rows_of(tables, "notes", "silver")) > 2_000


def test_status_show_and_export_need_no_jvm_and_no_spark(place: BucketPlace, notes: Place) -> None:
    nothing = {"TIDEBOOK_SPARK_MASTER": "sc://127.0.0.1:9", "JAVA_HOME": "/nowhere"}
    assert "0 new or changed" in place.done("status", "notes", **nothing)
    assert "event_date" in place.done("show", "notes/active_users", "--limit", "2", **nothing)
    to = place.root / "sessions.csv"
    place.done("export", "notes/sessions", "--to", str(to), **nothing)
    with to.open(newline="") as file:
        exported = {row["session_id"] for row in csv.DictReader(file)}
    assert exported == {row["session_id"] for row in rows_of(notes.lakehouse, "notes", "sessions")}


def test_a_second_driver_is_refused_and_writes_nothing(place: BucketPlace, keys: None) -> None:
    # As from another machine: what locks folders here would not see it.
    holder = BucketLease(f"s3a://{BUCKET}/{place.lake}/_leases", "notes", ObjectStore(place.server.endpoint))
    holder.take(40)
    before = tables_of(place)
    words = ("backfill", "notes", "--from", "2025-02-26", "--to", "2025-03-04")
    refused = place.command(*words, TIDEBOOK_LEASE_WAIT_S="0")
    holder.give_back()
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: feed notes is being written by process "), refused.stderr
    assert "Nothing was changed" in refused.stderr and refused.stderr.count("\n") == 1
    assert tables_of(place) == before


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"TIDEBOOK_LANDING": "s3a://no-such-bucket/landing"}, "there is no such bucket"),
        ({"TIDEBOOK_LANDING": "s3a://tidebook-tests/elsewhere"}, "saw no such folder"),
        ({"TIDEBOOK_S3_ENDPOINT": "http://127.0.0.1:9"}, "the server does not answer"),
        ({"TIDEBOOK_LAKEHOUSE": "s3a://no-such-bucket/lake"}, "there is no such bucket"),
    ],
)
def test_what_cannot_be_listed_is_one_line_and_changes_nothing(
    settings: dict[str, str], expected: str, place: BucketPlace
) -> None:
    before = tables_of(place)
    for words in (("run", "notes"), ("run", "notes", "--arrival", LATE_DAY)):
        failed = place.command(*words, **settings)
        assert failed.returncode == 1, failed.stdout
        assert expected in failed.stderr, failed.stderr
        assert failed.stderr.startswith("error: s3a://") and failed.stderr.count("\n") == 1, failed.stderr
    assert tables_of(place) == before


@pytest.mark.long
def test_a_late_file_touches_its_date_alone_also_through_an_engine_and_with_keys_from_a_file(
    place: BucketPlace, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n")
    settings = {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SHARED_CREDENTIALS_FILE": str(file),
        "TIDEBOOK_SPARK_MASTER": "auto",
        "TIDEBOOK_ENGINE_PORT": str(free_port()),
    }
    landed = f"{place.prefix}/landing/notes/events/{LATE_ARRIVAL}/late.csv"
    place.server.put({landed: (HEADER + "".join(LATE_ROW.format(n) for n in range(3))).encode()})
    place.done("engine", "start", **settings)
    try:
        place.done("run", "notes", **settings)
        assert "Nothing is behind" in place.done("run", "notes", **settings)
    finally:
        place.done("engine", "stop", **settings)
    tables = place.tables()
    for table in ("silver", "sessions", "user_days"):
        commit = DeltaTable(str(tables / "notes" / table)).history(1)[0]
        assert json.loads(commit["userMetadata"])["partitions"]["keys"] == [LATE_DAY], table
    late = [row for row in rows_of(tables, "notes", "silver") if row["user_id"].startswith("late")]
    assert [row["event_date"].isoformat() for row in late] == [LATE_DAY] * 3


def test_no_secret_stands_in_anything_that_was_written(place: BucketPlace) -> None:
    """After all the commands above: their logs, states, Dagster's records, and the objects in the bucket."""
    files = [path for path in place.root.rglob("*") if path.is_file()]
    assert {"spark.log", "log4j2.properties", "sessions.csv"} <= {path.name for path in files}
    assert [str(path) for path in files if SECRET.encode() in path.read_bytes()] == []


def tables_of(place: BucketPlace) -> dict[str, str]:
    return {key: tag for key, tag in place.server.tags(f"{place.lake}/").items() if "/_leases/" not in key}
