"""All that Dagster loads: the table of contents, and nothing else."""

from pathlib import Path

import dagster as dg

from analytics_assets.alerts.sensor import alerts_sensor
from analytics_assets.automation import Watch, backfill_job, maintenance_job, pass_job
from analytics_assets.discovery import load_feeds
from analytics_assets.layers.assets import feed_assets
from analytics_assets.layers.partitions import partitions_of
from analytics_assets.live_jobs import live_assets, live_jobs
from analytics_assets.removal_jobs import forget_job, purge_job
from analytics_assets.report_assets import report_assets, reports_job
from analytics_assets.schedules import feed_schedules
from analytics_assets.sensors import feed_sensor
from asset_checks.dagster_checks import feed_checks
from asset_checks.freshness import freshness_check
from asset_checks.laws import laws_of
from resources.open import open_places
from resources.settings import load_settings

SETTINGS = load_settings()
FEEDS = load_feeds(SETTINGS.feeds).values()
WATCH = Watch()
LANDING, LAKEHOUSE = open_places(SETTINGS)
RESOURCES = {"landing": LANDING, "lakehouse": LAKEHOUSE, "watch": WATCH}

defs = dg.Definitions(
    assets=dg.with_source_code_references(
        [
            asset
            for feed in FEEDS
            for asset in (*feed_assets(feed), report_assets(feed, Path(SETTINGS.reports), Path(SETTINGS.state)))
        ]
        + [asset for feed in FEEDS for asset in live_assets(feed)]
    ),
    asset_checks=[
        *[check for feed in FEEDS for check in feed_checks(feed, laws_of(feed), partitions_of(feed))],
        *[freshness_check(feed) for feed in FEEDS],
    ],
    jobs=[
        *[job for feed in FEEDS for job in (pass_job(feed), backfill_job(feed), maintenance_job(feed))],
        *[reports_job(feed) for feed in FEEDS],
        *[job for feed in FEEDS for job in live_jobs(feed)],
        *[forget_job(feed) for feed in FEEDS],
        *[purge_job(feed) for feed in FEEDS if feed.retention_days is not None],
    ],
    schedules=[schedule for feed in FEEDS for schedule in feed_schedules(feed, SETTINGS.sensors)],
    sensors=[*[feed_sensor(feed, SETTINGS.sensors) for feed in FEEDS], alerts_sensor(FEEDS, SETTINGS)],
    resources=RESOURCES,
    executor=dg.in_process_executor,
)
