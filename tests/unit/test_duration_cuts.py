"""Duration cuts: which bucket holds the rank, what lies above its largest duration, which periods there are."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from analytics_assets.transforms.buckets import GAMMA, ZERO_BUCKET
from analytics_assets.transforms.duration_cuts import cuts, duration_buckets, measured_periods
from analytics_assets.transforms.history import History
from resources.spark import Spark

MONDAY = date(2025, 1, 6)
SILVER = "event_date date, action string, duration_ms long, input_version string"


@cache
def bucket_of(ms: int) -> int:
    """By counting: the first power of gamma that is not below the value."""
    power, bound = 0, 1.0
    while bound < ms:
        power, bound = power + 1, bound * GAMMA
    return power if ms else ZERO_BUCKET


def table(rows: Sequence[tuple[str, int]]) -> pa.Table:
    """A row for each action and duration: buckets that stand in several rows are as good as one."""
    return pa.table(
        {
            "action": pa.array([action for action, _ in rows], pa.string()),
            "bucket": pa.array([bucket_of(ms) for _, ms in rows], pa.int32()),
            "events": pa.array([1] * len(rows), pa.int64()),
            "engaged_ms": pa.array([ms for _, ms in rows], pa.int64()),
            "longest_ms": pa.array([ms for _, ms in rows], pa.int64()),
        }
    )


def test_of_a_thousand_durations_the_longest_is_cut_at_the_next_one() -> None:
    rows = [("read", ms) for ms in range(1000, 2000)] + [("read", 7_200_000)]
    # 1,001 events: rank ceil(999.999) = 1000, which holds 1,999 ms.
    assert list(cuts(table(rows))) == [
        {
            "action": "read",
            "events": 1001,
            "engaged_ms": sum(range(1000, 2000)) + 7_200_000,
            "threshold_ms": 1999,
            "events_cut": 1,
            "cut_ms": 7_200_000 - 1999,
        }
    ]


def test_up_to_a_thousand_durations_the_rank_is_the_last_and_nothing_is_cut() -> None:
    [cut] = cuts(table([("read", 5)] * 998 + [("read", 7_200_000)]))
    assert (cut["threshold_ms"], cut["events_cut"], cut["cut_ms"]) == (7_200_000, 0, 0)


def test_the_threshold_is_the_largest_of_its_bucket_not_the_value_at_the_rank() -> None:
    # 990,000 and 1,000,000 are in one bucket, the first at the rank.
    assert bucket_of(990_000) == bucket_of(1_000_000) < bucket_of(1_020_000)
    rows = [("read", 5)] * 1998 + [("read", 990_000), ("read", 1_000_000), ("read", 1_020_000)]
    [cut] = cuts(table(rows))
    assert (cut["threshold_ms"], cut["events_cut"], cut["cut_ms"]) == (1_000_000, 1, 20_000)


def test_each_action_has_a_threshold_of_its_own() -> None:
    found = {cut["action"]: cut["threshold_ms"] for cut in cuts(table([("b", 10), ("a", 0), ("b", 0)]))}
    assert found == {"a": 0, "b": 10}


def test_without_events_there_is_no_cut() -> None:
    assert list(cuts(table([]))) == []


durations = st.one_of(st.integers(0, 5), st.integers(0, 7_200_000))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), durations, st.integers(1, 900)), min_size=1, max_size=8))
def test_what_is_cut_is_what_lies_above_the_threshold(found: list[tuple[str, int, int]]) -> None:
    rows = [(action, ms) for action, ms, times in found for _ in range(times)]
    for cut in cuts(table(rows)):
        own = sorted(ms for action, ms in rows if action == cut["action"])
        threshold = int(cut["threshold_ms"])
        at_rank = own[(len(own) * 999 + 999) // 1000 - 1]
        assert threshold == max(ms for ms in own if bucket_of(ms) == bucket_of(at_rank))
        assert cut["cut_ms"] == sum(own) - sum(min(ms, threshold) for ms in own)
        assert cut["events_cut"] == sum(ms > threshold for ms in own)


def test_buckets_count_the_events_of_a_date_and_those_without_a_duration_have_none(quick_spark: Spark) -> None:
    spark: SparkSession = quick_spark.session
    rows = [("read", 0), ("read", 0), ("read", 1000), ("read", 1005), ("edit", 1000), ("edit", None)]
    silver = spark.createDataFrame([(MONDAY, action, ms, "v") for action, ms in rows], SILVER)
    found = duration_buckets(silver).select("action", "bucket", "events", "engaged_ms", "longest_ms").collect()
    assert {tuple(row) for row in found} == {
        ("read", ZERO_BUCKET, 2, 0, 0),
        ("read", bucket_of(1000), 2, 2005, 1005),
        ("edit", bucket_of(1000), 1, 1000, 1000),
        ("edit", None, 1, 0, None),
    }


def test_events_without_a_duration_move_no_threshold() -> None:
    timed = table([("read", ms) for ms in range(1000, 2001)])
    without = {"action": "read", "bucket": None, "events": 5000, "engaged_ms": 0, "longest_ms": None}
    rows = [*timed.to_pylist(), without]
    assert [*cuts(pa.Table.from_pylist(rows, timed.schema))] == [*cuts(timed)]


@pytest.mark.parametrize(
    ("days", "missing", "complete"),
    [(27, None, set()), (28, None, {"rolling_28"}), (31, None, {"2025-01", "rolling_28"}), (31, 2, {"rolling_28"})],
)
def test_a_period_is_complete_when_each_of_its_dates_is_closed(
    days: int, missing: int | None, complete: set[str]
) -> None:
    start = date(2025, 1, 1)
    gone = frozenset([start + timedelta(days=missing)]) if missing is not None else frozenset()
    history = History(start=start, as_of=start + timedelta(days=days - 1), missing=gone)
    periods = measured_periods(history)
    assert list(periods) == ["2025-01", "rolling_28"]
    assert {name for name, period in periods.items() if period.is_complete} == complete
