"""Lakehouse: the one place that reads, replaces and describes Delta tables.

Belongs here: Delta, commits and what they say, the lease under which a feed is written. Does not: which
tables there are (analytics_assets/feeds/tables.py), what stands in them (transforms).

Descriptions come from Delta's log through deltalake: they need no JVM and read no data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.dataset
from deltalake import CommitProperties, DeltaTable, Schema, write_deltalake
from pyarrow.fs import FileSystem
from pydantic import PrivateAttr
from pyspark.sql import DataFrame

from resources.bucket_lease import BucketLease
from resources.commit import compact, merge_condition, metadata
from resources.conditions import ALL, Condition
from resources.delta_log import TableLike, data_files, is_plain, values_by_partition
from resources.errors import UserError
from resources.lease import Lease
from resources.object_store import ObjectStore
from resources.spark import Spark, literal_path
from resources.table_store import FolderStore, WriteError, store_of

INPUT_VERSION = "input_version"
STATISTICS = "delta.dataSkippingStatsColumns"


class MissingTableError(UserError):
    """A table that is not there yet; says which asset makes it."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a commit did: its version, the rows in it, and the rows of each value of the table's partition key."""

    version: int
    rows: int
    location: str


class Lakehouse(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The Delta tables under one root, a folder or s3a://bucket/prefix, as `<root>/<feed>/<table>`."""

    root: str
    spark: dg.ResourceDependency[Spark]
    lease_wait_s: int = 300
    s3_endpoint: str = ""
    s3_region: str = ""
    _leases: dict[str, Lease | BucketLease] = PrivateAttr(default_factory=dict)
    _known_store: FolderStore | None = PrivateAttr(default=None)

    @property
    def _store(self) -> FolderStore:
        if self._known_store is None:
            self._known_store = store_of(self.root, ObjectStore(self.s3_endpoint, self.s3_region))
        return self._known_store

    def location(self, table: TableLike) -> str:
        """Folder or address of a table."""
        return self._store.location(table.feed, table.name)

    def exists(self, table: TableLike) -> bool:
        """Whether the table has been written at least once. Raises StoreError if an object store fails."""
        return self._store.is_table(self.location(table))

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
            .option("userMetadata", metadata(table, run_id, partitions))
            .option(STATISTICS, ",".join(table.statistics))
        )
        if table.partition_by:
            writer = writer.partitionBy(*table.partition_by)
        if where is not None:
            writer = writer.option("replaceWhere", where.sql)
        try:
            writer.save(location)
        except Exception as error:
            raise self._store.explained(error, location) from error
        return self.last_commit(table)

    def put(
        self,
        table: TableLike,
        rows: Mapping[str, Sequence[Any]],
        run_id: str,
        partitions: Sequence[str],
        where: Condition | None = None,
    ) -> None:
        """Replace rows of a small table by what is in memory, in one commit, without a JVM.

        rows: a column's values by its name. where: the rows that are replaced, by default all.
        Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        location = self.location(table)
        schema = Schema.from_json(table.schema.json())
        commit = CommitProperties(custom_metadata={"userMetadata": metadata(table, run_id, partitions)})
        try:
            self._made(table, commit)
            arrow = pa.table(dict(rows), schema=pa.schema(schema.to_arrow()))
            predicate = None if where is None else where.sql
            delta = self._store.open(location)
            write_deltalake(delta, arrow, mode="overwrite", predicate=predicate, commit_properties=commit)
        except Exception as error:
            raise self._store.explained(error, location) from error

    def merge(
        self, table: TableLike, rows: pa.Table, *, on: Sequence[str], run_id: str, partitions: Sequence[str]
    ) -> Written:
        """Add the rows whose key `on` does not stand in a small table yet, in one commit, without a JVM.

        Rows of a key that stands there are left as they are. Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        location = self.location(table)
        commit = CommitProperties(custom_metadata={"userMetadata": metadata(table, run_id, partitions)})
        try:
            delta = self._made(table, commit)
            which = merge_condition(table, rows, on)
            merger = delta.merge(rows, which, source_alias="s", target_alias="t", commit_properties=commit)
            done = merger.when_not_matched_insert_all().execute()
            version = delta.version()
            compact(delta, table, rows)
        except Exception as error:
            raise self._store.explained(error, location) from error
        return Written(version=version, rows=int(done["num_target_rows_inserted"]), location=location)

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
        return dict(self.logged(table, f"min.{INPUT_VERSION}"))

    def logged(self, table: TableLike, column: str) -> list[tuple[str, Any]]:
        """For each file its partition, by the first column's value, and what Delta's log says, as min.event_date."""
        return values_by_partition(self._store.open(self.location(table)), table, column) if self.exists(table) else []

    def rows(self, table: TableLike) -> dict[str, int]:
        """Rows of each partition by its first column's value, from Delta's log alone; "" where there is none."""
        rows: dict[str, int] = {}
        for key, number in self.logged(table, "num_records"):
            rows[key] = rows.get(key, 0) + int(number or 0)
        return rows

    def table_reader(self, table: TableLike) -> DeltaTable:
        """The table for a query without a JVM. Raises MissingTableError."""
        return self._open(table)

    def dataset(self, table: TableLike) -> pyarrow.dataset.Dataset:
        """The table as an Arrow dataset, for a reader without a JVM. Raises MissingTableError."""
        return self._open(table).to_pyarrow_dataset(filesystem=self.files(table))

    def files(self, table: TableLike) -> FileSystem:
        """The files of a table's location, for Arrow."""
        return self._store.files(self.location(table))

    def arrow(
        self, table: TableLike, columns: Sequence[str] | None = None, where: pyarrow.dataset.Expression | None = None
    ) -> pa.Table:
        """Rows of a small table as Arrow, without a JVM. Raises MissingTableError."""
        return self.dataset(table).to_table(columns=list(columns) if columns else None, filter=where)

    def hold(self, feed: str) -> None:
        """Take the feed's lease, kept until the run ends. Raises LeaseError if it is not free in time, or was lost."""
        lease = self._leases.get(feed) or self._store.lease(feed)
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
        return self._store.open(self.location(table))

    def _made(self, table: TableLike, commit: CommitProperties) -> DeltaTable:
        """The table, made without rows where it is not there."""
        if self.exists(table):
            return self._open(table)
        return DeltaTable.create(
            self.location(table),
            Schema.from_json(table.schema.json()),
            partition_by=list(table.partition_by),
            configuration={STATISTICS: ",".join(table.statistics)},
            commit_properties=commit,
            storage_options=self._store.options,
        )
