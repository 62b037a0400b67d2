"""Histories: what lands, comes late, comes again, is corrected or removed, and what is processed in between.

Belongs here: the parts of a history and the strategies that draw them. Does not: how a row is written (pens.py), how a
history is played (playing.py).

Batch of histories: each history has dates, users and keys of its own and shares nothing with the others but arrivals,
where files of its own land, and the runs in between. So no history can hide that a date of another was forgotten, and
one run tests them all. What they have in common is counted in common: windows, weeks and months reach over them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

DAYS = 5
"""Event dates of a history; its last arrival is the first one of the next history."""
USERS, ACTIONS, THINGS, KEYS, VARIANTS = 2, 3, 2, 6, 3
FAULTS = ("nobody", "no_time", "short", "ancient")
HOUR_S, DAY_S = 3600, 86_400
ALL_TABLES = ""


@dataclass(frozen=True)
class Event:
    """What a row says. second: of the day, in terms of the feed's timeout where times meet; number: its key's."""

    user: int
    day: int
    second: int
    action: int
    thing: int
    number: int


@dataclass(frozen=True)
class Put:
    """A file lands, or lands again with this content. rows: places in the pool, each with a variant of its content.

    long: dates of which the chain's events land, each a day of events without a gap of the timeout.
    """

    arrival: int
    name: int
    rows: tuple[tuple[int, int], ...]
    faults: tuple[str, ...] = ()
    long: tuple[int, ...] = ()


@dataclass(frozen=True)
class Remove:
    """A file is gone, where its arrival keeps another."""

    arrival: int
    name: int


@dataclass(frozen=True)
class Again:
    """The same bytes come again: only the time of the file moves."""

    arrival: int
    name: int


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of users lands or is corrected. rows: user, and which values it has."""

    arrival: int
    name: int
    rows: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Gone:
    """A snapshot's file is gone, where its arrival keeps another."""

    arrival: int
    name: int


Edit = Put | Remove | Again | Snapshot | Gone


@dataclass(frozen=True)
class Story:
    """One history: the events that there may be, and for each round what lands."""

    pool: tuple[Event, ...]
    rounds: tuple[tuple[Edit, ...], ...]


@dataclass(frozen=True)
class Work:
    """What is processed after a round: a pass, a pass of one arrival, a table's dates again, a pass and a purge, or a
    pass and one that ends between two commits, having found every file half written; then files are as they were.

    at, length: the arrival, or the first date and how many, as parts of a thousand of all dates; or of the commits.
    """

    kind: str
    at: int = 0
    length: int = 1
    table: str = ALL_TABLES


@dataclass(frozen=True)
class Batch:
    """Histories side by side, and the work between their rounds. missing: a date without an arrival of its own.

    closes_late: from which round on the later half of the dates has arrivals of their own.
    """

    stories: tuple[Story, ...]
    works: tuple[Work, ...]
    missing: int | None = None
    closes_late: int = 0


