"""Local frames: what was handed over is what Spark has, and no Python beside it is asked for it."""

from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from analytics_assets.feeds import access_log, aqua, ide, notes, shop
from analytics_assets.feeds.tables import feed_tables
from resources.local_frames import empty_frame, frame_of
from resources.spark import Spark

ROWS = [("a\u0000\U0001f600", [1, 2], None, True, date(2025, 1, 1)), (None, [], 2**40, None, None)]
SHAPE = "x string, y array<int>, z long, b boolean, d date"
SCHEMAS = {
    f"{feed.name}/{name}": table.schema
    for feed in (notes.FEED, access_log.FEED, ide.FEED, aqua.FEED, shop.FEED)
    for name, table in feed_tables(feed).items()
}


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def plan(frame: DataFrame) -> str:
    text: str = frame._jdf.queryExecution().executedPlan().toString()  # type: ignore[operator]
    return text


def test_values_and_nulls_are_those_that_were_handed_over(spark: SparkSession) -> None:
    assert [tuple(row) for row in frame_of(spark, ROWS, SHAPE).collect()] == ROWS


def test_spark_has_the_rows_itself_and_asks_no_python(spark: SparkSession) -> None:
    assert plan(frame_of(spark, ROWS, SHAPE)).startswith("LocalTableScan")
    assert "ExistingRDD" in plan(spark.createDataFrame(ROWS, SHAPE)), "what a list of rows is without it"


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_table_may_be_empty(spark: SparkSession, schema: StructType) -> None:
    nothing = empty_frame(spark, schema)
    assert nothing.schema == schema
    assert nothing.collect() == []
