"""Where tables stand: a folder or an object store, for those who open tables without a JVM, and the lease there.

Belongs here: locations, opening, what a failure means. Does not: reading and writing rows (lakehouse.py).
"""

from __future__ import annotations

import os
from pathlib import Path

from deltalake import DeltaTable, Schema
from pyarrow.fs import FileSystem, LocalFileSystem, SubTreeFileSystem

from resources.bucket_lease import BucketLease
from resources.errors import UserError
from resources.lease import Lease
from resources.object_store import ObjectStore, is_bucket, meaning, split, told

LEASES = "_leases"
NOT_WRITTEN = ("No space left on device", "Permission denied", "Read-only file system", "Mkdirs failed")


class WriteError(UserError):
    """A table cannot be written; says where, why and what to do."""


def check_columns(location: str, stands: Schema, expected: Schema) -> None:
    """Raise WriteError if a table has other columns, or of other types, than what is to be written."""
    there, wanted = ({f"{field.name} {field.type}" for field in schema.fields} for schema in (stands, expected))
    if there != wanted:
        raise WriteError(
            f"{location} has other columns than this feed writes: it has {_listed(there - wanted)} where the feed has "
            f"{_listed(wanted - there)}. An earlier form of the feed wrote it. Write to another place: set "
            "TIDEBOOK_LAKEHOUSE, and run the feed; all tables are made anew from what landed"
        )


def _listed(columns: set[str]) -> str:
    return ", ".join(sorted(columns)) or "nothing"


class FolderStore:
    """Tables in folders below a root."""

    options: dict[str, str] | None = None
    """What deltalake needs besides a location."""
    moves_files = True
    """Whether a file is moved without being copied."""

    def __init__(self, root: str) -> None:
        self._root = root

    def location(self, feed: str, table: str) -> str:
        """Folder of a table."""
        return str(Path(self._root) / feed / table)

    def is_table(self, location: str) -> bool:
        """Whether a table has been written there."""
        return DeltaTable.is_deltatable(location)

    def open(self, location: str) -> DeltaTable:
        """The table, from its log."""
        return DeltaTable(location)

    def files(self, location: str) -> FileSystem:
        """The files of a location, for Arrow."""
        # Arrow's own file system: with deltalake's, which calls back into Python from Arrow's threads, a process
        # that ends soon after is now and then aborted.
        return SubTreeFileSystem(location, LocalFileSystem())

    def lease(self, feed: str) -> Lease | BucketLease:
        """The lease of a feed, not yet taken."""
        return Lease(Path(self._root) / LEASES, feed)

    def explained(self, error: Exception, location: str) -> Exception:
        """An error of a write as one of the user's, where its cause is known; else as it is."""
        found = [sign for sign in NOT_WRITTEN if sign in str(error)]
        # Where a folder may be read alone, Spark tells of files that it then misses.
        there = next(path for path in (Path(location), *Path(location).parents) if path.exists())
        if not found and os.access(there, os.W_OK):
            return error
        return WriteError(
            f"{location} cannot be written: {found[0] if found else 'it may only be read'}. Nothing of this commit is "
            "visible; make room or give access, then run the same command again"
        )


class BucketStore(FolderStore):
    """Tables below s3a://bucket/prefix."""

    moves_files = False

    def __init__(self, root: str, store: ObjectStore) -> None:
        super().__init__(root.rstrip("/"))
        self._store = store
        self.options = store.storage_options()

    def location(self, feed: str, table: str) -> str:
        """Address of a table."""
        return f"{self._root}/{feed}/{table}"

    def is_table(self, location: str) -> bool:
        """Whether a table has been written there. Raises StoreError."""
        try:
            return DeltaTable.is_deltatable(location, self.options)
        except Exception as error:
            raise told(error, location) from None

    def open(self, location: str) -> DeltaTable:
        """The table, from its log. Raises StoreError."""
        try:
            return DeltaTable(location, storage_options=self.options)
        except Exception as error:
            raise told(error, location) from None

    def files(self, location: str) -> FileSystem:
        """The files of a location, for Arrow."""
        bucket, prefix = split(location)
        return SubTreeFileSystem(f"{bucket}/{prefix}", FileSystem.from_uri(self._store.arrow_uri(bucket))[0])

    def lease(self, feed: str) -> BucketLease:
        """The lease of a feed, not yet taken."""
        return BucketLease(f"{self._root}/{LEASES}", feed, self._store)

    def explained(self, error: Exception, location: str) -> Exception:
        """An error of a write in one line, where the store is its cause; else as it is."""
        what = meaning(error)
        if what is None:
            return error
        return WriteError(
            f"{location}: {what}. Nothing of this commit is visible; mend it, then run the same command again"
        )


def store_of(root: str, store: ObjectStore) -> FolderStore:
    """The store of a root, which is a folder or an address."""
    return BucketStore(root, store) if is_bucket(root) else FolderStore(root)
