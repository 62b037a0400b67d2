"""Landing: which arrivals there are, and their files. Tidebook reads landing and never changes it.

Belongs here: listing a folder, names that do not count, fingerprints. Does not: listing an object store
(bucket_landing.py), what stands in the files (lines.py).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import PrivateAttr

from resources.errors import UserError
from resources.file_kinds import OUTSIDE, is_text, look, shown
from resources.landing_names import arrival_of, counts, folders_of, is_passed_over
from resources.object_store import ObjectStore, is_bucket

if TYPE_CHECKING:
    from resources.bucket_landing import BucketLanding

SECOND_NS = 10**9


class LandingError(UserError):
    """Landing cannot be listed; says where and what to do. Nothing may be concluded from it."""


@dataclass(frozen=True, kw_only=True)
class LandedFile:
    """A file of an arrival. path: relative to landing; uri: for Spark; arrow_uri: for Arrow; size in bytes.

    modified_s: when it was last written, in seconds since 1970, by the clock of the store. mark: differs after any
    change, also where content and time were put back; nobody keeps it.
    fault: what it is in place of a file, and must not be opened. has_text_name: whether its name is UTF-8.
    """

    arrival: str
    path: str
    uri: str
    arrow_uri: str
    size: int
    fingerprint: str
    modified_s: float = 0.0
    mark: str = ""
    fault: str = ""
    has_text_name: bool = True


class Landing(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The place where files arrive: a folder, or s3a://bucket/prefix of the store that the other fields name."""

    root: str
    s3_endpoint: str = ""
    s3_region: str = ""
    _bucket: BucketLanding | None = PrivateAttr(default=None)

    @property
    def uri(self) -> str:
        """The folder as a file: address, the bucket as an s3a: address, without a slash at its end."""
        return self._in_bucket().uri if is_bucket(self.root) else Path(self.root).resolve().as_uri()

    def arrivals(self, pattern: str) -> list[str]:
        """Arrivals of a landing pattern, such as notes/events/{arrival}/*.csv, that hold a file; sorted.

        Raises LandingError as `files` does.
        """
        if is_bucket(self.root):
            return self._in_bucket().arrivals(pattern)
        return sorted({file.arrival for file in self.files(pattern)})

    def names(self, pattern: str) -> list[str]:
        """Arrivals that the pattern's folder names, whether or not they hold a file; sorted.

        Any of them may be given to `files`. Looks into none of them. Raises LandingError as `files` does.
        """
        if is_bucket(self.root):
            return self._in_bucket().arrivals(pattern)
        return sorted({name for name, _ in self._children(pattern)})

    def holds(self, path: str) -> bool:
        """Whether a file of that path, relative to landing, is there, whatever its name."""
        if is_bucket(self.root):
            return self._in_bucket().holds(path)
        return (Path(self.root) / path).is_file()

    def has_folder(self, pattern: str) -> bool:
        """Whether the folder of a landing pattern is there at all."""
        if is_bucket(self.root):
            return self._in_bucket().has_folder(pattern)
        return (Path(self.root) / pattern.partition("{arrival}")[0]).is_dir()

    def files(self, pattern: str, arrivals: Collection[str] | None = None) -> list[LandedFile]:
        """Files of a landing pattern, in the order of their paths; of the given arrivals, or of all.

        Names that begin with a dot or an underscore, and names of unfinished files, are ignored. What is no file, such
        as a broken link, has a fault.
        Raises LandingError if the feed's folder is not there or cannot be listed.
        """
        if is_bucket(self.root):
            return self._in_bucket().files(pattern, arrivals)
        root = Path(self.root).resolve()
        prefix, _, name_pattern = pattern.partition("{arrival}")
        found = []
        try:
            for arrival, child in self._children(pattern):
                if arrivals is not None and arrival not in arrivals:
                    continue
                is_outside = child.is_symlink() and not Path(os.path.realpath(child)).is_relative_to(root)
                for path in sorted(_below(child)) if child.is_dir() else [child]:
                    relative = path.relative_to(root).as_posix()
                    if counts(relative, len(prefix) + len(arrival), name_pattern):
                        found += _landed(arrival, relative, path, root, is_outside)
        except OSError as error:
            raise _unlisted(root / prefix, error) from error
        return found

    def passed_over(self, patterns: Collection[str]) -> list[str]:
        """Paths of files in the folders of landing patterns whose names are of none of these; sorted.

        Those that `files` ignores by intention are left out, and patterns without a folder of their own. Raises
        LandingError where a folder cannot be listed.
        """
        if is_bucket(self.root):
            return self._in_bucket().passed_over(patterns)
        root, found = Path(self.root).resolve(), set[str]()
        for prefix in folders_of(patterns):
            try:
                found |= {shown(path.relative_to(root).as_posix()) for path in _below(root / prefix)}
            except FileNotFoundError:
                continue  # nothing of the pattern has landed, or all of it went
            except OSError as error:
                raise _unlisted(root / prefix, error) from error
        return sorted(path for path in found if is_passed_over(path, patterns))

    def addresses(self, files: Collection[LandedFile]) -> list[str]:
        """Addresses for Spark, percent-encoded, that name files: a folder where nothing else stands in it.

        Thousands of small files are listed much faster than asked for one by one. What lands in such a folder later
        is named with it: the reader leaves out what it does not know. Raises LandingError as `files` does.
        """
        by_folder: dict[str, list[LandedFile]] = {}
        for file in files:
            by_folder.setdefault(file.path.rpartition("/")[0], []).append(file)
        found = []
        for folder, own in by_folder.items():
            is_whole = self._entries(folder) == {file.path.rpartition("/")[2] for file in own}
            found += [own[0].uri.rpartition("/")[0]] if is_whole else [file.uri for file in own]
        return found

    def arrow_uri(self, folder: str) -> str:
        """The address of a folder in it, for Arrow."""
        if is_bucket(self.root):
            return self._in_bucket().arrow_uri(folder)
        return (Path(self.root).resolve() / folder).as_uri()

    def _entries(self, folder: str) -> set[str]:
        """Names of all that stands in a folder, relative to landing."""
        if is_bucket(self.root):
            return self._in_bucket().entries(folder)
        path = Path(self.root).resolve() / folder
        try:
            return {child.name for child in path.iterdir()}
        except OSError as error:
            raise _unlisted(path, error) from error

    def _in_bucket(self) -> BucketLanding:
        if self._bucket is None:
            from resources.bucket_landing import BucketLanding  # boto3 takes its time, and folders do not need it

            self._bucket = BucketLanding(self.root, ObjectStore(self.s3_endpoint, self.s3_region))
        return self._bucket

    def _children(self, pattern: str) -> list[tuple[str, Path]]:
        """What stands in the pattern's folder under the name of an arrival, in the order of paths."""
        prefix, _, name_pattern = pattern.partition("{arrival}")
        folder = Path(self.root).resolve() / prefix
        if not folder.is_dir():
            raise LandingError(expectation(str(folder), prefix, name_pattern))
        try:
            children = sorted(folder.iterdir())
        except OSError as error:
            raise _unlisted(folder, error) from error
        return [(arrival, child) for child in children if (arrival := arrival_of(child.name)) is not None]


