"""Session days: sums, quantiles at a rank, and the attributes of the day."""

from datetime import date
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession

from analytics_assets.transforms.session_days import session_days
from resources.spark import Spark

DAY = date(2025, 1, 6)
SESSIONS = "user_id string, session_date date, duration_s decimal(14,3), actions long, is_bounce boolean"
USER_DAYS = "user_id string, event_date date, country string"


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


def sessions(spark: SparkSession, *rows: tuple[str, str, int]) -> DataFrame:
    """user, length, actions."""
    made = [(user, DAY, Decimal(length), actions, actions == 1) for user, length, actions in rows]
    return spark.createDataFrame(made, SESSIONS)


def user_days(spark: SparkSession, *rows: tuple[str, str]) -> DataFrame:
    return spark.createDataFrame([(user, DAY, country) for user, country in rows], USER_DAYS)


def measured(rows: DataFrame) -> dict[tuple[str, str], tuple[object, ...]]:
    names = ("sessions", "total_duration_s", "p50_duration_s", "p95_duration_s", "actions", "bounces")
    return {(row.dimension, row.value): tuple(row[name] for name in names) for row in rows.collect()}


def test_a_quantile_is_the_length_at_its_rank_never_between_two(spark: SparkSession) -> None:
    rows = sessions(spark, *[(f"u{n}", f"{n}.5", 1) for n in range(1, 41)])
    found = measured(session_days(rows, user_days(spark, ("u1", "DE")), []))
    assert found == {("all", "all"): (40, Decimal("840.000"), Decimal("20.500"), Decimal("38.500"), 40, 40)}


def test_sessions_count_for_the_value_that_their_user_has_on_the_date(spark: SparkSession) -> None:
    rows = sessions(spark, ("ann", "1", 1), ("ann", "3", 4), ("bob", "10", 2))
    found = measured(session_days(rows, user_days(spark, ("ann", "DE"), ("bob", "FR")), ["country"]))
    assert found == {
        ("all", "all"): (3, Decimal(14), Decimal(3), Decimal(10), 7, 1),
        ("country", "DE"): (2, Decimal(4), Decimal(1), Decimal(3), 5, 1),
        ("country", "FR"): (1, Decimal(10), Decimal(10), Decimal(10), 2, 0),
    }


def test_lengths_that_are_equal_share_a_rank(spark: SparkSession) -> None:
    rows = sessions(spark, *[(f"u{n}", "7" if n < 19 else "9", 1) for n in range(20)])
    found = measured(session_days(rows, user_days(spark, ("u1", "DE")), []))
    assert found["all", "all"][2:4] == (Decimal(7), Decimal(7))


def test_a_user_without_a_value_is_unknown(spark: SparkSession) -> None:
    found = measured(session_days(sessions(spark, ("ann", "1", 1)), user_days(spark, ("bob", "FR")), ["country"]))
    assert set(found) == {("all", "all"), ("country", "unknown")}
