"""Lakehouse: the one place that reads, replaces and describes Delta tables.

Belongs here: Delta, commits and what they say, the lease under which a feed is written. Does not: which
tables there are (analytics_assets/feeds/tables.py), what stands in them (transforms).

Descriptions come from Delta's log through deltalake: they need no JVM and read no data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.dataset
from deltalake import CommitProperties, DeltaTable, Schema, write_deltalake
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem
from pydantic import PrivateAttr
from pyspark.sql import DataFrame

from resources.commits import commit_words, compact_and_vacuum
from resources.conditions import ALL, Condition
from resources.delta_log import TableLike, data_files, is_plain, values_by_partition
from resources.errors import UserError
from resources.lease import Lease
from resources.spark import Spark, literal_path

INPUT_VERSION = "input_version"
STATISTICS = "delta.dataSkippingStatsColumns"


class MissingTableError(UserError):
    """A table that is not there yet; says which asset makes it."""


class WriteError(UserError):
    """A table cannot be written; says where, why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a commit did: its version, the rows in it, and the rows of each value of the table's partition key."""

    version: int
    rows: int
    location: str


class Lakehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The Delta tables under one root, as `<root>/<feed>/<table>`."""

    root: str
    spark: dg.ResourceDependency[Spark]
    lease_wait_s: int = 300
    _leases: dict[str, Lease] = PrivateAttr(default_factory=dict)

    def location(self, table: TableLike) -> str:
        """Folder of a table."""
        return str(Path(self.root) / table.feed / table.name)

    def exists(self, table: TableLike) -> bool:
        """Whether the table has been written at least once."""
        return DeltaTable.is_deltatable(self.location(table))

    def read(self, table: TableLike, where: Condition | None = None) -> DataFrame:
        """Rows of a table, those that a condition names. Raises MissingTableError.

        The files are found in Delta's log without Spark, and read as Parquet: Spark's own way through the log
        takes two to six jobs a table (docs/decisions.md). A table with features that this would not see, which
        another program must have switched on, is read by Delta.
        """
        delta, location = self._open(table), self.location(table)
        session = self.spark.session
        if not is_plain(delta):
            rows: DataFrame = session.read.format("delta").load(location)
        elif files := data_files(delta, location, where):
            reader = session.read.schema(table.schema).option("basePath", location)
            rows = reader.parquet(*[literal_path(file) for file in files])
        else:
            return session.createDataFrame([], table.schema)
        return rows.where(where.sql) if where else rows

    def read_or_empty(self, table: TableLike, where: Condition | None = None) -> DataFrame:
        """Rows of a table, none where it has not been written yet: for what is kept from run to run."""
        if not self.exists(table):
            return self.spark.session.createDataFrame([], table.schema)
        return self.read(table, where)

    def replace(
        self,
        table: TableLike,
        rows: DataFrame,
        where: Condition | None,
        *,
        run_id: str,
        partitions: Sequence[str],
        within: Condition | None = None,
    ) -> Written:
        """Replace the rows that `where` names (all, if None) by `rows`, in one commit.

        rows: has the table's columns; Delta refuses rows that `where` does not name.
        within: for a small table whose partitions hold more than `where` names: a condition on whole partitions,
        or ALL. Their other rows are written again, in one job; Delta's own way to them takes three.
        run_id, partitions: who wrote what, kept in the commit's userMetadata.
        Raises LeaseError if somebody else writes this feed, WriteError if the disk does not take it.
        """
        self.hold(table.feed)
        location = self.location(table)
        if within is not None and where is not None:
            rows = self.read_or_empty(table, within).where((~where).sql).unionByName(rows).coalesce(1)
            where = None if within == ALL else within
        writer = (
            rows.to(table.schema)
            .write.format("delta")
            .mode("overwrite")
            .option("userMetadata", commit_words(table, run_id, partitions))
            .option(STATISTICS, ",".join(table.statistics))
        )
        if table.partition_by:
            writer = writer.partitionBy(*table.partition_by)
        if where is not None:
            writer = writer.option("replaceWhere", where.sql)
        try:
            writer.save(location)
        except Exception as error:
            raise _told(error, location) from error
        return self.last_commit(table)

    def put(self, table: TableLike, rows: Mapping[str, Sequence[Any]], run_id: str, partitions: Sequence[str]) -> None:
        """Replace all rows of a table of a few rows a date by what is in memory, in one commit, without a JVM.

        rows: a column's values by its name. Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        location = self.location(table)
        schema = Schema.from_json(table.schema.json())
        commit = CommitProperties(custom_metadata={"userMetadata": commit_words(table, run_id, partitions)})
        try:
            if not self.exists(table):
                statistics = {STATISTICS: ",".join(table.statistics)}
                DeltaTable.create(location, schema, configuration=statistics, commit_properties=commit)
            arrow = pa.table(dict(rows), schema=pa.schema(schema.to_arrow()))
            write_deltalake(location, arrow, mode="overwrite", commit_properties=commit)
        except Exception as error:
            raise _told(error, location) from error

    def maintain(self, table: TableLike, run_id: str) -> None:
        """Join small files of each partition, and delete those that no version of the last 7 days needs.

        No row, version of a partition or answer changes. Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        try:
            compact_and_vacuum(self.spark.session, self.location(table), commit_words(table, run_id, []))
        except Exception as error:
            raise _told(error, self.location(table)) from error

    def version(self, table: TableLike) -> int:
        """The number of the table's newest commit; -1 where there is none."""
        return int(DeltaTable(self.location(table)).version()) if self.exists(table) else -1

    def last_commit(self, table: TableLike) -> Written:
        """The newest commit of a table, from Delta's log. Raises MissingTableError."""
        commit = self._open(table).history(1)[0]
        metrics = commit.get("operationMetrics") or {}
        return Written(
            version=int(commit["version"]), rows=int(metrics.get("numOutputRows", 0)), location=self.location(table)
        )

    def versions(self, table: TableLike) -> dict[str, str]:
        """Recorded input version of each partition that has rows, by the first partition column's value.

        Reads Delta's log alone. A table that is not there has none.
        """
        return dict(self._logged(table, f"min.{INPUT_VERSION}"))

    def rows(self, table: TableLike) -> dict[str, int]:
        """Rows of each partition by its first column's value, from Delta's log alone; "" where there is none."""
        rows: dict[str, int] = {}
        for key, number in self._logged(table, "num_records"):
            rows[key] = rows.get(key, 0) + int(number or 0)
        return rows

    def table_reader(self, table: TableLike) -> DeltaTable:
        """The table for a query without a JVM. Raises MissingTableError."""
        return self._open(table)

    def dataset(self, table: TableLike) -> pyarrow.dataset.Dataset:
        """The table as an Arrow dataset, for a reader without a JVM. Raises MissingTableError."""
        # Arrow's own file system: with deltalake's, which calls back into Python from Arrow's threads, a process
        # that ends soon after is now and then aborted.
        files = SubTreeFileSystem(self.location(table), LocalFileSystem())
        return self._open(table).to_pyarrow_dataset(filesystem=files)

    def arrow(
        self, table: TableLike, columns: Sequence[str] | None = None, where: pyarrow.dataset.Expression | None = None
    ) -> pa.Table:
        """Rows of a small table as Arrow, without a JVM. Raises MissingTableError."""
        return self.dataset(table).to_table(columns=list(columns) if columns else None, filter=where)

    def hold(self, feed: str) -> None:
        """Take the feed's lease, kept until the run ends. Raises LeaseError if it is not free in time."""
        if feed not in self._leases:
            lease = Lease(Path(self.root) / "_leases", feed)
            try:
                lease.take(self.lease_wait_s, dg.get_dagster_logger().info)
            except OSError as error:
                raise WriteError(
                    f"{self.root} cannot be written: {error.strerror}. Give access, or set TIDEBOOK_LAKEHOUSE"
                ) from error
            self._leases[feed] = lease

    def let_go(self) -> None:
        """Give back all leases."""
        while self._leases:
            self._leases.popitem()[1].give_back()

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Dagster calls this when a run ends, however it ends."""
        self.let_go()

    def _require(self, table: TableLike) -> None:
        if not self.exists(table):
            raise MissingTableError(
                f"{table.feed}/{table.name} does not exist yet in {self.root}: "
                f"{table.made_by} makes it. Run: tidebook run {table.feed}"
            )

    def _open(self, table: TableLike) -> DeltaTable:
        self._require(table)
        return DeltaTable(self.location(table))

    def _logged(self, table: TableLike, column: str) -> list[tuple[str, Any]]:
        return values_by_partition(DeltaTable(self.location(table)), table, column) if self.exists(table) else []


def _told(error: Exception, location: str) -> Exception:
    """The error as a WriteError, where the disk is its cause."""
    for sign in ("No space left on device", "Permission denied", "Read-only file system", "Mkdirs failed"):
        if sign in str(error):
            return WriteError(
                f"{location} cannot be written: {sign}. Nothing of this commit is visible; make room or give "
                "access, then run the same command again"
            )
    return error