def expectation(folder: str, prefix: str, name_pattern: str) -> str:
    """What to say where a pattern's folder is not there."""
    return (
        f"{folder}: saw no such folder, expected arrivals such as {prefix}2025-01-31{name_pattern}. "
        "Set TIDEBOOK_LANDING to the folder where files land, or make some: tidebook generate --help"
    )


def fingerprint(relative: str, size: int, change: str) -> str:
    """16 hex digits that differ if a file's name, size in bytes or mark of its last change does."""
    return hashlib.sha256(f"{relative}\n{size}\n{change}".encode()).hexdigest()[:16]


def _unlisted(folder: Path, error: OSError) -> LandingError:
    return LandingError(f"{folder}: cannot be listed: {error.strerror}: {error.filename}")


def _below(folder: Path) -> Iterator[Path]:
    """Files in a folder and in those inside it, and links to folders. Raises OSError where one cannot be listed."""

    def refuse(error: OSError) -> None:
        raise error  # Path.rglob would pass over the folder, and its files would look as if they were gone

    for parent, folders, names in os.walk(folder, onerror=refuse):
        yield from (Path(parent) / name for name in names)
        yield from (path for name in folders if (path := Path(parent) / name).is_symlink())


def _landed(arrival: str, relative: str, path: Path, root: Path, is_outside: bool) -> list[LandedFile]:
    """The file of a path, none where it is there no longer."""
    standing, uri = look(path, root), path.as_uri()
    if standing is None:
        return []
    fault = OUTSIDE if is_outside else standing.fault
    return [landed_file(arrival, relative, uri, standing.stat, fault)]


def landed_file(arrival: str, relative: str, uri: str, stat: os.stat_result, fault: str = "") -> LandedFile:
    """A file of the operating system as one that landed. relative: its path as landing tells it."""
    has_text_name = is_text(relative)
    if not has_text_name:
        relative, fault = shown(relative), "a name that is no UTF-8"
    # Where a time of writing has whole seconds, of a file system or a tool that knows no others, it may be that of
    # other content before. The time of the last change of any kind cannot be set, and where only it moved the bytes
    # are compared.
    change = f"{stat.st_mtime_ns}" if stat.st_mtime_ns % SECOND_NS else f"{stat.st_mtime_ns} {stat.st_ctime_ns}"
    size = 0 if fault else stat.st_size
    return LandedFile(
        arrival=arrival,
        path=relative,
        uri=uri,
        arrow_uri=uri,
        size=size,
        fingerprint=fingerprint(relative, size, change + fault),
        modified_s=stat.st_mtime,
        mark=f"{stat.st_ino} {stat.st_size} {stat.st_ctime_ns}",
        fault=fault,
        has_text_name=has_text_name,
    )
