"""Landing in an object store: the same listing as in a folder, by prefixes and page after page.

Belongs here: which requests are made. Does not: which names count (landing.py), clients (object_store.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote

from resources.landing import LandedFile, LandingError, expectation, fingerprint
from resources.landing_names import arrival_of, counts, folders_of, is_passed_over
from resources.object_store import ObjectStore, split, told

ONE = {"MaxItems": 1, "PageSize": 1}


class BucketLanding:
    """Files below s3a://bucket/prefix. Nothing above the prefix of a landing pattern is ever listed."""

    def __init__(self, address: str, store: ObjectStore) -> None:
        self._bucket, prefix = split(address)
        self._root = f"{prefix}/" if prefix else ""
        self._store = store
        self._client: Any = None

    @property
    def uri(self) -> str:
        """The address, percent-encoded, without a slash at its end."""
        return f"s3a://{self._bucket}/{quote(self._root)}".rstrip("/")

    def arrow_uri(self, folder: str) -> str:
        """The address of what begins with a folder's name, for Arrow."""
        return self._store.arrow_uri(self._bucket, self._root + folder)

    def arrivals(self, pattern: str) -> list[str]:
        """Arrivals of a landing pattern, in a request for each thousand. One whose names all do not count is there."""
        prefix = pattern.partition("{arrival}")[0]
        self._require(pattern)
        found = {arrival_of(name) for name in self._names(prefix)}
        return sorted(arrival for arrival in found if arrival is not None)

    def entries(self, folder: str) -> set[str]:
        """Names of all that stands in a folder."""
        return {name for name in self._names(f"{folder}/") if name}

    def has_folder(self, pattern: str) -> bool:
        """Whether there is any object below the pattern's prefix."""
        prefix = self._root + pattern.partition("{arrival}")[0]
        return any(page.get("KeyCount") for page in self._pages(Prefix=prefix, PaginationConfig=ONE))

    def holds(self, path: str) -> bool:
        """Whether there is an object of that path."""
        key = self._root + path
        entries = [
            entry for page in self._pages(Prefix=key, PaginationConfig=ONE) for entry in page.get("Contents", [])
        ]
        return any(entry["Key"] == key for entry in entries)

    def files(self, pattern: str, arrivals: Collection[str] | None) -> list[LandedFile]:
        """As Landing.files: of given arrivals a listing of each one's prefix, else one of the pattern's prefix."""
        prefix, _, name_pattern = pattern.partition("{arrival}")
        starts = [""] if arrivals is None else sorted(arrivals)
        found = []
        for start in starts:
            for key, size, tag, modified_s in self._objects(self._root + prefix + start):
                relative = key[len(self._root) :]
                arrival = arrival_of(relative[len(prefix) :])
                if arrival is None or (arrivals is not None and arrival not in arrivals):
                    continue
                if counts(relative, len(prefix) + len(arrival), name_pattern):
                    found.append(self._landed(arrival, relative, size, tag, modified_s))
        if not found:
            self._require(pattern)
        return sorted({file.path: file for file in found}.values(), key=lambda file: file.path.split("/"))

    def passed_over(self, patterns: Collection[str]) -> list[str]:
        """As Landing.passed_over."""
        keys = {key for prefix in folders_of(patterns) for key, *_ in self._objects(self._root + prefix)}
        paths = sorted(key[len(self._root) :] for key in keys)
        return [path for path in paths if is_passed_over(path, patterns)]

    def _landed(self, arrival: str, relative: str, size: int, tag: str, modified_s: float) -> LandedFile:
        key = self._root + relative
        return LandedFile(
            arrival=arrival,
            path=relative,
            uri=f"s3a://{self._bucket}/{quote(key)}",
            arrow_uri=self._store.arrow_uri(self._bucket, key),
            size=size,
            fingerprint=fingerprint(relative, size, tag),
            modified_s=modified_s,
            mark=f"{tag} {size} {modified_s}",
        )

    def _names(self, prefix: str) -> Iterator[str]:
        """What follows a prefix in the names below it, to the next slash."""
        for page in self._pages(Prefix=self._root + prefix, Delimiter="/"):
            folders = [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
            for name in [*folders, *[entry["Key"] for entry in page.get("Contents", [])]]:
                yield name[len(self._root + prefix) :]

    def _require(self, pattern: str) -> None:
        if not self.has_folder(pattern):
            prefix, _, name_pattern = pattern.partition("{arrival}")
            raise LandingError(expectation(f"s3a://{self._bucket}/{self._root}{prefix}", prefix, name_pattern))

    def _objects(self, prefix: str) -> Iterator[tuple[str, int, str, float]]:
        """Key, size, ETag and time of the last change of each object that is a file."""
        for page in self._pages(Prefix=prefix):
            for entry in page.get("Contents", []):
                if not entry["Key"].endswith("/"):  # such an object stands for a folder
                    yield entry["Key"], int(entry["Size"]), str(entry["ETag"]), entry["LastModified"].timestamp()

    def _pages(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Pages of a listing. Raises LandingError as soon as one cannot be had: then nothing is known."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client = self._client or self._store.client()
            yield from self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **request)
        except (BotoCoreError, ClientError) as error:
            where = f"s3a://{self._bucket}/{request['Prefix']}"
            raise LandingError(f"{told(error, where)}. It cannot be listed, and nothing was changed") from None
