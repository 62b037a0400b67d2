"""The ide sample holds what its truth file says: sessions counted again from the bytes, event by event."""

from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from recount import fields_of, recounted
from small_samples import generate_small

from analytics_assets.samples import blocks, kinds
from analytics_assets.samples.ide import EVENT, break_event
from analytics_assets.samples.ide_sessions import IdeSessions
from analytics_assets.samples.truth import IdeTruth, read_truth

COLUMNS = ("user_id", "event_id", "product_code", "timestamp")
FIVE_MINUTES = timedelta(minutes=5)
GOOD = b"d000042,a,PY,2025-01-03 10:15:00.250000\n"


class Event(NamedTuple):
    user: str
    event: str
    product: str
    time: datetime


def verdict(raw: bytes, arrival: date) -> str | Event:
    """The kind of fault of a line, or its event."""
    fields = fields_of(raw, 4)
    if isinstance(fields, str):
        return fields
    for name, field in zip(COLUMNS, fields, strict=True):
        if not field:
            return f"empty_{name}"
    try:
        time = datetime.fromisoformat(fields[3])
    except ValueError:
        return "impossible_date"
    if time.date() > arrival + timedelta(days=1):
        return "in_the_future"
    return Event(*fields[:3], time)


class Session(NamedTuple):
    """The first and the last user action."""

    start: datetime
    end: datetime


class Recount:
    """Everything in the event files of a landing folder."""

    def __init__(self, landing: Path) -> None:
        lines = recounted([*(landing / "ide").glob("*/events.csv")], COLUMNS, kinds.IDE, verdict)
        self.landed, self.rejected, self.accepted = lines.landed, lines.rejected, lines.accepted
        self.events = {event for _, event in self.accepted}
        self.sessions: dict[tuple[str, str], list[Session]] = defaultdict(list)
        self.without: list[Event] = []
        self._find_sessions()

    def _find_sessions(self) -> None:
        by_key: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in self.events:
            by_key[event.user, event.product].append(event)
        for key, events in by_key.items():
            actions = sorted(event.time for event in events if event.event in ("a", "b", "c"))
            sessions = self.sessions[key]
            for time in actions:
                if sessions and time - sessions[-1].end < FIVE_MINUTES:
                    sessions[-1] = Session(sessions[-1].start, time)
                else:
                    sessions.append(Session(time, time))
            for event in events:
                if event.event not in ("a", "b", "c"):
                    before = bisect_right(actions, event.time)
                    if not before or event.time - actions[before - 1] > FIVE_MINUTES:
                        self.without.append(event)

    @property
    def all_sessions(self) -> list[Session]:
        return [session for found in self.sessions.values() for session in found]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("landing")
    generate_small("ide", landing)
    return landing


@pytest.fixture(scope="module")
def truth(landing: Path) -> IdeTruth:
    found = read_truth(landing / "ide" / "truth.json")
    assert isinstance(found, IdeTruth)
    return found


@pytest.fixture(scope="module")
def recount(landing: Path) -> Recount:
    return Recount(landing)


def midnights(session: Session) -> int:
    return (session.end.date() - session.start.date()).days


def check_sessions(recount: Recount, truth: IdeTruth) -> None:
    found = recount.all_sessions
    by_date = Counter(session.start.date().isoformat() for session in found)
    over = Counter(count for session in found for count in range(1, midnights(session) + 1))
    assert {day: by_date[day] for day in truth.sessions_by_date} == truth.sessions_by_date
    assert len(found) == truth.sessions == sum(truth.sessions_by_date.values())
    assert {str(count): sessions for count, sessions in over.items()} == truth.sessions_over_midnights
    assert len(recount.without) == truth.events_without_session


def test_rows_are_what_the_truth_says(recount: Recount, truth: IdeTruth) -> None:
    assert recount.landed == truth.landed_by_arrival
    assert dict(recount.rejected) == truth.rejected
    assert (len(recount.accepted), len(recount.events)) == (truth.accepted, truth.silver)
    assert sum(event.time.date() < arrival for arrival, event in recount.accepted) == truth.late


def test_active_users_are_what_the_truth_says(recount: Recount, truth: IdeTruth) -> None:
    users = Counter(day for day, _ in {(event.time.date().isoformat(), event.user) for event in recount.events})
    assert {day: users[day] for day in truth.dau} == truth.dau
    months = Counter(month for month, _ in {(event.time.date().replace(day=1), event.user) for event in recount.events})
    assert {month.isoformat(): count for month, count in months.items()} == truth.mau


def test_sessions_are_what_the_truth_says(recount: Recount, truth: IdeTruth) -> None:
    check_sessions(recount, truth)


def test_sessions_are_the_same_when_events_are_made_in_many_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_EVENTS", 300)
    truth = generate_small("ide", tmp_path)
    check_sessions(Recount(tmp_path), truth)


