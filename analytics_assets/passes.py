"""A pass: one way through all tables of a feed, computing what is behind and nothing else.

Belongs here: the order of the stages, what a failed check holds back. Does not: computing (layers/),
judging (asset_checks/), Dagster's records (automation.py), the terminal (cli).

What is behind follows from what stands in the lakehouse, not from what an earlier pass meant to do: a pass
that was killed is finished by the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from analytics_assets.layers import (
    active_users,
    bronze,
    dimension,
    forgetting,
    from_silver,
    landed,
    published,
    rejudging,
    removed,
    restatements,
    retrying,
    silver,
)
from analytics_assets.layers.bronze import BuiltBronze
from analytics_assets.layers.counting import OF_EVENTS, arrivals_being_read
from analytics_assets.layers.metrics import metrics_of
from analytics_assets.layers.purge import purged_arrivals
from analytics_assets.layers.world import Built, World, event_dates_of, unaccounted
from analytics_assets.observer import Observer, Outcome
from analytics_assets.transforms.counts import EVENTS_SOURCE
from asset_checks.laws import law_of

B = TypeVar("B", bound=Built)


def run_pass(
    world: World,
    observer: Observer,
    arrivals: Sequence[str] | None = None,
    *,
    reread: bool = False,
    snapshots: Sequence[str] | None = None,
    accept_removed: Sequence[str] = (),
    retry: Sequence[str] = (),
) -> Outcome:
    """Bring every table of the feed up to date with landing.

    arrivals: read these, and those that a run which ended left half read; by default all that are new or changed.
    reread: though their bytes are the same. snapshots: the same for the dimension. accept_removed: arrivals of which a
    person says that what is missing was removed. retry: judge these again, from bronze where landing has them no more.
    Raises LandingError, LeaseError, WriteError with one clear message; nothing is half done then.
    """
    world.lakehouse.hold(world.feed.name)
    run = Pass(world, observer)
    run.accept_removed(accept_removed)
    run.retry(retry)
    run.bronze(arrivals, reread)
    run.dimension(snapshots, accept_removed)
    blocked = run.silver()
    blocked |= run.from_silver("sessions", from_silver.build_sessions, blocked)
    run.from_silver("user_days", from_silver.build_user_days, blocked)
    # What most are waiting for comes first.
    run.active_users()
    run.published_totals()
    run.published_events(blocked)
    for name, build in from_silver.FURTHER.items():
        if name in world.tables:
            run.from_silver(name, build, blocked)
    run.metrics()
    run.restatements()
    return run.outcome


class Pass:
    """The stages of a pass over one feed, and what they did."""

    def __init__(self, world: World, observer: Observer) -> None:
        self.world, self.observer, self.outcome = world, observer, Outcome()
        self._fine: set[tuple[str, str]] = set()

    def bronze(self, arrivals: Sequence[str] | None, reread: bool) -> None:
        source = landed.events_source(self.world.feed)
        build: Callable[[World, Sequence[str]], BuiltBronze]
        if arrivals is None:
            standing = landed.look_at_all(self.world, source)
            pending, archived = standing.pending, standing.archived
            frozen = set(standing.frozen)
            same = bronze.note_same(self.world, [file for file in standing.files if file.arrival in frozen])
            self._refuse(sorted(frozen - same))
            files = [file for file in standing.files if file.arrival not in frozen]
            build = partial(bronze.build_changed, files=files)
        else:
            # Dates would be computed with half of those that are half read, and their checks would fail.
            wanted, purged = {*arrivals, *arrivals_being_read(self.world, EVENTS_SOURCE)}, purged_arrivals(self.world)
            self._refuse(sorted(purged & {*arrivals}))
            pending, archived = sorted(wanted - purged), {}
            if pending:
                archived = landed.look(self.world, source, pending, landed.newest_name(self.world, source)).archived
            build = bronze.build_bronze if reread else bronze.build_changed
        self._warn(archived)
        self._bronze([arrival for arrival in pending if arrival not in archived], build)

    def accept_removed(self, arrivals: Sequence[str]) -> None:
        self._bronze(sorted(arrivals), removed.accept_removed)

    def retry(self, arrivals: Sequence[str]) -> None:
        self._bronze(forgetting.left_unfinished(self.world), forgetting.forget_events)
        again = retrying.from_where(self.world, [*arrivals, *rejudging.left_unfinished(self.world)])
        self._bronze(again.landed, bronze.build_bronze)
        self._bronze(again.archived, rejudging.rejudge)

    def _bronze(self, arrivals: Sequence[str], build: Callable[[World, Sequence[str]], BuiltBronze]) -> None:
        if arrivals:
            done = self._timed("bronze", arrivals, build)
            self.outcome.quarantined += [f"{q.file.path}: {q.rule}: {q.explanation}" for q in done.quarantined]
            for line in done.told:
                self.observer.warned(line)
            self._judge("bronze", arrivals)

    def dimension(self, snapshots: Sequence[str] | None, accepted: Sequence[str]) -> None:
        if self.world.feed.dimension is None:
            return
        if snapshots is None:
            standing = dimension.look_at_snapshots(self.world)
            self._warn({arrival: gone for arrival, gone in standing.archived.items() if arrival not in accepted})
            snapshots = sorted({*standing.pending, *(standing.archived.keys() & set(accepted))})
        if snapshots:
            build = partial(dimension.build_dimension, accepted=accepted)
            done = self._timed(self.world.feed.dimension.name, snapshots, build)
            self._judge(self.world.feed.dimension.name, list(done.rows))

    def _refuse(self, purged: list[str]) -> None:
        self.outcome.refused = purged
        for line in landed.frozen_lines(purged):
            self.observer.warned(line)

    def _warn(self, archived: dict[str, list[str]]) -> None:
        for line in landed.archived_lines(self.world.feed, archived):
            self.observer.warned(line)

    def silver(self) -> set[str]:
        held_back = self._dates_held_back()
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
                    self._timed(table, behind[table], active_users.stage(now, table))
            closed = [day for day in behind[active_users.DAILY] if date.fromisoformat(day) <= now.history.as_of]
            if closed:
                self._judge(active_users.DAILY, closed)

    def published_events(self, blocked: set[str]) -> None:
        for found in self.world.feed.published:
            if found.source == "silver":
                behind = [day for day in published.events_to_publish(self.world) if day not in blocked]
                if behind:
                    self._timed(found.name, behind, published.publisher(found))

    def published_totals(self) -> None:
        for found in self.world.feed.published:
            if found.source != "silver" and (changed := published.publish_totals(self.world, found)):
                self.outcome.partitions[found.name] = changed

    def metrics(self) -> None:
        for metric in metrics_of(self.world):
            if behind := metric.behind(self.world):
                self.again(metric.table, sorted(behind), metric.build)

    def restatements(self) -> None:
        began = time.monotonic()
        done = restatements.build_restatements(self.world)
        if done is not None:
            seconds = self.outcome.seconds[restatements.TABLE] = time.monotonic() - began
            self.observer.done(restatements.TABLE, done, seconds)

    def again(self, name: str, keys: Sequence[str], build: Callable[[World, Sequence[str]], Built]) -> None:
        self._judge(name, list(self._timed(name, keys, build).rows))

    def active_users_again(self, days: Sequence[str], tables: Sequence[str]) -> None:
        with active_users.current_activity(self.world) as now:
            if now is None:
                return
            for table in tables:
                keys = [key for key in now.wanted[table] if days[0] <= key <= days[-1]]
                if keys:
                    self._timed(table, keys, active_users.stage(now, table))
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
        law = law_of(self.world.feed, table)
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

    def _dates_held_back(self) -> set[str]:
        counts, held = self.world.counts(OF_EVENTS), self.world.held_back()
        broken = unaccounted(counts)
        if broken or held:
            self.outcome.failed.setdefault("bronze", sorted({*broken, *held}))
        return event_dates_of(counts, broken) | {day.isoformat() for days in held.values() for day in days}
