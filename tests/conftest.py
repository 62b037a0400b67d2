"""One Spark session for all tests. Belongs here: what most modules of tests use, and nothing else."""

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from resources.settings import load_settings
from resources.spark import Spark, spark_config

# Tests run many short programs on little data: what the JVM's second compiler would win, its work costs.
os.environ.setdefault("TIDEBOOK_SPARK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# What is computed is the same; to plan and compile each query for big data takes most of the time of a small pass.
# The tests of commands, plans, engines and the oracle of notes run with the product's own settings.
FOR_LITTLE_DATA = {
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@pytest.fixture(scope="session")
def spark_resource(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """The resource, in this process; TIDEBOOK_SPARK_MASTER names an engine that runs instead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEBOOK_STATE", str(tmp_path_factory.mktemp("state")))
        load_settings.cache_clear()
        resource = Spark(master=os.environ.get("TIDEBOOK_SPARK_MASTER", "local[2]"))
        yield resource
        resource.stop()
    load_settings.cache_clear()


@pytest.fixture(scope="session")
def spark(spark_resource: Spark) -> SparkSession:
    """The session of `spark_resource`."""
    return spark_resource.session


@pytest.fixture(scope="module")
def quick_spark(spark_resource: Spark) -> Iterator[Spark]:
    """The same resource, whose session is set for little data as long as a module's tests run."""
    with spark_config(spark_resource.session, FOR_LITTLE_DATA):
        yield spark_resource
