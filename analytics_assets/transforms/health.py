"""Health: how a feed is, in a few findings, each green, amber or red.

Belongs here: what each light means, and the thresholds that a feed may declare. Does not: gathering what is judged
(health.py of the package above), showing it (commands/status.py, reports/health_parts.py). No figure reads the clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from statistics import median

from analytics_assets.transforms.history import History

DAYS_BEFORE = 28
"""A date's volume is compared with that of so many dates before it."""
FEWEST_BEFORE = 7
SHARE_DAYS = 7
"""Shares are those of arrivals of so many dates, the last closed one included."""
MOST_SHOWN = 3


class Light(IntEnum):
    """How bad a finding is. Said by its word, never by a colour alone."""

    GREEN = 0
    AMBER = 1
    RED = 2

    @property
    def word(self) -> str:
        """Its name, as people are told."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class HealthRule:
    """From where on a figure of a feed is amber, and from where on red.

    overdue: so many arrivals are due and not there. volume: so many times more, or less, than usual. rejected: the
    share of landed rows. late: the share of accepted rows.
    """

    overdue: tuple[int, int] = (1, 2)
    volume: tuple[float, float] = (2.0, 10.0)
    rejected: tuple[float, float] = (0.02, 0.10)
    late: tuple[float, float] = (0.10, 0.30)

    def __post_init__(self) -> None:
        least = {"overdue": 1, "volume": 1, "rejected": 0, "late": 0}
        for name, lowest in least.items():
            amber, red = getattr(self, name)
            if not lowest <= amber <= red:
                raise ValueError(f"health: {name} is {(amber, red)}, expected amber <= red, both {lowest} or more")


@dataclass(frozen=True)
class Finding:
    """What one look at a feed says."""

    name: str
    light: Light
    said: str


@dataclass(frozen=True)
class Failing:
    """A check whose newest verdict on some partitions is that they fail. blocking: they go no further."""

    table: str
    check: str
    blocking: bool
    partitions: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class OpenAlert:
    """Something that a service is to be told of. opened: since when; told: when last, None where none was yet."""

    headline: str
    is_error: bool
    opened: datetime
    told: datetime | None


@dataclass(frozen=True, kw_only=True)
class FeedHealth:
    """A feed at a moment. findings: none where nothing of it was ever read, which is neither good nor bad."""

    feed: str
    seen_at: datetime
    findings: Sequence[Finding]

    @property
    def light(self) -> Light | None:
        """The worst of them; None where there are none."""
        return max((finding.light for finding in self.findings), default=None)

    @property
    def word(self) -> str:
        """The light, in a word."""
        return self.light.word if self.light is not None else "not read yet"


def freshness_finding(said: str, overdue: int, rule: HealthRule) -> Finding:
    """Whether the arrival that is due was read. overdue: how many are due after the newest that was."""
    return Finding("freshness", _light(overdue, rule.overdue), said)


def volume_finding(rows: Mapping[date, int], history: History, rule: HealthRule) -> Finding:
    """Accepted rows of the last closed date beside the median of the 28 before it, without those without an arrival."""
    name, as_of = "volume", history.as_of
    if as_of in history.missing:
        return Finding(name, Light.RED, f"no arrival landed for {as_of}")
    own = rows.get(as_of, 0)
    before = [rows.get(day, 0) for day in history.dates()[-DAYS_BEFORE - 1 : -1] if day not in history.missing]
    if len(before) < FEWEST_BEFORE:
        return Finding(name, Light.GREEN, f"{own:,} rows of {as_of}; too few dates before it to compare")
    usual = median(before)
    said = f"{own:,} rows of {as_of}, usually {usual:,.0f}"
    if not usual or not own:
        return Finding(name, Light.GREEN if own == usual else Light.RED, said)
    return Finding(name, _light(max(own / usual, usual / own), rule.volume), said)


def rejected_finding(landed: int, rejected: int, rule: HealthRule) -> Finding:
    """The share of rows that were rejected, of the newest arrivals."""
    return _share("rejected", rejected, landed, "landed", rule.rejected)


def late_finding(accepted: int, late: int, rule: HealthRule) -> Finding:
    """The share of rows that came late, of the newest arrivals."""
    return _share("late", late, accepted, "accepted", rule.late)


def checks_finding(failing: Sequence[Failing]) -> Finding:
    """Checks whose newest verdict is that they fail: red where one holds partitions back, else amber."""
    if not failing:
        return Finding("checks", Light.GREEN, "none is failing")
    told = [f"{one.check} of {one.table}{_partitions(one.partitions)}" for one in failing[:MOST_SHOWN]]
    more = f" and {len(failing) - MOST_SHOWN:,} more" if len(failing) > MOST_SHOWN else ""
    worst = Light.RED if any(one.blocking for one in failing) else Light.AMBER
    return Finding("checks", worst, f"{len(failing):,} failing: {', '.join(told)}{more}")


def alerts_finding(alerts: Sequence[OpenAlert]) -> Finding:
    """Alerts that are open, the newest of them in words: red where one is an error, else amber."""
    if not alerts:
        return Finding("alerts", Light.GREEN, "none is open")
    newest = max(alerts, key=lambda one: one.opened)
    told = [one.told for one in alerts if one.told is not None]
    last = f"last told at {_minute(max(told))}" if told else "nobody is told yet"
    said = f"{len(alerts):,} open, {last}; the newest, since {_minute(newest.opened)}: {newest.headline}"
    return Finding("alerts", Light.RED if any(one.is_error for one in alerts) else Light.AMBER, said)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _share(name: str, part: int, whole: int, of: str, thresholds: tuple[float, float]) -> Finding:
    if not whole:
        return Finding(name, Light.GREEN, f"no row was {of} in {SHARE_DAYS} days")
    said = f"{part / whole:.2%} of {whole:,} {of} rows in {SHARE_DAYS} days"
    return Finding(name, _light(part / whole, thresholds), said)


def _light(value: float, thresholds: tuple[float, float]) -> Light:
    amber, red = thresholds
    return Light.RED if value >= red else Light.AMBER if value >= amber else Light.GREEN


def _partitions(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f" ({names[0]}" + (f" and {len(names) - 1:,} more)" if len(names) > 1 else ")")
