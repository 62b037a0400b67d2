"""The lakehouse of a live run: it reads the tables of its feed, and writes the live ones under a lease of its own.

Belongs here: that lease, and upkeep of tables that are written every few seconds. Does not: writing (lakehouse.py).
"""

from __future__ import annotations

from deltalake import DeltaTable

from resources.delta_log import TableLike
from resources.file_stream import streaming_master
from resources.lakehouse import Lakehouse
from resources.lease import LeaseError
from resources.spark import Spark

KEPT_HOURS = 1
"""For how long versions of a live table are kept: a reader is long done by then, and they are a thousand a day."""
SHORT_LIVED = {
    "delta.logRetentionDuration": f"interval {KEPT_HOURS} hours",
    "delta.deletedFileRetentionDuration": f"interval {KEPT_HOURS} hours",
}


class LiveLakehouse(Lakehouse):
    """As the lakehouse, beside whose writer of a feed it writes: the live tables have one writer of their own."""

    def hold(self, feed: str) -> None:
        """Take the lease of the feed's live tables. Raises LeaseError at once if another live run has it."""
        lease = f"{feed}.live"  # no feed has a dot in its name
        try:
            super().hold(lease)
        except LeaseError as error:
            holder = str(error).partition(" is being written by ")[2].partition(". Nothing was changed")[0]
            raise LeaseError(
                f"a live run of {feed} is under way: {holder}. There is one for a feed. Stop that one, or see what it "
                f"counts: tidebook live {feed} --show"
            ) from error

    def tidy(self, table: TableLike) -> None:
        """Delete files and log of versions that are older than KEPT_HOURS."""
        self.hold(table.feed)
        delta = self._open(table)
        if SHORT_LIVED.items() - delta.metadata().configuration.items():
            delta.alter.set_table_properties(SHORT_LIVED)
            delta = self._open(table)
        self._forget(delta)

    def _forget(self, delta: DeltaTable) -> None:
        delta.vacuum(retention_hours=KEPT_HOURS, dry_run=False, enforce_retention_duration=False)
        delta.create_checkpoint()
        delta.cleanup_metadata()


def live_beside(lakehouse: Lakehouse) -> LiveLakehouse:
    """The live lakehouse of the same place. Raises SparkError where its engine cannot read a stream."""
    return LiveLakehouse(
        root=lakehouse.root,
        s3_endpoint=lakehouse.s3_endpoint,
        s3_region=lakehouse.s3_region,
        spark=Spark(master=streaming_master(lakehouse.spark.master)),
        lease_wait_s=0,
    )
