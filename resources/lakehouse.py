"""Lakehouse: the one place that writes Delta tables, and from which Spark reads them.

Belongs here: commits, and the lease under which a feed is written. Does not: what the tables' log says
(delta_tables.py), which tables there are (analytics_assets/feeds/tables.py), what stands in them (transforms).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, write_deltalake
from pydantic import PrivateAttr
from pyspark.sql import DataFrame
from pyspark.sql.types import DateType

from resources.bucket_lease import BucketLease
from resources.commit import compact, compact_and_vacuum, merge_condition, metadata
from resources.conditions import Condition, one_of, one_of_dates
from resources.delta_log import TableLike, data_files, is_plain
from resources.delta_tables import DeltaTables, MissingTableError, Written, arrow_schema
from resources.history import erase_before_newest
from resources.lease import Lease
from resources.local_frames import empty_frame
from resources.spark import Spark, literal_path
from resources.staged import adopt, new_folder, rows_of
from resources.table_store import WriteError, check_columns

__all__ = ["Lakehouse", "MissingTableError", "WriteError", "Written"]

STATISTICS = "delta.dataSkippingStatsColumns"


class Lakehouse(DeltaTables):
    """The Delta tables under one root, read and written. One writer of a feed at a time: see `hold`."""

    spark: dg.ResourceDependency[Spark]
    lease_wait_s: int = 300
    _leases: dict[str, Lease | BucketLease] = PrivateAttr(default_factory=dict)

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
            return empty_frame(session, table.schema)
        return rows.where(where.sql) if where else rows

    def read_or_empty(self, table: TableLike, where: Condition | None = None) -> DataFrame:
        """Rows of a table, none where it has not been written yet: for what is kept from run to run."""
        if not self.exists(table):
            return empty_frame(self.spark.session, table.schema)
        return self.read(table, where)

    def replace(self, table: TableLike, rows: DataFrame, partitions: Sequence[str] | None, *, run_id: str) -> Written:
        """Replace partitions of a table (all, if None) by `rows`, in one commit.

        rows: has the table's columns, and no row outside the partitions.
        partitions: values of the table's first partition column. run_id: kept in the commit's userMetadata.
        Raises LeaseError if somebody else writes this feed, WriteError if the disk does not take it, ValueError for
        rows of other partitions.
        """
        self.hold(table.feed)
        location, words = self.location(table), metadata(table, run_id, partitions or [])
        with self._explained(location):
            if self._store.moves_files and (not self.exists(table) or is_plain(self._open(table))):
                return self._replace_staged(table, rows, partitions, words)
            return self._replace_by_delta(table, rows, partitions, words)

    def _replace_staged(
        self, table: TableLike, rows: DataFrame, partitions: Sequence[str] | None, words: str
    ) -> Written:
        """Spark writes Parquet files aside, deltalake commits them: Delta's own writer takes four jobs more to learn
        from the log what stands there (docs/decisions.md)."""
        location, names = self.location(table), list(table.partition_by)
        delta = self._made(table, CommitProperties(custom_metadata={"userMetadata": words}))
        folder = new_folder(location)
        rows.to(table.schema).write.partitionBy(*names).parquet(str(folder))
        added = adopt(table, folder, partitions)
        number = sum(rows_of(file) for file in added)
        said = {"userMetadata": words, "operationMetrics": {"numFiles": f"{len(added)}", "numOutputRows": f"{number}"}}
        delta.create_write_transaction(
            [*added],
            "overwrite",
            delta.schema(),
            names,
            None if partitions is None else [(names[0], "in", list(partitions))],
            commit_properties=CommitProperties(custom_metadata=said),
        )
        delta.update_incremental()
        return Written(version=delta.version(), rows=number, location=location)

    def _replace_by_delta(
        self, table: TableLike, rows: DataFrame, partitions: Sequence[str] | None, words: str
    ) -> Written:
        writer = (
            rows.to(table.schema)
            .write.format("delta")
            .mode("overwrite")
            .option("userMetadata", words)
            .option(STATISTICS, ",".join(table.statistics))
            .partitionBy(*table.partition_by)
        )
        if partitions is not None:
            column = table.partition_by[0]
            named = one_of_dates if table.schema[column].dataType == DateType() else one_of
            writer = writer.option("replaceWhere", named(column, partitions).sql)
        writer.save(self.location(table))
        return self.last_commit(table)

    def put(
        self,
        table: TableLike,
        rows: Mapping[str, Sequence[Any]] | pa.Table,
        run_id: str,
        partitions: Sequence[str],
        where: Condition | None = None,
    ) -> Written:
        """Replace rows of a small table by what is in memory, in one commit, without a JVM.

        rows: a column's values by its name. where: the rows that are replaced, by default all; where it names whole
        partitions, no file is read.
        Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        location = self.location(table)
        # Without the columns' sentences: of a table that was made with others the writer would refuse them.
        schema = pa.schema([column.remove_metadata() for column in arrow_schema(table)])
        commit = CommitProperties(custom_metadata={"userMetadata": metadata(table, run_id, partitions)})
        with self._explained(location):
            self._made(table, commit)
            arrow = rows.cast(schema) if isinstance(rows, pa.Table) else pa.table(dict(rows), schema=schema)
            predicate = None if where is None else where.sql
            delta = self._store.open(location)
            write_deltalake(delta, arrow, mode="overwrite", predicate=predicate, commit_properties=commit)
        return Written(version=delta.version(), rows=len(arrow), location=location)

    def merge(
        self, table: TableLike, rows: pa.Table, *, on: Sequence[str], run_id: str, partitions: Sequence[str]
    ) -> Written:
        """Add the rows whose key `on` does not stand in a small table yet, in one commit, without a JVM.

        Rows of a key that stands there are left as they are. Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        location = self.location(table)
        commit = CommitProperties(custom_metadata={"userMetadata": metadata(table, run_id, partitions)})
        with self._explained(location):
            delta = self._made(table, commit)
            which = merge_condition(table, rows, on)
            merger = delta.merge(rows, which, source_alias="s", target_alias="t", commit_properties=commit)
            done = merger.when_not_matched_insert_all().execute()
            version = delta.version()
            compact(delta, table, rows)
        return Written(version=version, rows=int(done["num_target_rows_inserted"]), location=location)

    def delete(self, table: TableLike, where: Condition, run_id: str, partitions: Sequence[str]) -> Written:
        """Take whole partitions out of a table, in one commit, without a JVM and without reading a row.

        where: names partition columns alone. Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        commit = CommitProperties(custom_metadata={"userMetadata": metadata(table, run_id, partitions)})
        with self._explained(self.location(table)):
            delta = self._open(table)
            delta.delete(where.sql, commit_properties=commit)
        return Written(version=delta.version(), rows=0, location=self.location(table))

    def maintain(self, table: TableLike, run_id: str) -> None:
        """Join small files of each partition, and delete those that no version of the last 7 days needs.

        No row, version of a partition or answer changes. Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        with self._explained(self.location(table)):
            compact_and_vacuum(self.spark.session, self.location(table), metadata(table, run_id, []))

    def erase_history(self, table: TableLike) -> None:
        """Delete all that the table's newest version does not need, however young, and the log of earlier versions.

        Raises LeaseError and WriteError as `replace` does.
        """
        self.hold(table.feed)
        with self._explained(self.location(table)):
            erase_before_newest(self._open(table), self.files(table))

    @contextmanager
    def _explained(self, location: str) -> Iterator[None]:
        """Within it a table is written: what fails says what to do; where somebody stops it, what Spark does ends."""
        try:
            yield
        except Exception as error:
            raise self._store.explained(error, location) from error
        except BaseException:
            self.spark.interrupt()
            raise

    def version(self, table: TableLike) -> int:
        """The number of the table's newest commit; -1 where there is none."""
        return int(self._open(table).version()) if self.exists(table) else -1

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

    def _made(self, table: TableLike, commit: CommitProperties) -> DeltaTable:
        """The table, made without rows where it is not there. Raises WriteError if it has other columns."""
        schema = Schema.from_json(table.schema.json())
        if self.exists(table):
            delta = self._open(table)
            check_columns(self.location(table), delta.schema(), schema)
            return delta
        return DeltaTable.create(
            self.location(table),
            schema,
            partition_by=list(table.partition_by),
            configuration={STATISTICS: ",".join(table.statistics)},
            commit_properties=commit,
            storage_options=self._store.options,
        )
