"""The ide sample: events of an IDE's users, some in sessions over midnights, and the truth about them.

Belongs here: what users do, columns, faults and files of this feed. Does not: who comes when (crowd.py), what
becomes of rows on their way (faults.py), the count of sessions (ide_sessions.py).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.samples.arrivals import DailyFiles, arrival_dates
from analytics_assets.samples.blocks import event_blocks
from analytics_assets.samples.broken_lines import Fault, Line, break_line, empty
from analytics_assets.samples.crowd import Crowd, Habits
from analytics_assets.samples.events import DAY_S, SECOND_US, Events, set_moments, with_unique_keys
from analytics_assets.samples.faults import Faults, Lateness
from analytics_assets.samples.files import Progress, begin_landing, truth_file
from analytics_assets.samples.ide_sessions import IdeSessions
from analytics_assets.samples.lines import Texts, clock, dates, ended, join
from analytics_assets.samples.options import IdeOptions
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import IdeTruth, write_truth

HEADER = b"user_id,event_id,product_code,timestamp\n"
PRODUCTS = ("IU", "PY", "WS", "GO", "CL", "RD", "DB", "PS")
EVENT_IDS = ("a", "b", "c", "d", "e", "f", "g", "h")
ACTIONS = 3  # a, b, c are a user's own
EVENT_SHARES = (0.24, 0.16, 0.12, 0.16, 0.12, 0.08, 0.07, 0.05)
WHOLE_SECONDS_SHARE = 0.3  # visits whose times have no fraction
OTHER_PRODUCT_SHARE = 0.2
HABITS = Habits(mean_events=12, median_gap_s=25, longest_gap_s=300, tie_share=0.03, step_us=1)
LATENESS = Lateness(usual_s=5 * DAY_S, rare_share=0.02, rare_s=40 * DAY_S)
ODD_USERS = ("team|{}", "{}#2", "50%{}", "Zoë {}")  # one user in 25: such ids must be encoded in session ids

# event, product: places in EVENT_IDS and PRODUCTS.
EVENT = np.dtype(
    [("user", np.int32), ("second", np.int64), ("micro", np.int32), ("event", np.int8), ("product", np.int8)]
)
KEY = ("product", "event", "micro")  # with user and second
PLACES = Line(time_at=3, text_at=2)
FAULTS: dict[str, Fault] = {
    "empty_user_id": empty(0),
    "empty_event_id": empty(1),
    "empty_product_code": empty(2),
    "empty_timestamp": empty(3),
}
MARATHON_GAP_US = (120 * SECOND_US, 300 * SECOND_US)  # the second is never reached
MARATHON_EVENTS = 900  # at most; some 830
MARATHON_MIDNIGHTS = 3


def generate_ide(landing: Path, options: IdeOptions, progress: Progress | None = None) -> IdeTruth:
    """Write event files and the truth file under `landing`/ide; returns the truth.

    The same options give the same bytes. Arrivals run from options.start to options.end + 1 day, the last with late
    rows alone. Raises FileExistsError if files of another sample lie there, OSError if it cannot write.
    """
    begin_landing(landing, "ide", [events_file(landing, day) for day in arrival_dates(options.start, options.days)])
    rngs = [np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)]
    marathons = _marathons(options, rngs[0])
    crowd = Crowd(options, options.events - sum(map(len, marathons.values())), HABITS, rngs[1])
    faults = Faults(options, rngs[2], LATENESS)
    texts = ide_texts(options)
    files = DailyFiles(options.start, lambda day: events_file(landing, day), HEADER, texts.pieces, options.KINDS)
    tally = Tally(options.start, options.days, options.users)
    sessions = IdeSessions(options.days, options.users, len(PRODUCTS), ACTIONS)

    def make(first_day: int, end_day: int) -> Events:
        begun = [events for day, events in marathons.items() if first_day <= day < end_day]
        return np.concatenate([_work(crowd, first_day, end_day, rngs[3]), *begun])

    def finish(events: Events) -> Events:
        return with_unique_keys(events, KEY, "micro", SECOND_US)

    for end_day, events in event_blocks(crowd.by_day, make, finish, options.events, progress):
        tally.add(events)
        sessions.add(events)
        files.write(faults.rows(events), end_day)

    landed = files.counts
    truth = IdeTruth(
        feed="ide",
        sample="crowd",
        options=options.as_json(),
        **tally.counted(landed) | {"sessions": int(sessions.by_day.sum())},
        sessions_by_date=dict(zip(tally.dau(), sessions.by_day.tolist(), strict=True)),
        events_without_session=sessions.events_without,
        sessions_over_midnights={
            str(count): sessions.over_midnights[count] for count in sorted(sessions.over_midnights)
        },
    )
    write_truth(truth_file(landing, "ide"), truth)
    return truth


def events_file(landing: Path, arrival: date) -> Path:
    """Where the events of an arrival land."""
    return landing / "ide" / arrival.isoformat() / "events.csv"


def ide_texts(options: IdeOptions) -> Texts:
    """Writes rows as lines. A time without a fraction is written without one."""
    users = pa.array([f"{name}," for name in user_ids(options.users)])
    events, products = ended(EVENT_IDS, ","), ended(PRODUCTS, ",")
    days, seconds = dates(options.start, options.days, " "), clock("")

    def good(rows: Events) -> pa.Array:
        second, micro = rows["second"], pa.array(np.ascontiguousarray(rows["micro"]))
        digits = pc.utf8_lpad(pc.cast(micro, pa.string()), 6, "0")
        fraction = pc.if_else(pc.equal(micro, 0), "\n", join(".", digits, "\n"))
        return join(
            users.take(pa.array(rows["user"])),
            events.take(pa.array(rows["event"])),
            products.take(pa.array(rows["product"])),
            days.take(pa.array(second // DAY_S)),
            seconds.take(pa.array(second % DAY_S)),
            fraction,
        )

    return Texts(good=good, broken=break_event, kinds=options.KINDS)


def break_event(line: bytes, kind: str) -> bytes:
    """One good line made into one with a fault of a kind of kinds.IDE."""
    return break_line(line, kind, PLACES, FAULTS)


def user_ids(users: int) -> Sequence[str]:
    """Ids by number; slot 0 is nobody."""
    return [
        ODD_USERS[number // 25 % len(ODD_USERS)].format(f"{number:06d}") if number % 25 == 7 else f"d{number:06d}"
        for number in range(users + 1)
    ]


def _work(crowd: Crowd, first_day: int, end_day: int, rng: np.random.Generator) -> Events:
    visits = crowd.visits(first_day, end_day)
    events = np.zeros(len(visits.visit), EVENT)
    events["user"] = visits.user[visits.visit]
    is_whole = rng.random(len(visits.user)) < WHOLE_SECONDS_SHARE
    set_moments(events, np.where(is_whole[visits.visit], visits.moment // SECOND_US * SECOND_US, visits.moment))
    is_other = rng.random(len(visits.user)) < OTHER_PRODUCT_SHARE
    product = visits.user * 7_919 + is_other * rng.integers(0, len(PRODUCTS), len(visits.user))
    events["product"] = (product % len(PRODUCTS))[visits.visit]
    events["event"] = np.searchsorted(np.cumsum(EVENT_SHARES)[:-1], rng.random(len(events)), side="right")
    return events


def _marathons(options: IdeOptions, rng: np.random.Generator) -> dict[int, Events]:
    """Work that ends after three midnights without a pause of 5 minutes, by the day on which it begins."""
    days = options.days - MARATHON_MIDNIGHTS
    count = min(options.marathons, options.events // (10 * MARATHON_EVENTS)) if days > 0 else 0
    made: dict[int, list[Events]] = {}
    for _ in range(count):
        day = int(rng.integers(0, days))
        begin_s = (day + 1) * DAY_S - int(rng.integers(60, 900))
        end_s = (day + MARATHON_MIDNIGHTS) * DAY_S + int(rng.integers(300, 1_800))
        gaps = rng.integers(*MARATHON_GAP_US, MARATHON_EVENTS * 2)
        moments = begin_s * SECOND_US + np.cumsum(gaps) - gaps[0]
        moments = moments[moments < end_s * SECOND_US]
        events = np.zeros(len(moments), EVENT)
        events["user"] = rng.integers(1, options.users + 1)
        events["product"] = rng.integers(0, len(PRODUCTS))
        events["event"] = rng.integers(0, ACTIONS, len(moments))
        set_moments(events, moments)
        made.setdefault(day, []).append(events)
    return {day: np.concatenate(parts) for day, parts in made.items()}
