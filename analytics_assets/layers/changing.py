"""Changing files: arrivals that are not what was listed any more when they have been read.

Belongs here: telling them apart, and what is said. Does not: reading (bronze.py, dimension.py), which arrivals must be
read (landed.py). Needs no JVM.

Rows are counted from bytes and read by Spark, one after the other. What changes in between may be counted as the one
and read as the other. So files are listed again after they were read, and an arrival with a changed one is not settled:
it stays marked as being read, and the next run reads it again, as after a run that was killed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from analytics_assets.layers.landed import Source, files_of
from analytics_assets.layers.world import World
from resources.errors import UserError
from resources.landing import LandedFile, LandingError


class ChangedError(LandingError):
    """Nothing of what was to be read stayed as it was listed; says which file, and what comes next."""


def changed_meanwhile(world: World, source: Source, files: Sequence[LandedFile]) -> dict[str, str]:
    """Arrivals of which a file is no longer as it was listed, each with its first such file.

    One that was replaced and put back, with its time, is one of these: what was read of it may be of the other. A file
    that landed since is not.
    """
    now = {file.path: file.mark for file in files_of(world, source, {file.arrival for file in files})}
    changed = [file for file in files if now.get(file.path) != file.mark]
    return {file.arrival: file.path for file in reversed(changed)}


def settled(keys: Sequence[str], changed: dict[str, str]) -> list[str]:
    """The arrivals that did not change. Raises ChangedError where none is left."""
    stays = [arrival for arrival in keys if arrival not in changed]
    if not stays:
        raise ChangedError(changed_lines(changed)[0])
    return stays


def changed_lines(changed: dict[str, str]) -> list[str]:
    """A line for each arrival that changed while it was read."""
    return [
        f"{path} changed while it was read. Arrival {arrival} is not counted, and the next run reads it again"
        for arrival, path in sorted(changed.items())
    ]


@contextmanager
def unchanged(world: World, source: Source, files: Sequence[LandedFile]) -> Iterator[None]:
    """Within it Spark reads the files. Raises ChangedError in place of what it says of one that is gone or shorter."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        changed = changed_meanwhile(world, source, files)
        if not changed:
            raise
        raise ChangedError(
            f"{next(iter(changed.values()))} changed while it was read. Nothing of it was written; run again when "
            "it is whole"
        ) from error
