"""Automation: the jobs. A feed's pass, as one job whose run stands in the instance that the UI shows.

Belongs here: jobs, and what they record in Dagster. Does not: what a pass does (passes.py).
"""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

import dagster as dg

from analytics_assets.attempts import FEED_TAG, REFUSED_TAG, process_tag
from analytics_assets.backfills import run_backfill
from analytics_assets.feeds.live_tables import LIVE_TABLES
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.bronze import BuiltBronze
from analytics_assets.layers.metrics import WHOLE
from analytics_assets.layers.records import materializations, tide_materializations
from analytics_assets.layers.world import Built, World
from analytics_assets.observer import Observer, Outcome, Verdicts
from analytics_assets.passes import run_pass
from asset_checks.dagster_checks import evaluations, latest_evaluation
from asset_checks.freshness import FRESH, freshness
from asset_checks.law import Law
from resources.event_log import gathered_events
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.lease import LeaseError

CHECKS_FAILED = "Checks failed"
"""How the words begin of a run that failed for that alone."""


class PassConfig(dg.Config):
    """What a pass reads: without any of these, all arrivals and snapshots that are new or changed.

    arrivals, snapshots: read these again. lists_landing: whether to look for others, where none is named.
    accept_removed: arrivals of which a person says that what is missing was removed. retry: those to judge again.
    """

    arrivals: list[str] = []
    snapshots: list[str] = []
    lists_landing: bool = True
    accept_removed: list[str] = []
    retry: list[str] = []

    def words(self) -> dict[str, Any]:
        """The arguments of `run_pass`."""
        is_listed = self.lists_landing and not (self.accept_removed or self.retry)
        return {
            "arrivals": self.arrivals or (None if is_listed else []),
            "reread": self.lists_landing and bool(self.arrivals),
            "snapshots": self.snapshots or (None if self.lists_landing else []),
            "accept_removed": self.accept_removed,
            "retry": self.retry,
        }


class Watch:
    """Lets a command watch the passes that run in its own process. By default nobody watches."""

    def __init__(self) -> None:
        self.observer = Observer()
        self.outcome: Outcome | None = None

    def watch(self, observer: Observer) -> None:
        """Let somebody watch the next pass; nothing is known of it yet."""
        self.observer, self.outcome = observer, None


class Recorder(Observer):
    """Records a pass in Dagster: an event for each partition written, touched or judged."""

    def __init__(self, context: dg.OpExecutionContext, feed: Feed, watching: Observer) -> None:
        self._context, self._feed, self._watching = context, feed, watching

    def stage(self, name: str, partitions: int) -> None:
        self._context.log.info(f"{name}: {partitions} partitions")
        self._watching.stage(name, partitions)

    def done(self, name: str, built: Built, seconds: float) -> None:
        self._log(materializations(built))
        if isinstance(built, BuiltBronze):
            self.touched(built.touched)
            for quarantined in built.quarantined:
                self._context.log.warning(f"{quarantined.file.path}: {quarantined.rule}: {quarantined.explanation}")
        self._watching.done(name, built, seconds)

    def judged(self, law: Law, verdicts: Verdicts) -> None:
        instance = self._context.instance
        if any(WHOLE in found for found in verdicts.values()):
            of_whole = [(check, verdicts[check.name][WHOLE]) for check in law.checks]
            self._log([latest_evaluation(instance, self._feed.name, check, verdict) for check, verdict in of_whole])
            self._watching.judged(law, verdicts)
            return
        latest = instance.event_log_storage.get_latest_storage_id_by_partition(
            dg.AssetKey([self._feed.name, law.table]),
            dg.DagsterEventType.ASSET_MATERIALIZATION,
            {key for found in verdicts.values() for key in found},
        )
        self._log(evaluations(self._feed.name, law, verdicts, self._context.run_id, latest))
        self._watching.judged(law, verdicts)

    def touched(self, versions: Mapping[str, str]) -> None:
        self._log(tide_materializations(self._feed.name, versions))
        self._watching.touched(versions)

    def warned(self, line: str) -> None:
        self._context.log.warning(line)
        self._watching.warned(line)

    def _log(self, events: Iterable[dg.AssetMaterialization | dg.AssetCheckEvaluation]) -> None:
        with gathered_events(self._context.instance.event_log_storage):
            for event in events:
                self._context.log_event(event)  # type: ignore[arg-type]  # it takes verdicts; its types do not say so


