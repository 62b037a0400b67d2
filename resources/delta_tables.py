"""Delta tables as their log describes them: without a JVM, and without reading data where the log says it.

Belongs here: opening tables, what a commit did, versions and rows of partitions, small tables as Arrow. Does not:
writing, and reading by Spark (lakehouse.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.dataset
from deltalake import DeltaTable, Schema
from pyarrow.fs import FileSystem
from pydantic import PrivateAttr

from resources.delta_log import TableLike, values_by_partition
from resources.errors import UserError
from resources.object_store import ObjectStore
from resources.table_store import FolderStore, store_of

INPUT_VERSION = "input_version"


class MissingTableError(UserError):
    """A table that is not there yet; says which asset makes it."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a commit did: its version, the rows in it, and the rows of each value of the table's partition key."""

    version: int
    rows: int
    location: str


def arrow_schema(table: TableLike) -> pa.Schema:
    """The table's columns as deltalake writes them."""
    return pa.schema(Schema.from_json(table.schema.json()).to_arrow())


class DeltaTables(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The Delta tables under one root, a folder or s3a://bucket/prefix, as `<root>/<feed>/<table>`."""

    root: str
    s3_endpoint: str = ""
    s3_region: str = ""
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

    def files_of(self, folder: str) -> FileSystem:
        """All files below a folder of the root: a feed's, or the leases'."""
        return self._store.files(self._store.location(folder, ""))

    def arrow(
        self, table: TableLike, columns: Sequence[str] | None = None, where: pyarrow.dataset.Expression | None = None
    ) -> pa.Table:
        """Rows of a small table as Arrow, without a JVM. Raises MissingTableError."""
        names = list(columns) if columns else None
        dataset = self.dataset(table)
        try:
            return dataset.to_table(columns=names, filter=where)
        except pa.ArrowNotImplementedError:
            # Rows that deltalake copied from file to file are views of texts, and so are the statistics in that file,
            # which Arrow does not compare with texts: it can only be read whole.
            rows = dataset.to_table().filter(where)
            return rows.select(names) if names else rows

    def _require(self, table: TableLike) -> None:
        if not self.exists(table):
            raise MissingTableError(
                f"{table.feed}/{table.name} does not exist yet in {self.root}: "
                f"{table.made_by} makes it. Run: tidebook run {table.feed}"
            )

    def _open(self, table: TableLike) -> DeltaTable:
        self._require(table)
        return self._store.open(self.location(table))
