"""The uniform sample: as the public sample of this schema has it, everything equally likely.

Belongs here: that sample alone. Nothing in it is late, doubled or broken; users of its dimension
stand twice, and most users of its events in none.
"""

from pathlib import Path

import numpy as np

from analytics_assets.samples.arrivals import DailyFiles, arrival_dates
from analytics_assets.samples.blocks import event_blocks
from analytics_assets.samples.events import ACTIONS, DAY_S, EVENT, Events, Ints, with_unique_keys
from analytics_assets.samples.faults import landed_on_time
from analytics_assets.samples.files import Progress, begin_landing, truth_file, write_whole
from analytics_assets.samples.notes import KEY
from analytics_assets.samples.notes_lines import EVENTS_HEADER, USERS_HEADER, events_file, note_texts, users_file
from analytics_assets.samples.options import NotesOptions, UniformOptions
from analytics_assets.samples.people import COUNTRIES, DEVICES, SUBSCRIPTIONS
from analytics_assets.samples.snapshots import user_lines
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import NotesTruth, write_truth

VERSIONS = [f"{major}.{minor}.{patch}" for major in (5, 6, 7) for minor in range(10) for patch in range(10)]
LEAST_MS, MOST_MS = 100, 300_000
HISTORY_DAYS = 730


def generate_like_sample(landing: Path, options: UniformOptions, progress: Progress | None = None) -> NotesTruth:
    """Write uniform events, one users snapshot and the truth file under `landing`/notes; returns the truth.

    The same options give the same bytes. The arrival after options.end has a header alone: it closes
    the last date. Raises FileExistsError if files of another sample lie there, OSError if it cannot write.
    """
    days = options.days
    begin_landing(
        landing,
        "notes",
        [
            *(events_file(landing, day) for day in arrival_dates(options.start, days)),
            users_file(landing, options.start),
        ],
    )
    rng = np.random.default_rng(options.seed)
    listed = _write_users(landing, options, rng)
    texts = note_texts(options.start, days, options.users, options.pages, VERSIONS)
    files = DailyFiles(
        options.start, lambda day: events_file(landing, day), EVENTS_HEADER, texts.pieces, NotesOptions.KINDS
    )
    tally = Tally(options.start, days, options.users)
    by_day = rng.multinomial(options.events, np.full(days, 1 / days))

    def make(first_day: int, end_day: int) -> Events:
        return _events(np.repeat(np.arange(first_day, end_day), by_day[first_day:end_day]), options, rng)

    def finish(events: Events) -> Events:
        return with_unique_keys(events, KEY, "page", options.pages)

    for end_day, events in event_blocks(by_day, make, finish, options.events, progress):
        tally.add(events)
        files.write(landed_on_time(events), end_day)

    active = tally.active_users()
    truth = NotesTruth(
        feed="notes",
        sample="uniform",
        options=options.as_json(),
        engaged_ms=tally.engaged_ms,
        **tally.counted(files.counts),
        anomalous_days=[],
        bots=[],
        retention=tally.retention(),
        snapshot_rows={options.start.isoformat(): options.dimension_rows},
        snapshot_duplicates=options.dimension_rows - len(np.unique(listed)),
        users_without_snapshot=int(np.count_nonzero(~np.isin(active, listed))),
        device_load={},
        slow_versions={},
    )
    write_truth(truth_file(landing, "notes"), truth)
    return truth


def _events(day: Ints, options: UniformOptions, rng: np.random.Generator) -> Events:
    count = len(day)
    events = np.zeros(count, EVENT)
    events["user"] = rng.integers(1, options.users + 1, count)
    events["second"] = day * DAY_S + rng.integers(0, DAY_S, count)
    events["action"] = rng.integers(0, len(ACTIONS), count)
    events["page"] = rng.integers(0, options.pages, count)
    events["duration_ms"] = rng.integers(LEAST_MS, MOST_MS + 1, count)
    events["version"] = rng.integers(0, len(VERSIONS), count)
    return events


def _write_users(landing: Path, options: UniformOptions, rng: np.random.Generator) -> Ints:
    """Write the snapshot; returns the user of each row."""
    rows = options.dimension_rows
    users = rng.integers(1, options.users + 1, rows)
    content = user_lines(
        options.start,
        users,
        -rng.integers(0, HISTORY_DAYS, rows),
        rng.integers(0, len(COUNTRIES), rows),
        rng.integers(0, len(DEVICES), rows),
        rng.integers(0, len(SUBSCRIPTIONS), rows),
    )
    write_whole(users_file(landing, options.start), [USERS_HEADER, content])
    return users
