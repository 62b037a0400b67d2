"""Files of landing written anew without some of their rows, where a person asks for it: the one write to landing.

Belongs here: which bytes stay, and replacing a file as a whole. Does not: which rows go (analytics_assets/layers),
listing (landing.py).

What stays is as it was, byte by byte: header, line ends, byte order mark, other records and what stands between them.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO

from resources.arrow_files import open_file
from resources.landing import LandedFile, Landing, LandingError
from resources.line_counts import UTF_16
from resources.object_store import ObjectStore, is_bucket, split, told

BETWEEN = " \t\r\n,"
Copy = Callable[[IO[bytes], IO[bytes]], None]


def copy_lines(source: IO[bytes], target: IO[bytes], left_out: Collection[int], encoding: str) -> None:
    """Copy a file of lines without those of some numbers, from 1."""
    if encoding == UTF_16:
        octets = source.read()
        bom, codec = octets[:2], "utf-16-le" if octets.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        lines = octets[2:].decode(codec).split("\n")
        ended = [line + ("\n" if at < len(lines) else "") for at, line in enumerate(lines, 1)]
        kept = "".join(line for at, line in enumerate(ended, 1) if at not in left_out)
        target.write(bom + kept.encode(codec))
        return
    for at, line in enumerate(source, 1):
        if at not in left_out:
            target.write(line)
        elif at == 1 and line.startswith(codecs.BOM_UTF8):
            target.write(codecs.BOM_UTF8)


def copy_records(source: IO[bytes], target: IO[bytes], left_out: Collection[int]) -> None:
    """Copy a file that is one JSON array without the elements of some places, from 1."""
    text, decoder = source.read().decode("utf-8"), json.JSONDecoder()
    at = _after(text, text.index("[") + 1)
    begin, places = at, []
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        places.append((at, end))
        at = _after(text, end)
    kept, before = [text[:begin]], None
    for place, (start, end) in enumerate(places, 1):
        if place in left_out:
            continue
        # With what stands before it in the file, but before the first one that stays.
        kept.append(text[start:end] if before is None else text[places[place - 2][1] : end])
        before = end
    target.write("".join([*kept, text[places[-1][1] if places else begin :]]).encode("utf-8"))


def rewrite(landing: Landing, file: LandedFile, copy: Copy) -> None:
    """Replace a file by its copy, as a whole: a reader sees the one or the other.

    Raises LandingError if it changed meanwhile, or cannot be written.
    """
    if is_bucket(landing.root):
        _rewrite_object(landing, file, copy)
        return
    path = Path(landing.root).resolve() / file.path
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # a name that landing passes over
    try:
        with path.open("rb") as source, unfinished.open("wb") as target:
            copy(source, target)
            target.flush()
            os.fsync(target.fileno())
        shutil.copymode(path, unfinished)
        stat = path.stat()
        if (stat.st_size, stat.st_mtime) != (file.size, file.modified_s):
            raise LandingError(f"{path}: it changed while it was written anew. Run the same command again")
        unfinished.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise LandingError(f"{path} cannot be written anew: {error.strerror}. Give access to landing") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _rewrite_object(landing: Landing, file: LandedFile, copy: Copy) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, prefix = split(landing.root)
    key = f"{prefix}/{file.path}" if prefix else file.path
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        with open_file(file.arrow_uri, {}) as stored:
            shutil.copyfileobj(stored, source)
        source.seek(0)
        copy(source, target)
        target.seek(0)
        try:
            ObjectStore(landing.s3_endpoint, landing.s3_region).client().put_object(Bucket=bucket, Key=key, Body=target)
        except (BotoCoreError, ClientError) as error:
            raise LandingError(f"{told(error, f'{landing.root}/{file.path}')}. It stays as it was") from None


def _after(text: str, at: int) -> int:
    while text[at] in BETWEEN:
        at += 1
    return at
