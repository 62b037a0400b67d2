"""Bootstrap: weights hang on the user alone, sums on no order, and intervals hold the truth as often as they say."""

import hashlib
from decimal import Decimal, getcontext
from math import factorial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_assets.transforms import bootstrap
from analytics_assets.transforms.bootstrap import REPLICATES, interval, weighted_sums, weights


def weight(user: str, replicate: int) -> int:
    """By the definition: the draw's place among the steps of the Poisson distribution."""
    getcontext().prec = 50
    low, high = hashlib.shake_128(f"tidebook|{user}".encode()).digest(1000)[2 * replicate : 2 * replicate + 2]
    draw, steps, so_far = low + 256 * high, 0, Decimal(0)
    for k in range(12):
        so_far += Decimal(-1).exp() / factorial(k)
        steps += round(so_far * 65_536) <= draw
    return steps


@pytest.mark.parametrize("user", ["u0000001", "", "100%|#1", "üser 世"])
def test_a_weight_is_what_the_hash_of_user_and_replicate_says(user: str) -> None:
    assert weights([user])[0].tolist() == [weight(user, replicate) for replicate in range(REPLICATES)]


def test_a_users_weights_do_not_hang_on_the_other_users() -> None:
    assert (weights(["ann", "bob"])[1] == weights(["bob"])[0]).all()


def test_weights_are_as_poissons_of_mean_one() -> None:
    found = weights([f"u{number}" for number in range(2_000)]).astype(float)
    assert abs(found.mean() - 1) < 0.005 and abs(found.var() - 1) < 0.01
    of_replicates = np.corrcoef(found[:, :20], rowvar=False) - np.eye(20)
    assert np.abs(of_replicates).max() < 0.12


def batch(rows: list[tuple[str, str, int]]) -> pa.RecordBatch:
    users, devices, loads = zip(*rows, strict=True)
    names = ["device_type", "user_id", "loads"]
    return pa.RecordBatch.from_arrays([pa.array(devices), pa.array(users), pa.array(loads, pa.int64())], names)


def sums(batches: list[pa.RecordBatch]) -> dict[str, tuple[int, list[int]]]:
    found: dict[str, tuple[int, list[int]]] = {}
    for out in weighted_sums(batches):
        for row in out.to_pylist():
            loads, replicates = found.get(row["device_type"], (0, [0] * REPLICATES))
            more = [a + b for a, b in zip(replicates, row["replicates"], strict=True)]
            found[row["device_type"]] = (loads + row["loads"], more)
    return found


def test_a_replicate_counts_a_users_loads_as_often_as_the_user() -> None:
    found = sums([batch([("ann", "iPad", 3), ("bob", "iPad", 2), ("ann", "Mac", 1)])])
    ann, bob = weights(["ann", "bob"]).astype(int)
    assert found == {"iPad": (5, (3 * ann + 2 * bob).tolist()), "Mac": (1, ann.tolist())}


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(("iPad", "Mac")), st.integers(1, 5)), min_size=1),
    cut=st.integers(0, 40),
    random=st.randoms(use_true_random=False),
)
def test_sums_are_equal_however_rows_are_ordered_and_split(rows, cut, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(rows, len(rows))
    parts = [part for part in (shuffled[:cut], shuffled[cut:]) if part]
    assert sums([batch(part) for part in parts]) == sums([batch(rows)])


def test_cells_that_are_let_go_in_between_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("ann", "iPad", 1), ("bob", "Mac", 2), ("cid", "iPad", 3), ("ann", "Mac", 4)]
    whole = sums([batch(rows)])
    monkeypatch.setattr(bootstrap, "MOST_CELLS", 1)
    monkeypatch.setattr(bootstrap, "LEAST_ROWS", 1)
    assert sums([batch([row]) for row in rows]) == whole


def test_sums_that_a_float32_would_round_are_exact() -> None:
    """2**24 + 1 is the first integer that a float32 does not hold."""
    found = sums([batch([("ann", "iPad", 2**24 + 1), ("bob", "iPad", 2)])])
    ann, bob = weights(["ann", "bob"]).astype(int)
    assert found == {"iPad": (2**24 + 3, ((2**24 + 1) * ann + 2 * bob).tolist())}


def test_ends_of_an_interval_stand_at_ranks_and_are_never_between_two_values() -> None:
    replicates = np.random.default_rng(1).permutation(500).astype(float) + 1
    low, high = interval(replicates)
    assert (low, high) == (13, 488)


def test_there_is_no_interval_where_a_replicate_has_no_value() -> None:
    replicates = np.ones((2, 500))
    replicates[1, 17] = np.nan
    low, high = interval(replicates)
    assert low[0] == high[0] == 1 and np.isnan(low[1]) and np.isnan(high[1])


def test_nineteen_of_twenty_intervals_hold_the_truth_where_loads_of_a_user_hang_together() -> None:
    """100 samples of 200 users, each of whom is slow or fast: an interval that draws loads would be far too narrow."""
    rng = np.random.default_rng(7)
    held, held_of_loads = 0, 0
    for sample in range(100):
        of_user = rng.normal(0, 1, 200)
        loads = rng.poisson(3, 200) + 1
        mean = (of_user * loads).sum() / loads.sum()
        weighed = weights([f"{sample}|{user}" for user in range(200)]).astype(float)
        replicates = (of_user[:, None] * loads[:, None] * weighed).sum(0) / (loads[:, None] * weighed).sum(0)
        low, high = interval(replicates)
        held += low <= 0 <= high
        held_of_loads += abs(mean) <= 1.96 / np.sqrt(loads.sum())
    assert 88 <= held <= 99
    assert held_of_loads < 80
