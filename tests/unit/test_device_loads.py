"""Device loads: which loads count, which versions are told apart, and what the plan costs."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark import cloudpickle
from pyspark.sql import DataFrame, SparkSession
from test_plans import nodes

from analytics_assets.transforms.bootstrap import weighted_sums, weights
from analytics_assets.transforms.device_loads import added_up, carried, compared_versions, device_loads, page_loads
from resources.spark import spark_config

SILVER = "event_date date, user_id string, action string, app_version string, device_type string, duration_ms long"
BUCKETS = "event_date date, app_version string, device_type string, action string, bucket int, loads long"
DAY = date(2025, 1, 31)


@pytest.fixture
def plans_as_they_run(spark: SparkSession) -> Iterator[None]:
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false"}):
        yield


def test_only_page_views_with_a_duration_on_a_known_device_are_loads(spark: SparkSession) -> None:
    events = [
        (DAY, "ann", "page_view", "5.1", "iPad", 0),
        (DAY, "ann", "edit", "5.1", "iPad", 900),
        (DAY, "bob", "page_view", "5.1", "unknown", 900),
        (DAY, "bob", "page_view", "5.1", None, 900),
        (DAY, "cid", "page_view", "5.1", "Mac", None),
        (date(2025, 2, 1), "cid", "page_view", None, "Mac", 1),
    ]
    made = page_loads(spark.createDataFrame(events, SILVER), ["page_view"]).collect()
    assert {tuple(row) for row in made} == {
        ("2025-01", "ann", "5.1", "iPad", -1),
        ("2025-02", "cid", "unknown", "Mac", 0),
    }


def test_a_version_is_told_apart_with_a_hundred_loads_on_each_of_two_devices_in_the_month(spark: SparkSession) -> None:
    def loads(version: str, day: date = DAY, **on: int) -> list[tuple[object, ...]]:
        return [(day, version, device, "page_view", 7, number) for device, number in on.items()]

    rows = [
        *loads("both", Mac=60, iPad=100),
        *loads("both", Mac=40),
        *loads("few", Mac=99, iPad=900),
        *loads("one", iPad=900, unknown=900),
        *loads("split", DAY, Mac=60, iPad=100),
        *loads("split", date(2025, 2, 1), Mac=40),
        (DAY, None, None, None, None, 0),
    ]
    made = compared_versions(spark.createDataFrame(rows, BUCKETS)).collect()
    assert [tuple(row) for row in made] == [("2025-01", "both")]


def test_loads_of_other_versions_stand_together(spark: SparkSession) -> None:
    loads = spark.createDataFrame(
        [("2025-01", "ann", version, "iPad", 7) for version in ("5.1", "5.1", "5.2", "5.3")],
        "event_month string, user_id string, app_version string, device_type string, bucket int",
    )
    compared = spark.createDataFrame([("2025-01", "5.1"), ("2025-02", "5.2")], "event_month string, app_version string")
    found = {row.app_version: (row.loads, row.replicates) for row in device_loads(loads, compared).collect()}
    twice = [2 * weight for weight in weights(["ann"])[0].tolist()]
    assert found == {"5.1": (2, twice), None: (2, twice)}


def test_parts_of_a_cell_are_added_up_place_by_place(spark: SparkSession) -> None:
    parts = [("iPad", 2, [n, *[0] * 499]) for n in (1, 10, 100)]
    parts += [("Mac", 5, [*[0] * 499, 7])]
    cells = spark.createDataFrame(parts, "device_type string, loads long, replicates array<long>")
    found = {row.device_type: (row.loads, row.replicates) for row in added_up(cells, ["device_type"]).collect()}
    assert found == {"iPad": (6, [111, *[0] * 499]), "Mac": (5, [*[0] * 499, 7])}


@pytest.fixture
def tables(spark: SparkSession, tmp_path: Path) -> tuple[DataFrame, DataFrame]:
    for name, shape in (("silver", SILVER), ("buckets", BUCKETS)):
        spark.createDataFrame([], f"{shape}, object_id string").write.parquet(str(tmp_path / name))
    silver, buckets = (spark.read.parquet(str(tmp_path / name)) for name in ("silver", "buckets"))
    return silver, buckets


@pytest.mark.usefixtures("plans_as_they_run")
def test_events_are_shuffled_once_and_python_sees_them_counted(tables: tuple[DataFrame, DataFrame]) -> None:
    silver, buckets = tables
    made = device_loads(page_loads(silver, ["page_view"]), compared_versions(buckets))
    count = nodes(made)
    # One of events, by user; one of cells; two of the buckets' few rows.
    assert count("Exchange") == 4
    # The versions go to the rows, not the rows to the versions.
    assert (count("BroadcastHashJoin"), count("BroadcastExchange"), count("SortMergeJoin")) == (1, 1, 0)
    assert (count("PythonMapInArrow"), count("Window")) == (1, 0)


RECEIVER = """
import pickle, sys
import pyarrow as pa
sys.modules["analytics_assets"] = None  # an import of it fails
function, batch = pickle.load(sys.stdin.buffer)
[made] = function([batch])
print(made.to_pylist()[0]["replicates"][:9])
"""


def test_what_python_does_beside_the_executors_needs_nothing_of_tidebook_there() -> None:
    columns = [pa.array(["iPad"]), pa.array(["ann"]), pa.array([1], pa.int64())]
    batch = pa.RecordBatch.from_arrays(columns, ["device_type", "user_id", "loads"])
    sent = cloudpickle.dumps((carried(weighted_sums), batch))
    done = subprocess.run([sys.executable, "-c", RECEIVER], input=sent, capture_output=True, check=True)
    assert done.stdout.decode().strip() == str(weights(["ann"])[0][:9].tolist())
