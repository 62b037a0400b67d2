"""The notes sample: people-like events with known faults, and the truth about them.

Belongs here: the order of steps, block of dates by block of dates. Does not: any step itself.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np

from analytics_assets.samples.arrivals import Arrivals
from analytics_assets.samples.days import Plan, make_plan
from analytics_assets.samples.events import DAY_S, EVENT, Ints, with_unique_keys
from analytics_assets.samples.faults import Faults
from analytics_assets.samples.lines import EventLines, begin_landing, events_file, truth_file, users_file
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.people import People, make_people
from analytics_assets.samples.releases import releases
from analytics_assets.samples.snapshots import Snapshots, snapshot_days, write_snapshots
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import Truth, write_truth
from analytics_assets.samples.visits import Visits

Progress = Callable[[str, int, int], None]
# Dates are made together up to so many events: enough for numpy, few enough for memory. Part of what a
# seed means: another number gives other bytes.
BLOCK_EVENTS = 1_000_000


def generate_notes(landing: Path, options: NotesOptions, progress: Progress | None = None) -> Truth:
    """Write event files, users snapshots and the truth file under `landing`/notes; returns the truth.

    The same options give the same bytes. Arrivals run from options.start to options.end + 1 day, the
    last with late rows alone. progress(stage, done, total): stage "users" (snapshots) or "events".
    Raises FileExistsError if files of another sample lie there, OSError if it cannot write.
    """
    days = options.days
    arrivals_of = [options.start + timedelta(days=day) for day in range(days + 1)]
    snapshots_of = [arrivals_of[day] for day in snapshot_days(options.start, days)]
    begin_landing(
        landing,
        [events_file(landing, day) for day in arrivals_of] + [users_file(landing, day) for day in snapshots_of],
    )
    # One stream of chance for each concern: a change in one leaves the others as they were.
    rngs = [np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(5)]
    people = make_people(options, rngs[0])
    plan = make_plan(options, people, rngs[1])
    snapshots = write_snapshots(landing, options, people, rngs[2])
    if progress:
        progress("users", len(snapshots_of), len(snapshots_of))

    versions = releases(days)
    visits = Visits(options, people, plan, versions, snapshots.days, snapshots.devices, rngs[3])
    faults = Faults(options, rngs[4])
    lines = EventLines(options.start, days, options.users, options.pages, versions.versions)
    arrivals = Arrivals(landing, options, lines)
    tally = Tally(options.start, days, options.users)
    over_midnight = np.zeros(0, EVENT)
    for first_day, end_day in blocks(plan.people_events, BLOCK_EVENTS):
        made = np.concatenate([over_midnight, visits.events(first_day, end_day)])
        is_after = made["second"] >= end_day * DAY_S
        over_midnight, made = made[is_after], made[~is_after]
        events = with_unique_keys(made, options.pages)
        tally.add(events)
        arrivals.write(faults.rows(events), days + 1 if end_day == days else end_day)
        if progress:
            progress("events", tally.events, options.events)

    truth = _truth(options, people, plan, snapshots, arrivals, tally)
    write_truth(truth_file(landing), truth)
    return truth


def blocks(events: Ints, size: int) -> Iterator[tuple[int, int]]:
    """First and end day (not included) of runs of days with at most `size` events, or of one day."""
    first, held = 0, 0
    for day, count in enumerate(events.tolist()):
        if held and held + count > size:
            yield first, day
            first, held = day, 0
        held += count
    yield first, len(events)


def _truth(
    options: NotesOptions, people: People, plan: Plan, snapshots: Snapshots, arrivals: Arrivals, tally: Tally
) -> Truth:
    landed = arrivals.counts
    return Truth(
        feed="notes",
        sample="people",
        options=options.as_json(),
        landed=sum(landed.by_arrival.values()),
        landed_by_arrival=landed.by_arrival,
        accepted=landed.accepted,
        rejected=landed.rejected,
        duplicates=landed.accepted - tally.events,
        late=landed.late,
        silver=tally.events,
        engaged_ms=tally.engaged_ms,
        sessions=tally.sessions,
        dau=tally.dau(),
        wau=tally.wau(),
        mau=tally.mau(),
        anomalous_days=plan.anomalous_days,
        bots=[f"u{number:07d}" for number in people.bots.tolist()],
        retention=tally.retention(),
        snapshot_rows=snapshots.rows,
        snapshot_duplicates=snapshots.duplicates,
        users_without_snapshot=int(np.count_nonzero(~snapshots.is_listed[tally.active_users()])),
    )
