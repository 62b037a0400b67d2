"""Runs that failed: the newest of each job of a feed, and what it died of.

Belongs here: reading Dagster's runs. Does not: how often the sensor tries again (sensors.py, attempts.py).
"""

from __future__ import annotations

import dagster as dg

from analytics_assets.alerts.cause import Cause, Severity, counted
from analytics_assets.attempts import REFUSED_TAG, WORK_TAG, attempts_at
from analytics_assets.feeds.spec import Feed
from analytics_assets.sensors import PAUSES

JOBS = ("pass", "backfill", "maintenance", "purge", "reports", "live")
FROM_UI = "__ASSET_JOB"
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
"""A run that was cancelled was cancelled by somebody, who knows."""
MOST = 100
LONG_REFUSED_S = 3600.0
"""Runs that another writer holds up are asked for again; only where that goes on for so long it is told."""
MOST_OF_WHY = 400


def run_causes(instance: dg.DagsterInstance, feed: Feed, now_s: float) -> list[Cause]:
    """A cause for each job whose newest run failed."""
    found = []
    for job in [f"{feed.name}_{kind}" for kind in JOBS]:
        newest = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=ENDED), limit=1)
        if newest and newest[0].dagster_run.status == dg.DagsterRunStatus.FAILURE:
            found.append(_cause(instance, feed, job, _streak(instance, job), now_s))
    from_ui = [
        record
        for record in instance.get_run_records(dg.RunsFilter(job_name=FROM_UI, statuses=ENDED), limit=MOST)
        if feed.name in {key.path[0] for key in record.dagster_run.asset_selection or ()}
    ]
    if from_ui and from_ui[0].dagster_run.status == dg.DagsterRunStatus.FAILURE:
        found.append(_cause(instance, feed, "materialization", from_ui[:1], now_s))
    return [cause for cause in found if cause is not None]


def _streak(instance: dg.DagsterInstance, job: str) -> list[dg.RunRecord]:
    """Failed runs since the last good one, the newest first."""
    good = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1)
    since = good[0].storage_id if good else -1
    failed = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.FAILURE])
    return [record for record in instance.get_run_records(failed, limit=MOST) if record.storage_id > since]


def _cause(
    instance: dg.DagsterInstance, feed: Feed, job: str, failed: list[dg.RunRecord], now_s: float
) -> Cause | None:
    since_s = _ended_s(failed[-1])
    told = [record for record in failed if REFUSED_TAG not in record.dagster_run.tags]
    if not told and now_s - since_s < LONG_REFUSED_S:
        return None
    run = (told or failed)[0].dagster_run
    work = run.tags.get(WORK_TAG)
    has_given_up = work is not None and attempts_at(instance, job, work).failures > len(PAUSES)
    is_tried_again = work is not None and not has_given_up
    bad = "what it was to write is behind"
    if has_given_up:
        bad = "the sensor has given up: it asks for this work no more until something changes"
    elif is_tried_again:
        bad = "the sensor asks for it again"
    return Cause(
        feed=feed.name,
        kind="run",
        place=job,
        severity=Severity.WARN if is_tried_again else Severity.ERROR,
        headline=f"{job} failed" + (f", {counted(len(failed), 'run')} in a row" if len(failed) > 1 else ""),
        where=f"job {job}, run {run.run_id[:8]}",
        bad=bad,
        example=why(instance, run.run_id),
        since_s=since_s,
        look=f"tidebook status {feed.name}",
        run_id=run.run_id,
    )


def why(instance: dg.DagsterInstance, run_id: str) -> str:
    """What a run died of, in a line."""
    steps = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE, limit=1).records
    for record in steps:
        event = record.event_log_entry.dagster_event
        failure = event.step_failure_data if event else None
        if failure and failure.user_failure_data and failure.user_failure_data.description:
            return failure.user_failure_data.description[:MOST_OF_WHY]
        if failure and failure.error:
            error = failure.error.cause or failure.error
            return error.message.strip().split("\n")[0][:MOST_OF_WHY]
    ends = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.RUN_FAILURE, limit=1).records
    return "; ".join((record.event_log_entry.message or "").split("\n")[0] for record in ends)[:MOST_OF_WHY]


def _ended_s(record: dg.RunRecord) -> float:
    return float(record.end_time or record.update_timestamp.timestamp())
