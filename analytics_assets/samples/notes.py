"""The notes sample: people-like events with known faults, and the truth about them.

Belongs here: the order of steps, block of dates by block of dates. Does not: any step itself.
"""

from pathlib import Path

import numpy as np

from analytics_assets.samples.arrivals import DailyFiles, Landed, arrival_dates
from analytics_assets.samples.blocks import event_blocks
from analytics_assets.samples.days import Plan, make_plan
from analytics_assets.samples.events import Events, with_unique_keys
from analytics_assets.samples.faults import Faults
from analytics_assets.samples.files import Progress, begin_landing, truth_file
from analytics_assets.samples.notes_lines import EVENTS_HEADER, events_file, note_texts, users_file
from analytics_assets.samples.options import NotesOptions
from analytics_assets.samples.people import DEVICES, People, make_people
from analytics_assets.samples.releases import Releases, releases
from analytics_assets.samples.snapshots import Snapshots, snapshot_days, write_snapshots
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import NotesTruth, write_truth
from analytics_assets.samples.visits import Visits

KEY = ("action", "page")  # with user and second


def generate_notes(landing: Path, options: NotesOptions, progress: Progress | None = None) -> NotesTruth:
    """Write event files, users snapshots and the truth file under `landing`/notes; returns the truth.

    The same options give the same bytes. Arrivals run from options.start to options.end + 1 day, the
    last with late rows alone. progress(stage, done, total): stage "users" (snapshots) or "events".
    Raises FileExistsError if files of another sample lie there, OSError if it cannot write.
    """
    days = options.days
    arrivals_of = arrival_dates(options.start, days)
    snapshots_of = [arrivals_of[day] for day in snapshot_days(options.start, days)]
    begin_landing(
        landing,
        "notes",
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
    texts = note_texts(options.start, days, options.users, options.pages, versions.versions)
    files = DailyFiles(options.start, lambda day: events_file(landing, day), EVENTS_HEADER, texts.pieces, options.KINDS)
    tally = Tally(options.start, days, options.users)

    def finish(events: Events) -> Events:
        return with_unique_keys(events, KEY, "page", options.pages)

    for end_day, events in event_blocks(plan.people_events, visits.events, finish, options.events, progress):
        tally.add(events)
        files.write(faults.rows(events), end_day)

    truth = _truth(options, people, plan, versions, snapshots, files.counts, tally)
    write_truth(truth_file(landing, "notes"), truth)
    return truth


def _truth(
    options: NotesOptions,
    people: People,
    plan: Plan,
    versions: Releases,
    snapshots: Snapshots,
    landed: Landed,
    tally: Tally,
) -> NotesTruth:
    return NotesTruth(
        feed="notes",
        sample="people",
        options=options.as_json(),
        engaged_ms=tally.engaged_ms,
        **tally.counted(landed),
        anomalous_days=plan.anomalous_days,
        bots=[f"u{number:07d}" for number in people.bots.tolist()],
        retention=tally.retention(),
        snapshot_rows=snapshots.rows,
        snapshot_duplicates=snapshots.duplicates,
        users_without_snapshot=int(np.count_nonzero(~snapshots.is_listed[tally.active_users()])),
        device_load={device: load for device, (_, load) in DEVICES.items()},
        slow_versions=versions.slow(options.days),
    )
