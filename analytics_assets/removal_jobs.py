"""Jobs that take rows away: arrivals that a feed keeps no longer, users who were forgotten.

Belongs here: the jobs `<feed>_purge` and `<feed>_forget`. Does not: what they do (purges.py, forgetting.py), jobs that
compute (automation.py). Neither is told of a user: whom to forget stands in the table `forgotten`, as a digest.
"""

import dagster as dg

from analytics_assets.automation import Recorder, Watch, end_with, job_of, world_of
from analytics_assets.feeds.spec import Feed
from analytics_assets.forgetting import run_forgetting
from analytics_assets.observer import Outcome
from analytics_assets.purges import run_purge
from resources.lakehouse import Lakehouse
from resources.landing import Landing


class ForgetConfig(dg.Config):
    """landing: whether files that landed are written anew without the rows of forgotten users."""

    landing: bool = False


def purge_job(feed: Feed) -> dg.JobDefinition:
    """The job `<feed>_purge`: take accepted rows of old arrivals out of bronze."""

    @dg.op(name=f"{feed.name}_purge_tables", description="Takes old arrivals out of bronze.", pool=feed.name)
    def tables(
        context: dg.OpExecutionContext, landing: Landing, lakehouse: Lakehouse, watch: dg.ResourceParam[Watch]
    ) -> None:
        purged = run_purge(world_of(context, feed, landing, lakehouse))
        context.log.info(f"purged {len(purged.arrivals)} arrivals, {purged.rows:,} rows")
        end_with(watch, Outcome(purged=purged))

    description = (
        f"Takes accepted rows of {feed.name} out of bronze that are older than {feed.retention_days} "
        "days of arrivals. Their events stay in silver."
    )
    return job_of(feed, "purge", description, tables)


def forget_job(feed: Feed) -> dg.JobDefinition:
    """The job `<feed>_forget`: take rows of users who have a tombstone out of all tables."""

    @dg.op(name=f"{feed.name}_forget_tables", description="Takes rows of forgotten users out.", pool=feed.name)
    def tables(
        context: dg.OpExecutionContext,
        config: ForgetConfig,
        landing: Landing,
        lakehouse: Lakehouse,
        watch: dg.ResourceParam[Watch],
    ) -> None:
        world = world_of(context, feed, landing, lakehouse)
        recorder = Recorder(context, feed, watch.observer)
        end_with(watch, run_forgetting(world, recorder, landing=config.landing))

    description = (
        f"Takes rows of users of {feed.name} who have a tombstone out of all tables, and computes again what follows. "
        "tidebook forget leaves the tombstone, starts this, and removes what earlier versions of the tables left."
    )
    return job_of(feed, "forget", description, tables)
