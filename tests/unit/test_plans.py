"""Physical plans: how often rows are shuffled and sorted, which is what a large day costs."""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyspark.sql.functions as F
import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers.reading import examine, judged_rows
from analytics_assets.transforms.bronze import judge
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.counts import event_counts
from analytics_assets.transforms.dimension import attributes_by_date, with_attributes
from analytics_assets.transforms.sessions import sessions
from analytics_assets.transforms.silver import WHOLE_ROW, events_in_sessions
from analytics_assets.transforms.unsplit_sessions import BLOCK, events_in_unsplit_sessions
from analytics_assets.transforms.user_days import user_days
from resources.landing import Landing
from resources.records import read_records
from resources.spark import Spark, spark_config

KEY = ("user_id", "event_time", "action", "object_id")
CONTENT = ["event_time", "user_id", "action", "object_id", "duration_ms"]
BRONZE = (
    "event_time timestamp, event_date date, user_id string, action string, object_id string, duration_ms long,"
    " arrival string, file string, raw string, standing string, violations array<string>"
)


@pytest.fixture(autouse=True, scope="module")
def plans_as_they_run(spark: SparkSession) -> Iterator[None]:
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false"}):
        yield


def nodes(rows: DataFrame) -> Callable[[str], int]:
    """How many nodes of a name the physical plan has."""
    text = io.StringIO()
    with redirect_stdout(text):
        rows.explain()
    return lambda name: len(re.findall(rf"^\W*(?:\*\(\d+\) )?{name}\b", text.getvalue(), re.MULTILINE))


