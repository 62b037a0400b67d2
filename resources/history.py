"""History: what earlier versions of a table left, taken away for good, so that only the newest one is there.

Belongs here: files that no row of the newest version stands in, and the log of earlier versions. Does not: upkeep with
Delta's own retention (commit.py), who holds the lease (lakehouse.py).
"""

from __future__ import annotations

import re

from deltalake import DeltaTable
from pyarrow.fs import FileSelector, FileSystem, FileType

from resources.staged import STAGED

LOG = "_delta_log"
LOGGED_VERSION = re.compile(r"\.?(\d{20})\.")


def erase_before_newest(delta: DeltaTable, files: FileSystem) -> None:
    """Delete all that the table's newest version does not need. files: of the table's location.

    A reader that has opened an earlier version fails then, and says that a file is not there. One that is killed is
    finished by the next.
    """
    for left in files.get_file_info(FileSelector("", recursive=False)):
        if left.type == FileType.Directory and left.base_name.startswith(STAGED):
            files.delete_dir(left.path)
    delta.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False, full=True)
    delta.update_incremental()
    # The commits of the vacuum come last: the log's only entry then tells of no file and of no value.
    delta.create_checkpoint()
    newest = delta.version()
    for entry in files.get_file_info(FileSelector(LOG, recursive=True)):
        named = LOGGED_VERSION.match(entry.base_name)
        if named and int(named.group(1)) < newest:
            files.delete_file(entry.path)
