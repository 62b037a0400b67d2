"""Failing checks: those whose newest verdict on some partition is that it fails, as Dagster's instance has them.

Belongs here: reading verdicts. Does not: judging (the other modules of this package), freshness (freshness.py), telling
somebody (analytics_assets/alerts).
"""

from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus as Status

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.partitions import partitions_of
from analytics_assets.layers.world import look_back_begin
from analytics_assets.transforms.health import Failing
from asset_checks.law import Check
from asset_checks.laws import laws_of


@dataclass(frozen=True)
class NewestVerdicts:
    """failed: partitions that fail a check, None for a table without partitions. planned: by run, the checks of which a
    partition was to be judged by it and has no verdict yet."""

    failed: dict[Check, list[str | None]]
    planned: dict[str, set[Check]]


def newest_verdicts(instance: dg.DagsterInstance, feed: Feed) -> NewestVerdicts:
    """The newest verdict on each partition of the feed's tables. One that only warns and is older than the look-back
    does not count: nobody does anything about it, and it would be told for ever."""
    partitions, tables = partitions_of(feed), feed_tables(feed)
    checks = {
        dg.AssetCheckKey(dg.AssetKey([feed.name, law.table]), check.name): check
        for law in laws_of(feed)
        if law.table in tables
        for check in law.checks
    }
    found = NewestVerdicts({}, {})
    infos = instance.event_log_storage.get_asset_check_partition_info(list(checks))
    newest = max((info.partition_key for info in infos if info.partition_key), default="")
    since = look_back_begin(newest, feed.look_back_days) if newest else ""
    for info in infos:
        check = checks[info.check_key]
        # Of a range Dagster records one more verdict, without a partition, which no later one takes back.
        if (info.partition_key is None) == (check.table in partitions):
            continue
        if not check.blocking and (info.partition_key or since) < since:
            continue
        if info.latest_execution_status == Status.FAILED:
            found.failed.setdefault(check, []).append(info.partition_key)
        elif info.latest_execution_status == Status.PLANNED:
            found.planned.setdefault(info.latest_planned_run_id or "", set()).add(check)
    return found


def failing_checks(instance: dg.DagsterInstance, feed: Feed) -> list[Failing]:
    """Failing checks of a feed, blocking ones first."""
    found = [
        Failing(check.table, check.name, check.blocking, sorted(key for key in keys if key is not None))
        for check, keys in newest_verdicts(instance, feed).failed.items()
    ]
    return sorted(found, key=lambda one: (not one.blocking, one.table, one.check))
