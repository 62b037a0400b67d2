"""The feeds accept what the samples say is good, and reject each kind of broken row by the rule that it names."""

import json
from collections import Counter
from pathlib import Path

import pyspark.sql.functions as F
import pytest
from pyspark.sql import DataFrame, SparkSession
from small_samples import GENERATORS, generate_small

from analytics_assets.discovery import load_feeds
from analytics_assets.feeds.spec import Feed, JsonArray
from analytics_assets.samples.kinds import AQUA_FILES, rejected_by_rule
from analytics_assets.transforms.bronze import bronze, judge
from analytics_assets.transforms.contract import contract_columns
from analytics_assets.transforms.records import judge_records


def judged_lines(spark: SparkSession, folder: Path, feed: Feed) -> DataFrame:
    contract = contract_columns(feed.contract)
    files = [str(path) for path in sorted(folder.rglob("*.csv")) if "users" not in path.parts]
    arrival = F.element_at(F.split(F.input_file_name(), "/"), -2)
    lines = spark.read.text(files).select(F.col("value").alias("raw"), arrival.alias("arrival"))
    header = ",".join(column.name for column in contract)
    return judge(lines.where(F.col("raw") != header), contract, feed.format.sep, check_utf8=True, has_quotes=True)


def judged_records(spark: SparkSession, folder: Path, feed: Feed) -> DataFrame:
    records: list[tuple[str, str | None]] = []
    for path in sorted(folder.rglob("*/*.json")):
        try:
            found = json.loads(path.read_bytes())
        except ValueError:
            continue
        if isinstance(found, list):
            texts = [None if record is None else json.dumps(record) for record in found]
            records += [(path.parent.name, text) for text in texts]
    return judge_records(
        spark.createDataFrame(records, "arrival string, raw string"), contract_columns(feed.contract), feed.format.rest
    )


@pytest.mark.parametrize("name", GENERATORS)
def test_a_feed_judges_its_sample_as_the_truth_does(name: str, spark: SparkSession, tmp_path: Path) -> None:
    truth = generate_small(name, tmp_path)
    feed = load_feeds()[name]
    judge_sample = judged_records if isinstance(feed.format, JsonArray) else judged_lines
    rows = bronze(
        judge_sample(spark, tmp_path / name, feed).withColumns({"file": F.lit("f"), "line_number": F.lit(1)}),
        event=feed.event.expressions(),
        zone=feed.time_zone,
        source_zone=feed.source_zone,
        first_date=feed.first_date,
        lag_days=feed.lag_days,
        keep_raw=False,
    )
    counted = rows.groupBy("standing", "violations").count().collect()
    standings: Counter[str] = Counter()
    for row in counted:
        standings[row.standing] += row["count"]
    rows_alone = {kind: count for kind, count in truth.rejected.items() if kind not in AQUA_FILES}
    found = {tuple(row.violations): row["count"] for row in counted if row.violations}
    assert found == {(rule,): count for rule, count in rejected_by_rule(name, rows_alone).items()}
    assert standings["on_time"] + standings["late"] + standings["early"] == truth.accepted
    assert standings["late"] == truth.late
