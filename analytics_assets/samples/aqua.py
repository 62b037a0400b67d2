"""The aqua sample: product analytics records, pulled every minute, and the truth about them.

Belongs here: what users do, the order of steps. Does not: who comes when (crowd.py), the text of a record
(aqua_records.py), files (pulls.py).
"""

from pathlib import Path

import numpy as np

from analytics_assets.samples.aqua_records import CODES, EVENT_NAMES, GEO, aqua_texts
from analytics_assets.samples.blocks import event_blocks
from analytics_assets.samples.crowd import Crowd, Habits
from analytics_assets.samples.events import DAY_S, Events, in_time_order, set_moments
from analytics_assets.samples.faults import Faults, Lateness
from analytics_assets.samples.files import Progress, begin_landing, truth_file
from analytics_assets.samples.kinds import AQUA_FILES
from analytics_assets.samples.options import AquaOptions
from analytics_assets.samples.pulls import Pulls
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import AquaTruth, write_truth

BLOCK_EVENTS = 200_000  # a record is some 400 bytes
HABITS = Habits(mean_events=6, median_gap_s=40, longest_gap_s=1_800, step_us=1_000)
LATENESS = Lateness(usual_s=2 * DAY_S, rare_share=0.3, rare_s=45 * DAY_S)
NAME_SHARES = (0.45, 0.25, 0.14, 0.02, 0.08, 0.04, 0.02)
ELEMENT_SHARES = (0.5, 0.1, 0.1, 0.15, 0.1, 0.05)
UNDECLARED_SHARES = (0.9, 0.05, 0.03, 0.02)
NOWHERE_SHARE = 0.1
REUSED_UUID_SHARE = 0.005  # one uuid at two times is two events

# name, elements, place, undeclared: places in EVENT_NAMES, ELEMENTS, GEO, UNDECLARED; high, low: of the uuid.
EVENT = np.dtype(
    [
        ("user", np.int32),
        ("second", np.int64),
        ("micro", np.int32),
        ("name", np.int8),
        ("elements", np.int8),
        ("place", np.int8),
        ("undeclared", np.int8),
        ("high", np.uint64),
        ("low", np.uint64),
    ]
)


def generate_aqua(landing: Path, options: AquaOptions, progress: Progress | None = None) -> AquaTruth:
    """Write a JSON file for each pull and the truth file under `landing`/aqua; returns the truth.

    The same options give the same bytes. The last pull is in the first hour after options.end, with all late records
    that have not come. Raises FileExistsError if files of another sample lie there, OSError if it cannot write.
    """
    rngs = [np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)]
    pulls = Pulls(landing, options, aqua_texts(options), rngs[0])
    begin_landing(landing, "aqua", [pulls.path(place) for place in range(len(pulls.second))])
    crowd = Crowd(options, options.events, HABITS, rngs[1])
    faults = Faults(options, rngs[2], LATENESS, file_kinds=tuple(AQUA_FILES))
    tally = Tally(options.start, options.days, options.users)
    by_name, by_place = np.zeros(len(EVENT_NAMES), np.int64), np.zeros(len(GEO), np.int64)

    def make(first_day: int, end_day: int) -> Events:
        return _use(crowd, first_day, end_day, rngs[3])

    for end_day, events in event_blocks(crowd.by_day, make, _finished, options.events, progress, BLOCK_EVENTS):
        tally.add(events)
        by_name += np.bincount(events["name"], minlength=len(by_name))
        by_place += np.bincount(events["place"], minlength=len(by_place))
        pulls.write(faults.rows(events), end_day)

    landed = pulls.counts
    truth = AquaTruth(
        feed="aqua",
        sample="crowd",
        options=options.as_json(),
        **tally.counted(landed),
        files=len(pulls.second),
        broken_files=pulls.broken_files,
        events_by_name=dict(zip(EVENT_NAMES, by_name.tolist(), strict=True)),
        events_by_country=_by_country(by_place.tolist()),
    )
    write_truth(truth_file(landing, "aqua"), truth)
    return truth


def _use(crowd: Crowd, first_day: int, end_day: int, rng: np.random.Generator) -> Events:
    visits = crowd.visits(first_day, end_day)
    count = len(visits.visit)
    events = np.zeros(count, EVENT)
    events["user"] = visits.user[visits.visit]
    set_moments(events, visits.moment)
    for column, shares in (("name", NAME_SHARES), ("elements", ELEMENT_SHARES), ("undeclared", UNDECLARED_SHARES)):
        events[column] = np.searchsorted(np.cumsum(shares)[:-1], rng.random(count), side="right")
    place = visits.user * 7_919 % len(CODES)
    is_nowhere = rng.random(len(visits.user)) < NOWHERE_SHARE
    place[is_nowhere] = rng.integers(len(CODES), len(GEO), int(is_nowhere.sum()))
    events["place"] = place[visits.visit]
    for column in ("high", "low"):
        events[column] = rng.integers(0, 2**64, count, np.uint64)
    # The time of the event before is another, or this would be the same event.
    again = 1 + np.flatnonzero((np.diff(visits.moment) != 0) & (rng.random(max(count - 1, 0)) < REUSED_UUID_SHARE))
    for column in ("high", "low"):
        events[column][again] = events[column][again - 1]
    return events


def _finished(events: Events) -> Events:
    """Events by user and time. Their keys are unique: uuids are drawn from 2^128."""
    return in_time_order(events)


def _by_country(by_place: list[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, count in zip([*CODES, "unknown", "unknown"], by_place, strict=True):
        found[place] = found.get(place, 0) + count
    return found
