"""Files as they land, as a stream of Spark's; which of them were read stands in the stream's checkpoint.

Belongs here: Structured Streaming's source of files, its checkpoint, starting and stopping it. Does not: which files
count and what stands in them (analytics_assets/layers), writing tables (lakehouse.py).

The source knows a file by its path alone: one that changes later is not told again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from resources.errors import UserError
from resources.spark import SparkError

METADATA = "path string, modificationTime timestamp, length long, content binary"
"""What the source says of a file. The content is never asked for, and so not read."""
FILES_AT_ONCE = 200
COLON = "Relative path in absolute URI"
"""What Hadoop says of a file with a colon in its name, for which it gives up the listing of its folder."""


class StreamError(UserError):
    """The stream of files ended by itself; says why and what to do."""


class UnlistableError(StreamError):
    """Spark cannot list landing, because of one file's name. Others can."""


def streaming_master(master: str) -> str:
    """Where a stream can run: as the setting says, in this process instead of a local engine.

    Raises SparkError for an engine that is named: what a stream does with its files runs there in a process of its
    own, which has neither the lease nor the tables of this one.
    """
    if master.startswith("sc://"):
        raise SparkError(
            f"a live run reads a stream in its own process, and cannot use the engine at {master}. "
            "Set TIDEBOOK_SPARK_MASTER=local[*], or a cluster's master"
        )
    return "local[*]" if master == "auto" else master


def folders_from(prefix_uri: str, first: date | None) -> str:
    """A pattern of Hadoop's for what begins with a date from `first` on, below an address; all dates for None.

    A listing then does not grow with the history.
    """
    if first is None:
        return f"{prefix_uri}/[0-9]*"
    text = first.isoformat()
    later = [
        f"{text[:place]}[{int(digit) + 1}-9]*" for place, digit in enumerate(text) if digit.isdigit() and digit < "9"
    ]
    return f"{prefix_uri}/{{{text}*,{','.join(reversed(later))}}}"


class FileStream:
    """A stream of the files below a pattern: `take` is told the paths of each micro-batch, one batch at a time.

    A micro-batch whose `take` did not end well is told again, with the same files, by the next stream with this
    checkpoint. So `take` sets what it makes of a file, and never adds to it.
    """

    def __init__(self, spark: SparkSession, pattern: str, checkpoint: Path, take: Callable[[Sequence[str]], None]):
        self._spark, self._pattern, self._checkpoint, self._take = spark, pattern, checkpoint, take
        self._lock, self._is_stopping = threading.Lock(), False
        self._error: BaseException | None = None
        self._query: StreamingQuery | None = None

    def start(self, *, once: bool, every_s: int) -> None:
        """Begin to read: all that is there now and then end, or again every so many seconds."""
        logging.getLogger("py4j.clientserver").setLevel(logging.CRITICAL)  # `has_ended` raises what it would tell
        files = (
            self._spark.readStream.format("binaryFile")
            .schema(METADATA)
            .option("recursiveFileLookup", "true")
            .option("maxFilesPerTrigger", str(FILES_AT_ONCE))
            .load(self._pattern)
        )
        writer = files.writeStream.foreachBatch(self._batch).option("checkpointLocation", self._checkpoint.as_uri())
        trigger = writer.trigger(availableNow=True) if once else writer.trigger(processingTime=f"{every_s} seconds")
        self._query = trigger.start()

    def has_ended(self, wait_s: float) -> bool:
        """Whether the stream ended within so many seconds. Raises what `take` raised, or StreamError."""
        assert self._query is not None
        try:
            return bool(self._query.awaitTermination(wait_s))  # type: ignore[arg-type]
        except StreamingQueryException as error:
            raise self._error or _explained(error) from error

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within it no micro-batch is read; one that was begun is ended first."""
        with self._lock:
            yield

    def stop(self) -> None:
        """Let the micro-batch that runs end, then end the stream."""
        with self._lock:
            self._is_stopping = True
            if self._query is not None:
                self._query.stop()

    def _batch(self, files: DataFrame, number: int) -> None:
        paths = [row.path for row in files.select("path").collect()]  # at most FILES_AT_ONCE
        with self._lock:
            if self._is_stopping:
                raise InterruptedError("the stream is stopped: this micro-batch comes again")
            try:
                self._take(paths)
            except BaseException as error:
                self._error = error
                raise


def _explained(error: StreamingQueryException) -> StreamError:
    kind = UnlistableError if COLON in str(error) else StreamError
    return kind(f"the stream of files ended: {_first_line(error)}. Start the live run again")


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]
