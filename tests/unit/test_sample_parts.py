"""The parts of the samples, each by itself: options, keys, blocks, visits, faults, files, the tally."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics_assets.samples.blocks import blocks, event_blocks
from analytics_assets.samples.crowd import Crowd, Habits
from analytics_assets.samples.events import EVENT, with_unique_keys
from analytics_assets.samples.faults import Faults, Lateness
from analytics_assets.samples.files import write_whole
from analytics_assets.samples.notes import KEY
from analytics_assets.samples.options import AquaOptions, IdeOptions, NotesOptions, ShopOptions, UniformOptions
from analytics_assets.samples.rhythm import shared_out, visit_lengths, visit_moments
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import Cohort, read_truth


def tally_of(*moments: tuple[int, str]) -> Tally:
    """A tally from Monday 6 January 2025 over two weeks, of (user, "day hh:mm:ss") in order."""
    events = np.zeros(len(moments), EVENT)
    for at, (user, moment) in enumerate(moments):
        day, clock = moment.split()
        hours, minutes, seconds = map(int, clock.split(":"))
        events["user"][at] = user
        events["second"][at] = int(day) * 86_400 + hours * 3_600 + minutes * 60 + seconds
    tally = Tally(date(2025, 1, 6), days=14, users=9)
    tally.add(events)
    return tally


def test_a_gap_of_exactly_half_an_hour_starts_a_session() -> None:
    assert tally_of((1, "0 09:00:00"), (1, "0 09:29:59")).sessions == 1
    assert tally_of((1, "0 09:00:00"), (1, "0 09:30:00")).sessions == 2


def test_midnight_and_another_user_start_a_session() -> None:
    assert tally_of((1, "0 23:59:59"), (1, "1 00:00:00")).sessions == 2
    assert tally_of((1, "0 09:00:00"), (2, "0 09:00:00")).sessions == 2


def test_users_are_counted_once_a_date_a_week_and_a_month() -> None:
    tally = tally_of((1, "0 09:00:00"), (1, "0 20:00:00"), (1, "6 09:00:00"), (2, "7 09:00:00"))
    assert {day: users for day, users in tally.dau().items() if users} == {
        "2025-01-06": 1,
        "2025-01-12": 1,
        "2025-01-13": 1,
    }
    assert tally.wau() == {"2025-01-06": 1, "2025-01-13": 1}
    assert tally.mau() == {"2025-01-01": 2}


def test_a_cohort_is_the_week_of_the_first_activity() -> None:
    tally = tally_of((1, "0 09:00:00"), (1, "7 09:00:00"), (2, "3 09:00:00"), (3, "8 09:00:00"))
    assert tally.retention() == [
        Cohort(week="2025-01-06", active=[2, 1]),
        Cohort(week="2025-01-13", active=[1]),
    ]


def test_a_truth_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text('{"feed": "notes", "anomalous_days": [], "retention": [], "surprise": 1}')
    with pytest.raises(ValueError, match=r"truth\.json: not a truth file"):
        read_truth(path)


def test_equal_keys_are_made_different_without_losing_an_event() -> None:
    events = np.zeros(12, EVENT)
    events["page"] = [0, 0, 0, 1, 1, 9, 9, 5, 5, 5, 5, 5]
    events["duration_ms"] = np.arange(12)
    unique = with_unique_keys(events, KEY, "page", 12)
    assert sorted(unique["page"].tolist()) == list(range(12))
    assert sorted(unique["duration_ms"].tolist()) == list(range(12))


def test_more_equal_keys_than_pages_are_refused() -> None:
    with pytest.raises(ValueError, match="pages: saw 2, expected more"):
        with_unique_keys(np.zeros(3, EVENT), KEY, "page", 2)


def test_blocks_cover_every_day_once() -> None:
    events = np.array([5, 5, 0, 30, 1, 9, 1])
    assert list(blocks(events, 10)) == [(0, 3), (3, 4), (4, 6), (6, 7)]


def test_events_after_a_block_come_with_the_block_of_their_date() -> None:
    def make(first_day: int, end_day: int) -> Any:
        events = np.zeros(2 * (end_day - first_day), EVENT)
        events["user"] = np.repeat(np.arange(first_day, end_day), 2)
        # The second event of each date happens two days on.
        events["second"] = 86_400 * (events["user"] + np.tile([0, 2], end_day - first_day))
        return events[events["second"] < 4 * 86_400]

    made = event_blocks(np.array([2, 2, 1, 1]), make, lambda events: events, 6, size=2)
    found = [(end, sorted((events["second"] // 86_400).tolist())) for end, events in made]
    assert found == [(1, [0]), (2, [1]), (5, [2, 2, 3, 3])]


def test_visits_that_would_reach_the_end_begin_earlier() -> None:
    gaps = np.array([99, 4, 5, 99, 10])
    moments = visit_moments(np.array([50, 95]), np.array([3, 2]), gaps, end=100)
    assert moments.tolist() == [50, 54, 59, 89, 99]


def test_whole_numbers_are_shared_out_exactly() -> None:
    shares = shared_out(10, np.array([1.0, 1.0, 1.0]))
    assert shares.sum() == 10 and set(shares.tolist()) == {3, 4}


def test_lengths_of_visits_add_up_to_the_events_asked_for() -> None:
    for events in (0, 1, 7, 1_000):
        lengths = visit_lengths(np.random.default_rng(1), events, 5)
        assert lengths.sum() == events and (lengths > 0).all()


def test_a_crowd_comes_on_its_dates_and_users_join_over_time() -> None:
    options = ShopOptions(start=date(2025, 1, 1), end=date(2025, 1, 10), users=1_000)
    crowd = Crowd(
        options, 20_000, Habits(mean_events=5, median_gap_s=60, longest_gap_s=1_800), np.random.default_rng(1)
    )
    first, last = crowd.visits(0, 1), crowd.visits(9, 10)
    assert len(first.visit) == crowd.by_day[0] and crowd.by_day.sum() == 20_000
    assert first.moment.min() >= 0 and last.moment.max() < 10 * 86_400 * 10**6
    assert first.user.max() <= 460 < last.user.max() <= 1_000
    assert (np.diff(first.moment)[np.diff(first.visit) == 0] >= 0).all()


def test_late_rows_land_after_their_date_and_no_later_than_said() -> None:
    options = ShopOptions(
        start=date(2025, 1, 1), end=date(2025, 2, 28), late_share=0.5, duplicate_share=0, broken_share=0
    )
    events = np.zeros(10_000, EVENT)
    lateness = Lateness(usual_s=2 * 86_400, rare_share=0.1, rare_s=20 * 86_400)
    rows = Faults(options, np.random.default_rng(1), lateness).rows(events)
    days = np.bincount(rows["landed"] // 86_400)
    assert 4_500 < days[1:].sum() < 5_500
    assert 0 < days[3:].sum() < 400 and len(days) <= 21


def test_a_file_that_fails_half_way_leaves_the_old_one_and_no_visible_name(tmp_path: Path) -> None:
    def pieces() -> Any:
        yield b"half"
        assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["events.csv"]
        raise OSError("disk full")

    path = tmp_path / "events.csv"
    write_whole(path, [b"whole"])
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, pieces())
    assert path.read_bytes() == b"whole"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"events": 0}, "events: saw 0, expected a whole number from 1"),
        ({"events": 1.5}, r"events: saw 1\.5"),
        ({"users": 10_000_000}, "users: saw 10000000, expected .* to 9999999"),
        ({"seed": -1}, "seed: saw -1"),
        ({"pages": 9}, "pages: saw 9, expected a whole number from 10"),
        ({"zipf_exponent": 3.5}, r"zipf_exponent: saw 3\.5, expected a number from 0 to 3"),
        ({"late_share": 0.6}, r"late_share: saw 0\.6, expected a number from 0 to 0\.5"),
        ({"duplicate_share": -0.1}, "duplicate_share: saw -0.1"),
        ({"broken_share": float("nan")}, "broken_share: saw nan"),
        ({"bots": 81}, "bots: saw 81, expected a whole number from 0 to 80"),
        ({"broken_kinds": ("typo",)}, "broken_kinds: saw .'typo'., expected at least one of"),
        ({"end": date(2025, 1, 14)}, "end: saw 2025-01-14 with start 2025-01-15, expected 1 to"),
        ({"start": datetime(2025, 1, 15)}, "start: saw datetime.*, expected a date"),
    ],
)
def test_a_wrong_option_is_named_with_what_was_seen_and_expected(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NotesOptions(**{"start": date(2025, 1, 15), "end": date(2025, 2, 25), "users": 800, **changed})


@pytest.mark.parametrize(
    ("options", "changed", "message"),
    [
        (IdeOptions, {"marathons": -1}, "marathons: saw -1, expected a whole number from 0"),
        (
            IdeOptions,
            {"broken_kinds": ("empty_action",)},
            "broken_kinds: saw .'empty_action'., expected .*empty_event_id",
        ),
        (AquaOptions, {"pull_s": 0}, "pull_s: saw 0, expected a whole number from 1 to 3600 that divides a day"),
        (AquaOptions, {"pull_s": 7_200}, "pull_s: saw 7200"),
        (AquaOptions, {"pull_s": 7}, "pull_s: saw 7,"),
        (ShopOptions, {"products": 0}, "products: saw 0, expected a whole number from 1"),
        (ShopOptions, {"users": 0}, "users: saw 0"),
        (UniformOptions, {"dimension_rows": -1}, "dimension_rows: saw -1"),
    ],
)
def test_a_wrong_option_of_any_sample_is_named(options: Any, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        options(**{"start": date(2025, 1, 15), "end": date(2025, 2, 25), **changed})
