"""The start of a session of Spark in this process, beside what it does meanwhile: the JVM takes seconds.

Belongs here: the thread, and waiting for it. Does not: what a session is configured with (session_config.py), the
session that a run has (spark.py).

All sessions start here, none in the main thread: there Spark takes the signal of Ctrl-C for itself.
"""

from __future__ import annotations

import os
import sys
from threading import Lock, Thread

from pyspark import SparkContext
from pyspark.sql import SparkSession

from resources.session_config import own_session_config, resolve_master
from resources.settings import load_settings

_lock = Lock()
_starting: list[_Start] = []


def begin(master: str, is_little: bool = False) -> None:
    """Begin to start a session, if it is to run in this process and there is none; `finish` waits for it.

    is_little: whether it is for little work.
    """
    where = resolve_master(master, load_settings())
    with _lock:
        if not (where.startswith("sc://") or _starting or SparkContext._active_spark_context is not None):
            _starting.append(_Start(where, is_little))
            _starting[-1].start()


def finish() -> None:
    """Wait until a start that began has ended. Raises what it raised, such as UserError where there is no Java."""
    with _lock:
        started = _starting.pop() if _starting else None
    if started is not None:
        started.join()
        if started.error is not None:
            raise started.error


def set_python() -> None:
    """Python beside Spark is this one."""
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable


class _Start(Thread):
    """error: why there is no session."""

    def __init__(self, master: str, is_little: bool) -> None:
        # A daemon: a process that ends before it wants a session does not wait for it.
        super().__init__(name="start of Spark", daemon=True)
        self.error: Exception | None = None
        self._master, self._is_little = master, is_little

    def run(self) -> None:
        try:
            set_python()
            builder = SparkSession.builder
            for name, value in own_session_config(self._master, load_settings(), self._is_little).items():
                builder = builder.config(name, value)
            builder.getOrCreate()
        except Exception as error:  # raised where the session is wanted
            self.error = error