def test_some_sessions_cross_a_midnight_and_some_three(recount: Recount) -> None:
    over = Counter(midnights(session) for session in recount.all_sessions)
    assert over[1] > 0 and over[3] == 1


def test_times_tie_and_gaps_of_exactly_five_minutes_occur(recount: Recount) -> None:
    times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for event in recount.events:
        if event.event in ("a", "b", "c"):
            times[event.user, event.product].append(event.time)
    gaps = Counter(later - earlier for found in times.values() for earlier, later in pairwise(sorted(found)))
    assert gaps[timedelta(0)] > 0
    assert gaps[FIVE_MINUTES] > 20


def test_events_of_others_happen_exactly_five_minutes_after_an_action(recount: Recount) -> None:
    found = 0
    actions = {(event.user, event.product, event.time) for event in recount.events if event.event in ("a", "b", "c")}
    for event in recount.events:
        if event.event not in ("a", "b", "c"):
            found += (event.user, event.product, event.time - FIVE_MINUTES) in actions
    assert found > 0


def test_times_have_a_fraction_or_none(landing: Path) -> None:
    lengths = Counter(
        len(line.split(b",")[-1])
        for path in (landing / "ide").glob("*/events.csv")
        for line in path.read_bytes().splitlines()[1:]
    )
    assert lengths[len("2025-01-03 10:15:00")] > 1_000 and lengths[len("2025-01-03 10:15:00.250000")] > 1_000


def test_most_late_rows_are_late_by_five_days_at_most_and_some_by_weeks(recount: Recount) -> None:
    days = Counter((arrival - event.time.date()).days for arrival, event in recount.accepted)
    late = sum(count for lateness, count in days.items() if lateness > 0)
    assert min(days) == 0
    assert sum(count for lateness, count in days.items() if 0 < lateness <= 5) > 0.8 * late
    assert max(days) > 14


def test_some_user_ids_hold_signs_that_a_session_id_must_encode(recount: Recount) -> None:
    users = "".join({event.user for event in recount.events})
    assert {"|", "#", "%", " "} <= set(users) and not users.isascii()


@pytest.mark.parametrize("kind", kinds.IDE)
def test_a_broken_line_has_the_fault_of_its_kind_alone(kind: str) -> None:
    for product in range(30):
        line = break_event(GOOD.replace(b"PY", b"P%02d" % product), kind)
        assert line.count(b"\n") == 1
        assert verdict(line[:-1], date(2025, 1, 3)) == kind


def sessions_of(*moments: tuple[str, float], blocks_of: int = 99) -> IdeSessions:
    """Sessions of one user and product from (event id, seconds), so many events a block."""
    events = np.zeros(len(moments), EVENT)
    events["user"] = 1
    events["event"] = ["abcdefgh".index(event) for event, _ in moments]
    events["second"] = [int(second) for _, second in moments]
    events["micro"] = [round(second % 1 * 1e6) for _, second in moments]
    sessions = IdeSessions(days=5, users=2, products=3, actions=3)
    for first in range(0, len(events), blocks_of):
        sessions.add(events[first : first + blocks_of])
    return sessions


@pytest.mark.parametrize("blocks_of", [1, 99])
@pytest.mark.parametrize(
    ("moments", "sessions", "without"),
    [
        ([("a", 0), ("b", 299.999999)], 1, 0),
        ([("a", 0), ("b", 300)], 2, 0),
        ([("a", 0), ("a", 0)], 1, 0),
        ([("d", 0), ("a", 1)], 1, 1),
        ([("a", 0), ("d", 300)], 1, 0),
        ([("a", 0), ("d", 300.000001)], 1, 1),
        ([("a", 0), ("d", 200), ("a", 400)], 2, 0),
        ([("a", 0), ("a", 300), ("d", 300)], 2, 0),
        ([("d", 0)], 0, 1),
    ],
)
def test_sessions_follow_user_actions_alone(
    moments: list[tuple[str, float]], sessions: int, without: int, blocks_of: int
) -> None:
    found = sessions_of(*moments, blocks_of=blocks_of)
    assert (int(found.by_day.sum()), found.events_without) == (sessions, without)


@pytest.mark.parametrize("blocks_of", [1, 99])
def test_a_session_over_two_midnights_is_counted_at_its_start(blocks_of: int) -> None:
    found = sessions_of(*(("a", 86_000 + 299 * step) for step in range(300)), blocks_of=blocks_of)
    assert (found.by_day.tolist(), found.over_midnights) == ([1, 0, 0, 0, 0], {1: 1, 2: 1})


def test_an_action_at_the_same_instant_takes_another_event_in() -> None:
    assert sessions_of(("d", 5), ("a", 5)).events_without == 0
