"""The lakehouse: what is read through Delta's log equals what Delta reads, whatever stands in a partition's name."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.types as T
import pytest
from deltalake import DeltaTable
from pyspark.sql import SparkSession
from pyspark.testing import assertDataFrameEqual

from resources.commit import MOST_FILES
from resources.conditions import Condition, between, one_of, one_of_dates
from resources.delta_log import values_by_partition
from resources.lakehouse import STATISTICS, Lakehouse, MissingTableError, WriteError
from resources.spark import Spark
from resources.staged import STAGED, new_folder

ODD = ["plain", "a b", "a/b", "50%", "%2F", "a=b", "[x]", "{y}", "*", "?", "ü 世", "it's", 'a"b', "back\\slash", None]


@dataclass(frozen=True)
class Table:
    """A table of a feed that no module declares."""

    schema: T.StructType
    partition_by: tuple[str, ...] = ()
    statistics: tuple[str, ...] = ()
    feed: str = "f"
    name: str = "t"
    made_by: str = "asset f/t"


DAYS = Table(
    T.StructType(
        [
            T.StructField("day", T.DateType(), True, {"comment": "The day."}),
            T.StructField("name", T.StringType()),
            T.StructField("n", T.LongType()),
        ]
    ),
    partition_by=("day", "name"),
    statistics=("n",),
)
FLAT = Table(DAYS.schema, statistics=("day", "n"))
SMALL = Table(T.StructType([T.StructField("day", T.StringType()), T.StructField("number", T.LongType())]))


@pytest.fixture
def lakehouse(spark_resource: Spark, tmp_path: Path) -> Lakehouse:
    return Lakehouse(root=str(tmp_path / "lake {house} *1 ü"), spark=spark_resource, lease_wait_s=0)


def write(lakehouse: Lakehouse, table: Table, rows: Sequence[tuple[date, str | None, int]]) -> None:
    frame = lakehouse.spark.session.createDataFrame(list(rows), table.schema)
    lakehouse.replace(table, frame, None, run_id="r")


def by_delta(lakehouse: Lakehouse, table: Table, sql: str) -> list[tuple[object, ...]]:
    rows = lakehouse.spark.session.read.format("delta").load(lakehouse.location(table)).where(sql)
    return [tuple(row) for row in rows.select("day", "name", "n").collect()]


@pytest.mark.parametrize("table", [DAYS, FLAT], ids=["partitioned", "flat"])
def test_rows_come_back_from_partitions_with_any_name(lakehouse: Lakehouse, table: Table) -> None:
    rows = [(date(2025, 1, 1), name, place) for place, name in enumerate(ODD)]
    write(lakehouse, table, rows)
    assertDataFrameEqual(lakehouse.read(table).select("day", "name", "n"), rows)
    for _, name, place in rows[:-1]:
        found = lakehouse.read(table, one_of("name", [str(name)]))
        assert [tuple(row) for row in found.select("name", "n").collect()] == [(name, place)]


def test_partitions_are_replaced_or_emptied_and_others_left_as_they_are(lakehouse: Lakehouse) -> None:
    days = [date(2025, 1, day) for day in (1, 2, 3)]
    write(lakehouse, DAYS, [(day, "a", 1) for day in days])
    fresh = lakehouse.spark.session.createDataFrame([(days[1], "b", 2)], DAYS.schema)
    written = lakehouse.replace(DAYS, fresh, ["2025-01-02", "2025-01-03", "2025-01-04"], run_id="r")
    assert (written.rows, written.version) == (1, lakehouse.version(DAYS))
    assert sorted(by_delta(lakehouse, DAYS, "true")) == [(days[0], "a", 1), (days[1], "b", 2)]


def test_rows_outside_the_partitions_to_replace_are_refused_and_nothing_changes(lakehouse: Lakehouse) -> None:
    write(lakehouse, DAYS, [(date(2025, 1, 1), "a", 1)])
    fresh = lakehouse.spark.session.createDataFrame([(date(2025, 1, 2), "b", 2)], DAYS.schema)
    with pytest.raises(ValueError, match="f/t: rows of 2025-01-02, which are not to be replaced"):
        lakehouse.replace(DAYS, fresh, ["2025-01-01"], run_id="r")
    assert by_delta(lakehouse, DAYS, "true") == [(date(2025, 1, 1), "a", 1)]


def test_the_log_knows_what_delta_would_know_of_a_file(lakehouse: Lakehouse) -> None:
    """Rows, least and greatest values and nulls of the columns that have statistics, of no other."""
    rows = [(date(2025, 1, 2), "a", 5), (date(2025, 1, 1), "b", None), (None, "c", 7)]
    frame = lakehouse.spark.session.createDataFrame(rows, FLAT.schema).coalesce(1)
    lakehouse.replace(FLAT, frame, None, run_id="r")
    frame.write.format("delta").option(STATISTICS, "day,n").save(f"{lakehouse.root}/by_delta")

    def said(location: str) -> dict[str, object]:
        (file,) = pa.table(DeltaTable(location).get_add_actions(flatten=True)).to_pylist()
        return {name: value for name, value in file.items() if name.startswith(("num", "min", "max", "null"))}

    ours = said(lakehouse.location(FLAT))
    assert ours == said(f"{lakehouse.root}/by_delta")
    assert (ours["num_records"], ours["min.day"], ours["max.n"], ours["null_count.n"]) == (3, date(2025, 1, 1), 7, 1)


def test_a_table_with_other_columns_is_left_as_it_is_and_the_message_names_them(lakehouse: Lakehouse) -> None:
    write(lakehouse, DAYS, [(date(2025, 1, 1), "a", 1)])
    grown = replace(DAYS, schema=T.StructType([*DAYS.schema.fields, T.StructField("more", T.LongType())]))
    frame = lakehouse.spark.session.createDataFrame([(date(2025, 1, 1), "a", 1, 2)], grown.schema)
    with pytest.raises(WriteError, match=r"has other columns .* it has nothing where the feed has more .*long"):
        lakehouse.replace(grown, frame, None, run_id="r")
    assert len(by_delta(lakehouse, DAYS, "true")) == 1


def test_what_a_killed_run_left_aside_is_removed_and_was_never_read(lakehouse: Lakehouse) -> None:
    write(lakehouse, DAYS, [(date(2025, 1, 1), "a", 1)])
    left = new_folder(lakehouse.location(DAYS)) / "day=2025-01-01" / "name=a"
    left.mkdir(parents=True)
    for file in Path(lakehouse.location(DAYS)).glob("day=*/name=*/*.parquet"):
        shutil.copy(file, left)
    assert len(by_delta(lakehouse, DAYS, "true")) == lakehouse.read(DAYS).count() == 1
    write(lakehouse, DAYS, [(date(2025, 1, 2), "a", 1)])
    assert not list(Path(lakehouse.location(DAYS)).glob(f"{STAGED}*"))


def test_partitions_are_deleted_without_a_row_being_read(lakehouse: Lakehouse) -> None:
    days = [date(2025, 1, day) for day in (1, 2)]
    write(lakehouse, DAYS, [(day, name, 1) for day in days for name in ("a", "b c")])
    lakehouse.delete(DAYS, one_of("name", ["b c"]) & one_of_dates("day", ["2025-01-02"]), "r", ["2025-01-02"])
    left = sorted(by_delta(lakehouse, DAYS, "true"))
    assert left == [(days[0], "a", 1), (days[0], "b c", 1), (days[1], "a", 1)]
    log = Path(lakehouse.location(DAYS)) / "_delta_log" / f"{lakehouse.version(DAYS):020}.json"
    assert [line for line in log.read_text().splitlines() if '"add"' in line] == []


CONDITIONS = [
    one_of("name", []),
    one_of("name", ["a", "c"]),
    one_of_dates("day", ["2025-01-02"]),
    one_of_dates("day", ["2025-01-01", "2025-01-02"]),
    one_of_dates("day", ["2025-01-01", "2025-01-03"]),
    between("day", date(2025, 1, 2), date(2026, 1, 1)),
    between("name", "b", "c~"),
    one_of("name", ["a"]) & one_of_dates("day", ["2025-01-03"]),
    one_of("name", ["a"]) | between("day", date(2025, 1, 3), date(2025, 1, 3)),
]


@pytest.mark.parametrize("table", [DAYS, FLAT], ids=["partitioned", "flat"])
def test_a_condition_finds_the_rows_that_delta_finds(lakehouse: Lakehouse, table: Table) -> None:
    days = [date(2025, 1, day) for day in (1, 2, 3)]
    write(lakehouse, table, [(day, name, place) for place, day in enumerate(days) for name in ("a", "b", "c d")])
    sizes = []
    for condition in CONDITIONS:
        found = [tuple(row) for row in lakehouse.read(table, condition).select("day", "name", "n").collect()]
        assert sorted(map(repr, found)) == sorted(map(repr, by_delta(lakehouse, table, condition.sql))), condition.sql
        sizes.append(len(found))
    assert sizes == [0, 3, 3, 6, 6, 6, 6, 1, 5]


def test_files_that_cannot_hold_a_row_are_not_opened(lakehouse: Lakehouse) -> None:
    write(lakehouse, DAYS, [(date(2025, 1, day), "a", day) for day in (1, 2, 3)])

    def opened(condition: Condition) -> int:
        return len(lakehouse.read(DAYS, condition).inputFiles())

    assert opened(one_of_dates("day", ["2025-01-02"])) == 1
    assert opened(between("day", date(2025, 1, 2), date(2025, 1, 9))) == 2
    assert opened(between("n", "3", "9")) == 1, "by the statistics of a column"
    assert opened(one_of("name", ["a"])) == 3


def test_a_table_with_features_of_its_own_is_read_by_delta(lakehouse: Lakehouse, spark: SparkSession) -> None:
    write(lakehouse, FLAT, [(date(2025, 1, 1), name, 1) for name in ("a", "b")])
    place = f"delta.`{lakehouse.location(FLAT)}`"
    spark.sql(f"ALTER TABLE {place} SET TBLPROPERTIES ('delta.enableDeletionVectors' = true)")
    spark.sql(f"DELETE FROM {place} WHERE name = 'a'")
    assert DeltaTable(lakehouse.location(FLAT)).protocol().min_reader_version > 1
    assert [row.name for row in lakehouse.read(FLAT).collect()] == ["b"]


def test_rows_in_memory_replace_all_rows_and_say_who_wrote_them(lakehouse: Lakehouse) -> None:
    for days in ([date(2025, 1, 1), date(2025, 1, 2)], [date(2025, 1, 3)], []):
        columns = {"day": days, "name": ["a"] * len(days), "n": [7] * len(days)}
        lakehouse.put(FLAT, columns, "run 1", ["2025-01-03"])
        assertDataFrameEqual(lakehouse.read(FLAT), [(day, "a", 7) for day in days])
    log = DeltaTable(lakehouse.location(FLAT))
    said = json.loads(log.history(1)[0]["userMetadata"])
    assert (said["run_id"], said["asset"], said["partitions"]["number"]) == ("run 1", "f/t", 1)
    assert json.loads(log.schema().to_json())["fields"][0]["metadata"] == {"comment": "The day."}


def test_a_table_that_is_not_there_says_which_asset_makes_it(lakehouse: Lakehouse) -> None:
    with pytest.raises(MissingTableError, match=r"f/t does not exist yet in .*: asset f/t makes it"):
        lakehouse.read(FLAT)
    assert lakehouse.read_or_empty(FLAT).count() == 0


def added(lakehouse: Lakehouse, table: Table, rows: Sequence[tuple[date, str, int]]) -> int:
    schema = pa.schema({"day": pa.date32(), "name": pa.string(), "n": pa.int64()})
    columns = dict(zip(schema.names, zip(*rows, strict=True), strict=True))
    return lakehouse.merge(
        table, pa.table(columns, schema=schema), on=["day", "name"], run_id="r", partitions=["p"]
    ).rows


@pytest.mark.parametrize("table", [DAYS, FLAT], ids=["partitioned", "flat"])
def test_a_merge_adds_the_rows_whose_key_is_not_there_and_leaves_the_others(lakehouse: Lakehouse, table: Table) -> None:
    one, two = date(2025, 1, 1), date(2025, 1, 2)
    assert added(lakehouse, table, [(one, "a", 1), (one, "it's", 2)]) == 2
    assert added(lakehouse, table, [(one, "a", 9), (two, "a", 3)]) == 1
    assert added(lakehouse, table, [(one, "a", 9), (two, "a", 9)]) == 0
    found = lakehouse.arrow(table, ["day", "name", "n"]).sort_by("n").to_pylist()
    assert [tuple(row.values()) for row in found] == [(one, "a", 1), (one, "it's", 2), (two, "a", 3)]
    assertDataFrameEqual(
        lakehouse.read(table).select("day", "name", "n"), [(one, "a", 1), (one, "it's", 2), (two, "a", 3)]
    )
    said = json.loads(DeltaTable(lakehouse.location(table)).history(1)[0]["userMetadata"])
    assert (said["run_id"], said["asset"]) == ("r", "f/t")


def test_a_partition_of_many_merges_is_kept_in_few_files(lakehouse: Lakehouse) -> None:
    one, two = date(2025, 1, 1), date(2025, 1, 2)
    by_day = replace(DAYS, partition_by=("day",))
    for place in range(MOST_FILES + 3):
        added(lakehouse, by_day, [(one, str(place), place)] + ([(two, "x", 0)] if place == 0 else []))
    assert lakehouse.rows(by_day) == {"2025-01-01": MOST_FILES + 3, "2025-01-02": 1}
    files = [key for key, _ in values_by_partition(DeltaTable(lakehouse.location(by_day)), by_day, "path")]
    assert files.count("2025-01-01") == 3 and files.count("2025-01-02") == 1


def test_a_small_table_whose_rows_were_copied_is_read_by_a_condition(lakehouse: Lakehouse) -> None:
    """What deltalake copies when other rows of a file are replaced, Arrow does not compare with texts."""
    rows = {"day": ["a", "b", "c"], "number": [1, 2, 3]}
    lakehouse.put(SMALL, rows, "run", ["a"])
    lakehouse.put(SMALL, {"day": ["c"], "number": [9]}, "run", ["c"], one_of("day", ["c"]))
    found = lakehouse.arrow(SMALL, ["number"], pc.field("day") >= "b")
    assert sorted(found["number"].to_pylist()) == [2, 9]


def test_a_table_that_was_made_with_other_sentences_of_its_columns_is_written_all_the_same(
    lakehouse: Lakehouse,
) -> None:
    def said(sentence: str) -> Table:
        return replace(FLAT, schema=T.StructType([T.StructField("n", T.LongType(), True, {"comment": sentence})]))

    lakehouse.put(said("A number."), {"n": [1]}, "run", [])
    lakehouse.put(said("How many."), {"n": [2]}, "run", [])
    assert lakehouse.arrow(said("How many.")).to_pylist() == [{"n": 2}]
    rows = lakehouse.spark.session.createDataFrame([(3,)], "n long")
    lakehouse.replace(said("So many."), rows, None, run_id="run")
    assert lakehouse.arrow(said("So many.")).to_pylist() == [{"n": 3}]
    lakehouse.merge(said("Once more."), pa.table({"n": [3, 4]}), on=["n"], run_id="run", partitions=[])
    assert sorted(row["n"] for row in lakehouse.arrow(said("Once more.")).to_pylist()) == [3, 4]
