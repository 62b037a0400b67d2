"""Checks as Dagster knows them: partitioned like the table that they judge, blocking where the law says so.

Belongs here: the factory. Does not: any check (a module a concern).
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData

from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.metrics import WHOLE
from analytics_assets.layers.world import World
from asset_checks.law import Check, Law, Verdict
from resources.lakehouse import Lakehouse
from resources.landing import Landing


def feed_checks(
    feed: Feed, laws: tuple[Law, ...], partitions: Mapping[str, dg.PartitionsDefinition[str]]
) -> list[dg.AssetChecksDefinition]:
    """The checks of the tables that a feed has. partitions: of each table that has some, by its name."""
    tables = feed_tables(feed)
    return [
        _check(feed, law, check, partitions.get(law.table))
        for law in laws
        if law.table in tables
        for check in law.checks
    ]


def evaluation(
    feed: str,
    check: Check,
    key: str | None,
    verdict: Verdict,
    target: AssetCheckEvaluationTargetMaterializationData | None,
) -> dg.AssetCheckEvaluation:
    """The event that records a verdict on a partition; target: the materialization that was judged."""
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey([feed, check.table]),
        check_name=check.name,
        passed=verdict.passed,
        partition=key,
        blocking=check.blocking,
        severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
        metadata=figures_of(verdict),
        description=check.sentence,
        target_materialization_data=target,
    )


def figures_of(verdict: Verdict) -> dict[str, Any]:
    """A verdict's figures as Dagster shows them."""
    return {name: dg.MetadataValue.text(v) if isinstance(v, str) else v for name, v in verdict.figures.items()}


def latest_evaluation(
    instance: dg.DagsterInstance, feed: str, check: Check, verdict: Verdict
) -> dg.AssetCheckEvaluation:
    """The event that records a verdict on a table as it stands, whichever partition was written last."""
    made = instance.fetch_materializations(dg.AssetKey([feed, check.table]), limit=1).records
    target = None
    if made:
        target = AssetCheckEvaluationTargetMaterializationData(
            storage_id=made[0].storage_id, run_id=made[0].run_id, timestamp=made[0].timestamp
        )
    return evaluation(feed, check, None, verdict, target)


def evaluations(
    feed: str, law: Law, verdicts: Mapping[str, Mapping[str, Verdict]], run_id: str, latest: Mapping[str, int]
) -> Iterator[dg.AssetCheckEvaluation]:
    """An event for each check and partition.

    latest: storage id of each partition's materialization. Without it Dagster takes a verdict for outdated.
    """
    now = time.time()
    for check in law.checks:
        for key, verdict in verdicts.get(check.name, {}).items():
            target = (
                AssetCheckEvaluationTargetMaterializationData(storage_id=latest[key], run_id=run_id, timestamp=now)
                if key in latest
                else None
            )
            yield evaluation(feed, check, key, verdict, target)


def _check(
    feed: Feed, law: Law, check: Check, partitions: dg.PartitionsDefinition[str] | None
) -> dg.AssetChecksDefinition:
    # Dagster's types know no check that yields; its own documentation does for partitions.
    @dg.asset_check(  # type: ignore[arg-type]
        asset=dg.AssetKey([feed.name, law.table]),
        name=check.name,
        description=check.sentence,
        blocking=check.blocking,
        partitions_def=partitions,
    )
    def judge(
        context: dg.AssetCheckExecutionContext, landing: Landing, lakehouse: Lakehouse
    ) -> Iterator[dg.AssetCheckEvaluation | dg.AssetCheckResult]:
        keys = list(context.partition_keys) if partitions else [WHOLE]
        verdicts = law.judge(World(feed, landing, lakehouse, context.run.run_id), keys)[check.name]
        # In a run over a range one result would be recorded without a partition.
        for key in keys if partitions else ():
            yield evaluation(feed.name, check, key, verdicts[key], None)
        failed = [key for key in keys if not verdicts[key].passed]
        yield dg.AssetCheckResult(
            passed=not failed,
            severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
            metadata={"partitions": len(keys), "failed": len(failed), "first": failed[0] if failed else ""}
            if partitions
            else figures_of(verdicts[WHOLE]),
        )

    return judge
