"""Pieces of a text's bytes, decoded one after the other: whether they are of their encoding.

Belongs here: encodings that are told by the bytes. Does not: lines (line_counts.py). Imports nothing of this package:
tasks get it by value.
"""

from __future__ import annotations

import codecs


class Utf8:
    """Pieces of UTF-8 as they are, and whether they are that."""

    def __init__(self) -> None:
        self.is_valid = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def begin(self, before: bytes) -> None:
        """Bytes before the first piece: the first of a character that the piece goes on with. The rest is of others."""
        self.taken(before.lstrip(bytes(range(0x80, 0xC0))), False)

    def taken(self, piece: bytes, is_last: bool) -> bytes:
        if self.is_valid and not (piece.isascii() and not self._decoder.getstate()[0]):
            try:
                self._decoder.decode(piece, is_last)
            except UnicodeDecodeError:
                self.is_valid = False
        return piece


class Wide:
    """Pieces of UTF-16, with its byte order mark, as the UTF-8 that they would be, and whether they are that."""

    def __init__(self) -> None:
        self.is_valid = True
        self._decoder = codecs.getincrementaldecoder("utf-16")()

    def begin(self, before: bytes) -> None:
        """The bytes of a block that is not the first are not read."""

    def taken(self, piece: bytes, is_last: bool) -> bytes:
        try:
            return self._decoder.decode(piece, is_last).encode("utf-8")
        except UnicodeError:  # the file is kept as one row: what else stands in it does not matter
            self.is_valid = False
            return b""
