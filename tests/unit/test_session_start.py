"""A session that starts beside other work: each test in a process of its own, which has no session yet."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BEGUN = """
import json, signal
from resources import session_start
session_start.begin("local[1]")
from pyspark.sql import SparkSession
from resources.spark import Spark
session = Spark(master="local[1]").session
print(json.dumps({
    "is_begun": session is SparkSession._instantiatedSession,
    "is_active": SparkSession.getActiveSession() is not None,
    "memory": session.sparkContext.getConf().get("spark.driver.memory"),
    "zone": session.conf.get("spark.sql.session.timeZone"),
    "rows": session.range(3).count(),
    "interrupts": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
}))
"""
FAILED = """
from resources import session_start
session_start.begin("no such master")
from resources.spark import Spark
spark = Spark(master="local[1]")
try:
    spark.session
except Exception as error:
    print(error)
print(spark.session.range(3).count())
"""
LITTLE = """
import sys
from resources.spark import Spark
spark = Spark(master="local[1]")
spark.begin(is_little=sys.argv[1] == "little")
beans = spark.session._jvm.java.lang.management.ManagementFactory
print([option for option in beans.getRuntimeMXBean().getInputArguments() if "Tiered" in option])
"""
ELSEWHERE = """
import threading
from resources.spark import Spark
Spark(master="sc://127.0.0.1:9").begin()
print([thread.name for thread in threading.enumerate()])
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TIDEBOOK_STATE": str(tmp_path), "TIDEBOOK_SPARK_MEMORY": "1g"}


def printed(program: str, environment: dict[str, str], *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environment,
        check=True,
        timeout=300,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def test_a_session_that_began_to_start_is_the_one_that_is_given(environment: dict[str, str]) -> None:
    found: dict[str, Any] = json.loads(printed(BEGUN, environment)[-1])
    assert found == {
        "is_begun": True,
        "is_active": True,
        "memory": "1024m",
        "zone": "UTC",
        "rows": 3,
        "interrupts": True,
    }


def test_why_no_session_started_is_told_where_it_is_wanted_and_then_tried_again(environment: dict[str, str]) -> None:
    told, rows = printed(FAILED, environment)
    assert "JAVA_GATEWAY_EXITED" in told and rows == "3"


@pytest.mark.parametrize(("work", "options"), [("little", "['-XX:TieredStopAtLevel=1']"), ("much", "[]")])
def test_for_little_work_one_compiler_is_enough(environment: dict[str, str], work: str, options: str) -> None:
    environment.pop("TIDEBOOK_SPARK_JAVA_OPTIONS", None)
    assert printed(LITTLE, environment, work) == [options]


def test_nothing_starts_here_for_an_engine_that_runs_elsewhere(environment: dict[str, str]) -> None:
    assert printed(ELSEWHERE, environment) == ["['MainThread']"]