def events(timeout_s: int) -> st.SearchStrategy[list[Event]]:
    """Few users at few times: ties, gaps of exactly the timeout and of a second less, sessions over midnight."""
    near = (0, timeout_s - 1, timeout_s, 2 * timeout_s)
    morning = [9 * HOUR_S + second for second in near]
    midnight = [DAY_S + second for second in (-timeout_s, -1, 0, timeout_s - 1)]

    def visit(user: int, day: int, is_at_night: bool, whats: list[tuple[int, int, int, int]]) -> list[Event]:
        times = midnight if is_at_night and day < DAYS - 1 else morning
        seconds = [(times[at], *what) for at, *what in whats]
        return [
            Event(user, day + second // DAY_S, second % DAY_S, action, thing, number)
            for second, action, thing, number in seconds
        ]

    when, what = st.integers(0, len(near) - 1), [st.integers(0, n - 1) for n in (ACTIONS, THINGS, KEYS)]
    visits = st.builds(
        visit,
        st.integers(0, USERS - 1),
        st.integers(0, DAYS - 1),
        st.booleans(),
        st.lists(st.tuples(when, *what), min_size=2, max_size=5),
    )
    return st.lists(visits, min_size=2, max_size=4).map(lambda found: [event for own in found for event in own])


@st.composite
def stories(draw: st.DrawFn, rounds: int, timeout_s: int, has_chains: bool, has_snapshots: bool) -> Story:
    """One history of so many rounds."""
    pool = draw(events(timeout_s))
    arrivals, names = st.integers(0, DAYS), st.integers(0, 2)
    picks = st.lists(st.tuples(st.integers(0, len(pool) - 1), st.integers(0, VARIANTS - 1)), min_size=1, max_size=8)
    faults = st.lists(st.sampled_from(FAULTS), max_size=2)
    long = st.lists(st.sampled_from((0, 1, 2, 3)), max_size=2) if has_chains and draw(st.booleans()) else st.just([])

    @st.composite
    def put(draw: st.DrawFn, arrival: int, name: int) -> Put:
        rows = [(at, variant) for at, variant in draw(picks) if pool[at].day <= arrival + 1 or variant == 2]
        return Put(arrival, name, tuple(rows), tuple(draw(faults)), tuple(d for d in draw(long) if d <= arrival))

    user_rows = st.lists(st.tuples(st.integers(0, USERS - 1), st.integers(0, 3)), max_size=3).map(tuple)
    snapshot = st.builds(Snapshot, arrivals, st.integers(0, 1), user_rows)
    anywhere = st.tuples(arrivals, names)
    landing = anywhere.flatmap(lambda slot: put(*slot))
    first = draw(st.lists(landing, min_size=2, max_size=4)) + draw(st.lists(snapshot, max_size=2 * has_snapshots))
    # Most changes are to what is there: corrections, files that are gone, files that come again.
    slots = [(edit.arrival, edit.name) for edit in first if isinstance(edit, Put)]
    of_users = [(edit.arrival, edit.name) for edit in first if isinstance(edit, Snapshot)]
    there = st.sampled_from(slots)
    later: list[Any] = [landing, there.flatmap(lambda slot: put(*slot)), *[there.map(lambda s: Remove(*s))] * 2]
    later += [there.map(lambda slot: Again(*slot)), *([snapshot] if has_snapshots else [])]
    later += [st.builds(lambda s, rows: Snapshot(*s, rows), st.sampled_from(of_users), user_rows)] if of_users else []
    later += [st.sampled_from(of_users).map(lambda slot: Gone(*slot))] if of_users else []
    more = [draw(st.lists(st.one_of(later), max_size=3)) for _ in range(rounds - 1)]
    return Story(tuple(pool), tuple(tuple(edits) for edits in (first, *more)))


def works(tables: list[str]) -> st.SearchStrategy[Work]:
    """What may be processed between rounds."""
    at = st.integers(0, 999)
    again = st.builds(Work, st.just("again"), at, st.sampled_from((1, 300)), st.sampled_from([ALL_TABLES, *tables]))
    ended = st.builds(Work, st.just("ended"), at)
    return st.one_of(st.just(Work("pass")), st.builds(Work, st.just("arrival"), at), again, ended)


JOINED_LATE = ((Put(4, 0, (), long=(0, 2)),), (Put(5, 1, (), long=(1, 3)),))
"""A session over three midnights that one late file makes of two."""
SPLIT_LATE = ((Put(4, 0, (), long=(0, 1, 2, 3)),), (Put(4, 0, (), long=(0, 1, 3)),))
"""A session over three midnights that a correction splits."""
TOLD_LATE = ((), (Snapshot(0, 0, ((0, 0), (1, 1))),))
"""A snapshot of both users that comes when their events are there."""
TOLD_OTHERWISE = ((Snapshot(1, 1, ((0, 0), (1, 3))),), (Snapshot(1, 1, ((0, 1),)),))
"""A snapshot that a correction changes, and that then says nothing of one user."""


def with_more(stories: list[Story], more: list[tuple[tuple[Edit, ...], ...]]) -> tuple[Story, ...]:
    """The same histories, of which the first begin with these edits, too: what chance brings together too seldom."""
    added = [
        Story(story.pool, (*[a + b for a, b in zip(story.rounds, edits, strict=False)], *story.rounds[len(edits) :]))
        for story, edits in zip(stories, more, strict=False)
    ]
    return (*added, *stories[len(added) :])


def with_late_first_day(stories: tuple[Story, ...]) -> tuple[Story, ...]:
    """The same histories; in the end the last one's user was active weeks before, on a date of the first one."""
    last = stories[-1]
    weeks_ago = Event(0, 2 - DAYS * (len(stories) - 1), 9 * HOUR_S, 0, 0, 0)
    late = Put(DAYS, 2, ((len(last.pool), 0),))
    rounds = (last.rounds[0], (*last.rounds[1], late), *last.rounds[2:])
    return (*stories[:-1], Story((*last.pool, weeks_ago), rounds))


def batches(
    number: int,
    rounds: int,
    timeout_s: int,
    tables: list[str],
    *,
    has_chains: bool,
    has_snapshots: bool,
    has_purge: bool,
) -> st.SearchStrategy[Batch]:
    """So many histories side by side, none of which is without any change. has_purge: after the last round but one."""
    between = [works(tables) for _ in range(rounds - 1)]
    if has_purge:
        between[-2:-1] = [st.just(Work("purge"))]
    more = [JOINED_LATE, SPLIT_LATE] if has_chains else [TOLD_LATE, TOLD_OTHERWISE] if has_snapshots else []
    one = stories(rounds, timeout_s, has_chains, has_snapshots).filter(lambda story: any(story.rounds[1:]))
    return st.builds(
        Batch,
        st.lists(one, min_size=number, max_size=number).map(lambda found: with_late_first_day(with_more(found, more))),
        st.tuples(st.just(Work("pass")), *between),
        st.one_of(st.none(), st.integers(0, number * DAYS - 2)),
        st.integers(0, rounds - 1),
    )
