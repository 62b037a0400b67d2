"""The truth file: what a sample holds and what must come out of it.

Belongs here: its shape for each feed, writing and reading it. Does not: the counting (tally.py and the feeds').
It lies at `<landing>/<feed>/truth.json`, beside the folders of the landed files, not in one.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class AnomalousDay:
    """A date made to differ. Hours are UTC, `first_hour` to `last_hour` inclusive (0 to 23 for a spike).

    factor: events of the date over those of a usual one, roughly. country: who carries it, if not all.
    """

    date: str
    kind: str
    first_hour: int
    last_hour: int
    factor: float
    country: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Users whose first active ISO week begins at `week`; active[k]: those active k weeks after (k = 0: all).

    Every week of the range counts, also those that it covers in part; null rules are the reader's.
    """

    week: str
    active: list[int]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What a sample holds, counted while it was made. Dates are `YYYY-MM-DD`, weeks begin on Monday.

    landed: rows in all event files = accepted + sum(rejected); landed_by_arrival: the same by arrival
    (`YYYY-MM-DD`, hours `YYYY-MM-DDTHH`).
    rejected: rows by kind of fault (kinds.py). duplicates = accepted - silver.
    late: accepted rows (duplicates too) in an arrival after their event date.
    silver: distinct event keys. sessions: by user and date, a gap of 30 minutes or more starts one (ide: below).
    dau, wau, mau: distinct users by event date, week and month (its first date), for each in the range,
    also weeks and months that the range covers only in part.
    """

    feed: str
    sample: str
    options: dict[str, object]
    landed: int
    landed_by_arrival: dict[str, int]
    accepted: int
    rejected: dict[str, int]
    duplicates: int
    late: int
    silver: int
    sessions: int
    dau: dict[str, int]
    wau: dict[str, int]
    mau: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class NotesTruth(Truth):
    """engaged_ms: sum of all events' durations. snapshot_rows: rows by arrival of the dimension.

    snapshot_duplicates: rows beyond one a (arrival, user). users_without_snapshot: active users in no snapshot.
    device_load: the factor by which each device makes pages load slower; empty where none does. slow_versions: the
    same of versions that came out slower than those around them.
    """

    engaged_ms: int
    anomalous_days: list[AnomalousDay]
    bots: list[str]
    retention: list[Cohort]
    snapshot_rows: dict[str, int]
    snapshot_duplicates: int
    users_without_snapshot: int
    device_load: dict[str, float]
    slow_versions: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class IdeTruth(Truth):
    """sessions: by (user, product), a gap of 5 minutes or more between user actions starts one, midnight does not.

    sessions_by_date: by the date of the start. events_without_session: other events that come before the first
    action of their user and product, or more than 5 minutes after the last.
    sessions_over_midnights: sessions whose actions span at least so many midnights, from "1" on.
    """

    sessions_by_date: dict[str, int]
    events_without_session: int
    sessions_over_midnights: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class AquaTruth(Truth):
    """files: all that landed; a broken one is one rejected row. events_by_name, events_by_country: of silver,
    country "unknown" where a record has no `$geoip_country_code`."""

    files: int
    broken_files: int
    events_by_name: dict[str, int]
    events_by_country: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How often a user and a product stand together in silver."""

    user_id: int
    product_id: int
    interactions: int


@dataclass(frozen=True, kw_only=True)
class ShopTruth(Truth):
    """users, products, pairs: how many different ones silver has. changed_copies: duplicates with other content than
    the row that is kept. top_pairs: the most frequent, ties by user and product; top_users, top_products by id."""

    users: int
    products: int
    pairs: int
    changed_copies: int
    top_users: dict[str, int]
    top_products: dict[str, int]
    top_pairs: list[Pair]


SHAPES: dict[str, type[Truth]] = {"notes": NotesTruth, "ide": IdeTruth, "aqua": AquaTruth, "shop": ShopTruth}
PARTS: dict[str, type[AnomalousDay | Cohort | Pair]] = {
    "anomalous_days": AnomalousDay,
    "retention": Cohort,
    "top_pairs": Pair,
}


def write_truth(path: Path, truth: Truth) -> None:
    """Write the file atomically; the same truth gives the same bytes."""
    hidden = path.with_name(f".{path.name}.tmp")
    hidden.write_text(json.dumps(asdict(truth), indent=1) + "\n", encoding="utf-8")
    hidden.replace(path)


def read_truth(path: Path) -> Truth:
    """Read a truth file, as the shape of its feed. Raises FileNotFoundError, or ValueError if it is not one of this
    version."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        for name, part in PARTS.items():
            if name in values:
                values[name] = [part(**value) for value in values[name]]
        return SHAPES[values["feed"]](**values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: not a truth file of this version ({error}). Make the sample again: tidebook generate"
        ) from error
