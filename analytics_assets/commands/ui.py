"""`tidebook ui`: Dagster's webserver and daemon on the project's workspace, with a warm engine beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from analytics_assets.commands.instance import PROJECT, prepare_home
from resources import engine
from resources.errors import UserError
from resources.settings import load_settings
from resources.spark import session_config


def serve(port: int, warm: bool, console: Console) -> None:
    """Serve until interrupted. Without the engine, runs start Spark themselves, which takes them longer."""
    settings = load_settings()
    prepare_home()
    # The code server starts in another folder: what is relative now must stay what it is.
    for name in ("landing", "lakehouse", "reports", "state"):
        os.environ[f"TIDEBOOK_{name.upper()}"] = str(getattr(settings, name))
    if warm and settings.spark_master.startswith("local"):
        os.environ["TIDEBOOK_SPARK_MASTER"] = "auto"
        try:
            with console.status("starting a warm Spark engine"):
                running = engine.start(session_config(settings), Path(settings.state), settings.engine_port)
            console.print(f"engine: {running.url}. It goes on after the UI; stop it: tidebook engine stop")
        except UserError as error:
            console.print(f"no engine ({error}): each run starts Spark itself", markup=False)
    console.print(f"Dagster UI: http://127.0.0.1:{port}  (Ctrl-C ends it)")
    command = [str(Path(sys.executable).parent / "dagster"), "dev", "-w", str(PROJECT / "workspace.yaml")]
    child = subprocess.Popen([*command, "-h", "127.0.0.1", "-p", str(port)], cwd=PROJECT)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        code = child.wait()
    if code not in (0, -2, 130):
        raise UserError(f"dagster dev ended with code {code}: see what it printed above")
