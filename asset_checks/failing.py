"""Failing checks: those whose newest verdict on some partition is that it fails, as Dagster's instance has them.

Belongs here: reading verdicts. Does not: judging (the other modules of this package), freshness (freshness.py).
"""

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.partitions import partitions_of
from analytics_assets.transforms.health import Failing
from asset_checks.laws import LAWS


def failing_checks(instance: dg.DagsterInstance, feed: Feed) -> list[Failing]:
    """Failing checks of a feed, blocking ones first."""
    partitions = partitions_of(feed)
    checks = {
        dg.AssetCheckKey(dg.AssetKey([feed.name, law.table]), check.name): check
        for law in LAWS
        if law.table in feed_tables(feed)
        for check in law.checks
    }
    failed: dict[dg.AssetCheckKey, list[str]] = {}
    for info in instance.event_log_storage.get_asset_check_partition_info(list(checks)):
        # Of a range Dagster records one more verdict, without a partition, which no later one takes back.
        is_of_range = info.partition_key is None and checks[info.check_key].table in partitions
        if info.latest_execution_status == AssetCheckExecutionRecordStatus.FAILED and not is_of_range:
            failed.setdefault(info.check_key, []).extend([info.partition_key] if info.partition_key else [])
    found = [
        Failing(checks[key].table, checks[key].name, checks[key].blocking, sorted(keys)) for key, keys in failed.items()
    ]
    return sorted(found, key=lambda one: (not one.blocking, one.table, one.check))
