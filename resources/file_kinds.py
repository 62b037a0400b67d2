"""Kinds of files: what stands at a path, a file that can be opened or something else, told without opening it.

Belongs here: links, pipes, devices, names that are no text. Does not: which names count (landing.py), what stands in a
file (line_counts.py, records.py).
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

KINDS = {
    stat.S_IFDIR: "a link to a folder, which is not followed",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

OUTSIDE = "a link that leads out of landing"


@dataclass(frozen=True)
class Standing:
    """What stands at a path. fault: what it is in place of a file; empty for one."""

    stat: os.stat_result
    fault: str


def look(path: Path, root: Path) -> Standing | None:
    """What stands at a path, or None where nothing does any more. Raises OSError.

    root: a link that leads out of this folder, which must be without links itself, is not followed.
    """
    try:
        found = path.lstat()
        if not stat.S_ISLNK(found.st_mode):
            return Standing(found, KINDS.get(stat.S_IFMT(found.st_mode), ""))
    except FileNotFoundError:
        return None
    try:
        target = path.resolve(strict=True)
        if not target.is_relative_to(root):
            return Standing(found, OUTSIDE)
        there = target.stat()
        return Standing(there, KINDS.get(stat.S_IFMT(there.st_mode), ""))
    except FileNotFoundError:
        return Standing(found, "a link that leads nowhere")
    except (OSError, RuntimeError):  # RuntimeError: of a loop, before Python 3.13
        return Standing(found, "a link that leads to itself, or where nobody may go")


def is_text(name: str) -> bool:
    """Whether a name is UTF-8: Python keeps other bytes as what no text has."""
    return name.isascii() or name == shown(name)


def shown(name: str) -> str:
    """A name as text, its bytes that are no UTF-8 spelled out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
