"""The samples hold what their truth files say: counted again here from the bytes, in plain Python."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from analytics_assets.samples import notes
from analytics_assets.samples.lines import break_line
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import BROKEN_KINDS, NotesOptions, UniformOptions
from analytics_assets.samples.truth import Truth, read_truth
from analytics_assets.samples.uniform import generate_like_sample

GOOD = b"u0000001,2025-01-03 10:15:00,page_view,p000042,1200,5.10.0\n"


def small(**changed: Any) -> NotesOptions:
    """Six weeks that begin in the middle of a month and a week, with many faults."""
    options: dict[str, Any] = {
        "start": date(2025, 1, 15),
        "end": date(2025, 2, 25),
        "events": 5_000,
        "users": 800,
        "late_share": 0.05,
        "duplicate_share": 0.04,
        "broken_share": 0.02,
        "seed": 7,
    }
    return NotesOptions(**{**options, **changed})


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("landing")
    generate_notes(landing, small())
    return landing


@pytest.fixture(scope="module")
def truth(landing: Path) -> Truth:
    return read_truth(landing / "notes" / "truth.json")


class Event(NamedTuple):
    """An accepted row; key is all but the last two."""

    user: str
    time: datetime
    action: str
    page: str
    duration_ms: int
    version: str


def verdict(raw: bytes, arrival: date) -> str | Event:
    """The kind of fault of a line, or its event."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    if text.count('"') % 2:
        return "unclosed_quote"
    fields = text.split(",")
    if len(fields) != 6:
        return "too_few_fields" if len(fields) < 6 else "too_many_fields"
    user, timestamp, action, page, duration, version = fields
    if not user:
        return "empty_user_id"
    try:
        time = datetime.strptime(timestamp, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return "impossible_date"
    try:
        duration_ms = int(duration)
    except ValueError:
        return "text_in_duration"
    if duration_ms < 0:
        return "negative_duration"
    if duration_ms > 7_200_000:
        return "duration_above_2h"
    if time.date() > arrival + timedelta(days=1):
        return "in_the_future"
    return Event(user, time, action, page, duration_ms, version)


class Recount:
    """Everything in the event files of a landing folder, line by line."""

    def __init__(self, landing: Path) -> None:
        self.landed: dict[str, int] = {}
        self.rejected: Counter[str] = Counter(dict.fromkeys(BROKEN_KINDS, 0))
        self.accepted: list[tuple[date, Event]] = []
        for path in sorted((landing / "notes" / "events").glob("*/events.csv")):
            arrival = date.fromisoformat(path.parent.name)
            header, *lines = path.read_bytes().split(b"\n")
            assert header == b"user_id,timestamp,action_type,page_id,duration_ms,app_version"
            assert lines.pop() == b"", "a file ends in a line end"
            self.landed[path.parent.name] = len(lines)
            for line in lines:
                found = verdict(line, arrival)
                if isinstance(found, str):
                    self.rejected[found] += 1
                else:
                    self.accepted.append((arrival, found))
        self.events = {event[:4]: event for _, event in self.accepted}
        self.late = sum(event.time.date() < arrival for arrival, event in self.accepted)

    def users_by(self, period: Any) -> dict[str, set[str]]:
        """Distinct users by what `period` makes of an event's date."""
        users: dict[str, set[str]] = defaultdict(set)
        for event in self.events.values():
            users[period(event.time.date()).isoformat()].add(event.user)
        return users

    def sessions(self) -> int:
        """Visits of a user on a date, with less than half an hour between events."""
        times = defaultdict(list)
        for event in self.events.values():
            times[event.user, event.time.date()].append(event.time)
        gap = timedelta(minutes=30)
        return sum(1 + sum(b - a >= gap for a, b in pairwise(sorted(day))) for day in times.values())


@pytest.fixture(scope="module")
def recount(landing: Path) -> Recount:
    return Recount(landing)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def counts(users: dict[str, set[str]], like: dict[str, int]) -> dict[str, int]:
    assert set(users) <= set(like)
    return {period: len(users.get(period, ())) for period in like}


def content(landing: Path) -> dict[str, str]:
    """A digest of every file, hidden ones too, by its path."""
    files = sorted(path for path in landing.rglob("*") if path.is_file())
    return {str(path.relative_to(landing)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_landed_row_is_in_the_truth(recount: Recount, truth: Truth) -> None:
    assert recount.landed == truth.landed_by_arrival
    assert sum(recount.landed.values()) == truth.landed == truth.accepted + sum(truth.rejected.values())


def test_broken_rows_are_of_each_kind_in_the_share_asked_for(recount: Recount, truth: Truth) -> None:
    assert dict(recount.rejected) == truth.rejected == dict.fromkeys(BROKEN_KINDS, 10)


def test_duplicates_and_late_rows_are_what_the_truth_says(recount: Recount, truth: Truth) -> None:
    assert len(recount.accepted) == truth.accepted == 5_000 + 200
    assert len(recount.accepted) - len(recount.events) == truth.duplicates == 200
    assert recount.late == truth.late
    assert 5_000 * 0.04 < truth.late < 5_000 * 0.09


def test_the_number_of_distinct_events_is_the_one_asked_for(recount: Recount, truth: Truth) -> None:
    assert len(recount.events) == truth.silver == 5_000
    assert sum(event.duration_ms for event in recount.events.values()) == truth.engaged_ms


def test_rows_with_one_key_are_equal_in_every_column(recount: Recount) -> None:
    assert len({event for _, event in recount.accepted}) == len(recount.events)


def test_duplicates_lie_within_a_file_and_across_arrivals(recount: Recount) -> None:
    arrivals = defaultdict(list)
    for arrival, event in recount.accepted:
        arrivals[event].append(arrival)
    doubled = [found for found in arrivals.values() if len(found) > 1]
    assert any(len(set(found)) == 1 for found in doubled)
    assert any(len(set(found)) > 1 for found in doubled)


def test_active_users_by_date_week_and_month_are_what_the_truth_says(recount: Recount, truth: Truth) -> None:
    assert counts(recount.users_by(lambda day: day), truth.dau) == truth.dau
    assert counts(recount.users_by(monday), truth.wau) == truth.wau
    assert counts(recount.users_by(lambda day: day.replace(day=1)), truth.mau) == truth.mau
    assert (min(truth.dau), max(truth.dau)) == ("2025-01-15", "2025-02-25")
    assert min(truth.wau) == "2025-01-13" and list(truth.mau) == ["2025-01-01", "2025-02-01"]


def test_sessions_are_what_the_truth_says(recount: Recount, truth: Truth) -> None:
    assert recount.sessions() == truth.sessions


def test_retention_is_what_the_truth_says(recount: Recount, truth: Truth) -> None:
    by_week = recount.users_by(monday)
    first: dict[str, str] = {}
    for week in sorted(by_week):
        for user in by_week[week]:
            first.setdefault(user, week)
    weeks = list(truth.wau)
    for cohort in truth.retention:
        users = {user for user, week in first.items() if week == cohort.week}
        later = weeks[weeks.index(cohort.week) :]
        assert cohort.active == [len(users & by_week[week]) for week in later]


def test_arrivals_run_from_the_first_date_to_the_day_after_the_last(recount: Recount) -> None:
    expected = [(date(2025, 1, 15) + timedelta(days=day)).isoformat() for day in range(43)]
    assert list(recount.landed) == expected
    last = [event for arrival, event in recount.accepted if arrival == date(2025, 2, 26)]
    assert last and all(event.time.date() < date(2025, 2, 26) for event in last)


def test_no_row_is_later_than_thirty_days_or_earlier_than_its_date(recount: Recount) -> None:
    days = Counter((arrival - event.time.date()).days for arrival, event in recount.accepted)
    assert min(days) == 0 and 7 < max(days) <= 30


def test_snapshots_hold_the_rows_and_the_doubled_users_of_the_truth(landing: Path, truth: Truth) -> None:
    rows = {}
    for path in sorted((landing / "notes" / "users").glob("*/users.csv")):
        header, *lines = path.read_text().splitlines()
        assert header == "user_id,join_date,country,device_type,subscription_type"
        rows[path.parent.name] = [line.split(",") for line in lines]
    assert list(rows) == ["2025-01-15", "2025-02-01"]
    assert {day: len(users) for day, users in rows.items()} == truth.snapshot_rows
    distinct = sum(len({user for user, *_ in users}) for users in rows.values())
    assert sum(truth.snapshot_rows.values()) - distinct == truth.snapshot_duplicates > 0
    assert all(date.fromisoformat(user[1]) <= date.fromisoformat(day) for day in rows for user in rows[day])


def test_active_users_without_a_snapshot_are_counted(landing: Path, recount: Recount, truth: Truth) -> None:
    listed = set()
    for path in (landing / "notes" / "users").glob("*/users.csv"):
        listed |= {line.split(",")[0] for line in path.read_text().splitlines()[1:]}
    active = {event.user for event in recount.events.values()}
    assert len(active - listed) == truth.users_without_snapshot > 0


def test_nobody_is_active_before_joining(landing: Path, recount: Recount) -> None:
    joined: dict[str, str] = {}
    for path in (landing / "notes" / "users").glob("*/users.csv"):
        for user, join_date, *_ in (line.split(",") for line in path.read_text().splitlines()[1:]):
            joined[user] = max(join_date, joined.get(user, ""))
    known = [event for event in recount.events.values() if event.user in joined]
    assert all(event.time.date().isoformat() >= joined[event.user] for event in known)


def test_bots_do_what_no_person_does(recount: Recount, truth: Truth) -> None:
    rates = Counter((event.user, event.time.replace(second=0)) for event in recount.events.values())
    assert len(truth.bots) == 3
    assert {user for (user, _), rate in rates.items() if rate >= 40} <= set(truth.bots)
    assert any(rate >= 20 for (user, _), rate in rates.items() if user in truth.bots)


def test_an_outage_leaves_hours_empty_and_a_spike_fills_a_date(tmp_path: Path) -> None:
    truth = generate_notes(tmp_path, small(events=40_000, broken_share=0, bots=0))
    recount = Recount(tmp_path)
    outage, spike = sorted(truth.anomalous_days, key=lambda day: day.kind)
    by_hour = Counter((e.time.date().isoformat(), e.time.hour) for e in recount.events.values())
    by_date = Counter(e.time.date().isoformat() for e in recount.events.values())
    hours = range(outage.first_hour, outage.last_hour + 1)
    usual = (date.fromisoformat(outage.date) - timedelta(days=7)).isoformat()
    assert sum(by_hour[outage.date, hour] for hour in hours) < 0.2 * sum(by_hour[usual, h] for h in hours)
    before = (date.fromisoformat(spike.date) - timedelta(days=7)).isoformat()
    assert by_date[spike.date] > 1.8 * by_date[before]


def test_the_same_options_give_the_same_bytes(landing: Path, tmp_path: Path) -> None:
    generate_notes(tmp_path, small())
    assert content(tmp_path) == content(landing)


def test_another_seed_gives_other_bytes(landing: Path, tmp_path: Path) -> None:
    generate_notes(tmp_path, small(seed=8))
    ours, theirs = content(tmp_path), content(landing)
    assert ours.keys() == theirs.keys()
    assert all(ours[path] != theirs[path] for path in ours)


def test_writing_it_again_in_the_same_place_changes_nothing(tmp_path: Path) -> None:
    generate_notes(tmp_path, small(events=500))
    before = content(tmp_path)
    generate_notes(tmp_path, small(events=500))
    assert content(tmp_path) == before


def test_files_of_another_sample_are_refused_and_kept(tmp_path: Path) -> None:
    generate_notes(tmp_path, small(events=100))
    before = content(tmp_path)
    with pytest.raises(FileExistsError, match=r"2025-01-15.*another sample.*Remove"):
        generate_notes(tmp_path, small(events=100, start=date(2025, 1, 16)))
    assert content(tmp_path) == before


def test_the_truth_is_read_as_it_was_returned(tmp_path: Path) -> None:
    returned = generate_notes(tmp_path, small(events=300))
    assert read_truth(tmp_path / "notes" / "truth.json") == returned
    assert returned.options["start"] == "2025-01-15" and returned.options["seed"] == 7


@pytest.mark.parametrize("events", [1, 2, 999])
@pytest.mark.parametrize("days", [1, 2, 8])
def test_tiny_samples_are_exact_too(tmp_path: Path, events: int, days: int) -> None:
    end = date(2025, 1, 31)
    options = NotesOptions(start=end - timedelta(days=days - 1), end=end, events=events, users=1, bots=0)
    truth = generate_notes(tmp_path, options)
    assert len(Recount(tmp_path).events) == truth.silver == events


def test_a_sample_made_in_many_blocks_is_as_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "BLOCK_EVENTS", 300)
    truth = generate_notes(tmp_path, small())
    recount = Recount(tmp_path)
    assert (len(recount.events), recount.landed) == (5_000, truth.landed_by_arrival)
    assert (dict(recount.rejected), recount.late) == (truth.rejected, truth.late)
    assert counts(recount.users_by(lambda day: day), truth.dau) == truth.dau
    assert recount.sessions() == truth.sessions


def test_the_bytes_do_not_hang_on_the_order_of_hashes(landing: Path, tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from analytics_assets.samples import notes, options; "
    program += "from datetime import date; import datetime; "
    program += f"notes.generate_notes(Path(sys.argv[1]), options.{small()!r})"
    environment = {**os.environ, "PYTHONHASHSEED": "4242"}
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program, tmp_path], cwd=root, env=environment, check=True)
    assert content(tmp_path) == content(landing)


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    generate_notes(tmp_path, small(), lambda *step: seen.append(step))
    assert seen[-1] == ("events", 5_000, 5_000)


def test_without_faults_every_row_is_accepted_once_and_on_time(tmp_path: Path) -> None:
    truth = generate_notes(tmp_path, small(late_share=0, duplicate_share=0, broken_share=0))
    assert (truth.landed, truth.accepted, truth.late, truth.duplicates) == (5_000, 5_000, 0, 0)


def test_a_greater_exponent_gives_more_to_the_most_active(tmp_path: Path) -> None:
    def top_share(exponent: float) -> float:
        landing = tmp_path / str(exponent)
        generate_notes(landing, small(zipf_exponent=exponent, bots=0))
        users = Counter(event.user for event in Recount(landing).events.values())
        return sum(count for _, count in users.most_common(8)) / 5_000

    assert top_share(0.0) < top_share(1.0) < top_share(2.0)


@pytest.mark.parametrize("kind", BROKEN_KINDS)
def test_a_broken_line_has_the_fault_of_its_kind_alone(kind: str) -> None:
    for page in range(30):
        line = break_line(GOOD.replace(b"42", b"%02d" % page), kind)
        assert line.count(b"\n") == 1
        assert verdict(line[:-1], date(2025, 1, 3)) == kind


def test_no_hidden_file_stays_behind(landing: Path) -> None:
    assert not [path for path in content(landing) if Path(path).name.startswith(".")]


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
