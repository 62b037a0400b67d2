"""Dagster's event log in one SQLite file that is fast enough for a run over hundreds of partitions.

Belongs here: how events are stored (one kept engine, few transactions). Not: which events a run logs (layers,
asset_checks), nor which storage is used (dagster.yaml names `EventLog`).

Dagster's own SQLite event log makes a new engine for every statement, which costs 7 to 8 ms an event.
`EventLog` keeps one, and stores an event or a batch in one transaction. It leans on a private module of
Dagster: where that does not fit, `EventLog` is Dagster's default, with a warning that says so.
"""

import fcntl
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage

try:
    from dagster._core.storage.event_log.polling_event_watcher import SqlPollingEventWatcher
    from dagster._core.storage.event_log.sqlite.consolidated_sqlite_event_log import (
        ConsolidatedSqliteEventLogStorage,
    )

    NEEDED = ("_connect", "_init_db", "has_table", "store_event", "store_event_batch", "watch", "end_watch")
    MISFIT = ", ".join(name for name in NEEDED if not hasattr(ConsolidatedSqliteEventLogStorage, name))
except ImportError as error:
    MISFIT = str(error)

if TYPE_CHECKING:
    from dagster import EventLogEntry

BUSY_TIMEOUT_S = 60  # how long a writer waits for another process's transaction


class _Held(threading.local):
    """What a thread has open: its transaction, and the events it gathers (None: it stores each at once)."""

    connection: sqlalchemy.Connection | None = None
    gathered: "list[EventLogEntry] | None" = None


if not MISFIT:

    class SingleFileEventLog(ConsolidatedSqliteEventLogStorage):
        """One file `event_log.db` under base_dir, for any number of threads and processes."""

        def __init__(self, base_dir: str, inst_data: Any = None) -> None:
            self._held = _Held()
            self._tables: set[str] = set()
            self._has_index_columns = False
            Path(base_dir).mkdir(parents=True, exist_ok=True)
            self._engine = sqlalchemy.create_engine(
                f"sqlite:///{Path(base_dir).absolute()}/event_log.db",
                connect_args={"timeout": BUSY_TIMEOUT_S},
                max_overflow=-1,  # the web server has many threads: none waits for a connection
            )
            sqlalchemy.event.listen(self._engine, "connect", _do_not_sync_each_commit)
            # Two processes that start at once must not both make the tables.
            with (Path(base_dir) / "event_log.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                super().__init__(base_dir, inst_data)
            self._watcher = SqlPollingEventWatcher(self)

        @contextmanager
        def _connect(self) -> Iterator[sqlalchemy.Connection]:
            """The thread's open transaction, else one of its own."""
            if self._held.connection is not None:
                yield self._held.connection
                return
            with self._engine.begin() as connection:
                yield connection

        def store_event(self, event: "EventLogEntry") -> None:
            """Store one event in one transaction, or keep it for the end of `gathering`."""
            if self._held.gathered is not None:
                self._held.gathered.append(event)
            else:
                self.store_event_batch([event])

        def store_event_batch(self, events: "Sequence[EventLogEntry]") -> None:
            """Store all events, with their rows in the asset and check tables, or none."""
            with self._connect() as connection:
                outer, self._held.connection = self._held.connection, connection
                try:
                    for event in events:
                        super().store_event(event)
                finally:
                    self._held.connection = outer

        @contextmanager
        def gathering(self) -> Iterator[None]:
            """Store what this thread logs inside the block in one transaction at its end, failed or not."""
            if self._held.gathered is not None:
                yield
                return
            self._held.gathered = []
            try:
                yield
            finally:
                events, self._held.gathered = self._held.gathered, None
                self.store_event_batch(events)

        def has_table(self, table_name: str) -> bool:
            """Whether the table exists: asked once for each, as tables do not go away."""
            if table_name not in self._tables:
                with self._connect() as connection:
                    if not sqlalchemy.inspect(connection).has_table(table_name):
                        return False
                self._tables.add(table_name)
            return True

        def _has_asset_key_index_cols_on_connection(self, conn: sqlalchemy.Connection) -> bool:
            if not self._has_index_columns:
                self._has_index_columns = super()._has_asset_key_index_cols_on_connection(conn)
            return self._has_index_columns

        # The inherited watcher waits for the database file to change: a commit changes the log beside it.
        def watch(self, run_id: str, cursor: str | None, callback: Any) -> None:
            """Call `callback` for the run's events from `cursor` on, whichever process stores them."""
            self._watcher.watch_run(run_id, cursor, callback)

        def end_watch(self, run_id: str, handler: Any) -> None:
            """Call `handler` no more."""
            self._watcher.unwatch_run(run_id, handler)

        def dispose(self) -> None:
            """Stop watching and close the file."""
            self._watcher.close()
            self._engine.dispose()

    EventLog: type[Any] = SingleFileEventLog
else:
    warnings.warn(
        f"Dagster's consolidated SQLite event log is not what Tidebook expects ({MISFIT}): its default event "
        "log is used, which is slow and does not show earlier runs. Install the dagster of constraints.txt.",
        RuntimeWarning,
        stacklevel=1,
    )
    EventLog = SqliteEventLogStorage


def _do_not_sync_each_commit(connection: Any, _record: Any) -> None:
    """NORMAL with a write-ahead log: a killed process loses no committed event, a power cut harms nothing."""
    connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def gathered_events(storage: Any) -> Iterator[None]:
    """Store the events that this thread logs inside the block in one transaction, if the storage can do that.

    `storage` is the Dagster instance's event log storage. For many small events in a row, such as a
    materialization for each partition: `with gathered_events(context.instance.event_log_storage): ...`
    """
    if MISFIT or not isinstance(storage, SingleFileEventLog):
        yield
        return
    with storage.gathering():
        yield