@pytest.fixture
def bronze_table(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """A table on disk: what is made of literals has plans of its own."""
    path = str(tmp_path_factory.mktemp("tables") / "bronze")
    spark.createDataFrame([], BRONZE).write.parquet(path)
    return spark.read.schema(BRONZE).parquet(path)


def silver(rows: DataFrame, key: tuple[str, ...], winner: Any, by: Sequence[str] = ("event_date",)) -> DataFrame:
    content = [*CONTENT, *(["raw"] if key == WHOLE_ROW else [])]
    return events_in_sessions(
        rows.repartition(*by),
        event_key=key,
        content=content,
        winner=winner,
        timeout=timedelta(minutes=30),
        zone="UTC",
    )


@pytest.mark.parametrize("winner", ["first", "last"])
@pytest.mark.parametrize("key", [KEY, WHOLE_ROW], ids=["columns", "whole row"])
def test_silver_needs_one_shuffle_and_one_sort(bronze_table: DataFrame, key: tuple[str, ...], winner: str) -> None:
    count = nodes(silver(bronze_table, key, winner))
    assert (count("Exchange"), count("Sort"), count("Window")) == (1, 1, 2)


def test_silver_spread_by_user_too_needs_one_shuffle_and_one_sort(bronze_table: DataFrame) -> None:
    count = nodes(silver(bronze_table, KEY, "first", ("event_date", "user_id")))
    assert (count("Exchange"), count("Sort")) == (1, 1)


def test_sessions_past_midnight_need_one_shuffle_and_two_sorts(
    spark: SparkSession, bronze_table: DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = str(tmp_path_factory.mktemp("tables") / "open")
    structure = (
        f"{BLOCK} string, event_date date, user_id string, object_id string, last_action_time timestamp,"
        " session_start timestamp"
    )
    spark.createDataFrame([], structure).write.parquet(path)
    made = events_in_unsplit_sessions(
        bronze_table.withColumn(BLOCK, F.col("event_date").cast("string")),
        spark.read.schema(structure).parquet(path),
        event_key=KEY,
        content=CONTENT,
        winner="first",
        session_key=("user_id", "object_id"),
        actions=("a",),
        timeout=timedelta(minutes=5),
        zone="UTC",
    )
    count = nodes(made)
    assert (count("Exchange"), count("Sort")) == (1, 2)


def test_attributes_are_broadcast_so_that_events_are_not_shuffled_again(
    spark: SparkSession, bronze_table: DataFrame, tmp_path: Path
) -> None:
    attributes = ("country", "device")
    path, structure = str(tmp_path / "users"), "arrival string, user_id string, country string, device string"
    spark.createDataFrame([], structure).write.parquet(path)
    users = spark.read.schema(structure).parquet(path)
    periods = attributes_by_date(users, "user_id", attributes)
    made = with_attributes(silver(bronze_table, KEY, "first"), periods, "user_id", attributes)
    count = nodes(made)
    assert (count("BroadcastHashJoin"), count("SortMergeJoin"), count("CartesianProduct")) == (1, 0, 0)
    assert count("Exchange") == 2  # one of the events, one of the few users


NOT_HASHED = "the greatest text or struct of a group is found by sorting all events, twice"


@pytest.mark.parametrize(
    "made", [pytest.param("sessions", marks=pytest.mark.xfail(strict=True, reason=NOT_HASHED)), "user_days"]
)
def test_what_is_summed_from_silver_needs_one_shuffle_and_no_sort(
    spark: SparkSession, bronze_table: DataFrame, tmp_path_factory: pytest.TempPathFactory, made: str
) -> None:
    path = str(tmp_path_factory.mktemp("tables") / "silver")
    silver(bronze_table, KEY, "first").selectExpr("*", "'v' AS input_version").write.parquet(path)
    rows = spark.read.parquet(path)
    count = nodes(sessions(rows, True) if made == "sessions" else user_days(rows, [], True))
    assert (count("Exchange"), count("Sort"), count("Window")) == (1, 0, 0)


def test_bronze_is_judged_without_a_shuffle_and_without_python(spark: SparkSession, bronze_table: DataFrame) -> None:
    judged = judge(
        bronze_table.select("raw", "arrival"), contract_of(NOTES.contract), ",", check_utf8=False, has_quotes=True
    )
    count = nodes(judged)
    assert [count(name) for name in ("Exchange", "Sort", "BatchEvalPython", "ArrowEvalPython", "PythonMapInArrow")] == [
        0
    ] * 5


def test_files_of_the_usual_layout_are_read_in_one_scan_and_others_in_few_more(
    spark_resource: Spark, tmp_path: Path
) -> None:
    """Whatever the number of headers: files of one separator and encoding share a scan."""
    folder = tmp_path / "notes" / "events" / "2025-01-03"
    folder.mkdir(parents=True)
    names = [column.name for column in contract_of(NOTES.contract).columns]

    def planned() -> Callable[[str], int]:
        landing, contract = Landing(root=str(tmp_path)), contract_of(NOTES.contract)
        reading = examine(spark_resource, landing.files(NOTES.landing), contract, NOTES.format)
        return nodes(judged_rows(spark_resource.session, landing, reading, NOTES.landing, contract, NOTES.format))

    for place in range(3):
        (folder / f"usual{place}.csv").write_text(",".join(names) + "\n")
    count = planned()
    assert [count(name) for name in ("FileScan", "Union", "BroadcastHashJoin", "Exchange")] == [1, 0, 0, 0]
    for place in range(1, len(names)):
        (folder / f"other{place}.csv").write_text(",".join(names[place:] + names[:place]) + "\n")
    count = planned()
    assert [count(name) for name in ("FileScan", "Union", "BroadcastHashJoin", "Exchange")] == [2, 1, 1, 0]


def test_counts_read_the_few_columns_that_they_need(spark: SparkSession, bronze_table: DataFrame) -> None:
    text = io.StringIO()
    with redirect_stdout(text):
        event_counts(bronze_table, "UTC").explain()
    [read] = re.findall(r"FileScan parquet \[(.*?)\]", text.getvalue())
    assert {part.split("#")[0] for part in read.split(",")} == {
        "event_time", "event_date", "file", "standing", "violations",
    }  # fmt: skip


def test_the_array_of_a_file_is_parsed_once(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "aqua" / "2025-01-03" / "one.json"
    file.parent.mkdir(parents=True)
    file.write_text("[1]")
    files = Landing(root=str(tmp_path)).files("aqua/{arrival}/*.json")
    text = io.StringIO()
    with redirect_stdout(text):
        read_records(spark, Landing(root=str(tmp_path)), files, {files[0].path: 1}).explain()
    assert text.getvalue().count("from_json(") == 1
