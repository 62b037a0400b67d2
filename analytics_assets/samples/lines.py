"""Rows as text: tables of ready texts that are taken and joined, and broken text for broken rows.

Belongs here: what the texts of all feeds share. Does not: the columns of one feed. Texts are joined by
Arrow: the data buffer of the joined array is the file's content.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.samples.events import DAY_S, Events

PIECE_ROWS = 1_000_000  # Arrow's string arrays end at 2 GB; a piece is about 60 MB


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Makes the text of rows. good: rows -> Arrow strings, as if none were broken; broken: one such text and the
    kind of fault -> the broken text; kinds: by place, as rows name them."""

    good: Callable[[Events], Any]
    broken: Callable[[bytes, str], bytes]
    kinds: tuple[str, ...] = ()

    def of(self, rows: Events) -> Any:
        """Rows (events.row_type) as an Arrow array of bytes."""
        texts = self.good(rows).cast(pa.binary())
        broken = np.flatnonzero(rows["broken"])
        if not len(broken):
            return texts
        kinds = rows["broken"][broken] - 1
        faulty = [
            self.broken(text, self.kinds[kind])
            for text, kind in zip(texts.take(pa.array(broken)).to_pylist(), kinds.tolist(), strict=True)
        ]
        return pc.replace_with_mask(texts, pa.array(rows["broken"] != 0), pa.array(faulty, pa.binary()))

    def pieces(self, rows: Events) -> Iterator[pa.Buffer]:
        """The texts of the rows one after the other, in pieces of bounded size."""
        for first in range(0, len(rows), PIECE_ROWS):
            texts = self.of(rows[first : first + PIECE_ROWS])
            yield joined(texts, 0, len(texts))


def joined(texts: Any, first: int, end: int) -> pa.Buffer:
    """Arrow strings (or bytes) from one place to before another, one after the other."""
    offsets, data = texts.buffers()[1:]
    edges = np.frombuffer(offsets, np.int32)
    begin = int(edges[texts.offset + first])
    return data.slice(begin, int(edges[texts.offset + end]) - begin)


def numbered(prefix: str, digits: int, count: int, end: str) -> Any:
    """Arrow strings `u0000000,`, `u0000001,` … (prefix u, 7 digits, end a comma), so that index = number."""
    padded = pc.utf8_lpad(pc.cast(pa.array(np.arange(count)), pa.string()), digits, "0")
    return pc.binary_join_element_wise(prefix, padded, end, "")


def dates(start: date, days: int, end: str) -> Any:
    """Arrow strings of dates, by day from `start`."""
    return pa.array([f"{start + timedelta(days=day)}{end}" for day in range(days)])


def clock(end: str) -> Any:
    """Arrow strings of times of day, by second."""
    return pa.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}{end}" for s in range(DAY_S)])


def ended(names: Iterable[str], end: str) -> Any:
    """Arrow strings of names, each with the same end."""
    return pa.array([name + end for name in names])


def join(*columns: Any) -> Any:
    """Arrow strings of which each is the columns' texts one after the other."""
    return pc.binary_join_element_wise(*columns, "")


def whole_numbers(values: Any) -> Any:
    """Whole numbers as Arrow strings."""
    return pc.cast(pa.array(np.ascontiguousarray(values)), pa.string())
