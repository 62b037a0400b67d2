"""`tidebook engine`: the local Spark engine."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from resources import engine
from resources.session_config import session_config
from resources.settings import load_settings


def start(console: Console) -> None:
    """Start the engine, if it does not run, and print its address."""
    settings = load_settings()
    with console.status("starting the engine"):
        running = engine.start(session_config(settings), Path(settings.state), settings.engine_port)
    console.print(f"engine runs at {running.url} (process {running.pid}). Use it: TIDEBOOK_SPARK_MASTER=auto")


def stop(console: Console) -> None:
    """Stop the engine."""
    console.print("engine stopped" if engine.stop(Path(load_settings().state)) else "no engine runs")


def status(console: Console) -> bool:
    """Print whether the engine runs."""
    found = engine.status(Path(load_settings().state))
    if found.running:
        console.print(f"engine runs at {found.url} (process {found.pid}) since {found.since}. Its log: {found.log}")
    else:
        console.print("no engine runs. Start it: tidebook engine start")
    return found.running
