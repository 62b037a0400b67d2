"""Concentration: the curve from users counted by bucket equals that of a plain sort."""

import math
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_assets.transforms.concentration import Steps, curve, top_users


def bucket_of(total: int) -> int:
    """Any that keeps the order will do: this one has few."""
    return total.bit_length()


def steps_of(totals: Sequence[int]) -> Steps:
    users, sums = Counter(map(bucket_of, totals)), Counter[int]()
    for total in totals:
        sums[bucket_of(total)] += total
    return Steps.of([(bucket, number, sums[bucket]) for bucket, number in users.items()])


@pytest.mark.parametrize(
    ("users", "percent", "expected"), [(0, 1, 0), (1, 1, 1), (100, 1, 1), (101, 1, 2), (199, 50, 100), (7, 100, 7)]
)
def test_the_top_is_never_fewer_than_the_share_says(users: int, percent: int, expected: int) -> None:
    assert top_users(users, percent) == expected == math.ceil(percent * users / 100)


@given(st.lists(st.one_of(st.just(0), st.integers(0, 9), st.integers(0, 10**10)), max_size=250))
def test_the_curve_is_that_of_a_plain_sort(totals: list[int]) -> None:
    highest = sorted(totals, reverse=True)
    steps = steps_of(totals)
    looked_into = {step.bucket for step in steps.to_look_into()}
    # What the buckets' users tell: sums up to places inside of them.
    sums = {
        place: sum(highest[:place])
        for place in range(1, len(highest) + 1)
        if bucket_of(highest[place - 1]) in looked_into
    }
    found = curve(steps, sums)
    assert [row["top_percent"] for row in found] == list(range(1, 101))
    for row in found:
        number = math.ceil(len(totals) * int(row["top_percent"] or 0) / 100)
        assert (row["users"], row["top_users"], row["capped_ms"]) == (len(totals), number, sum(totals))
        assert row["top_ms"] == sum(highest[:number])
        assert row["share"] == (sum(highest[:number]) / sum(totals) if sum(totals) else None)


def test_a_bucket_without_time_and_one_that_is_wholly_in_are_not_looked_into() -> None:
    assert steps_of([0] * 60).to_look_into() == []
    assert steps_of([8]).to_look_into() == []
    assert [step.bucket for step in steps_of([8, 9, *[0] * 98]).to_look_into()] == [bucket_of(8)]


def test_the_top_holds_every_bucket_with_one_of_its_users() -> None:
    steps = steps_of([1000, 100, 100, 10, 10, 1, 0, 0, 0, 0])
    assert [step.bucket for step in steps.top(10)] == [bucket_of(1000)]
    assert [step.bucket for step in steps.top(11)] == [bucket_of(1000), bucket_of(100)]
    assert [step.users_above for step in steps.top(100)] == [0, 1, 3, 5, 6]
    assert [step.ms_above for step in steps.top(100)] == [0, 1000, 1200, 1220, 1221]
