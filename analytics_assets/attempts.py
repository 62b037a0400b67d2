"""Attempts: what Dagster's runs say of a feed: is one under way, how often did the same work fail, and when.

Belongs here: reading the instance's runs, and telling of runs whose process is gone. Does not: what is to be done
(sensors.py). If the instance loses its runs, only the count of failures begins again.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass

import dagster as dg
import psutil

FEED_TAG, WORK_TAG = "tidebook/feed", "tidebook/work"
PROCESS_TAG, REFUSED_TAG = "tidebook/process", "tidebook/refused"
UNDER_WAY = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
ENDED_BADLY = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
MOST = 200


@dataclass(frozen=True)
class Attempts:
    """Runs for the same work. runs: all that there were; failures: since the feed's last good pass, without those
    that another writer held up; ended_s: when the newest of either kind ended."""

    runs: int
    failures: int
    ended_s: float
    is_refused: bool
    run_id: str


def process_tag(run_id: str) -> dict[str, str]:
    """The tag by which a run names the process that it runs in."""
    own = psutil.Process()
    words = {"run": run_id, "host": socket.gethostname(), "pid": os.getpid(), "began": own.create_time()}
    return {PROCESS_TAG: json.dumps(words)}


def run_under_way(instance: dg.DagsterInstance, feed: str) -> dg.DagsterRun | None:
    """A run that writes the feed's tables or waits to, if there is one.

    A run whose process is gone, killed or by loss of power, is told to Dagster as failed: nobody else does.
    """
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY), limit=MOST):
        run = record.dagster_run
        selected = {key.path[0] for key in run.asset_selection or ()}
        if run.tags.get(FEED_TAG) != feed and feed not in selected:
            continue
        if _is_dead(run):
            instance.report_run_failed(run, "The run's process ended without a word: it was killed, or its machine.")
            continue
        return run
    return None


def attempts_at(instance: dg.DagsterInstance, job: str, work: str) -> Attempts:
    """How often the job was asked for this very work."""
    same = dg.RunsFilter(job_name=job, tags={WORK_TAG: work})
    good = instance.get_run_records(dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS]), limit=1)
    since = good[0].storage_id if good else -1
    bad = [
        record
        for record in instance.get_run_records(same, limit=MOST)  # newest first
        if record.storage_id > since and record.dagster_run.status in ENDED_BADLY
    ]
    refused = [REFUSED_TAG in record.dagster_run.tags for record in bad]
    return Attempts(
        runs=instance.get_runs_count(same),
        failures=refused.count(False),
        ended_s=float(bad[0].end_time or bad[0].update_timestamp.timestamp()) if bad else 0.0,
        is_refused=bool(refused) and refused[0],
        run_id=bad[0].dagster_run.run_id if bad else "",
    )


def _is_dead(run: dg.DagsterRun) -> bool:
    if run.status not in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING):
        return False
    try:
        words = json.loads(run.tags.get(PROCESS_TAG, ""))
    except ValueError:
        return False
    # A run that is done again has the tags of the one before it.
    if words["run"] != run.run_id or words["host"] != socket.gethostname():
        return False
    try:
        return bool(abs(psutil.Process(words["pid"]).create_time() - words["began"]) > 1)
    except psutil.NoSuchProcess:
        return True
