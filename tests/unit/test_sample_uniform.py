"""The uniform sample of notes holds what its truth file says."""

from collections import Counter
from pathlib import Path

import pytest
from note_recount import Recount, counts
from small_samples import content

from analytics_assets.samples.options import UniformOptions
from analytics_assets.samples.truth import read_truth
from analytics_assets.samples.uniform import generate_like_sample


@pytest.fixture(scope="module")
def uniform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("uniform")
    options = UniformOptions(events=4_000, users=2_000, dimension_rows=500, seed=3)
    generate_like_sample(landing, options)
    return landing


def test_the_uniform_sample_equals_its_truth(uniform: Path) -> None:
    truth, recount = read_truth(uniform / "notes" / "truth.json"), Recount(uniform)
    assert recount.landed == truth.landed_by_arrival and len(recount.landed) == 366
    assert recount.landed["2024-01-01"] == 0, "a header alone closes the last date"
    assert (truth.landed, truth.accepted, truth.silver, len(recount.events)) == (4_000,) * 4
    assert (truth.late, recount.late, truth.duplicates, sum(truth.rejected.values())) == (0, 0, 0, 0)
    assert counts(recount.users_by(lambda day: day), truth.dau) == truth.dau
    assert recount.sessions() == truth.sessions


def test_the_uniform_sample_has_the_ranges_of_the_public_one(uniform: Path) -> None:
    events = list(Recount(uniform).events.values())
    durations = [event.duration_ms for event in events]
    assert 100 <= min(durations) < 1_000 and 299_000 < max(durations) <= 300_000
    assert {event.version for event in events} == {
        f"{a}.{b}.{c}" for a in (5, 6, 7) for b in range(10) for c in range(10)
    }
    assert max(Counter(event.action for event in events).values()) < 1_000


def test_users_stand_twice_in_the_uniform_dimension(uniform: Path) -> None:
    truth = read_truth(uniform / "notes" / "truth.json")
    lines = (uniform / "notes" / "users" / "2023-01-01" / "users.csv").read_text().splitlines()[1:]
    users = [line.split(",")[0] for line in lines]
    assert truth.snapshot_rows == {"2023-01-01": 500}
    assert len(users) - len(set(users)) == truth.snapshot_duplicates > 0
    active = {event.user for event in Recount(uniform).events.values()}
    assert len(active - set(users)) == truth.users_without_snapshot


def test_the_uniform_sample_is_the_same_for_the_same_options(uniform: Path, tmp_path: Path) -> None:
    generate_like_sample(tmp_path, UniformOptions(events=4_000, users=2_000, dimension_rows=500, seed=3))
    assert content(tmp_path) == content(uniform)
