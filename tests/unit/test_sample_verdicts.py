"""The feeds accept what the samples say is good, and reject each kind of broken row by the rule that it names."""

import json
from collections import Counter
from pathlib import Path

import pyspark.sql.functions as F
import pytest
from judging import verdicts
from pyspark.sql import DataFrame, SparkSession
from small_samples import GENERATORS, generate_small

from analytics_assets.discovery import load_feeds
from analytics_assets.samples.kinds import AQUA_FILES, rejected_by_rule


def landed_lines(spark: SparkSession, folder: Path) -> DataFrame:
    """Lines of all event files, without headers."""
    files = [str(path) for path in sorted(folder.rglob("*.csv")) if "users" not in path.parts]
    header = Path(files[0]).read_bytes().split(b"\n")[0].decode()
    arrival = F.element_at(F.split(F.input_file_name(), "/"), -2)
    lines = spark.read.text(files).select(F.col("value").alias("raw"), arrival.alias("arrival"))
    return lines.where(F.col("raw") != header)


def landed_records(spark: SparkSession, folder: Path) -> DataFrame:
    """Records of all files that can be read."""
    records: list[tuple[str, str | None]] = []
    for path in sorted(folder.rglob("*/*.json")):
        try:
            found = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(found, list):
            texts = [None if record is None else json.dumps(record) for record in found]
            records += [(path.parent.name, text) for text in texts]
    return spark.createDataFrame(records, "arrival string, raw string")


@pytest.mark.parametrize("name", GENERATORS)
def test_a_feed_judges_its_sample_as_the_truth_does(name: str, spark: SparkSession, tmp_path: Path) -> None:
    truth = generate_small(name, tmp_path)
    landed = (landed_records if name == "aqua" else landed_lines)(spark, tmp_path / name)
    counted = verdicts(landed, load_feeds()[name]).groupBy("standing", "violations").count().collect()
    standings: Counter[str] = Counter()
    for row in counted:
        standings[row.standing] += row["count"]
    rows_alone = {kind: count for kind, count in truth.rejected.items() if kind not in AQUA_FILES}
    found = {tuple(row.violations): row["count"] for row in counted if row.violations}
    assert found == {(rule,): count for rule, count in rejected_by_rule(name, rows_alone).items()}
    assert standings["on_time"] + standings["late"] + standings["early"] == truth.accepted
    assert standings["late"] == truth.late
