"""What a sample should hold: one frozen dataclass a sample, checked when it is made.

Belongs here: the options of each and their defaults. Does not: what they share (limits.py), what is made of them.
Nothing heavy is imported: a command line reads the defaults from here.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from analytics_assets.samples import kinds
from analytics_assets.samples.limits import MAX_USERS, FaultyOptions, SampleOptions, check_share, check_whole

MAX_PAGES = 999_999  # six digits in `p001234`
MAX_PULL_S = 3_600  # or an hour would have no arrival
DAY_S = 86_400


@dataclass(frozen=True, kw_only=True)
class NotesOptions(FaultyOptions):
    """The people-like sample of feed notes.

    zipf_exponent: how much more the most active users do (0: all alike).
    bots, bot_share: accounts at rates no person reaches, and their share of `events`.
    unlisted_share: users that stand in no snapshot of the dimension.
    dimension_duplicate_share: rows of a snapshot that name a user a second time.
    change_share: users whose device or subscription changes in a month.
    outages, spikes: anomalous dates wanted; together at most one date in four (days.py).
    """

    KINDS: ClassVar[tuple[str, ...]] = tuple(kinds.NOTES)
    broken_kinds: tuple[str, ...] = KINDS
    pages: int = 5_000
    zipf_exponent: float = 0.8
    bots: int = 3
    bot_share: float = 0.01
    unlisted_share: float = 0.003
    dimension_duplicate_share: float = 0.005
    change_share: float = 0.03
    outages: int = 1
    spikes: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("pages", self.pages, 10, MAX_PAGES)
        check_share("zipf_exponent", self.zipf_exponent, 3.0)
        for name in ("bot_share", "unlisted_share", "dimension_duplicate_share", "change_share"):
            check_share(name, getattr(self, name), 0.5)
        # Bots are taken from users that joined before `start`, of which there is one in five at least.
        check_whole("bots", self.bots, 0, self.users // 10)
        check_whole("outages", self.outages, 0, 100)
        check_whole("spikes", self.spikes, 0, 100)


@dataclass(frozen=True, kw_only=True)
class UniformOptions(SampleOptions):
    """The sample that looks like the public one of notes' schema: everything uniform, nothing late or broken.

    dimension_rows: rows of its one snapshot, users drawn with replacement, so some stand twice.
    """

    start: date = date(2023, 1, 1)
    end: date = date(2023, 12, 31)
    users: int = 1_000_000
    dimension_rows: int = 100_000
    pages: int = 5_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("dimension_rows", self.dimension_rows, 0, 10 * MAX_USERS)
        check_whole("pages", self.pages, 10, MAX_PAGES)


@dataclass(frozen=True, kw_only=True)
class IdeOptions(FaultyOptions):
    """The sample of feed ide.

    marathons: sessions over three midnights, each of some 800 events; fewer where they would be more than a
    tenth of all events, none in fewer than four dates.
    """

    KINDS: ClassVar[tuple[str, ...]] = tuple(kinds.IDE)
    broken_kinds: tuple[str, ...] = KINDS
    users: int = 20_000
    late_share: float = 0.05
    marathons: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("marathons", self.marathons, 0, 1_000)


@dataclass(frozen=True, kw_only=True)
class AquaOptions(FaultyOptions):
    """The sample of feed aqua.

    pull_s: seconds between two pulls, each a file. Broken files are pulls that failed, at most one pull in ten of
    each kind; the next good pull brings what they should have.
    """

    KINDS: ClassVar[tuple[str, ...]] = tuple(kinds.AQUA)
    broken_kinds: tuple[str, ...] = KINDS
    users: int = 50_000
    pull_s: int = 60

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.pull_s) is not int or not 1 <= self.pull_s <= MAX_PULL_S or DAY_S % self.pull_s:
            raise ValueError(
                f"pull_s: saw {self.pull_s!r}, expected a whole number from 1 to {MAX_PULL_S} that divides a day"
            )


@dataclass(frozen=True, kw_only=True)
class ShopOptions(FaultyOptions):
    """The sample of feed shop. products: how many there are."""

    KINDS: ClassVar[tuple[str, ...]] = tuple(kinds.SHOP)
    broken_kinds: tuple[str, ...] = KINDS
    users: int = 5_000
    products: int = 2_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("products", self.products, 1, MAX_USERS)
