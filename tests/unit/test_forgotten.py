"""A forgotten user's rows are found by a digest of the id, and nobody else's are."""

import io
from contextlib import redirect_stdout
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.layers.tombstones import is_forgotten_event, leave_tombstone, tombstones, without
from analytics_assets.layers.verdicts import with_events
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import judge
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.forgotten import names, stand_in, tombstone
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

SALT = "5a17"
OF_LINES = {
    "u1": ["u1,view", "view,u1", 'x,"u1",y', '"u1', "u1", "a;u1;b", "a\tu1", " u1 ", "who=u1."],
    "a-b": ["a-b,view", "x:a-b", "say a-b.", "say a-b-"],
    "ann@example.org": ["ann@example.org,view", "<ann@example.org>", "from ann@example.org."],
    "Zoë": ["Zoë,view", '"Zoë"'],
    "ann lee": ["ann lee,view", 'x,"ann lee"'],
    'a"b,c': ['"a""b,c",view'],
}
OF_OTHERS = {
    "u1": ["u12,view", "xu1,view", "u_1", "u1_", "U1,view", "", "uu11"],
    "a-b": ["a-b-c,view", "a,b", "xa-b", "b-a"],
    "ann@example.org": ["joann@example.org,view", "ann@example.com,view", "ann,example.org"],
    "Zoë": ["Zoe,view", "ZoëX"],
    "ann lee": ["ann,lee", "annlee"],
    'a"b,c': ["a,b,c"],
}


def found(spark: SparkSession, user: str, texts: list[str | None], sep: str | None) -> list[str | None]:
    """The texts in which the user stands, by the tombstone alone."""
    rows = spark.createDataFrame([Row(text=text) for text in texts], "text string")
    is_theirs = stand_in([tombstone(user, SALT)], F.col("text"), sep)
    marked = rows.select("text", is_theirs.alias("is_theirs")).collect()
    assert all(row.is_theirs is not None for row in marked), "a row that is neither would be lost"
    return [row.text for row in marked if row.is_theirs]


@pytest.mark.parametrize("user", OF_LINES)
def test_a_user_is_found_in_rejected_lines_as_a_whole_word_and_nobody_else_is(spark: SparkSession, user: str) -> None:
    texts = [*OF_LINES[user], *OF_OTHERS[user], None]
    assert found(spark, user, texts, ",") == OF_LINES[user]


def test_a_user_is_found_in_records_whatever_their_escapes(spark: SparkSession) -> None:
    theirs = ['{"distinct_id": "Zo\\u00eb"}', '{"more": {"by": "Zoë"}}', '["Zoë"]', '{"distinct_id": "Zoë"']
    others = ['{"distinct_id": "Zoe"}', "17", "null", None]
    assert found(spark, "Zoë", [*theirs, *others], None) == theirs


def test_a_user_is_named_by_the_digest_and_no_user_is_nobody(spark: SparkSession) -> None:
    rows = spark.createDataFrame([Row(user="501"), Row(user="50"), Row(user=None)], "user string")
    stones = [tombstone("501", SALT), tombstone("7", "another")]
    assert [row.is_theirs for row in rows.select(names(stones, F.col("user")).alias("is_theirs")).collect()] == [
        True,
        False,
        False,
    ]


def test_tombstones_share_a_salt_and_tell_no_id(tmp_path: Path, spark_resource: Spark) -> None:
    lakehouse = Lakehouse(root=str(tmp_path), spark=spark_resource)
    world = World(NOTES, Landing(root=str(tmp_path)), lakehouse, "run")
    assert tombstones(world) == []
    now = datetime(2025, 3, 1, tzinfo=timezone.utc)
    assert [leave_tombstone(world, user, now) for user in ("u-77", "ann of the tests", "u-77")] == [True, True, False]
    lakehouse.let_go()
    made = tombstones(world)
    salt = made[0].salt
    assert len(salt) == 32
    assert len(made) == 2 and all(tombstone(user, salt) in made for user in ("u-77", "ann of the tests"))
    written = b"".join(file.read_bytes() for file in sorted(tmp_path.rglob("*")) if file.is_file())
    assert b"u-77" not in written
    assert b"ann of the tests" not in written


def test_a_condition_on_a_verdict_is_not_moved_into_all_that_makes_it(spark: SparkSession) -> None:
    lines = spark.createDataFrame([Row(raw="u-0077,x")], "raw string").selectExpr("raw", "'a.csv' AS file")
    rows = lines.withColumns({"arrival": F.lit("2025-01-03"), "line_number": F.lit(2).cast("long")})
    rows = with_events(NOTES, judge(rows, contract_of(NOTES.contract), ",", check_utf8=True, has_quotes=True))
    is_forgotten = is_forgotten_event(NOTES, [tombstone("u-0077", SALT)])
    kept = without(rows, is_forgotten)
    assert len(plan(kept)) < 2 * len(plan(rows))
    assert kept.count() == 0


def plan(rows: DataFrame) -> str:
    text = io.StringIO()
    with redirect_stdout(text):
        rows.explain("extended")
    return text.getvalue().partition("== Optimized Logical Plan ==")[2]
