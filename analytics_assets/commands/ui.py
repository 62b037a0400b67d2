"""`tidebook ui`: Dagster's webserver and daemon on the project's workspace, with a warm engine beside them.

Belongs here: their processes, from start to end. Does not: what they show (definitions.py), the engine
(resources/engine.py), which goes on after them.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil
from rich.console import Console

from analytics_assets.commands.instance import PROJECT, prepare_home
from resources import engine
from resources.errors import UserError
from resources.session_config import session_config
from resources.settings import Settings, load_settings

HOST = "127.0.0.1"
STOP_S = 45  # as long as a run may take to end when it is told to
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Dagster recommends its tool dg, which expects another layout of a project.
QUIET = ["-W", "ignore:Function `dev_command` is superseded"]


def serve(port: int, warm: bool, console: Console) -> None:
    """Serve until a signal ends it. Without the engine, runs start Spark themselves, which takes them longer.

    All processes that it started are gone when it returns, runs included; the engine is not.
    """
    settings = load_settings()
    _check_port_is_free(port)
    home = prepare_home()
    environment = {**os.environ, **as_environment(settings, port)}
    if warm and settings.spark_master.startswith("local"):
        environment["TIDEBOOK_SPARK_MASTER"] = "auto"
        _start_engine(settings, console)
    command = [sys.executable, *QUIET, "-m", "dagster", "dev", "-w", str(PROJECT / "workspace.yaml")]
    console.print(f"Dagster UI: http://{HOST}:{port}, in half a minute  (Ctrl-C ends it)")
    with _told_to_end() as told:
        # A group of its own: Ctrl-C reaches this process alone, which ends the others in order. Not in the
        # project's folder: Dagster would warn that it takes its dagster.yaml from DAGSTER_HOME.
        dagster = subprocess.Popen(
            [*command, "-h", HOST, "-p", str(port)], cwd=home, env=environment, start_new_session=True
        )
        try:
            while dagster.poll() is None and not told:
                try:
                    dagster.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            _end(dagster, told)
    if not told:
        raise UserError(f"dagster dev ended with code {dagster.returncode}: see what it printed above")
    console.print("Dagster UI ended")


@contextmanager
def _told_to_end() -> Iterator[list[int]]:
    """Collects the signals that tell this process to end, in place of ending at once."""
    told: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, note) for number in ENDINGS}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(dagster: subprocess.Popen[bytes], told: list[int]) -> None:
    """End Dagster and all that it started: asked first, then, after STOP_S or a second signal, by force."""
    asked = len(told)
    if dagster.poll() is None:
        dagster.send_signal(signal.SIGINT)
    left = _group(dagster.pid)
    for _ in range(STOP_S * 2):
        _, left = psutil.wait_procs(left, timeout=0.5)
        left = list({*left, *_group(dagster.pid)})
        if not left or len(told) > max(asked, 1):
            break
        if dagster.poll() is not None:  # its code servers would wait for a sign of life
            for process in left:
                _signal(process, signal.SIGTERM)
    for process in left:
        _signal(process, signal.SIGKILL)
    dagster.wait()


def _group(leader: int) -> list[psutil.Process]:
    """Processes that live in the group of that number."""
    members = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getpgid(process.pid) == leader and process.info["status"] != psutil.STATUS_ZOMBIE:
                members.append(process)
        except ProcessLookupError:
            continue
    return members


def _signal(process: psutil.Process, number: int) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def as_environment(settings: Settings, port: int) -> dict[str, str]:
    """The settings as Dagster's processes must see them: they start in another folder, without this `.env`.

    port: of the UI, to which alerts lead where no setting says otherwise.
    """
    if "alert_link" not in settings.model_fields_set:
        settings = settings.model_copy(update={"alert_link": f"http://{HOST}:{port}"})
    known = settings.model_dump(exclude={"feeds", "alerts"})
    feeds = [str(Path(feed).resolve()) if feed.endswith(".py") else feed for feed in settings.feeds]
    return {
        **{f"TIDEBOOK_{name.upper()}": str(value) for name, value in known.items()},
        "TIDEBOOK_FEEDS": ",".join(feeds),
        "TIDEBOOK_ALERTS": " ".join(url.get_secret_value() for url in settings.alerts),
    }


def _start_engine(settings: Settings, console: Console) -> None:
    try:
        with console.status("starting a warm Spark engine"):
            running = engine.start(session_config(settings), Path(settings.state), settings.engine_port)
        console.print(f"engine: {running.url}. It goes on after the UI; stop it: tidebook engine stop")
    except UserError as error:
        console.print(f"no engine ({error}): each run starts Spark itself", markup=False)


def _check_port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UserError(
                f"port {port} cannot be used ({error.strerror}): end what listens there, or take another: "
                f"tidebook ui --port {port % 65535 + 1}"
            ) from error
