"""Which files of a place's tables a run reads, takes away and adds.

Belongs here: counting them: reads by the times of last access that the file system keeps, all else by Delta's log. Does
not: running anything (tidebook.py).

A file system that keeps no such times (mounted with noatime) is told of, and its reads are not.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable

from benchmarks.tidebook import Place

LONG_AGO_NS = 0


class FileCounts:
    """Counts from the moment when it is made. tables: of which."""

    def __init__(self, place: Place, tables: Sequence[str]) -> None:
        self._place = place
        self._before = {table: self._opened(table).version() for table in tables}
        self._files = {table: self._files_of(table) for table in tables}
        for file in (file for files in self._files.values() for file in files):
            # The kernel notes an access to a file that was changed since the last one.
            os.utime(file, ns=(LONG_AGO_NS, file.stat().st_mtime_ns))
        self._keeps_times = self._sees_a_read()

    def told(self) -> Iterator[str]:
        """A line for each table: of the files that stood, how many were read; how many went, and came."""
        for table, files in self._files.items():
            read = sum(file.stat().st_atime_ns > LONG_AGO_NS for file in files)
            actions = self._actions(table)
            seen = f"{read} read" if self._keeps_times else "reads not known"
            yield (f"{table:18} of {len(files)} files {seen}, {actions['remove']} taken away; {actions['add']} added")

    def _opened(self, table: str) -> DeltaTable:
        return DeltaTable(str(self._folder(table)))

    def _folder(self, table: str) -> Path:
        return self._place.lakehouse / self._place.feed / table

    def _files_of(self, table: str) -> list[Path]:
        paths = self._opened(table).get_add_actions(flatten=True)["path"]
        return [self._folder(table) / unquote(path.as_py()) for path in paths]

    def _actions(self, table: str) -> Counter[str]:
        actions: Counter[str] = Counter()
        for version in range(self._before[table] + 1, self._opened(table).version() + 1):
            log = self._folder(table) / "_delta_log" / f"{version:020}.json"
            actions.update(key for line in log.read_text().splitlines() for key in json.loads(line))
        return actions

    def _sees_a_read(self) -> bool:
        probe = self._place.root / "read-once"
        probe.write_text("read")
        os.utime(probe, ns=(LONG_AGO_NS, probe.stat().st_mtime_ns))
        probe.read_text()
        return probe.stat().st_atime_ns > LONG_AGO_NS
