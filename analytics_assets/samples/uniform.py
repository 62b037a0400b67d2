"""The uniform sample: as the public sample of this schema has it, everything equally likely.

Belongs here: that sample alone. Nothing in it is late, doubled or broken; users of its dimension
stand twice, and most users of its events in none.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np

from analytics_assets.samples.arrivals import Arrivals
from analytics_assets.samples.events import ACTIONS, DAY_S, EVENT, Events, Ints, with_unique_keys
from analytics_assets.samples.faults import landed_on_time
from analytics_assets.samples.lines import (
    USERS_HEADER,
    EventLines,
    begin_landing,
    events_file,
    truth_file,
    users_file,
    write_whole,
)
from analytics_assets.samples.notes import BLOCK_EVENTS, blocks
from analytics_assets.samples.options import UniformOptions
from analytics_assets.samples.people import COUNTRIES, DEVICES, SUBSCRIPTIONS
from analytics_assets.samples.snapshots import user_lines
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import Truth, write_truth

VERSIONS = [f"{major}.{minor}.{patch}" for major in (5, 6, 7) for minor in range(10) for patch in range(10)]
LEAST_MS, MOST_MS = 100, 300_000
HISTORY_DAYS = 730


def generate_like_sample(
    landing: Path, options: UniformOptions, progress: Callable[[str, int, int], None] | None = None
) -> Truth:
    """Write uniform events, one users snapshot and the truth file under `landing`/notes; returns the truth.

    The same options give the same bytes. The arrival after options.end has a header alone: it closes
    the last date. Raises FileExistsError if files of another sample lie there, OSError if it cannot write.
    """
    days = options.days
    arrivals_of = [options.start + timedelta(days=day) for day in range(days + 1)]
    begin_landing(landing, [*(events_file(landing, day) for day in arrivals_of), users_file(landing, options.start)])
    rng = np.random.default_rng(options.seed)
    listed = _write_users(landing, options, rng)
    lines = EventLines(options.start, days, options.users, options.pages, VERSIONS)
    arrivals = Arrivals(landing, options, lines)
    tally = Tally(options.start, days, options.users)
    by_day = rng.multinomial(options.events, np.full(days, 1 / days))
    for first_day, end_day in blocks(by_day, BLOCK_EVENTS):
        day = np.repeat(np.arange(first_day, end_day), by_day[first_day:end_day])
        events = with_unique_keys(_events(day, options, rng), options.pages)
        tally.add(events)
        arrivals.write(landed_on_time(events), days + 1 if end_day == days else end_day)
        if progress:
            progress("events", tally.events, options.events)

    active = tally.active_users()
    truth = Truth(
        feed="notes",
        sample="uniform",
        options=options.as_json(),
        landed=sum(arrivals.counts.by_arrival.values()),
        landed_by_arrival=arrivals.counts.by_arrival,
        accepted=arrivals.counts.accepted,
        rejected=arrivals.counts.rejected,
        duplicates=arrivals.counts.accepted - tally.events,
        late=arrivals.counts.late,
        silver=tally.events,
        engaged_ms=tally.engaged_ms,
        sessions=tally.sessions,
        dau=tally.dau(),
        wau=tally.wau(),
        mau=tally.mau(),
        anomalous_days=[],
        bots=[],
        retention=tally.retention(),
        snapshot_rows={options.start.isoformat(): options.dimension_rows},
        snapshot_duplicates=options.dimension_rows - len(np.unique(listed)),
        users_without_snapshot=int(np.count_nonzero(~np.isin(active, listed))),
    )
    write_truth(truth_file(landing), truth)
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
