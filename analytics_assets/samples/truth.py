"""The truth file: what a sample holds and what must come out of it.

Belongs here: its shape, writing and reading it. Does not: the counting (tally.py).
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

    landed: data rows in all event files = accepted + sum(rejected); landed_by_arrival: the same by arrival.
    rejected: rows by kind of fault (options.BROKEN_KINDS). duplicates = accepted - silver.
    late: accepted rows (duplicates too) in an arrival after their event date.
    silver: distinct event keys. engaged_ms: sum of their durations.
    sessions: by user and date, a gap of 30 minutes or more starts one.
    dau, wau, mau: distinct users by event date, week and month (its first date), for each in the range,
    also weeks and months that the range covers only in part.
    snapshot_rows: rows by arrival of the dimension; snapshot_duplicates: rows beyond one a (arrival, user).
    users_without_snapshot: active users in no snapshot.
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
    engaged_ms: int
    sessions: int
    dau: dict[str, int]
    wau: dict[str, int]
    mau: dict[str, int]
    anomalous_days: list[AnomalousDay]
    bots: list[str]
    retention: list[Cohort]
    snapshot_rows: dict[str, int]
    snapshot_duplicates: int
    users_without_snapshot: int


def write_truth(path: Path, truth: Truth) -> None:
    """Write the file atomically; the same truth gives the same bytes."""
    hidden = path.with_name(f".{path.name}.tmp")
    hidden.write_text(json.dumps(asdict(truth), indent=1) + "\n", encoding="utf-8")
    hidden.replace(path)


def read_truth(path: Path) -> Truth:
    """Read a truth file. Raises FileNotFoundError, or ValueError if it is not one of this version."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values["anomalous_days"] = [AnomalousDay(**day) for day in values["anomalous_days"]]
        values["retention"] = [Cohort(**cohort) for cohort in values["retention"]]
        return Truth(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: not a truth file of this version ({error}). Make the sample again: tidebook generate"
        ) from error
