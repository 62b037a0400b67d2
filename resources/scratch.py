"""Scratch: what Spark and S3A wrote below TIDEBOOK_STATE for want of memory, and left there when they were killed.

Belongs here: removing it, where nobody uses it. Does not: where Spark is told to write (session_config.py).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

FOLDERS = ("spark", "s3a")


def remove_scratch(state: Path) -> bool:
    """Remove it, unless another process works there; whether it is gone. Spark in this process must have stopped."""
    own = {child.pid for child in psutil.Process().children(recursive=True)}
    mark = f"spark.local.dir={state / FOLDERS[0]}"
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if process.info["pid"] not in own and any(mark == word for word in words):
            return False
    for folder in (state / name for name in FOLDERS):
        if folder.is_dir():
            shutil.rmtree(folder)
    return True
