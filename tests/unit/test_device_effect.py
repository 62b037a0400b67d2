"""Device effect: rank statistics as scipy has them, ratios of medians, and what is null."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics_assets.transforms.bootstrap import REPLICATES, Ints
from analytics_assets.transforms.buckets import GAMMA, ZERO_BUCKET
from analytics_assets.transforms.device_effect import (
    Effect,
    Estimate,
    Stratified,
    cliffs_delta,
    device_effect,
    epsilon_squared,
    in_words,
    matrix,
    size,
)

Seen = dict[str, dict[int, int]]


def counts(seen: Seen) -> tuple[Ints, list[str], list[int]]:
    """Counts of which every replicate is what was seen."""
    ones = np.ones(1 + REPLICATES, np.int64)
    return matrix([(device, at, number * ones) for device, own in seen.items() for at, number in own.items()])


def effect(seen: Seen) -> Effect:
    return device_effect(*counts(seen))


def values(own: dict[int, int]) -> list[int]:
    return [at for at, number in own.items() for _ in range(number)]


def shown(figure: np.ndarray) -> float | None:  # type: ignore[type-arg]
    return None if math.isnan(figure[0]) else round(float(figure[0]), 6)


binned = st.dictionaries(st.integers(-1, 6), st.integers(1, 30), min_size=1, max_size=5)


@settings(max_examples=100, deadline=None)
@given(seen=st.dictionaries(st.sampled_from(("Mac", "TV", "iPad", "iPhone")), binned, min_size=2))
def test_epsilon_squared_is_scipys_statistic_over_n_less_one(seen: Seen) -> None:
    table, _, buckets = counts(seen)
    if len(buckets) == 1:
        assert np.isnan(epsilon_squared(table)).all()
        return
    samples = [values(own) for own in seen.values()]
    expected = stats.kruskal(*samples).statistic / (sum(map(len, samples)) - 1)
    found = epsilon_squared(table)[0]
    assert found == pytest.approx(expected, abs=1e-12) and 0 <= found <= 1


@settings(max_examples=100, deadline=None)
@given(one=binned, other=binned)
def test_cliffs_delta_is_what_scipys_u_says_of_pairs(one: dict[int, int], other: dict[int, int]) -> None:
    table, _, _ = counts({"a": one, "b": other})
    u = stats.mannwhitneyu(values(one), values(other), method="asymptotic").statistic
    expected = 2 * u / (sum(one.values()) * sum(other.values())) - 1
    assert cliffs_delta(table[0], table[1])[0] == pytest.approx(expected, abs=1e-12)
    assert cliffs_delta(table[1], table[0])[0] == pytest.approx(-expected, abs=1e-12)


def test_a_difference_is_the_median_over_the_median_devices() -> None:
    found = effect({"Mac": {100: 3}, "TV": {106: 2, 300: 1}, "iPad": {90: 1, 103: 9}})
    assert {device: shown(own) for device, own in found.differences.items()} == {
        "Mac": round(GAMMA**-3, 6),
        "TV": round(GAMMA**3, 6),
        "iPad": 1.0,
    }


def test_of_an_even_number_of_devices_the_middle_is_the_geometric_mean_of_two() -> None:
    found = effect({"Mac": {100: 1}, "TV": {103: 1}, "iPad": {200: 1}, "iPhone": {0: 1}})
    assert shown(found.differences["TV"]) == round(GAMMA**1.5, 6)


def test_a_median_of_no_time_at_all_gives_no_ratios() -> None:
    found = effect({"Mac": {ZERO_BUCKET: 3}, "TV": {ZERO_BUCKET: 2, 300: 1}, "iPad": {90: 1}})
    assert [shown(own) for own in found.differences.values()] == [None, None, None]
    found = effect({"Mac": {ZERO_BUCKET: 3}, "TV": {90: 1}, "iPad": {90: 1}})
    assert [shown(own) for own in found.differences.values()] == [0, 1, 1]


@pytest.mark.parametrize("seen", [{"Mac": {5: 3, 9: 9}}, {"Mac": {5: 3}, "iPad": {5: 100}}], ids=["device", "bin"])
def test_one_device_or_one_occupied_bin_says_nothing(seen: Seen) -> None:
    found = effect(seen)
    every = [found.epsilon_squared, *found.differences.values(), *found.deltas.values()]
    assert [shown(figure) for figure in every] == [None] * len(every)
    assert found.total[0] == sum(sum(own.values()) for own in seen.values())


def test_without_a_load_there_are_no_figures() -> None:
    found = device_effect(*matrix([]))
    assert (shown(found.epsilon_squared), int(found.total[0]), found.differences) == (None, 0, {})


def test_a_replicate_that_misses_a_device_compares_the_others() -> None:
    ones = np.ones(1 + REPLICATES, np.int64)
    without = ones.copy()
    without[1] = 0
    rows = [("Mac", 100, ones), ("TV", 103, ones), ("iPad", 110, without)]
    found = device_effect(*matrix(rows))
    assert math.isnan(found.differences["iPad"][1])
    assert found.differences["TV"][1] == pytest.approx(GAMMA**1.5)
    assert Estimate.of(found.differences["iPad"]).low is None
    assert Estimate.of(found.differences["TV"]).low is not None


def test_the_stratified_value_is_the_mean_weighted_by_loads() -> None:
    first = effect({"Mac": {100: 10}, "iPad": {110: 10}})
    second = effect({"Mac": {100: 30}, "iPad": {100: 29, 101: 1}})
    both = Stratified()
    both.add(first)
    both.add(second)
    mean = (20 * first.epsilon_squared[0] + 60 * second.epsilon_squared[0]) / 80
    assert both.effect().epsilon_squared[0] == pytest.approx(mean)
    ratio = (20 * first.differences["iPad"][0] + 60 * second.differences["iPad"][0]) / 80
    assert both.effect().differences["iPad"][0] == pytest.approx(ratio)
    assert both.effect().total[0] == 80


def test_versions_set_equal_show_no_device_effect_where_only_versions_differ() -> None:
    """The slow version is used on tablets, the fast one on phones; within each both are as fast."""
    versions = [{"iPad": {120: 90, 121: 90}, "iPhone": {120: 10, 121: 10}}]
    versions += [{"iPad": {80: 10, 81: 10}, "iPhone": {80: 90, 81: 90}}]
    together = effect({name: versions[0][name] | versions[1][name] for name in ("iPad", "iPhone")})
    strata = Stratified()
    for version in versions:
        strata.add(effect(version))
    assert size(float(together.epsilon_squared[0])) == "large"
    assert strata.effect().epsilon_squared[0] == pytest.approx(0)
    assert shown(strata.effect().deltas["iPad", "iPhone"]) == 0


@pytest.mark.parametrize(
    ("epsilon", "word"),
    [(None, None), (0.0, "negligible"), (0.0099, "negligible"), (0.01, "small"), (0.06, "medium"), (0.14, "large")],
)
def test_the_size_of_an_effect_in_a_word(epsilon: float | None, word: str | None) -> None:
    assert size(epsilon) == word


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        ((1.12, 1.1, 1.14), "iPad pages take 12 % longer than the median device (95 % interval 10 to 14 %)"),
        ((0.8, 0.78, 0.83), "iPad pages take 20 % less time than the median device (95 % interval 17 to 22 %)"),
        ((1.02, 0.99, 1.05), "iPad pages take about as long as the median device's (95 % interval -1 to 5 %)"),
        ((1.0, 1.0, 1.0), "iPad is the median device"),
        ((1.02, 1.003, 1.04), "iPad pages take 2 % longer than the median device (95 % interval 0.3 to 4 %)"),
        ((0.98, 0.96, 0.9996), "iPad pages take 2 % less time than the median device (95 % interval 0.04 to 4 %)"),
        ((1.004, 1.001, 1.007), "iPad pages take 0.4 % longer than the median device (95 % interval 0.1 to 0.7 %)"),
        ((1.02, 0.998, 1.04), "iPad pages take about as long as the median device's (95 % interval -0.2 to 4 %)"),
        ((1.02, 1.0, 1.04), "iPad pages take about as long as the median device's (95 % interval 0 to 4 %)"),
        ((1.0, 1.02, 1.04), "iPad pages take longer than the median device (95 % interval 2 to 4 %)"),
        ((1.004, None, None), "iPad pages take about as long as the median device's (too few users for an interval)"),
        ((1.12, None, None), "iPad pages take 12 % longer than the median device (too few users for an interval)"),
        ((None, None, None), None),
    ],
)
def test_a_difference_in_words(estimate: tuple[float | None, ...], words: str | None) -> None:
    assert in_words("iPad", Estimate(*estimate)) == words
