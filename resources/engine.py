"""The local engine: one warm Spark process on this machine, to which runs attach in about a second.

Belongs here: starting, stopping and looking at it. Not: its process (engine_process.py), what runs inside that
(connect_server.py), or how a session attaches (spark.py). It has no authentication, and so listens on loopback
alone; whoever has an account on this machine can use it.
"""

import fcntl
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import psutil

from resources.connect_server import LOOPBACK
from resources.engine_process import end, find_process, spawn
from resources.errors import UserError

DEFAULT_PORT = 15002
START_S = 180


class EngineError(UserError):
    """The engine cannot be started or stopped; says what to do."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """What is known of the local engine; without a process pid, port, url and since (UTC) are None."""

    running: bool
    log: Path
    pid: int | None = None
    port: int | None = None
    url: str | None = None
    since: datetime | None = None


def log_of(state_dir: Path) -> Path:
    """The file that takes what the engine says."""
    return state_dir / "engine.log"


def status(state_dir: Path) -> Engine:
    """The engine whose state stands in `state_dir`. A state left by a dead process counts as not running."""
    log = log_of(state_dir)
    try:
        known = json.loads((state_dir / "engine.json").read_text())
        process = find_process(known["pid"], known["created"])
    except (OSError, ValueError, KeyError):
        process = None
    if process is None:
        return Engine(running=False, log=log)
    return Engine(
        running=_answers(known["port"]),
        log=log,
        pid=process.pid,
        port=known["port"],
        url=f"sc://{LOOPBACK}:{known['port']}",
        since=datetime.fromtimestamp(known["created"], timezone.utc),
    )


def start(
    config: Mapping[str, str],
    state_dir: Path,
    port: int = DEFAULT_PORT,
    progress: Callable[[float], None] = lambda seconds: None,
) -> Engine:
    """Start the engine with this Spark configuration, detached from the terminal, and wait until it answers.

    An engine that runs already is returned as it is. `port` 0 takes a free one. `progress` is called about
    four times a second with the seconds that have passed. Raises EngineError if the port is taken or the
    process ends or does not answer in three minutes; JavaNotFound and JarsMissing where these are missing.
    """
    state_dir = state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(state_dir):
        known = status(state_dir)
        if known.running:
            return known
        if known.pid is not None:  # alive but deaf
            end(known.pid)
        if port:
            _check_port_is_free(port)
        process = spawn(config, state_dir, port)
        began = time.monotonic()
        while not (known := status(state_dir)).running:
            seconds = time.monotonic() - began
            if process.poll() is not None:
                raise EngineError(_failure(f"ended with code {process.returncode}", known.log))
            if seconds > START_S:
                end(process.pid)
                raise EngineError(_failure(f"gave no answer in {START_S} s", known.log))
            progress(seconds)
            time.sleep(0.25)
        return known


def stop(state_dir: Path) -> bool:
    """End the engine: gracefully, after 20 s by force. False if it was not running."""
    if not state_dir.is_dir():
        return False
    with _one_at_a_time(state_dir):
        known = status(state_dir)
        if known.pid is not None:
            end(known.pid)
        (state_dir / "engine.json").unlink(missing_ok=True)
        return known.pid is not None


def _answers(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=2).close()
    except OSError:
        return False
    return True


def _check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise EngineError(
                f"port {port} is taken by {_holder(port)}: stop that, or set TIDEBOOK_ENGINE_PORT"
            ) from error


def _holder(port: int) -> str:
    """Who listens on the port, as far as this account may see."""
    try:
        for connection in psutil.net_connections("tcp"):
            _, its_port = connection.laddr or (None, None)
            if connection.status == psutil.CONN_LISTEN and its_port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:  # not ours to see
        pass
    return "another process"


def _failure(what: str, log: Path) -> str:
    """What happened, with the last lines of the log that are not steps of a stack trace."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    except OSError:
        lines = []
    telling = [line for line in lines if line and not line.startswith(("at ", "... "))]
    return "\n  ".join([f"the engine {what}. Its log: {log}", *telling[-6:]])


@contextmanager
def _one_at_a_time(state_dir: Path) -> Iterator[None]:
    with (state_dir / "engine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
