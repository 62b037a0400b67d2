"""What a feed declares: where its files land, what a good row is, how a row becomes an event.

Belongs here: the frozen types of a declaration, each checked when it is declared. Does not: any feed
(the other modules of this package), how a declaration is carried out (transforms/, layers/).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pyspark.sql.types import DateType

from analytics_assets.feeds.event import Event
from analytics_assets.feeds.formats import ARRIVAL_FIELD, Arrival, Csv, Format, JsonArray, check_landing
from analytics_assets.feeds.own_names import Published, View
from analytics_assets.feeds.quality_rule import QualityRule
from analytics_assets.feeds.session_rule import SessionRule
from analytics_assets.transforms.anomalies import AnomalyRule
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.health import HealthRule
from analytics_assets.transforms.row_rules import row_rule
from analytics_assets.transforms.unlikely_users import UnlikelyRule
from analytics_assets.transforms.user_history import MOST_BITS

__all__ = [
    "ARRIVAL_FIELD",
    "WHOLE_ROW",
    "AnomalyRule",
    "Arrival",
    "Csv",
    "Dimension",
    "Event",
    "Feed",
    "Format",
    "HealthRule",
    "JsonArray",
    "Published",
    "QualityRule",
    "SessionRule",
    "UnlikelyRule",
    "View",
    "row_rule",
]

WHOLE_ROW: tuple[str, ...] = ("raw",)
"""Event key of a feed whose rows are equal only when the whole line is."""


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """Snapshots of users' attributes, by arrival.

    Of several rows of one user in a snapshot the greatest by (file, order_column, content) counts.
    partition_by: attribute by which the table is partitioned below arrival.
    sign_up_date: the contract's date on which a user signed up: retention then has cohorts by it, too.
    """

    name: str
    contract: type[Any]
    landing: str
    format: Csv
    order_column: str
    attributes: tuple[str, ...]
    partition_by: str
    key: str = "user_id"
    sign_up_date: str | None = None

    def __post_init__(self) -> None:
        check_landing(self.name, self.landing)
        if contract_of(self.contract).warns:
            raise ValueError(f"{self.name}: saw a rule of severity 'warn', which only rules on events have")
        if self.partition_by not in self.attributes:
            raise ValueError(f"{self.name}: partition_by is {self.partition_by!r}, expected one of {self.attributes}")
        dates = [name for name, c in self.contract.to_schema().columns.items() if isinstance(c.dtype.type, DateType)]
        if self.sign_up_date is not None and self.sign_up_date not in dates:
            raise ValueError(f"{self.name}: sign_up_date is {self.sign_up_date!r}, expected one of {dates}")


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One kind of event stream from one source. See docs/feeds.md for each field with an example.

    event_key: names of event columns or of the contract's that make an event, or WHOLE_ROW.
    key_scope: "date" where equal keys have equal times; "feed" where one key may come with several, and one event
    is kept of all dates.
    winner: which of several accepted rows with one key is kept, by arrival.
    kept: columns of the contract that events carry beside their own.
    page_views: actions whose duration is the time that a page took to load.
    has_interaction_counts: whether events are counted by user and object.
    published, views: tables under names of the feed's own.
    file_time: for arrivals by the hour, the strptime form of a file's name up to its ending, in UTC.
    retention_days: for how many days of arrivals bronze keeps accepted rows; None: for ever.
    lag_days: how many days before its arrival an on-time row happened (0: the same day).
    first_date, first_arrival: where the partitions begin; last_date: where a finite feed ends.
    history_start: first date of the metrics; by default the first date with on-time rows.
    closed_through: dates up to it are closed whatever has landed, for finite files.
    look_back_days: arrivals so far before the newest are listed each time, and what is missing of them was removed.
    cohort_weeks, cohort_days: how many weeks, or days, after a cohort's own retention goes.
    top_percents: the users of each period with the most engaged time are kept, so many per cent of the active ones.
    anomalies: when a point of a series is one; also the feed's holidays. unlikely: what no person does on a date.
    quality: how much of an arrival or date may be rejected, late, unknown or missing before a check warns.
    health: from where on its freshness, volume and shares are amber, and red.
    settle: a file that is younger may still be written. marker: a file that ends an arrival where there is one.
    due: how long after its end an arrival should be there.
    examples: pairs of a raw line and the violations that it has.
    """

    name: str
    owner: str
    contract: type[Any]
    event_key: tuple[str, ...]
    landing: str
    format: Format
    arrival: Arrival
    event: Event
    sessions: SessionRule
    description: str = ""
    dimensions: tuple[Dimension, ...] = ()
    winner: Literal["first", "last"] = "first"
    key_scope: Literal["date", "feed"] = "date"
    kept: tuple[str, ...] = ()
    page_views: tuple[str, ...] = ()
    has_interaction_counts: bool = False
    published: tuple[Published, ...] = ()
    views: tuple[View, ...] = ()
    file_time: str | None = None
    retention_days: int | None = None
    time_zone: str = "UTC"
    source_zone: str = "UTC"
    lag_days: int = 0
    first_date: date = date(2015, 1, 1)
    first_arrival: date | None = None
    last_date: date | None = None
    history_start: date | None = None
    closed_through: date | None = None
    look_back_days: int = 35
    cohort_weeks: int = 26
    cohort_days: int = 30
    top_percents: tuple[int, ...] = (1, 5, 10)
    anomalies: AnomalyRule = field(default_factory=AnomalyRule)
    unlikely: UnlikelyRule = field(default_factory=UnlikelyRule)
    quality: QualityRule = field(default_factory=QualityRule)
    health: HealthRule = field(default_factory=HealthRule)
    settle: timedelta = timedelta(seconds=60)
    marker: str | None = None
    due: timedelta = timedelta(hours=6)
    examples: Sequence[tuple[str, Sequence[str]]] = field(default=())

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(f"feed name: saw {self.name!r}, expected small letters, digits and _")
        check_landing(self.name, self.landing)
        contract_of(self.contract)  # raises ValueError for what cannot be compiled
        for zone in (self.time_zone, self.source_zone):
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(
                    f"{self.name}: saw time zone {zone!r}, expected a name such as Europe/Berlin"
                ) from None
        columns = set(self.contract.to_schema().columns)
        known = {*self.event.expressions(), *columns, *WHOLE_ROW}
        if not self.event_key or not set(self.event_key) <= known:
            raise ValueError(f"{self.name}: event_key is {self.event_key}, expected names from {sorted(known)}")
        if len(self.dimensions) > 1:
            raise ValueError(f"{self.name}: saw {len(self.dimensions)} dimensions, expected at most one")
        if self.lag_days < 0:
            raise ValueError(f"{self.name}: lag_days is {self.lag_days}, expected 0 or more")
        if not set(self.kept) <= columns:
            raise ValueError(f"{self.name}: kept is {self.kept}, expected names from {sorted(columns)}")
        if (self.arrival is Arrival.HOUR) != (self.file_time is not None):
            raise ValueError(
                f"{self.name}: file_time is {self.file_time!r}, expected one for arrivals by the hour alone"
            )
        if self.retention_days is not None and self.retention_days < 1:
            raise ValueError(f"{self.name}: retention_days is {self.retention_days}, expected 1 or more, or None")
        if self.retention_days is not None and self.event_key == WHOLE_ROW:
            raise ValueError(f"{self.name}: saw retention_days and WHOLE_ROW, expected an event_key that silver keeps")
        if self.retention_days is not None and self.key_scope == "feed":
            raise ValueError(
                f"{self.name}: saw retention_days and key_scope 'feed', expected one of them: keys over all dates are "
                "compared in bronze, which must then keep all rows"
            )
        if self.key_scope == "feed" and self.event_key == WHOLE_ROW:
            raise ValueError(f"{self.name}: key_scope is 'feed', expected an event_key of columns")
        if self.page_views and not self.has_duration:
            raise ValueError(f"{self.name}: saw page_views and no duration_ms, expected an event with both")
        if self.look_back_days < 0:
            raise ValueError(f"{self.name}: look_back_days is {self.look_back_days}, expected 0 or more")
        for name, periods in (("cohort_weeks", self.cohort_weeks), ("cohort_days", self.cohort_days)):
            if not 1 <= periods <= MOST_BITS:
                raise ValueError(f"{self.name}: {name} is {periods}, expected 1 to {MOST_BITS}")
        if not self.top_percents or not all(1 <= percent <= 100 for percent in self.top_percents):
            raise ValueError(f"{self.name}: top_percents is {self.top_percents}, expected numbers from 1 to 100")
        for name, length in (("settle", self.settle), ("due", self.due)):
            if length < timedelta(0):
                raise ValueError(f"{self.name}: {name} is {length}, expected 0 or more")
        if self.marker is not None and (not self.marker or "/" in self.marker):
            raise ValueError(f"{self.name}: marker is {self.marker!r}, expected a file's name such as _SUCCESS")

    @property
    def dimension(self) -> Dimension | None:
        """The feed's dimension of users, if it has one."""
        return self.dimensions[0] if self.dimensions else None

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of users' attributes that its events carry."""
        return self.dimension.attributes if self.dimension else ()

    @property
    def has_duration(self) -> bool:
        """Whether events carry a duration."""
        return self.event.duration_ms is not None

    @property
    def has_load_times(self) -> bool:
        """Whether its events say how long pages took to load, and in which version of the app."""
        return bool(self.page_views) and self.event.app_version is not None

    @property
    def arrivals_begin(self) -> date:
        """First date of an arrival."""
        return self.first_arrival or self.first_date
