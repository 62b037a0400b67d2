"""What readers see: each version of each table, partition by partition. Needs no JVM.

Belongs here: reading versions, telling partitions that are neither as before nor as after. Does not: faults.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from deltalake import DeltaTable
from tables import LEDGER, columns_and_rows, table_names

Rows = Counter[str]
Partitions = dict[str, Rows]
Tables = dict[str, Partitions]

NOT_SEEN = ("input_version", "dl_updated_at", "fingerprint")
"""What a row came from and when it was written: it may be taken back before its partition is written, and is another in
a bucket."""
OF_THE_RUN = (LEDGER, "touched", "table_versions")
"""Tables that say how a run goes and what it changed, not what landed."""
BEING_READ = " being read"
"""End of the source of those rows of counts that say only which arrivals a run reads now."""


def partitions(lakehouse: Path, feed: str, table: str, version: int | None = None) -> Partitions:
    """Rows of a table by the value of its first partition column; "" where it has none. version: not the newest.

    Of counts the arrivals of each source are what is written at once.
    """
    by = DeltaTable(str(lakehouse / feed / table)).metadata().partition_columns[:1]
    by = ["source", "arrival"] if table == "counts" else by
    names, rows = columns_and_rows(lakehouse, feed, table, NOT_SEEN, version)
    seen: Partitions = {}
    for row in rows:
        key = " ".join(str(row[names.index(name)]) for name in by)
        if table != "counts" or BEING_READ not in key:
            seen.setdefault(key, Counter())[repr(row)] += 1
    return seen


def tables_of(lakehouse: Path, feed: str) -> Tables:
    """All tables of a feed as they are now."""
    return {name: partitions(lakehouse, feed, name) for name in _names(lakehouse, feed)}


def versions(lakehouse: Path, feed: str) -> dict[str, int]:
    """The number of each table's newest commit."""
    return {name: DeltaTable(str(lakehouse / feed / name)).version() for name in _names(lakehouse, feed)}


def neither(
    lakehouse: Path, feed: str, since: Mapping[str, int], before: Tables, after: Tables, only: Collection[str] = ()
) -> list[str]:
    """Partitions of versions after `since` whose rows are neither those of before nor those of after.

    before, after: all tables, as `tables_of` gives them. only: these tables; by default all.
    """
    found = []
    for name in only or _names(lakehouse, feed):
        old, new = before.get(name, {}), after.get(name, {})
        for version in range(since.get(name, -1) + 1, DeltaTable(str(lakehouse / feed / name)).version() + 1):
            seen = partitions(lakehouse, feed, name, version)
            for key in sorted({*seen, *old, *new}):
                rows = seen.get(key, Counter())
                was, will = old.get(key, Counter()), new.get(key, Counter())
                if rows not in (was, will):
                    more, less = rows - was, was - rows
                    found.append(
                        f"{name} {key or 'all'} in version {version}: {rows.total()} rows, before {was.total()}, after "
                        f"{will.total()}; to before {more.total()} more, such as {sorted(more)[:1]}, {less.total()} "
                        f"less, such as {sorted(less)[:1]}"
                    )
    return found


def _names(lakehouse: Path, feed: str) -> list[str]:
    if not (lakehouse / feed).is_dir():
        return []
    return [name for name in table_names(lakehouse, feed) if name not in OF_THE_RUN]
