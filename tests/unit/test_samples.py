"""What the samples of all feeds promise: bytes from a seed, whole files, a truth that adds up."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from small_samples import COMMON, GENERATORS, content, generate_small, small

from analytics_assets.samples.kinds import RULES, rejected_by_rule
from analytics_assets.samples.truth import Truth, read_truth

each_feed = pytest.mark.parametrize("feed", GENERATORS)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing folder with a small sample of each feed."""
    landing = tmp_path_factory.mktemp("landing")
    for feed in GENERATORS:
        generate_small(feed, landing)
    return landing


def of(feed: str, landing: Path) -> dict[str, str]:
    return {path: digest for path, digest in content(landing).items() if path.startswith(f"{feed}/")}


def truth_of(feed: str, landing: Path) -> Truth:
    return read_truth(landing / feed / "truth.json")


@each_feed
def test_the_same_options_give_the_same_bytes(feed: str, landing: Path, tmp_path: Path) -> None:
    generate_small(feed, tmp_path)
    assert content(tmp_path) == of(feed, landing)


@each_feed
def test_another_seed_gives_other_bytes(feed: str, landing: Path, tmp_path: Path) -> None:
    generate_small(feed, tmp_path, seed=8)
    ours, theirs = content(tmp_path), of(feed, landing)
    assert len(ours) == len(theirs)
    assert len(set(ours.values()) & set(theirs.values())) <= 4, "aqua: pulls without a record, or failed"


@each_feed
def test_writing_it_again_in_the_same_place_changes_nothing(feed: str, tmp_path: Path) -> None:
    generate_small(feed, tmp_path, events=500)
    before = content(tmp_path)
    generate_small(feed, tmp_path, events=500)
    assert content(tmp_path) == before


@each_feed
def test_files_of_another_sample_are_refused_and_kept(feed: str, tmp_path: Path) -> None:
    generate_small(feed, tmp_path, events=100)
    before = content(tmp_path)
    with pytest.raises(FileExistsError, match=r"2025-01-15.*another sample.*Remove"):
        generate_small(feed, tmp_path, events=100, start=date(2025, 1, 16))
    assert content(tmp_path) == before


@each_feed
def test_samples_of_several_feeds_lie_side_by_side(feed: str, landing: Path) -> None:
    assert truth_of(feed, landing).feed == feed


@each_feed
def test_the_truth_is_read_as_it_was_returned(feed: str, tmp_path: Path) -> None:
    returned = generate_small(feed, tmp_path, events=300)
    assert truth_of(feed, tmp_path) == returned
    assert returned.options["start"] == "2025-01-15" and returned.options["seed"] == 7


@each_feed
def test_the_truth_adds_up(feed: str, landing: Path) -> None:
    truth = truth_of(feed, landing)
    assert truth.landed == sum(truth.landed_by_arrival.values()) == truth.accepted + sum(truth.rejected.values())
    assert truth.accepted == truth.silver + truth.duplicates
    assert truth.silver == small(feed).events


@each_feed
def test_faults_have_the_shares_asked_for(feed: str, landing: Path) -> None:
    truth, events = truth_of(feed, landing), small(feed).events
    assert truth.duplicates == int(events * 0.04)
    # Copies may be late too, and of aqua what happens after the last pull of a date.
    assert events * 0.04 < truth.late < events * 0.11
    # Parts of rows are cut off, once for rows and once for each kind of file.
    assert events * 0.02 - 3 <= sum(truth.rejected.values()) <= events * 0.02


@each_feed
def test_every_kind_of_broken_row_is_there_as_often_as_any_other(feed: str, landing: Path) -> None:
    rejected = truth_of(feed, landing).rejected
    assert list(rejected) == list(RULES[feed])
    assert max(rejected.values()) - min(rejected.values()) <= 1 <= min(rejected.values())


@each_feed
def test_a_seed_means_the_same_wherever_hashes_come_in_another_order(feed: str, landing: Path, tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from small_samples import generate_small; "
    program += "generate_small(sys.argv[1], Path(sys.argv[2]))"
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", program, feed, tmp_path], cwd=root, env=environment, check=True)
    assert content(tmp_path) == of(feed, landing)


@each_feed
def test_progress_ends_at_the_total(feed: str, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    GENERATORS[feed](tmp_path, small(feed), lambda *step: seen.append(step))
    assert seen[-1] == ("events", small(feed).events, small(feed).events)


@each_feed
def test_without_faults_every_row_is_accepted_once(feed: str, tmp_path: Path) -> None:
    truth = generate_small(feed, tmp_path, late_share=0, duplicate_share=0, broken_share=0)
    events = small(feed).events
    assert (truth.landed, truth.accepted, truth.duplicates) == (events, events, 0)


@each_feed
def test_one_date_and_one_event_are_enough(feed: str, tmp_path: Path) -> None:
    more = {"bots": 0} if feed == "notes" else {}
    truth = generate_small(feed, tmp_path, events=1, users=1, end=COMMON["start"], **more)
    assert (truth.landed, truth.silver, truth.dau) == (1, 1, {"2025-01-15": 1})


@each_feed
def test_no_hidden_file_stays_behind(feed: str, landing: Path) -> None:
    assert not [path for path in of(feed, landing) if Path(path).name.startswith(".")]


@each_feed
def test_a_kind_of_faults_alone_may_be_asked_for(feed: str, tmp_path: Path) -> None:
    kind = next(iter(RULES[feed]))
    truth = generate_small(feed, tmp_path, events=1_000, broken_kinds=(kind,))
    assert {name: rows for name, rows in truth.rejected.items() if rows} == {kind: 20}


def test_kinds_with_one_rule_are_added_up() -> None:
    rejected = {"negative_duration": 2, "duration_above_2h": 3, "unclosed_quote": 0, "invalid_utf8": 1}
    assert rejected_by_rule("notes", rejected) == {"duration_out_of_range": 5, "invalid_utf8": 1}
