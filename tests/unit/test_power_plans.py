"""Physical plans of power users: what is shuffled of a month of events, and what is read of it."""

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from test_plans import nodes

from analytics_assets.transforms.duration_cuts import duration_buckets
from analytics_assets.transforms.history import Period
from analytics_assets.transforms.power_users import ranked, total_buckets, user_totals, with_main_attributes
from resources.spark import spark_config

TABLES = {
    "silver": "event_time timestamp, event_date date, user_id string, action string, object_id string,"
    " duration_ms long, input_version string",
    "user_days": "user_id string, event_date date, events long, engaged_ms long, country string, device string",
    "sessions": "session_id string, user_id string, session_date date",
    "thresholds": "period_month string, event_date date, action string, threshold_ms long",
    "totals": "period_month string, user_id string, capped_ms long, active_days long, sessions long",
    "buckets": "period_month string, bucket int, users_above long, ms_above long, users long, total_ms long",
}

PERIODS = {
    "2025-01": Period(start=date(2025, 1, 1), end=date(2025, 1, 31), is_complete=True),
    "rolling_28": Period(start=date(2025, 1, 11), end=date(2025, 2, 7), is_complete=True),
}


@pytest.fixture(autouse=True, scope="module")
def plans_as_they_run(spark: SparkSession) -> Iterator[None]:
    # Tables of users are no small ones, however small Spark may think them.
    with spark_config(spark, {"spark.sql.adaptive.enabled": "false", "spark.sql.autoBroadcastJoinThreshold": "-1"}):
        yield


@pytest.fixture(scope="module")
def tables(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, DataFrame]:
    """Tables on disk: what is made of literals has plans of its own."""
    folder = tmp_path_factory.mktemp("tables")
    return {name: _on_disk(spark, folder / name, columns) for name, columns in TABLES.items()}


def _on_disk(spark: SparkSession, path: Path, columns: str) -> DataFrame:
    spark.createDataFrame([], columns).write.parquet(str(path))
    return spark.read.schema(columns).parquet(str(path))


def totals(tables: dict[str, DataFrame]) -> DataFrame:
    read = [tables[name] for name in ("user_days", "sessions", "silver")]
    return user_totals(*read, PERIODS, tables["thresholds"], 5000)


def read_columns(rows: DataFrame) -> list[set[str]]:
    """Of each scan of files the columns that it reads."""
    text = io.StringIO()
    with redirect_stdout(text):
        rows.explain()
    found = re.findall(r"FileScan parquet \[(.*?)\]", text.getvalue())
    return [{part.split("#")[0] for part in columns.split(",")} for columns in found]


def test_totals_of_users_need_one_shuffle_and_no_sort(tables: dict[str, DataFrame]) -> None:
    count = nodes(totals(tables))
    assert (count("Exchange"), count("Sort"), count("Window"), count("SortMergeJoin")) == (1, 0, 0, 0)
    assert count("HashAggregate") == 2  # the first one before the shuffle


def test_of_events_totals_read_four_narrow_columns(tables: dict[str, DataFrame]) -> None:
    assert {"event_date", "action", "user_id", "duration_ms"} in read_columns(totals(tables))
    assert not any("object_id" in columns for columns in read_columns(totals(tables)))


def test_short_events_are_left_out_where_they_are_read(tables: dict[str, DataFrame]) -> None:
    text = io.StringIO()
    with redirect_stdout(text):
        totals(tables).explain()
    assert "GreaterThan(duration_ms,5000)" in text.getvalue()


def test_durations_by_bucket_need_one_shuffle_and_no_sort(tables: dict[str, DataFrame]) -> None:
    made = duration_buckets(tables["silver"])
    count = nodes(made)
    assert (count("Exchange"), count("Sort")) == (1, 0)
    assert read_columns(made) == [{"event_date", "action", "duration_ms", "input_version"}]


def test_users_are_ranked_in_one_shuffle_by_bucket_and_one_sort(tables: dict[str, DataFrame]) -> None:
    count = nodes(ranked(tables["totals"], tables["buckets"]))
    assert (count("Exchange"), count("Sort")) == (1, 1)
    text = io.StringIO()
    with redirect_stdout(text):
        ranked(tables["totals"], tables["buckets"]).explain()
    assert "SinglePartition" not in text.getvalue()
    assert re.search(r"hashpartitioning\(period_month#\d+, bucket#\d+", text.getvalue())


def test_users_are_counted_by_bucket_in_one_shuffle(tables: dict[str, DataFrame]) -> None:
    count = nodes(total_buckets(tables["totals"]))
    assert (count("Exchange"), count("Sort")) == (1, 0)


def test_main_values_need_no_shuffle_after_that_of_the_join(tables: dict[str, DataFrame]) -> None:
    users = tables["totals"].select("period_month", "user_id", "capped_ms")
    count = nodes(with_main_attributes(users, tables["user_days"], PERIODS, ["country", "device"]))
    assert (count("Exchange"), count("SortMergeJoin")) == (2, 1)
