"""Lengths of lines, told piece by piece of a file's bytes: only what is above a limit is kept.

Belongs here: the longest lines of blocks, and of the file that they make. Does not: counting lines (line_counts.py).
Imports nothing of this package but limits: tasks get it by value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from resources.limits import LONGEST_LINE


class LineLengths:
    """Of a block of a file: bytes before its first line end, bytes after its last, and the first line between them
    that is too long.

    Lines that are not are not looked at one by one: from a line's start a limit's length on, the last line end
    before that is looked for, backwards.
    """

    def __init__(self) -> None:
        self.first, self.last = 0, 0
        self.lines_before: int | None = None
        self.bytes = 0
        self._line_ends = 0

    def taken(self, piece: bytes) -> None:
        """The next bytes of the block."""
        at = piece.find(b"\n") + 1
        if not at:
            self.last += len(piece)
            return
        if not self._line_ends:
            self.first = self.last + at - 1
        elif self.last + at - 1 > LONGEST_LINE:
            self._note(self._line_ends, self.last + at - 1)
        while len(piece) - at > LONGEST_LINE:
            end = piece.rfind(b"\n", at, at + LONGEST_LINE + 1)
            if end == -1:
                end = piece.find(b"\n", at + LONGEST_LINE + 1)
                if end == -1:
                    break
                self._note(self._line_ends + piece.count(b"\n", 0, at), end - at)
            at = end + 1
        self.last = len(piece) - max(at, piece.rfind(b"\n") + 1)
        self._line_ends += piece.count(b"\n")

    def told(self) -> dict[str, int | None]:
        """What a block says of its lines, for `first_too_long`."""
        first = self.first if self._line_ends else self.last
        return {"first_bytes": first, "last_bytes": self.last, "long_at": self.lines_before, "long_bytes": self.bytes}

    def _note(self, lines_before: int, length: int) -> None:
        if self.lines_before is None:
            self.lines_before, self.bytes = lines_before, length


def first_too_long(blocks: Iterable[Mapping[str, Any]]) -> tuple[int, int] | None:
    """Number, from 1, and bytes of the first line of a file that is too long; None where none is.

    blocks: of the file in their order, each with what `told` says and its newlines.
    """
    carried = lines = 0
    for block in blocks:
        carried += block["first_bytes"]
        if block["newlines"]:
            if carried > LONGEST_LINE:
                break
            if block["long_at"] is not None:
                return lines + block["long_at"] + 1, block["long_bytes"]
            lines += block["newlines"]
            carried = block["last_bytes"]
    return (lines + 1, carried) if carried > LONGEST_LINE else None
