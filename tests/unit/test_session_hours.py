"""Session hours: sessions by the hour of their start, in the feed's zone."""

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from analytics_assets.transforms.session_hours import session_hours
from resources.spark import Spark

DAY = date(2025, 7, 1)


@pytest.fixture
def spark(quick_spark: Spark) -> SparkSession:
    return quick_spark.session


@pytest.mark.parametrize(("zone", "hours"), [("UTC", (7, 8)), ("Europe/Berlin", (9, 10))])
def test_sessions_count_in_the_hour_of_their_start_in_the_zone(
    spark: SparkSession, zone: str, hours: tuple[int, int]
) -> None:
    starts = [("07:00:00", "1.500"), ("07:59:59", "3600"), ("08:00:00", "2")]
    rows = [(DAY, at(start), Decimal(length)) for start, length in starts]
    sessions = spark.createDataFrame(rows, "session_date date, session_start timestamp, duration_s decimal(14,3)")
    found = {
        (row.session_date, row.hour): (row.sessions, row.total_duration_s)
        for row in session_hours(sessions, zone).collect()
    }
    assert found == {(DAY, hours[0]): (2, Decimal("3601.500")), (DAY, hours[1]): (1, Decimal("2.000"))}


def at(time: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{time}").replace(tzinfo=timezone.utc)
