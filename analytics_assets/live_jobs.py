"""The job of a live run, for those who start and stop it in the Dagster UI.

Belongs here: the job and what it logs. Does not: the run (live.py), the jobs that write the tables of dates
(automation.py), for which no live run is under way or waited for: it has a pool, and no tag of the feed.
"""

import time
from pathlib import Path

import dagster as dg
from pydantic import Field

from analytics_assets.attempts import process_tag
from analytics_assets.feeds.live_tables import LIVE
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.records import table_metadata
from analytics_assets.live import HOURS, run_live
from analytics_assets.live_progress import Progress, line_of
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.settings import load_settings

LOG_S = 60
"""A line for each micro-batch would fill the instance's event log."""
FOR_EVER_S = 10 * 365 * 86_400
"""The instance ends other runs after two hours."""


class LiveConfig(dg.Config):
    """hours: for how long minutes stay. once: read what has landed, then end."""

    hours: int = Field(default=HOURS, ge=1, le=48)
    once: bool = False


def live_jobs(feed: Feed) -> list[dg.JobDefinition]:
    """The job `<feed>_live`; none for a feed without load times."""
    return [_live_job(feed)] if feed.has_load_times else []


def live_assets(feed: Feed) -> list[dg.AssetSpec]:
    """The live table, as the UI shows it: no pass makes it. None for a feed without load times."""
    return [_live_asset(feed)] if feed.has_load_times else []


def _live_job(feed: Feed) -> dg.JobDefinition:

    @dg.op(
        name=f"{feed.name}_live_minutes",
        description="Follows landing, and counts load times by minute.",
        pool=f"{feed.name}_live",
    )
    def minutes(context: dg.OpExecutionContext, config: LiveConfig, landing: Landing, lakehouse: Lakehouse) -> None:
        context.instance.add_run_tags(context.run_id, process_tag(context.run_id))
        logged = -float(LOG_S)

        def told(progress: Progress) -> None:
            nonlocal logged
            for line in progress.quarantined:
                context.log.warning(line)
            if time.monotonic() - logged >= LOG_S:
                logged = time.monotonic()
                context.log.info(line_of(progress))

        run_live(
            feed,
            landing,
            lakehouse,
            Path(load_settings().state),
            hours=config.hours,
            once=config.once,
            watching=told,
            is_stopped=lambda: False,  # to terminate the run is an interrupt, which ends the micro-batch first
        )

    @dg.job(
        name=f"{feed.name}_live",
        description=f"Counts load times of {feed.name} by minute as files land, until it is terminated.",
        tags={"dagster/max_runtime": f"{FOR_EVER_S}"},
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        minutes()

    return job


def _live_asset(feed: Feed) -> dg.AssetSpec:
    table = feed_tables(feed)[LIVE]
    return dg.AssetSpec(
        key=[feed.name, LIVE],
        group_name=feed.name,
        owners=[feed.owner],
        kinds={"delta"},
        description=f"{table.description} The job `{feed.name}_live` does the same.",
        metadata=table_metadata(table),
    )
