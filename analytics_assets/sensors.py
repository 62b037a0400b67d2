"""Sensors: one for each feed, which asks for one run of its pass when something is to do.

Belongs here: what a tick looks at, and when a run is asked for. Does not: what is behind (layers/behind.py), what must
be read (layers/landed.py), which older arrivals come next (rounds.py), runs that failed (attempts.py).

Everything that a tick concludes follows from landing and the tables. What it remembers only saves it work.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

import dagster as dg

from analytics_assets.attempts import FEED_TAG, WORK_TAG, attempts_at, run_under_way
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.behind import behind, state
from analytics_assets.layers.landed import (
    Found,
    Source,
    archived_lines,
    events_source,
    frozen_lines,
    look,
    names_of,
    no_file,
    snapshot_source,
)
from analytics_assets.layers.world import World, digest, look_back_begin
from analytics_assets.rounds import Cursor, Round
from asset_checks.dagster_checks import latest_evaluation
from asset_checks.freshness import FRESH, due_arrival, freshness
from resources.errors import UserError
from resources.lakehouse import Lakehouse
from resources.landing import Landing

INTERVAL_S = 30
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=25))
"""Between a failure and the next attempt at the same work; after the last of them, a person must look."""
MOST_ARRIVALS = 1000
"""Arrivals that one run is told of; more come with the next."""


@dataclass(frozen=True)
class Work:
    """What is to do. waits: what is not complete yet, in words. files: how many were listed."""

    arrivals: dict[str, list[str]] = field(default_factory=dict)
    snapshots: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    waits: list[str] = field(default_factory=list)
    files: int = 0

    def digest(self, feed: str) -> str:
        """The same work has the same digest, and other work another one."""
        return digest(feed, self.arrivals, self.snapshots, self.tables)

    def words(self) -> str:
        """In words; empty if there is nothing to do."""
        parts = [_some("arrival", sorted(self.arrivals)), _some("snapshot", sorted(self.snapshots))]
        parts += [_some(table, sorted(keys)) for table, keys in self.tables.items()]
        return "; ".join(part for part in parts if part)


def feed_sensor(feed: Feed, is_running: bool = True, clock: Callable[[], float] = time.time) -> dg.SensorDefinition:
    """The sensor `<feed>_sensor`. is_running: whether it runs until somebody stops it, or only when started.

    clock: seconds since 1970.
    """

    @dg.sensor(
        name=f"{feed.name}_sensor",
        job_name=f"{feed.name}_pass",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING if is_running else dg.DefaultSensorStatus.STOPPED,
        description=f"Asks for a pass of {feed.name} when files land, change or are removed, or a table is behind.",
    )
    def sensor(context: dg.SensorEvaluationContext, landing: Landing, lakehouse: Lakehouse) -> dg.SensorResult:
        return tick(context, World(feed, landing, lakehouse, run_id=""), clock())

    return sensor


def tick(context: dg.SensorEvaluationContext, world: World, now_s: float) -> dg.SensorResult:
    """Look once: ask for one run, or say in a sentence why not."""
    feed, cursor = world.feed, Cursor.read(context.cursor)
    # Nothing is listed meanwhile: what is found now might be read by then.
    if run := run_under_way(context.instance, feed.name):
        return _skip(cursor, f"Run {run.run_id[:8]} of {run.job_name} is {run.status.value.lower()}.")
    try:
        work, cursor = _work(context, world, cursor, now_s)
    except UserError as error:
        # A feed of which nothing has landed yet is nobody's trouble.
        if world.lakehouse.exists(world.tables["counts"]):
            context.log.error(str(error))
        return _skip(cursor, f"Landing cannot be seen, and nothing was changed: {error}")
    cursor, events = _freshness(context.instance, world, cursor, now_s)
    answer = _answer(context, feed, work, cursor, now_s)
    return dg.SensorResult(answer.run_requests, answer.skip_reason, answer.cursor, asset_events=events)


def _answer(
    context: dg.SensorEvaluationContext, feed: Feed, work: Work, cursor: Cursor, now_s: float
) -> dg.SensorResult:
    if not work.words():
        waits = f" {work.waits[0]}{_more(work.waits)}." if work.waits else ""
        return _skip(cursor, f"Nothing to do: {work.files:,} files are as they were read.{waits}")
    job, key = f"{feed.name}_pass", work.digest(feed.name)
    so_far = attempts_at(context.instance, job, key)
    if so_far.failures > len(PAUSES):
        words = (
            f"Gave up after {so_far.failures} runs that failed at the same work, the last of them {so_far.run_id[:8]}: "
            f"{work.words()}. Look into that run, then: tidebook run {feed.name}"
        )
        context.log.error(words)
        return _skip(cursor, words)
    if so_far.failures and not so_far.is_refused:
        pause_s = PAUSES[so_far.failures - 1] / timedelta(seconds=1)
        left_s = so_far.ended_s + pause_s - now_s
        if 0 < left_s <= pause_s:  # a clock that was put back is not waited for
            return _skip(
                cursor,
                f"Run {so_far.run_id[:8]} failed; it is asked for again in {left_s:.0f} s "
                f"(failure {so_far.failures} of {len(PAUSES) + 1}): {work.words()}.",
            )
    config = {"arrivals": sorted(work.arrivals), "snapshots": sorted(work.snapshots), "lists_landing": False}
    context.log.info(f"Asks for {job}: {work.words()}")
    request = dg.RunRequest(
        # With the number of runs for it: the same work may come again, after other work.
        run_key=f"{feed.name}:{key}:{so_far.runs}",
        run_config={"ops": {f"{job}_tables": {"config": config}}},
        tags={FEED_TAG: feed.name, WORK_TAG: key},
    )
    return dg.SensorResult(run_requests=[request], cursor=cursor.text())


def _work(context: dg.SensorEvaluationContext, world: World, cursor: Cursor, now_s: float) -> tuple[Work, Cursor]:
    source, snapshots = events_source(world.feed), snapshot_source(world.feed)
    rounds: dict[str, Round] = {}
    events, rounds[source.name] = _look(world, source, cursor, now_s)
    users = Found([], {}, {}, {}, 0)
    if snapshots is not None and world.landing.has_folder(snapshots.pattern):
        users, rounds[snapshots.name] = _look(world, snapshots, cursor, now_s)
    for found in (events, users):
        for line in (*archived_lines(world.feed, found.archived), *frozen_lines(found.frozen)):
            context.log.warning(line)
    stands = state(world)
    tables = {} if cursor.quiet == stands else behind(world)
    work = Work(
        arrivals={arrival: events.fingerprints[arrival] for arrival in events.pending[:MOST_ARRIVALS]},
        snapshots={arrival: users.fingerprints[arrival] for arrival in users.pending[:MOST_ARRIVALS]},
        tables=tables,
        waits=[*events.unsettled.values(), *users.unsettled.values()],
        files=events.files + users.files,
    )
    return work, replace(cursor, rounds=rounds, quiet="" if tables else stands)


def _look(world: World, source: Source, cursor: Cursor, now_s: float) -> tuple[Found, Round]:
    """The look-back and some older arrivals. Raises LandingError where there is no arrival of events at all."""
    names = names_of(world, source)
    is_events = source.name == events_source(world.feed).name
    if not names:
        if is_events:
            raise no_file(world, source)
        return Found([], {}, {}, {}, 0), Round()
    since = look_back_begin(names[-1], world.feed.look_back_days)
    older = [name for name in names if name < since]
    some, turn = cursor.rounds.get(source.name, Round()).next(older, now_s)
    found = look(world, source, [*some, *[name for name in names if name >= since]], names[-1], now_s)
    if is_events and not found.files and not older:
        raise no_file(world, source)
    return found, turn.found([*found.pending, *found.unsettled], older)


def _freshness(
    instance: dg.DagsterInstance, world: World, cursor: Cursor, now_s: float
) -> tuple[Cursor, list[dg.AssetCheckEvaluation]]:
    """The verdict, where the answer may be another one than that which was recorded last."""
    now = datetime.fromtimestamp(now_s, timezone.utc)
    seen = digest(due_arrival(world.feed, now), world.lakehouse.version(world.tables["counts"]))
    if cursor.fresh == seen:
        return cursor, []
    verdict = freshness(world, now)
    return replace(cursor, fresh=seen), [latest_evaluation(instance, world.feed.name, FRESH, verdict)]


def _skip(cursor: Cursor, words: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=words, cursor=cursor.text())


def _some(name: str, keys: list[str]) -> str:
    return f"{name} {keys[0]}{_more(keys)}".rstrip() if keys else ""


def _more(found: list[str]) -> str:
    return f" and {len(found) - 1:,} more" if len(found) > 1 else ""
