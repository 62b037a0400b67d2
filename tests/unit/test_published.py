"""Published rows keep the time of their last change."""

from datetime import datetime

from pyspark.sql import SparkSession
from pyspark.testing import assertDataFrameEqual

from analytics_assets.transforms.published import with_update_time

OLD, NOW = datetime(2025, 1, 1), datetime(2025, 1, 9)


def test_a_row_that_is_as_before_keeps_its_time_and_others_get_a_new_one(spark: SparkSession) -> None:
    structure = "id string, part string, figure int"
    rows = spark.createDataFrame([("a", "p", 1), ("b", "p", 2), ("c", None, None), ("d", "p", None)], structure)
    before = spark.createDataFrame(
        [("a", "p", 1, OLD), ("b", "p", 1, OLD), ("c", None, None, OLD), ("gone", "p", 1, OLD)],
        f"{structure}, dl_updated_at timestamp",
    )
    expected = [("a", "p", 1, OLD), ("b", "p", 2, NOW), ("c", None, None, OLD), ("d", "p", None, NOW)]
    assertDataFrameEqual(with_update_time(rows, before, ("id", "part"), NOW), expected)
