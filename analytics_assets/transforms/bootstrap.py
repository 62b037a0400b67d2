"""Bootstrap: how often each replicate counts a user, sums in which users count so often, and intervals.

Belongs here: weights, weighted sums of rows of users, ranks of an interval. Does not: what is estimated from the sums
(device_effect.py), which rows there are (device_loads.py).

Poisson bootstrap: each replicate counts a user as often as a Poisson variable of mean 1 says (Hanley and MacGibbon,
"Creating non-parametric bootstrap samples using Poisson frequencies", Computer Methods and Programs in Biomedicine 83,
2006). Users are independent of each other, loads of one user are not: so users are drawn, with all their loads.

Spark runs `weighted_sums` in Python beside its executors, which need numpy, scipy and pyarrow there and nothing of
Tidebook.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_matrix

REPLICATES = 500
SEED = "tidebook"
CONFIDENCE_PER_MILLE = 950

MOST_CELLS = 20_000
"""Cells that are held at once, 4 KB each."""
LEAST_ROWS = 131_072
"""Rows that are multiplied at once, where there are so many."""
MOST_WEIGHT = 12
EXACT_FLOAT32 = 2**24
"""Integers below are exact as float32, which is multiplied fastest; larger sums are float64."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
DRAWS = 2**16


def _weight_of_draw() -> npt.NDArray[np.uint8]:
    """The Poisson weight of each draw of 16 bits: how many of the distribution's steps, in 65,536ths, it has passed."""
    steps = np.cumsum([math.exp(-1) / math.factorial(weight) for weight in range(MOST_WEIGHT)])
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
    for rows in _gathered(batches):
        cells.add(rows)
        if len(cells) > MOST_CELLS:
            yield cells.taken()
    if len(cells):
        yield cells.taken()


def _gathered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches together, of at least LEAST_ROWS but for the last: more rows of a cell are then added up at once."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held += [batch] if batch.num_rows else []
        if sum(one.num_rows for one in held) >= LEAST_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


class _Cells:
    """Sums of cells, by place: column 0 counts loads as they are, the others as replicates do."""

    def __init__(self) -> None:
        self._places: dict[tuple[Any, ...], int] = {}
        self._sums = np.zeros((0, 1 + REPLICATES), np.int64)
        self._columns: list[pa.Field] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, rows: pa.Table) -> None:
        """Rows by cell, times cells by user, times users by replicate: the loads of each user stand in a sparse
        matrix, and are multiplied by the users' weights."""
        self._columns = [field for field in rows.schema if field.name not in ("user_id", "loads")]
        users = rows["user_id"].combine_chunks().dictionary_encode()
        cells, place_of_row = self._cells(rows)
        loads = rows["loads"].to_numpy()
        kind = np.float32 if loads.sum() * MOST_WEIGHT < EXACT_FLOAT32 else np.float64
        weighed = np.ones((len(users.dictionary), 1 + REPLICATES), kind)
        weighed[:, 1:] = weights(users.dictionary.to_pylist())
        by_user = (loads.astype(kind), (place_of_row, np.asarray(users.indices)))
        found = csr_matrix(by_user, shape=(len(cells), len(users.dictionary))) @ weighed
        places = [self._places.setdefault(cell, len(self._places)) for cell in cells]
        if len(self._places) > len(self._sums):
            more = np.zeros((2 * len(self._places) - len(self._sums), 1 + REPLICATES), np.int64)
            self._sums = np.concatenate([self._sums, more])
        self._sums[places] += found.astype(np.int64)

    def _cells(self, rows: pa.Table) -> tuple[list[tuple[Any, ...]], Ints]:
        """The distinct cells of rows, and which of them each row belongs to."""
        names = [field.name for field in self._columns]
        code = np.zeros(rows.num_rows, np.int64)
        for name in names:
            values = rows[name].combine_chunks().dictionary_encode(null_encoding="encode")
            code = code * len(values.dictionary) + np.asarray(values.indices)
        _, firsts, place_of_row = np.unique(code, return_index=True, return_inverse=True)
        columns = rows.select(names).take(firsts).to_pydict()
        return list(zip(*columns.values(), strict=True)), place_of_row

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
