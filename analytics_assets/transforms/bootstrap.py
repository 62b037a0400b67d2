"""Bootstrap: how often each replicate counts a user, sums in which users count so often, and intervals.

Belongs here: weights, weighted sums of rows of users, ranks of an interval. Does not: what is estimated from the sums
(device_effect.py), which rows there are (device_loads.py).

Poisson bootstrap: each replicate counts a user as often as a Poisson variable of mean 1 says (Hanley and MacGibbon,
"Creating non-parametric bootstrap samples using Poisson frequencies", Computer Methods and Programs in Biomedicine 83,
2006). Users are independent of each other, loads of one user are not: so users are drawn, with all their loads.

Spark runs `weighted_sums` in Python beside its executors, which need numpy and pyarrow there and nothing of Tidebook.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

REPLICATES = 500
SEED = "tidebook"
CONFIDENCE_PER_MILLE = 950

MOST_CELLS = 20_000
"""Cells that are held at once, 4 KB each."""
CHUNK_ROWS = 256
"""Rows that are multiplied at once: as many as stay in a processor's cache."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
DRAWS = 2**16


def _weight_of_draw() -> npt.NDArray[np.uint8]:
    """The Poisson weight of each draw of 16 bits: how many of the distribution's steps, in 65,536ths, it has passed."""
    steps = np.cumsum([math.exp(-1) / math.factorial(weight) for weight in range(12)])
    return np.searchsorted(np.rint(steps * DRAWS), np.arange(DRAWS), side="right").astype(np.uint8)


WEIGHT_OF_DRAW = _weight_of_draw()


def weights(users: Sequence[str]) -> npt.NDArray[np.uint8]:
    """How often each replicate counts each user: a row a user, a column a replicate.

    Replicate r takes the bytes 2r and 2r + 1, the lower first, of SHAKE-128 (FIPS 202) of the seed, a `|` and the user
    in UTF-8. So a user's weights hang on nothing else: not on the other users, the period or where the row stands.
    """
    size = 2 * REPLICATES
    drawn = b"".join(hashlib.shake_128(f"{SEED}|{user}".encode()).digest(size) for user in users)
    found: npt.NDArray[np.uint8] = WEIGHT_OF_DRAW[np.frombuffer(drawn, "<u2")].reshape(len(users), REPLICATES)
    return found


def weighted_sums(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Loads of each cell, and as each replicate counts them.

    In: rows of users: user_id, loads, and the columns of a cell. Out: the columns of a cell, loads bigint, replicates
    array<bigint>. A cell may come out several times, with parts that add up. Sums are of integers: whatever the order.
    """
    cells = _Cells()
    for batch in batches:
        if batch.num_rows:
            cells.add(batch)
        if len(cells) > MOST_CELLS:
            yield cells.taken()
    if len(cells):
        yield cells.taken()


class _Cells:
    """Sums of cells, by place: column 0 counts loads as they are, the others as replicates do."""

    def __init__(self) -> None:
        self._places: dict[tuple[Any, ...], int] = {}
        self._sums = np.zeros((0, 1 + REPLICATES), np.int64)
        self._columns: list[pa.Field] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, batch: pa.RecordBatch) -> None:
        self._columns = [field for field in batch.schema if field.name not in ("user_id", "loads")]
        names = [field.name for field in self._columns]
        users = batch.column("user_id").dictionary_encode()
        weighed = np.ones((len(users.dictionary), 1 + REPLICATES), np.uint8)
        weighed[:, 1:] = weights(users.dictionary.to_pylist())
        keys = list(zip(*(batch.column(name).to_pylist() for name in names), strict=True))
        places = np.array([self._places.setdefault(key, len(self._places)) for key in keys])
        if len(self._places) > len(self._sums):
            more = np.zeros((2 * len(self._places) - len(self._sums), 1 + REPLICATES), np.int64)
            self._sums = np.concatenate([self._sums, more])
        order = np.argsort(places, kind="stable")
        places, rows = places[order], np.asarray(users.indices)[order]
        loads = np.asarray(batch.column("loads"))[order]
        for begin in range(0, len(places), CHUNK_ROWS):
            chunk = slice(begin, begin + CHUNK_ROWS)
            starts = np.flatnonzero(np.diff(places[chunk], prepend=-1))
            counted = weighed[rows[chunk]] * loads[chunk, None]
            self._sums[places[chunk][starts]] += np.add.reduceat(counted, starts, axis=0)

    def taken(self) -> pa.RecordBatch:
        """All cells; none is held any longer."""
        sums = self._sums[: len(self)]
        columns = list(zip(*self._places, strict=True))
        arrays = [pa.array(values, field.type) for values, field in zip(columns, self._columns, strict=True)]
        lists = pa.FixedSizeListArray.from_arrays(pa.array(sums[:, 1:].reshape(-1)), REPLICATES)
        arrays += [pa.array(sums[:, 0]), lists.cast(pa.list_(pa.int64()))]
        names = [*[field.name for field in self._columns], "loads", "replicates"]
        self._places, self._sums = {}, self._sums[:0]
        return pa.RecordBatch.from_arrays(arrays, names)


def interval(replicates: Floats) -> tuple[Floats, Floats]:
    """Lower and upper end of the percentile interval, over the last axis.

    Ends are the values at ranks ceil(q n), as of every quantile. Not a number where a replicate has no value: too few
    users stand behind the figure to say how far it may be off.
    """
    ordered = np.sort(replicates, axis=-1)
    number = ordered.shape[-1]
    tail = 1000 - CONFIDENCE_PER_MILLE
    low, high = (max(1, -(-number * share // 2000)) - 1 for share in (tail, 2000 - tail))
    is_known = ~np.isnan(ordered[..., -1])
    return np.where(is_known, ordered[..., low], np.nan), np.where(is_known, ordered[..., high], np.nan)
