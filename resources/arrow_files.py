"""Files as Arrow opens them, by their addresses, in the driver and in tasks.

Belongs here: that, and what it means where it fails for this file alone. Does not: which files there are (landing.py),
what stands in them (lines.py). Imports nothing of this package: tasks get it by value.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow.fs import FileSystem

GONE, FORBIDDEN = "gone", "forbidden"
"""Why a file cannot be opened: it was listed and is there no longer, or may not be read."""


def open_file(uri: str, opened: dict[str, FileSystem]) -> pa.NativeFile:
    """Open the file of an address for reading. Raises OSError.

    opened: keeps the file systems of object stores from call to call, since to connect takes longer than to read
    a small file; begin with an empty one.
    """
    parts = urlsplit(uri)
    if not parts.query:  # which names the server of an object store
        filesystem, path = FileSystem.from_uri(uri)
        return filesystem.open_input_file(path)
    if parts.query not in opened:
        opened[parts.query] = FileSystem.from_uri(uri)[0]
    return opened[parts.query].open_input_file(unquote(parts.netloc + parts.path))


def why_not(error: OSError) -> str:
    """GONE or FORBIDDEN, by what was raised where a file was opened: FileNotFoundError or PermissionError."""
    return GONE if isinstance(error, FileNotFoundError) else FORBIDDEN
