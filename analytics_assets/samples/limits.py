"""What the options of every sample share: dates, a seed, shares of faults, and their limits.

Belongs here: checks of a value. Does not: the options of one sample (options.py).
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import ClassVar

MAX_EVENTS = 10**9
MAX_USERS = 9_999_999  # seven digits in `u0012345`
MAX_DATES = 3_660  # ten years


@dataclass(frozen=True, kw_only=True)
class SampleOptions:
    """Any sample. events: distinct valid events, exactly. Raises ValueError for a value out of range.

    start, end: first and last date with events; one more arrival (end + 1 day) closes the last date.
    """

    start: date
    end: date
    events: int = 1_000_000
    users: int = 100_000
    seed: int = 1

    def __post_init__(self) -> None:
        check_dates(self.start, self.end)
        check_whole("events", self.events, 1, MAX_EVENTS)
        check_whole("users", self.users, 1, MAX_USERS)
        check_whole("seed", self.seed, 0, 2**63 - 1)

    @property
    def days(self) -> int:
        """Dates from start to end, both included."""
        return (self.end - self.start).days + 1

    def as_json(self) -> dict[str, object]:
        """The options as JSON values, dates as YYYY-MM-DD."""
        plain: dict[str, object] = {}
        for name, value in asdict(self).items():
            if isinstance(value, date):
                value = value.isoformat()
            plain[name] = list(value) if isinstance(value, tuple) else value
        return plain


@dataclass(frozen=True, kw_only=True)
class FaultyOptions(SampleOptions):
    """A sample with rows that come late, twice and broken.

    events: duplicates and broken rows come on top. late_share, duplicate_share, broken_share: rows of each
    fault, as a share of `events`. broken_kinds: which of the feed's kinds (kinds.py), in equal parts.
    """

    KINDS: ClassVar[tuple[str, ...]] = ()
    late_share: float = 0.02
    duplicate_share: float = 0.01
    broken_share: float = 0.002
    broken_kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("late_share", "duplicate_share", "broken_share"):
            check_share(name, getattr(self, name), 0.5)
        unknown = [kind for kind in self.broken_kinds if kind not in self.KINDS]
        if unknown or not self.broken_kinds or len(set(self.broken_kinds)) < len(self.broken_kinds):
            raise ValueError(
                f"broken_kinds: saw {list(self.broken_kinds)}, expected at least one of {list(self.KINDS)}, each once"
            )


def check_dates(start: date, end: date) -> None:
    """Raises ValueError unless the two are dates, in order and at most ten years apart."""
    # datetime is a date too, but a time of day has no meaning here.
    for name, value in (("start", start), ("end", end)):
        if type(value) is not date:
            raise ValueError(f"{name}: saw {value!r}, expected a date such as date(2025, 1, 31)")
    days = (end - start).days + 1
    if not 1 <= days <= MAX_DATES:
        raise ValueError(f"end: saw {end} with start {start}, expected 1 to {MAX_DATES} dates from start to end")


def check_whole(name: str, value: int, least: int, most: int) -> None:
    """Raises ValueError unless the value is a whole number in the range, both ends included."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name}: saw {value!r}, expected a whole number from {least} to {most}")


def check_share(name: str, value: float, most: float) -> None:
    """Raises ValueError unless the value is a number from 0 to `most`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        raise ValueError(f"{name}: saw {value!r}, expected a number from 0 to {most:g}")
