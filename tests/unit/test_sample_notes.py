"""The notes sample holds what its truth file says: counted again here from the bytes."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from note_recount import Recount, counts, monday, verdict
from small_samples import small as small_of

from analytics_assets.samples import blocks, kinds
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.notes_lines import break_note
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.releases import releases
from analytics_assets.samples.truth import NotesTruth, read_truth

GOOD = b"u0000001,2025-01-03 10:15:00,page_view,p000042,1200,5.10.0\n"


def small(**changed: Any) -> NotesOptions:
    return small_of("notes", **changed)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("landing")
    generate_notes(landing, small())
    return landing


@pytest.fixture(scope="module")
def truth(landing: Path) -> NotesTruth:
    return read_truth(landing / "notes" / "truth.json")


@pytest.fixture(scope="module")
def recount(landing: Path) -> Recount:
    return Recount(landing)


def test_every_landed_row_is_in_the_truth(recount: Recount, truth: NotesTruth) -> None:
    assert recount.landed == truth.landed_by_arrival
    assert sum(recount.landed.values()) == truth.landed == truth.accepted + sum(truth.rejected.values())


def test_broken_rows_are_of_each_kind_in_the_share_asked_for(recount: Recount, truth: NotesTruth) -> None:
    assert dict(recount.rejected) == truth.rejected == dict.fromkeys(kinds.NOTES, 10)


def test_duplicates_and_late_rows_are_what_the_truth_says(recount: Recount, truth: NotesTruth) -> None:
    assert len(recount.accepted) == truth.accepted == 5_000 + 200
    assert len(recount.accepted) - len(recount.events) == truth.duplicates == 200
    assert recount.late == truth.late
    assert 5_000 * 0.04 < truth.late < 5_000 * 0.09


def test_the_number_of_distinct_events_is_the_one_asked_for(recount: Recount, truth: NotesTruth) -> None:
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


def test_active_users_by_date_week_and_month_are_what_the_truth_says(recount: Recount, truth: NotesTruth) -> None:
    assert counts(recount.users_by(lambda day: day), truth.dau) == truth.dau
    assert counts(recount.users_by(monday), truth.wau) == truth.wau
    assert counts(recount.users_by(lambda day: day.replace(day=1)), truth.mau) == truth.mau
    assert (min(truth.dau), max(truth.dau)) == ("2025-01-15", "2025-02-25")
    assert min(truth.wau) == "2025-01-13" and list(truth.mau) == ["2025-01-01", "2025-02-01"]


def test_sessions_are_what_the_truth_says(recount: Recount, truth: NotesTruth) -> None:
    assert recount.sessions() == truth.sessions


def test_retention_is_what_the_truth_says(recount: Recount, truth: NotesTruth) -> None:
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


def test_snapshots_hold_the_rows_and_the_doubled_users_of_the_truth(landing: Path, truth: NotesTruth) -> None:
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


def test_active_users_without_a_snapshot_are_counted(landing: Path, recount: Recount, truth: NotesTruth) -> None:
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


def test_bots_do_what_no_person_does(recount: Recount, truth: NotesTruth) -> None:
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


@pytest.mark.parametrize("events", [1, 2, 999])
@pytest.mark.parametrize("days", [1, 2, 8])
def test_tiny_samples_are_exact_too(tmp_path: Path, events: int, days: int) -> None:
    end = date(2025, 1, 31)
    options = NotesOptions(start=end - timedelta(days=days - 1), end=end, events=events, users=1, bots=0)
    truth = generate_notes(tmp_path, options)
    assert len(Recount(tmp_path).events) == truth.silver == events


def test_a_sample_made_in_many_blocks_is_as_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_EVENTS", 300)
    truth = generate_notes(tmp_path, small())
    recount = Recount(tmp_path)
    assert (len(recount.events), recount.landed) == (5_000, truth.landed_by_arrival)
    assert (dict(recount.rejected), recount.late) == (truth.rejected, truth.late)
    assert counts(recount.users_by(lambda day: day), truth.dau) == truth.dau
    assert recount.sessions() == truth.sessions


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


@pytest.mark.parametrize("kind", kinds.NOTES)
def test_a_broken_line_has_the_fault_of_its_kind_alone(kind: str) -> None:
    for page in range(30):
        line = break_note(GOOD.replace(b"42", b"%02d" % page), kind)
        assert line.count(b"\n") == 1
        assert verdict(line[:-1], date(2025, 1, 3)) == kind


def test_pages_load_slower_by_the_factor_of_the_device_and_of_the_slow_version(tmp_path: Path) -> None:
    """Medians of many loads: a factor is met within a few per cent."""
    landing = tmp_path
    truth = generate_notes(landing, small(events=60_000, users=2_000, bots=0, broken_share=0, change_share=0))
    devices: dict[str, str] = {}
    for path in sorted((landing / "notes" / "users").glob("*/users.csv")):
        devices |= {line.split(",")[0]: line.split(",")[3] for line in path.read_text().splitlines()[1:]}
    loads, of_versions = defaultdict(list), defaultdict(list)
    for event in Recount(landing).events.values():
        if event.action == "page_view":
            of_versions[event.version].append(event.duration_ms)
        if event.action == "page_view" and event.user in devices:
            loads[devices[event.user]].append(event.duration_ms)
    medians = {device: sorted(found)[len(found) // 2] for device, found in loads.items() if device}
    assert medians.keys() == truth.device_load.keys()
    for device, factor in truth.device_load.items():
        assert medians[device] / medians["iPhone"] == pytest.approx(factor / truth.device_load["iPhone"], rel=0.06)
    assert truth.slow_versions == {"5.10.0": 1.3}
    before, slow, after = (median(of_versions[version]) for version in ("5.9.1", "5.10.0", "5.10.1"))
    assert slow / before == pytest.approx(1.3, rel=0.06) and slow / after == pytest.approx(1.3, rel=0.06)


@pytest.mark.parametrize(("days", "slow"), [(12, {}), (13, {"5.10.0": 1.3})])
def test_a_slow_version_that_is_not_out_in_time_is_not_in_the_truth(days: int, slow: dict[str, float]) -> None:
    assert releases(days).slow(days) == slow
