"""What a sample should hold: one frozen dataclass a sample, checked when it is made.

Belongs here: the options, their limits and their defaults. Does not: what is made of them.
Nothing heavy is imported: a command line reads the defaults from here.
"""

from dataclasses import asdict, dataclass
from datetime import date

# One line each, in the order in which faults.py makes them; each is exactly one reason to reject a row.
BROKEN_KINDS = (
    "too_few_fields",
    "too_many_fields",
    "text_in_duration",
    "impossible_date",
    "empty_user_id",
    "negative_duration",
    "duration_above_2h",
    "invalid_utf8",
    "unclosed_quote",
    "in_the_future",
)
MAX_USERS = 9_999_999  # seven digits in `u0012345`
MAX_PAGES = 999_999  # six digits in `p001234`
MAX_DATES = 3_660  # ten years


@dataclass(frozen=True, kw_only=True)
class NotesOptions:
    """The people-like sample of feed notes.

    events: distinct valid events, exactly; duplicates and broken rows come on top.
    start, end: first and last date with on-time events; one more arrival (end + 1 day) holds late rows alone.
    zipf_exponent: how much more the most active users do (0: all alike).
    late_share, duplicate_share, broken_share: rows of each fault, as a share of `events`.
    broken_kinds: which of BROKEN_KINDS, in equal parts.
    bots, bot_share: accounts at rates no person reaches, and their share of `events`.
    unlisted_share: users that stand in no snapshot of the dimension.
    dimension_duplicate_share: rows of a snapshot that name a user a second time.
    change_share: users whose device or subscription changes in a month.
    outages, spikes: anomalous dates wanted; together at most one date in four (days.py).
    Raises ValueError for a value out of range.
    """

    start: date
    end: date
    events: int = 1_000_000
    users: int = 100_000
    seed: int = 1
    pages: int = 5_000
    zipf_exponent: float = 0.8
    late_share: float = 0.02
    duplicate_share: float = 0.01
    broken_share: float = 0.002
    broken_kinds: tuple[str, ...] = BROKEN_KINDS
    bots: int = 3
    bot_share: float = 0.01
    unlisted_share: float = 0.003
    dimension_duplicate_share: float = 0.005
    change_share: float = 0.03
    outages: int = 1
    spikes: int = 1

    def __post_init__(self) -> None:
        _check_dates(self.start, self.end)
        _check_whole("events", self.events, 1, 10**9)
        _check_whole("users", self.users, 1, MAX_USERS)
        _check_whole("seed", self.seed, 0, 2**63 - 1)
        _check_whole("pages", self.pages, 10, MAX_PAGES)
        _check_share("zipf_exponent", self.zipf_exponent, 3.0)
        for name in ("late_share", "duplicate_share", "broken_share", "bot_share"):
            _check_share(name, getattr(self, name), 0.5)
        for name in ("unlisted_share", "dimension_duplicate_share", "change_share"):
            _check_share(name, getattr(self, name), 0.5)
        # Bots are taken from users that joined before `start`, of which there is one in five at least.
        _check_whole("bots", self.bots, 0, self.users // 10)
        _check_whole("outages", self.outages, 0, 100)
        _check_whole("spikes", self.spikes, 0, 100)
        unknown = [kind for kind in self.broken_kinds if kind not in BROKEN_KINDS]
        if unknown or not self.broken_kinds or len(set(self.broken_kinds)) < len(self.broken_kinds):
            raise ValueError(
                f"broken_kinds: saw {list(self.broken_kinds)}, expected at least one of {list(BROKEN_KINDS)}, each once"
            )

    @property
    def days(self) -> int:
        """Dates from start to end, both included."""
        return (self.end - self.start).days + 1

    def as_json(self) -> dict[str, object]:
        """The options as JSON values, dates as YYYY-MM-DD."""
        return _as_json(asdict(self))


@dataclass(frozen=True, kw_only=True)
class UniformOptions:
    """The sample that looks like the public one of this schema: everything uniform, nothing late or broken.

    users: ids are drawn from so many; dimension_rows: rows of its one snapshot, users drawn with
    replacement, so some stand twice. Raises ValueError for a value out of range.
    """

    start: date = date(2023, 1, 1)
    end: date = date(2023, 12, 31)
    events: int = 1_000_000
    users: int = 1_000_000
    dimension_rows: int = 100_000
    seed: int = 1
    pages: int = 5_000

    def __post_init__(self) -> None:
        _check_dates(self.start, self.end)
        _check_whole("events", self.events, 1, 10**9)
        _check_whole("users", self.users, 1, MAX_USERS)
        _check_whole("dimension_rows", self.dimension_rows, 0, 10 * MAX_USERS)
        _check_whole("seed", self.seed, 0, 2**63 - 1)
        _check_whole("pages", self.pages, 10, MAX_PAGES)

    @property
    def days(self) -> int:
        """Dates from start to end, both included."""
        return (self.end - self.start).days + 1

    def as_json(self) -> dict[str, object]:
        """The options as JSON values, dates as YYYY-MM-DD."""
        return _as_json(asdict(self))


def _as_json(values: dict[str, object]) -> dict[str, object]:
    plain: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, date):
            value = value.isoformat()
        plain[name] = list(value) if isinstance(value, tuple) else value
    return plain


def _check_dates(start: date, end: date) -> None:
    # datetime is a date too, but a time of day has no meaning here.
    for name, value in (("start", start), ("end", end)):
        if type(value) is not date:
            raise ValueError(f"{name}: saw {value!r}, expected a date such as date(2025, 1, 31)")
    days = (end - start).days + 1
    if not 1 <= days <= MAX_DATES:
        raise ValueError(f"end: saw {end} with start {start}, expected 1 to {MAX_DATES} dates from start to end")


def _check_whole(name: str, value: int, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name}: saw {value!r}, expected a whole number from {least} to {most}")


def _check_share(name: str, value: float, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError(f"{name}: saw {value!r}, expected a number from 0 to {most:g}")