class BackfillConfig(dg.Config):
    """Partitions from first to last (arrivals or dates, inclusive); of one table, or of all where it is empty."""

    first: str
    last: str
    table: str = ""


def pass_job(feed: Feed) -> dg.JobDefinition:
    """The job `<feed>_pass`: bring every table of the feed up to date with landing, in one run."""

    @dg.op(name=f"{feed.name}_pass_tables", description="Computes what is behind, stage by stage.", pool=feed.name)
    def tables(
        context: dg.OpExecutionContext,
        config: PassConfig,
        landing: Landing,
        lakehouse: Lakehouse,
        watch: dg.ResourceParam[Watch],
    ) -> None:
        world = world_of(context, feed, landing, lakehouse)
        outcome = run_pass(world, Recorder(context, feed, watch.observer), **config.words())
        fresh = freshness(world, datetime.now(timezone.utc))
        context.log_event(latest_evaluation(context.instance, feed.name, FRESH, fresh))  # type: ignore[arg-type]
        end_with(watch, outcome)

    description = (
        f"Brings every table of {feed.name} up to date with landing: reads new and changed arrivals, "
        "computes again the dates that they touch, and everything that follows from them."
    )
    return job_of(feed, "pass", description, tables)


def backfill_job(feed: Feed) -> dg.JobDefinition:
    """The job `<feed>_backfill`: compute partitions again, whether or not they are behind."""

    @dg.op(
        name=f"{feed.name}_backfill_tables",
        description="Computes the partitions again, table by table.",
        pool=feed.name,
    )
    def tables(
        context: dg.OpExecutionContext,
        config: BackfillConfig,
        landing: Landing,
        lakehouse: Lakehouse,
        watch: dg.ResourceParam[Watch],
    ) -> None:
        world = world_of(context, feed, landing, lakehouse)
        recorder = Recorder(context, feed, watch.observer)
        end_with(watch, run_backfill(world, recorder, config.first, config.last, config.table or None))

    description = f"Computes partitions of {feed.name} again, of one table or of all."
    return job_of(feed, "backfill", description, tables)


def maintenance_job(feed: Feed) -> dg.JobDefinition:
    """The job `<feed>_maintenance`: join small files and delete old ones, table by table."""

    @dg.op(
        name=f"{feed.name}_maintenance_tables",
        description="OPTIMIZE and VACUUM, under the feed's lease.",
        pool=feed.name,
    )
    def tables(
        context: dg.OpExecutionContext, landing: Landing, lakehouse: Lakehouse, watch: dg.ResourceParam[Watch]
    ) -> None:
        world = world_of(context, feed, landing, lakehouse)
        outcome = Outcome()
        for name, table in world.tables.items():
            if name not in LIVE_TABLES and lakehouse.exists(table):
                context.log.info(f"{name}: joins small files, deletes old ones")
                watch.observer.stage(name, 1)
                began = time.monotonic()
                lakehouse.maintain(table, context.run_id)
                outcome.seconds[name] = time.monotonic() - began
        end_with(watch, outcome)

    description = (
        f"Joins small files of {feed.name} and deletes those that no version of the last 7 days needs. "
        "Never runs beside a writer."
    )
    return job_of(feed, "maintenance", description, tables)


def job_of(feed: Feed, name: str, description: str, tables: dg.OpDefinition) -> dg.JobDefinition:
    """The job `<feed>_<name>` of one op."""

    @dg.job(
        name=f"{feed.name}_{name}",
        description=description,
        tags={FEED_TAG: feed.name},
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        tables()

    return job


def world_of(context: dg.OpExecutionContext, feed: Feed, landing: Landing, lakehouse: Lakehouse) -> World:
    """The world of a run, which says in which process it runs, holds the lease, or says that it was refused."""
    context.instance.add_run_tags(context.run_id, process_tag(context.run_id))
    try:
        lakehouse.hold(feed.name)
    except LeaseError:
        context.instance.add_run_tags(context.run_id, {REFUSED_TAG: "another writer"})
        raise
    return World(feed, landing, lakehouse, context.run_id)


def end_with(watch: Watch, outcome: Outcome) -> None:
    """Tell who watches what the run did. Raises Failure where a blocking check failed."""
    watch.outcome = outcome
    if outcome.has_failed:
        held = "; ".join(f"{table}: {', '.join(keys[:5])}" for table, keys in outcome.failed.items())
        raise dg.Failure(f"{CHECKS_FAILED}, and these partitions went no further: {held}", allow_retries=False)
