"""Checks that do not hold: the newest verdict on each partition of each table, as Dagster's event log has it.

Belongs here: reading verdicts, one cause a check. Does not: judging (asset_checks/), freshness (standing.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter

from analytics_assets.alerts.cause import Cause, Severity, counted, span
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers.partitions import arrival_partitions, month_partitions, partitions_of, week_partitions
from asset_checks.failing import newest_verdicts
from asset_checks.law import Check


def check_causes(instance: dg.DagsterInstance, feed: Feed) -> tuple[list[Cause], list[str]]:
    """A cause for each check that does not hold; and keys of those of which a run is just judging a partition."""
    partitions, verdicts = partitions_of(feed), newest_verdicts(instance, feed)
    found = [_cause(instance, feed, check, keys, partitions) for check, keys in verdicts.failed.items()]
    # What a run that is gone had planned hides a verdict for good: nothing is waited for.
    waited_for = {check for run, checks in verdicts.planned.items() if _is_under_way(instance, run) for check in checks}
    return found, sorted(_key(feed, check) for check in waited_for)


def _is_under_way(instance: dg.DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is not None and not run.is_finished


def _cause(
    instance: dg.DagsterInstance,
    feed: Feed,
    check: Check,
    keys: list[str | None],
    partitions: Mapping[str, dg.PartitionsDefinition[str]],
) -> Cause:
    named = sorted(key for key in keys if key is not None)
    first = named[0] if named else None
    evaluated = _evaluation(instance, feed, check, first)
    noun = _noun(feed, partitions.get(check.table))
    is_one = len(keys) == 1
    what = f"{counted(len(named), noun)} of {check.table}" if named else check.table
    return Cause(
        feed=feed.name,
        kind="check",
        place=check.table,
        rule=check.name,
        severity=Severity.ERROR if check.blocking else Severity.WARN,
        headline=f"{what} {'fails' if is_one else 'fail'} {check.name}" + (f", {span(named)}" if named else ""),
        where=f"{feed.name}/{check.table}" + (f", {noun} {span(named)}" if named else ""),
        bad=f"{'what fails goes no further' if check.blocking else 'nothing is held back'}. Expected: {check.sentence}",
        example=_example(first, evaluated),
        since_s=evaluated.create_timestamp,
        look=_look(feed, check, noun, first),
        run_id=evaluated.run_id,
        page="data-profile" if check.table == "profiles" else "data-quality",
    )


def _evaluation(instance: dg.DagsterInstance, feed: Feed, check: Check, partition: str | None) -> Any:
    key = dg.AssetCheckKey(dg.AssetKey([feed.name, check.table]), check.name)
    [record] = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, partition_filter=PartitionKeyFilter(key=partition)
    )
    return record


def _example(partition: str | None, record: Any) -> str:
    entry = record.event.dagster_event if record.event else None
    figures = entry.event_specific_data.metadata if entry else {}
    words = ", ".join(f"{name} {value.value}" for name, value in figures.items())
    return f"{partition}: {words}" if partition else words


def _noun(feed: Feed, partitions: dg.PartitionsDefinition[str] | None) -> str:
    nouns = ((arrival_partitions, "arrival"), (week_partitions, "week"), (month_partitions, "month"))
    return next((noun for partitions_of_noun, noun in nouns if partitions == partitions_of_noun(feed)), "date")


def _look(feed: Feed, check: Check, noun: str, first: str | None) -> str:
    if first and noun == "date":
        return f"tidebook why {feed.name} {first}"
    if first and noun == "arrival":
        return f"tidebook show {feed.name}/{check.table} --where \"arrival = '{first}'\""
    return f"tidebook show {feed.name}/{check.table}"


def _key(feed: Feed, check: Check) -> str:
    return f"{feed.name}/check/{check.table}/{check.name}"
