"""The start of a session of Spark in this process, beside what it does meanwhile: the JVM takes seconds.

Belongs here: the thread, and waiting for it. Does not: what a session is configured with (session_config.py), the
session that a run has (spark.py).

All sessions of this process start here, none in the main thread: there Spark takes the signal of Ctrl-C for itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from threading import Lock, Thread

from pyspark import SparkContext
from pyspark.sql import SparkSession

from resources.session_config import own_session_config
from resources.settings import load_settings

_lock = Lock()
_starting: list[_Start] = []


def begin(master: str, is_little: bool = False) -> None:
    """Begin to start a session of a master, if there is none; `finish` waits for it.

    is_little: whether it is for little work. Raises UserError where there is no Java, or a library cannot be fetched.
    """
    with _lock:
        if _starting or SparkContext._active_spark_context is not None:
            return
        # Not in the thread: what this one does meanwhile may read the environment.
        set_python()
        _starting.append(_Start(own_session_config(master, load_settings(), is_little)))
        _starting[0].start()


def finish() -> None:
    """Wait until a start that began has ended. Raises what it raised."""
    for started in _starting[:1]:
        started.join()
        with _lock:
            _starting.clear()
        if started.error is not None:
            raise started.error


def set_python() -> None:
    """Python beside Spark is this one."""
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable


class _Start(Thread):
    """error: why there is no session."""

    def __init__(self, config: Mapping[str, str]) -> None:
        # A daemon: a process that ends before it wants a session does not wait for it.
        super().__init__(name="start of Spark", daemon=True)
        self.error: Exception | None = None
        self._config = config

    def run(self) -> None:
        builder = SparkSession.builder
        for name, value in self._config.items():
            builder = builder.config(name, value)
        try:
            builder.getOrCreate()
        except Exception as error:  # raised where the session is wanted
            self.error = error
