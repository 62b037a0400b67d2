"""Spark for a few rows at a time. Belongs here: settings of these tests' session. Does not: the session itself."""

from collections.abc import Iterator

import pytest

from resources.spark import Spark, spark_config

# What is computed is the same; to plan and compile each query for big data takes most of the time of a small pass.
FOR_LITTLE_DATA = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@pytest.fixture(scope="module")
def quick_spark(spark_resource: Spark) -> Iterator[Spark]:
    """The tests' session with these settings, which are taken back."""
    with spark_config(spark_resource.session, FOR_LITTLE_DATA):
        yield spark_resource
