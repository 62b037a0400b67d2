"""History that is erased is gone from files and log; the newest version is what it was."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem
from pyspark.sql import SparkSession

from resources.history import erase_before_newest


def octets(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of three versions, of which the first two named Eve, and what killed writers left of her."""
    location = tmp_path / "table"
    for users in (["eve", "ann"], ["eve"], ["ann", "bob"]):
        rows = pa.table({"user_id": users, "day": ["x"] * len(users)})
        write_deltalake(str(location), rows, mode="overwrite", partition_by=["day"])
    (location / "day=x/left.parquet").write_bytes(b"eve")
    (location / "_staged-1/day=x").mkdir(parents=True)
    (location / "_staged-1/day=x/part.parquet").write_bytes(b"eve")
    (location / "_delta_log/.00000000000000000000.json.crc").write_bytes(b"eve")
    assert b"eve" in octets(location)
    return location


def erase(location: Path) -> None:
    erase_before_newest(DeltaTable(str(location)), SubTreeFileSystem(str(location), LocalFileSystem()))


def test_what_earlier_versions_said_is_in_no_file(table: Path) -> None:
    erase(table)
    assert b"eve" not in octets(table)
    assert DeltaTable(str(table)).to_pyarrow_table()["user_id"].to_pylist() == ["ann", "bob"]
    newest = DeltaTable(str(table)).version()
    names = sorted(path.name for path in (table / "_delta_log").iterdir())
    assert names == [f"{newest:020}.checkpoint.parquet", f"{newest:020}.json", "_last_checkpoint"]
    with pytest.raises(Exception, match="log"):
        DeltaTable(str(table), version=2)


def test_a_table_can_be_written_and_erased_again(table: Path) -> None:
    erase(table)
    write_deltalake(str(table), pa.table({"user_id": ["cid"], "day": ["y"]}), mode="append")
    erase(table)
    assert sorted(DeltaTable(str(table)).to_pyarrow_table()["user_id"].to_pylist()) == ["ann", "bob", "cid"]


def test_spark_reads_what_is_left(table: Path, spark: SparkSession) -> None:
    erase(table)
    assert {row.user_id for row in spark.read.format("delta").load(str(table)).collect()} == {"ann", "bob"}
