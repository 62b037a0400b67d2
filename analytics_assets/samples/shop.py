"""The shop sample: interactions of users with products, each with an id of its own, and the truth about them.

Belongs here: what users do, columns, faults and files of this feed. Does not: who comes when (crowd.py), what
becomes of rows on their way (faults.py).
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from analytics_assets.samples.arrivals import DailyFiles, arrival_dates
from analytics_assets.samples.blocks import event_blocks
from analytics_assets.samples.broken_lines import Fault, Line, break_line, empty, put
from analytics_assets.samples.crowd import Crowd, Habits
from analytics_assets.samples.events import DAY_S, Events, in_time_order, set_moments
from analytics_assets.samples.faults import Faults
from analytics_assets.samples.files import Progress, begin_landing, truth_file
from analytics_assets.samples.lines import Texts, clock, dates, ended, join, whole_numbers
from analytics_assets.samples.options import ShopOptions
from analytics_assets.samples.shop_pairs import Pairs
from analytics_assets.samples.tally import Tally
from analytics_assets.samples.truth import ShopTruth, write_truth

HEADER = b"interaction_id,user_id,product_id,action,timestamp\n"
ACTIONS = ("view", "click", "add_to_cart", "purchase")
ACTION_SHARES = (0.55, 0.28, 0.11, 0.06)
HABITS = Habits(mean_events=5, median_gap_s=45, longest_gap_s=1_800)
FAVOURITES = 6  # products to which a user comes back

# id: of the interaction; product: number from 1; action: place in ACTIONS.
EVENT = np.dtype(
    [("id", np.int64), ("user", np.int32), ("second", np.int64), ("product", np.int32), ("action", np.int8)]
)
PLACES = Line(time_at=4, text_at=3)


def _other_form(fields: list[bytes], turn: int) -> list[bytes]:
    day, time = fields[4][:10], fields[4][11:]
    year, month, number = day.split(b"-")
    forms = (
        day + b"T" + time,
        day + b"T" + time + b"Z",
        b"%s/%s/%s %s" % (number, month, year, time),
        day + b" " + time[:5],
        day + b" " + time + b".000",
        day,
        b"%d" % (1_735_689_600 + turn % 10**7),
    )
    return put(fields, 4, forms[turn % len(forms)])


FAULTS: dict[str, Fault] = {
    "empty_interaction_id": empty(0),
    "empty_user_id": empty(1),
    "empty_product_id": empty(2),
    "empty_action": empty(3),
    "empty_timestamp": empty(4),
    "zero_interaction_id": lambda fields, _: put(fields, 0, b"0"),
    "zero_user_id": lambda fields, _: put(fields, 1, b"0"),
    "text_in_user_id": lambda fields, turn: put(fields, 1, (b"ann", b"12a", b"1.5")[turn % 3]),
    "time_of_another_form": _other_form,
}


def generate_shop(landing: Path, options: ShopOptions, progress: Progress | None = None) -> ShopTruth:
    """Write event files and the truth file under `landing`/shop; returns the truth.

    The same options give the same bytes. Arrivals run from options.start to options.end + 1 day, the last with late
    rows alone. Raises FileExistsError if files of another sample lie there, OSError if it cannot write.
    """
    begin_landing(landing, "shop", [events_file(landing, day) for day in arrival_dates(options.start, options.days)])
    rngs = [np.random.default_rng(seed) for seed in np.random.SeedSequence(options.seed).spawn(4)]
    crowd = Crowd(options, options.events, HABITS, rngs[0])
    copies = _Copies(options, rngs[1])
    faults = Faults(options, rngs[2], change=copies.change)
    texts = shop_texts(options)
    files = DailyFiles(options.start, lambda day: events_file(landing, day), HEADER, texts.pieces, options.KINDS)
    tally = Tally(options.start, options.days, options.users)
    pairs = Pairs(options.users, options.products)

    def make(first_day: int, end_day: int) -> Events:
        return _shopping(crowd, first_day, end_day, options.products, rngs[3])

    def finish(events: Events) -> Events:
        events = in_time_order(events)
        # Ids in the order of time, so that they say nothing about users.
        order = np.argsort(events["second"], kind="stable")
        events["id"][order] = 1 + tally.events + np.arange(len(events))
        return events

    for end_day, events in event_blocks(crowd.by_day, make, finish, options.events, progress):
        tally.add(events)
        pairs.add(events)
        files.write(faults.rows(events), end_day)

    landed = files.counts
    truth = ShopTruth(
        feed="shop",
        sample="crowd",
        options=options.as_json(),
        **tally.counted(landed),
        users=pairs.users,
        products=pairs.products,
        pairs=pairs.pairs,
        changed_copies=copies.changed,
        top_users=pairs.top_users(),
        top_products=pairs.top_products(),
        top_pairs=pairs.top_pairs(),
    )
    write_truth(truth_file(landing, "shop"), truth)
    return truth


def events_file(landing: Path, arrival: date) -> Path:
    """Where the interactions of an arrival land."""
    return landing / "shop" / arrival.isoformat() / "interactions.csv"


def shop_texts(options: ShopOptions) -> Texts:
    """Writes rows as lines."""
    days, seconds, actions = dates(options.start, options.days, " "), clock("\n"), ended(ACTIONS, ",")

    def good(rows: Events) -> pa.Array:
        second = rows["second"]
        return join(
            *[text for name in ("id", "user", "product") for text in (whole_numbers(rows[name]), ",")],
            actions.take(pa.array(rows["action"])),
            days.take(pa.array(second // DAY_S)),
            seconds.take(pa.array(second % DAY_S)),
        )

    return Texts(good=good, broken=break_interaction, kinds=options.KINDS)


def break_interaction(line: bytes, kind: str) -> bytes:
    """One good line made into one with a fault of a kind of kinds.SHOP."""
    return break_line(line, kind, PLACES, FAULTS)


class _Copies:
    """Copies that keep their interaction_id alone: on the same date or another, of another user, product, action."""

    def __init__(self, options: ShopOptions, rng: np.random.Generator) -> None:
        self._options, self._rng = options, rng
        self.changed = 0

    def change(self, copies: Events) -> None:
        rng, count = self._rng, len(copies)
        copies["user"] = rng.integers(1, self._options.users + 1, count)
        copies["product"] = rng.integers(1, self._options.products + 1, count)
        copies["action"] = rng.integers(0, len(ACTIONS), count)
        # Another date, but none after the arrival or the sample: such a row would be rejected, or a date of its own.
        latest = np.minimum(copies["landed"] // DAY_S, self._options.days - 1)
        other = (rng.random(count) * (latest + 1)).astype(np.int64) * DAY_S + rng.integers(0, DAY_S, count)
        is_same = rng.random(count) < 0.5
        # A second on: else all columns could by chance be those of the row that is kept.
        same = copies["second"] // DAY_S * DAY_S + (copies["second"] + 1) % DAY_S
        copies["second"] = np.where(is_same, same, other)
        self.changed += count


def _shopping(crowd: Crowd, first_day: int, end_day: int, products: int, rng: np.random.Generator) -> Events:
    visits = crowd.visits(first_day, end_day)
    count = len(visits.visit)
    events = np.zeros(count, EVENT)
    events["user"] = visits.user[visits.visit]
    set_moments(events, visits.moment)
    events["action"] = np.searchsorted(np.cumsum(ACTION_SHARES)[:-1], rng.random(count), side="right")
    # Half of the products are the well-known ones, half the user's own few.
    known = (products * rng.random(count) ** 3).astype(np.int64)
    own = events["user"].astype(np.int64) * 7_919 + rng.integers(0, FAVOURITES, count)
    events["product"] = 1 + np.where(rng.random(count) < 0.5, known, own) % products
    return events
