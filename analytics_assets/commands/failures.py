"""Failures: what an error that nobody foresaw means to the person who ran a command, in one line where it is known.

Belongs here: signs in the words of Spark, Dagster and the operating system. Does not: what an object store says
(resources/object_store.py), errors that say all themselves (UserError).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resources.settings import Settings, load_settings

GO_ON = "What was written is whole; run the same command again to go on"
NO_MEMORY = ("OutOfMemoryError", "Java heap space", "GC overhead limit", "SparkOutOfMemoryError", "MemoryError")
NO_JVM = (
    *("Answer from Java side is empty", "Py4JNetworkError", "Error while sending or receiving", "Py4JError: "),
    *("ConnectionRefusedError", "ConnectionResetError"),  # of the bridge: a store's client has errors of its own
)
NOT_WRITTEN = (
    *("No space left on device", "database or disk is full", "Permission denied", "Read-only file system"),
    *("attempt to write a readonly database", "unable to open database file", "disk I/O error"),
)


@contextmanager
def quiet_bridge() -> Iterator[None]:
    """Within it the bridge to the JVM tells by exceptions alone what happens: it logs them, too, with a stack trace, by
    the root logger, which prints what nobody handles; and the server for what tasks add up prints that its JVM is gone.
    """
    from pyspark.accumulators import AccumulatorServer

    # For good: it may find that out when the block has ended.
    AccumulatorServer.handle_error = lambda *_: None  # type: ignore[method-assign]
    silent = logging.NullHandler()
    logging.getLogger().addHandler(silent)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(silent)


def explain(error: Exception) -> str:
    """What failed, and what to do; of a failure that is not known its first words, and where Spark's log is."""
    from resources.engine import log_of
    from resources.object_store import meaning
    from resources.session_config import driver_memory, resolve_master
    from resources.spark import SparkError, check_answers
    from resources.spark_log import spark_log

    settings = load_settings()
    master = resolve_master(settings.spark_master, settings)
    said = _said(error)
    words = f"{type(error).__name__}: {said}"
    if any(sign in words for sign in NO_MEMORY):
        return f"{_too_little(settings, master)}. {GO_ON}"
    if master.startswith("sc://"):
        try:
            check_answers(master)
        except SparkError as gone:
            return f"{gone}. {GO_ON}"
    elif any(sign in words for sign in NO_JVM):
        return (
            "Spark's JVM broke down in the middle: somebody killed it, or memory ran out, of the machine or of Spark, "
            f"which has {driver_memory(settings)}. Set TIDEBOOK_SPARK_MEMORY to more, such as 4g. {GO_ON}"
        )
    for sign in NOT_WRITTEN:
        if sign in words:
            return (
                f"{sign}: TIDEBOOK_STATE ({settings.state}), DAGSTER_HOME ({settings.dagster_home}) or the lakehouse "
                "cannot be written. Nothing of the unfinished commit is visible; make room or give access, then run "
                "the same command again"
            )
    if settings.uses_s3 and (what := meaning(error)):
        return f"{what}. {GO_ON}"
    first = next((line for line in said.splitlines() if line.strip()), type(error).__name__)
    log = log_of(Path(settings.state)) if master.startswith("sc://") else spark_log(settings)
    return f"{type(error).__name__}: {first[:500]}\nSpark's log: {log}. The run's record: tidebook ui. {GO_ON}"


def _said(error: Exception) -> str:
    """What an error says. One of Java's asks its JVM for that, which may be gone by now: then what that says."""
    try:
        return str(error)
    except Exception as gone:  # whatever it is that it raises
        return f"{type(gone).__name__}: {gone}"


def _too_little(settings: Settings, master: str) -> str:
    from resources.session_config import driver_memory

    if master.startswith("sc://"):
        return (
            "the Spark engine ran out of memory. Set TIDEBOOK_SPARK_MEMORY to more, such as 4g, and start it again: "
            "tidebook engine stop; tidebook engine start"
        )
    return f"Spark ran out of memory: it has {driver_memory(settings)}. Set TIDEBOOK_SPARK_MEMORY to more, such as 4g"
