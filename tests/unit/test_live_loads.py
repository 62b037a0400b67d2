"""Which rows of a file that has just landed are counted as loads, and in which minute."""

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.transforms.live_loads import AHEAD_MINUTES, live_loads
from resources.spark import spark_config

ROWS = (
    "event_time timestamp, event_date date, user_id string, action string, object_id string, duration_ms long,"
    " app_version string, arrival string, file string, standing string"
)
CONTENT = ["event_time", "user_id", "action", "object_id", "duration_ms", "app_version"]
DAY = datetime(2025, 3, 1)
WRITTEN = datetime(2025, 3, 1, 10, 0)


def row(
    at: str = "09:15:30",
    *,
    user: str = "ann",
    action: str = "view",
    ms: int | None = 1000,
    version: str | None = "5.9.0",
    file: str = "a",
    standing: str = "on_time",
) -> tuple[Any, ...]:
    time = datetime.fromisoformat(f"2025-03-01T{at}")
    return (time, DAY.date(), user, action, "p1", ms, version, "2025-03-01", file, standing)


def counted(
    spark: SparkSession, rows: Sequence[tuple[Any, ...]], users: Sequence[tuple[str, str]] | None = None
) -> list[dict[str, Any]]:
    """The cells, as dictionaries, without what is the same in all of them."""
    made = frame(
        spark.createDataFrame(list(rows), ROWS),
        spark.createDataFrame([(file, WRITTEN) for file in ("a", "b")], "file string, written_time timestamp"),
        spark.createDataFrame(list(users or [("ann", "iPad")]), "user_id string, device_type string"),
    )
    return [found.asDict() for found in made.orderBy("file", "minute", "bucket").collect()]


def frame(rows: DataFrame, written: DataFrame, users: DataFrame) -> DataFrame:
    return live_loads(
        rows,
        written,
        users,
        event_key=("user_id", "event_time", "action", "object_id"),
        content=CONTENT,
        winner="first",
        page_views=("view",),
        dimensions=("app_version", "device_type"),
    )


def test_a_load_stands_in_the_minute_in_which_it_began(spark: SparkSession) -> None:
    [cell] = counted(spark, [row("09:15:59")])
    assert cell == {
        "file": "a",
        "minute": datetime(2025, 3, 1, 9, 15),
        "app_version": "5.9.0",
        "device_type": "iPad",
        "bucket": 346,  # gamma^345 < 1000 <= gamma^346, gamma = 1.01 / 0.99
        "loads": 1,
        "rows": 1,
    }


def test_copies_in_one_file_are_one_load_and_the_least_of_them_counts_as_in_silver(spark: SparkSession) -> None:
    [cell] = counted(spark, [row(ms=1000), row(ms=0), row(ms=2000)])
    assert (cell["loads"], cell["rows"], cell["bucket"]) == (1, 3, -1)


def test_copies_in_other_files_are_not_seen(spark: SparkSession) -> None:
    assert [cell["loads"] for cell in counted(spark, [row(file="a"), row(file="b")])] == [1, 1]


def test_a_rejected_row_is_neither_a_load_nor_accepted(spark: SparkSession) -> None:
    assert counted(spark, [row(standing="rejected")]) == []


@pytest.mark.parametrize("other", [row(action="edit"), row(ms=None)], ids=["other action", "no duration"])
def test_what_is_no_load_is_accepted_and_in_no_bucket(spark: SparkSession, other: tuple[Any, ...]) -> None:
    [cell] = counted(spark, [other])
    assert (cell["minute"], cell["app_version"], cell["bucket"], cell["loads"], cell["rows"]) == (None,) * 3 + (0, 1)


def test_without_a_version_and_for_a_stranger_the_load_is_of_unknown(spark: SparkSession) -> None:
    [cell] = counted(spark, [row(user="bob", version=None)])
    assert (cell["app_version"], cell["device_type"]) == ("unknown", "unknown")


def test_a_load_later_than_its_file_has_no_minute(spark: SparkSession) -> None:
    last = f"10:{AHEAD_MINUTES:02d}"
    cells = counted(spark, [row(f"{last}:00"), row(f"{last}:01", user="bob")])
    assert [(cell["minute"], cell["loads"]) for cell in cells] == [(None, 1), (datetime(2025, 3, 1, 10, 5), 1)]


def test_the_rows_of_all_cells_are_the_accepted_ones(spark: SparkSession) -> None:
    rows = [row(), row(), row("09:16:00"), row(action="edit"), row("11:00:00"), row(standing="rejected"), row(file="b")]
    assert sum(cell["rows"] for cell in counted(spark, rows)) == 6


def test_events_are_shuffled_by_key_and_once_more_as_counts(spark: SparkSession, tmp_path: Path) -> None:
    """Copies stand together in the first shuffle; in the second each task sends a row a cell. Nothing is in Python."""
    spark.createDataFrame([], ROWS).write.parquet(str(tmp_path / "rows"))
    spark.createDataFrame([], "user_id string, device_type string").write.parquet(str(tmp_path / "users"))
    spark.createDataFrame([], "file string, written_time timestamp").write.parquet(str(tmp_path / "files"))
    text = io.StringIO()
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false"}), redirect_stdout(text):
        frame(*(spark.read.parquet(str(tmp_path / name)) for name in ("rows", "files", "users"))).explain()
    plan = text.getvalue()
    assert len(re.findall(r"Exchange hashpartitioning", plan)) == 2
    assert len(re.findall(r"BroadcastExchange", plan)) == 2
    assert "Python" not in plan and "SortMergeJoin" not in plan
