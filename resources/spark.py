"""Spark: the one place that gives sessions and knows which engine they run on.

Belongs here: the session that a run has; progress. Does not: its configuration (session_config.py), reading or writing
tables (lakehouse.py), the local engine's process (engine.py). Outside this module only what Spark Connect has is used.
"""

from __future__ import annotations

import re
import socket
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Thread
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import pyarrow as pa
from dagster_pyspark import LazyPySparkResource
from py4j.protocol import Py4JError
from pydantic import PrivateAttr
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.utils import is_remote

from resources import engine, session_start
from resources.errors import UserError
from resources.session_config import resolve_master
from resources.settings import load_settings

PATTERN_SIGN = re.compile(r"[\[\]{}*?\\]")
ANSWER_S = 10
REMOTE = "sc://"
LONGEST_END_S = 30
ATTEMPTS = 5
"""At an engine that does not answer: some 20 seconds, since each waits four times as long as the one before."""


class SparkError(UserError):
    """Spark cannot be reached or started; says what to do."""


class Spark(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A Spark session, made when it is first used: one for a whole run."""

    master: str
    _lazy: LazyPySparkResource | None = PrivateAttr(default=None)
    _resolved: str = PrivateAttr(default="")

    @property
    def session(self) -> SparkSession:
        """The session. Raises SparkError if the engine does not answer."""
        if self._lazy is None:
            self._lazy = LazyPySparkResource(spark_config=self._session_config())
            session = self._lazy.spark_session
            # Its exception says it, too.
            warnings.filterwarnings("ignore", "toPandas attempted Arrow optimization")
            if is_remote():
                # Connect's client would try for ten minutes, hold the lease all the while, and warn of it aloud.
                warnings.filterwarnings("ignore", "ReleaseExecute failed")
                session.client._retry_policy["max_retries"] = ATTEMPTS
            else:
                # Of the thread that started it: what asks for the settings in this one would see Spark's own.
                session._jvm.SparkSession.setActiveSession(session._jsparkSession)
        return self._lazy.spark_session  # type: ignore[no-any-return]

    def begin(self, is_little: bool = False) -> None:
        """Begin to start the session, if it runs in this process, beside what is done until it is wanted.

        is_little: whether it is for little work.
        """
        if self._lazy is None and not self._where.startswith(REMOTE):
            session_start.begin(self._where, is_little)

    @property
    def _where(self) -> str:
        """Where the session is made, found once: an engine may come and go meanwhile."""
        self._resolved = self._resolved or resolve_master(self.master, load_settings())
        return self._resolved

    def _session_config(self) -> dict[str, Any]:
        if self._where.startswith(REMOTE):
            session_start.set_python()
            check_answers(self._where)
            return {"spark.remote": self._where}
        session_start.begin(self._where)
        session_start.finish()
        return {}  # the session has them: told once more, each would be asked for in the JVM

    def interrupt(self) -> None:
        """End what the session is asked for, where it can be reached."""
        if self._lazy is not None:
            session = self.session
            _beside(session.interruptAll if is_remote() else session.sparkContext.cancelAllJobs)

    def stop(self) -> None:
        """Stop the session; an engine that runs elsewhere goes on."""
        if self._lazy is not None:
            _beside(self.session.stop)
            self._lazy, self._resolved = None, ""


def _beside(work: Callable[[], object]) -> None:
    """Do it in a thread of its own: that of a caller who was interrupted would wait for what it asked before.

    Waits for it, but not for ever: a JVM or an engine that hangs does not answer this either.
    """

    def end() -> None:
        with suppress(Exception):  # of a session that is gone nothing is left to end
            work()

    thread = Thread(target=end, daemon=True)
    thread.start()
    thread.join(LONGEST_END_S)


def check_answers(address: str) -> None:
    """Raise SparkError unless something listens at sc://host:port: Connect's client would try for ten minutes."""
    try:
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or engine.DEFAULT_PORT), ANSWER_S):
            pass
    except (OSError, ValueError) as error:
        raise SparkError(
            f"no engine answers at {address}: {error}. Start one (tidebook engine start), or set "
            "TIDEBOOK_SPARK_MASTER=local[*] to run in the process"
        ) from error


def running_tasks() -> tuple[int, int]:
    """Tasks done and tasks in all of the stages that run now in this process; (0, 0) where it cannot be known."""
    context = SparkContext._active_spark_context
    # While it starts, the context is there before its JVM's is.
    if context is None or getattr(context, "_jsc", None) is None:
        return (0, 0)
    try:
        tracker = context.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    except (Py4JError, OSError):  # its JVM is in trouble: what ends the run says so
        return (0, 0)
    known = [stage for stage in stages if stage is not None]
    return (sum(stage.numCompletedTasks for stage in known), sum(stage.numTasks for stage in known))


def gathered(rows: DataFrame, schema: pa.Schema) -> pa.Table:
    """Rows of a frame in this process, for one that does not grow with the events. schema: of the result."""
    found = rows.select(schema.names).toPandas()
    found.attrs = {}  # an engine's answer carries its metrics, which Arrow cannot keep, and warns of aloud
    return pa.Table.from_pandas(found, schema, preserve_index=False)


def literal_path(path: str) -> str:
    """A path as Spark's readers want it, which take [, { and * in it for a pattern."""
    return PATTERN_SIGN.sub(r"\\\g<0>", path)


@contextmanager
def kept(rows: DataFrame) -> Iterator[DataFrame]:
    """Rows that are kept, once computed, as long as a block runs."""
    stand = rows.persist()
    try:
        yield stand
    except Exception:
        stand.unpersist()
        raise
    # Not where somebody stopped it: the session has an answer on its way, and would be waited for.
    stand.unpersist()


class spark_config:
    """Set SQL settings of a session within a block, and put back what was there, unless somebody stopped the block."""

    def __init__(self, spark: SparkSession, values: Mapping[str, str]) -> None:
        self._spark, self._values = spark, dict(values)
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        for name, value in self._values.items():
            self._before[name] = self._spark.conf.get(name, None)
            self._spark.conf.set(name, value)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not issubclass(kind, Exception):
            return  # as in `kept`
        for name, value in self._before.items():
            if value is None:
                self._spark.conf.unset(name)
            else:
                self._spark.conf.set(name, value)
