"""A pass: one way through all tables of a feed, computing what is behind and nothing else.

Belongs here: the order of the stages, what a failed check holds back. Does not: computing (layers/),
judging (asset_checks/), Dagster's records (automation.py), the terminal (cli).

What is behind follows from what stands in the lakehouse, not from what an earlier pass meant to do: a pass
that was killed is finished by the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.feeds.spec import Published
from analytics_assets.layers import active_users, bronze, dimension, from_silver, published, restatements, silver
from analytics_assets.layers.arrivals import arrivals_of
from analytics_assets.layers.purge import Purged
from analytics_assets.layers.world import Built, World, unaccounted
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.law import Law, Verdict
from asset_checks.laws import law_of
from resources.errors import UserError

B = TypeVar("B", bound=Built)
Verdicts = Mapping[str, Mapping[str, Verdict]]


class Observer:
    """Is told how a pass goes. This one says nothing."""

    def stage(self, name: str, partitions: int) -> None:
        """A stage begins, over so many partitions."""

    def done(self, name: str, built: Built, seconds: float) -> None:
        """A stage wrote a table."""

    def judged(self, law: Law, verdicts: Verdicts) -> None:
        """Partitions were judged."""

    def touched(self, versions: Mapping[str, str]) -> None:
        """The tide of event dates changed: date -> version, empty where no accepted row is left."""


@dataclass
class Outcome:
    """What a pass did: seconds by stage, rows by table, and the partitions held back by a failed check.

    refused: purged arrivals whose files changed. purged: what a purge took out of bronze.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    partitions: dict[str, int] = field(default_factory=dict)
    quarantined: list[str] = field(default_factory=list)
    failed: dict[str, list[str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    purged: Purged | None = None

    @property
    def has_failed(self) -> bool:
        """Whether a blocking check failed."""
        return bool(self.failed)


def run_pass(world: World, observer: Observer, arrivals: Sequence[str] | None = None) -> Outcome:
    """Bring every table of the feed up to date with landing.

    arrivals: read these again, whether or not they changed; by default all that are new or changed.
    Raises LandingError, LeaseError, WriteError with one clear message; nothing is half done then.
    """
    world.lakehouse.hold(world.feed.name)
    run = _Pass(world, observer)
    run.bronze(arrivals)
    run.dimension()
    blocked = run.silver()
    blocked |= run.from_silver("sessions", from_silver.build_sessions, blocked)
    run.from_silver("user_days", from_silver.build_user_days, blocked)
    for name, build in from_silver.FURTHER.items():
        if name in world.tables:
            run.from_silver(name, build, blocked)
    run.published_events(blocked)
    run.active_users()
    run.published_totals()
    run.restatements()
    return run.outcome


def run_backfill(world: World, observer: Observer, first: str, last: str, table: str | None = None) -> Outcome:
    """Compute the partitions from first to last (ISO dates, inclusive) again, of one table or of all in order.

    Arrivals and dates alike are meant by their date. Weeks and months are those that begin in the range.
    Raises UserError if there is no such table, or no date between first and last.
    """
    builds = builds_of(world)
    if table is not None and table not in (*builds, *active_users.KEY):
        known = ", ".join((*builds, *active_users.KEY))
        raise UserError(f"{world.feed.name}/{table}: saw no such partitioned table, expected one of: {known}")
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    if end < begin:
        raise UserError(f"saw --from {first} after --to {last}, expected a first date at or before the last")
    world.lakehouse.hold(world.feed.name)
    run = _Pass(world, observer)
    days = [(begin + timedelta(days=n)).isoformat() for n in range((end - begin).days + 1)]
    arrivals = arrivals_of(world.feed, days)
    for name, build in builds.items():
        if table in (None, name):
            run.again(name, arrivals if name == "bronze" else days, build)
    if table is None or table in active_users.KEY:
        run.active_users_again(days, [table] if table else list(active_users.KEY))
    run.restatements()
    return run.outcome


def builds_of(world: World) -> dict[str, Callable[[World, Sequence[str]], Built]]:
    """What computes each table that is partitioned by arrival or date, in order."""
    dimension_name = world.feed.dimension.name if world.feed.dimension else ""
    builds: dict[str, Callable[[World, Sequence[str]], Built]] = {
        "bronze": bronze.build_bronze,
        dimension_name: dimension.build_dimension,
        "silver": silver.build_silver,
        "sessions": from_silver.build_sessions,
        "user_days": from_silver.build_user_days,
        **from_silver.FURTHER,
    }
    return {name: build for name, build in builds.items() if name in world.tables}


class _Pass:
    def __init__(self, world: World, observer: Observer) -> None:
        self.world, self.observer, self.outcome = world, observer, Outcome()
        self._fine: set[tuple[str, str]] = set()

    def bronze(self, arrivals: Sequence[str] | None) -> None:
        pending = bronze.pending_arrivals(self.world) if arrivals is None else sorted(arrivals)
        if arrivals is None:
            self.outcome.refused = bronze.frozen_arrivals(self.world)
        if pending:
            build = bronze.build_changed if arrivals is None else bronze.build_bronze
            done = self._timed("bronze", pending, build)
            self.outcome.quarantined = [f"{q.file.path}: {q.rule}: {q.explanation}" for q in done.quarantined]
            self.observer.touched(done.touched)
            self._judge("bronze", pending)

    def dimension(self) -> None:
        pending = dimension.pending_snapshots(self.world)
        if pending and self.world.feed.dimension:
            self._timed(self.world.feed.dimension.name, pending, dimension.build_dimension)

    def silver(self) -> set[str]:
        held_back = self._dates_of_unaccounted_arrivals()
        # Again until none is left: sessions may last into dates that nothing else touched.
        while behind := [day for day in silver.dates_behind(self.world) if day not in held_back]:
            self._timed("silver", behind, silver.build_silver)
            held_back |= self._judge("silver", behind)
        return held_back

    def from_silver(self, table: str, build: Callable[[World, Sequence[str]], Built], blocked: set[str]) -> set[str]:
        behind = [day for day in from_silver.dates_behind(self.world, table) if day not in blocked]
        # Dates that an earlier pass computed and did not come to judge.
        unjudged = [day for day in behind if ("silver", day) not in self._fine]
        if unjudged:
            failed = self._judge("silver", unjudged)
            behind = [day for day in behind if day not in failed]
        if not behind:
            return set()
        self._timed(table, behind, build)
        return self._judge(table, behind)

    def active_users(self) -> None:
        began = time.monotonic()
        with active_users.current_activity(self.world) as now:
            if now is None:
                return
            self.outcome.seconds["activity"] = time.monotonic() - began
            behind = {}
            for table in (active_users.WEEK, active_users.MONTH, active_users.DAILY):
                behind[table] = active_users.keys_behind(self.world, now, table)
                if behind[table]:
                    self._timed(table, behind[table], _build_active_users(now, table))
            closed = [day for day in behind[active_users.DAILY] if date.fromisoformat(day) <= now.history.as_of]
            if closed:
                self._judge(active_users.DAILY, closed)

    def published_events(self, blocked: set[str]) -> None:
        for found in self.world.feed.published:
            if found.source == "silver":
                behind = [day for day in published.events_to_publish(self.world) if day not in blocked]
                if behind:
                    self._timed(found.name, behind, _publish_events(found))

    def published_totals(self) -> None:
        for found in self.world.feed.published:
            if found.source != "silver" and (changed := published.publish_totals(self.world, found)):
                self.outcome.partitions[found.name] = changed

    def restatements(self) -> None:
        began = time.monotonic()
        done = restatements.build_restatements(self.world)
        if done is not None:
            seconds = self.outcome.seconds[restatements.TABLE] = time.monotonic() - began
            self.observer.done(restatements.TABLE, done, seconds)

    def again(self, name: str, keys: Sequence[str], build: Callable[[World, Sequence[str]], Built]) -> None:
        done = self._timed(name, keys, build)
        if isinstance(done, bronze.BuiltBronze):
            self.observer.touched(done.touched)
        self._judge(name, list(done.rows))

    def active_users_again(self, days: Sequence[str], tables: Sequence[str]) -> None:
        with active_users.current_activity(self.world) as now:
            if now is None:
                return
            for table in tables:
                keys = [key for key in now.wanted[table] if days[0] <= key <= days[-1]]
                if keys:
                    self._timed(table, keys, _build_active_users(now, table))
                    self._judge(table, keys)

    def _timed(self, name: str, keys: Sequence[str], build: Callable[[World, Sequence[str]], B]) -> B:
        self.observer.stage(name, len(keys))
        began = time.monotonic()
        done = build(self.world, keys)
        self.outcome.seconds[name] = self.outcome.seconds.get(name, 0.0) + time.monotonic() - began
        self.outcome.partitions[name] = len(keys)
        self.observer.done(name, done, self.outcome.seconds[name])
        return done

    def _judge(self, table: str, keys: Sequence[str]) -> set[str]:
        law = law_of(table)
        if law is None or not keys:
            return set()
        began = time.monotonic()
        self.observer.stage(f"checks of {table}", len(keys))
        verdicts = law.judge(self.world, keys)
        self.observer.judged(law, verdicts)
        failed = law.failed(verdicts)
        self.outcome.seconds["checks"] = self.outcome.seconds.get("checks", 0.0) + time.monotonic() - began
        self._fine |= {(table, key) for key in keys if key not in failed}
        if failed:
            self.outcome.failed[table] = sorted(failed)
        return failed

    def _dates_of_unaccounted_arrivals(self) -> set[str]:
        counts = self.world.counts()
        broken = unaccounted(counts)
        if not broken:
            return set()
        self.outcome.failed.setdefault("bronze", sorted(broken))
        events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
        rows = events.filter(pc.is_in(events["arrival"], pa.array(sorted(broken))))
        return {day.isoformat() for day in rows["event_date"].to_pylist() if day is not None}


def _build_active_users(now: active_users.Activity, table: str) -> Callable[[World, Sequence[str]], Built]:
    return lambda world, keys: active_users.build_active_users(world, now, table, keys)


def _publish_events(found: Published) -> Callable[[World, Sequence[str]], Built]:
    return lambda world, keys: published.publish_events(world, found, keys)
