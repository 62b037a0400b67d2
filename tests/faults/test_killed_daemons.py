"""A daemon is killed between two ticks, or at any moment: what it knew stands in Dagster's records and the tables."""

from __future__ import annotations

import random
import time

import dagster as dg
import pytest
from beds import Bed
from meddling import AtStage
from places import kill_group, materialized
from told import KILLED, Record, Told
from webserver import group_of, kill_all, started_ui, until

from analytics_assets.observer import Observer
from resources.spark import Spark

pytestmark = [pytest.mark.soak, pytest.mark.usefixtures("quick_spark"), pytest.mark.timeout(1800)]

LATER_S = 3600.0
RUN_S = 400
MOMENTS = (
    "before the tick's answer was kept",
    "after the run was asked for",
    "after the run, before the next tick",
    "in the run",
)


class DaemonEndedError(Exception):
    """The daemon, and the run in it, ended here."""


def ticked(bed: Bed, spark: Spark, cursor: str | None, now_s: float) -> dg.SensorResult:
    """A tick of a daemon that has just begun: nothing is known to it but what stands on disk."""
    with bed.place.instance() as instance:
        return bed.place.tick(bed.feed, spark, instance, cursor, now_s)


def answered(bed: Bed, spark: Spark, request: dg.RunRequest, watching: Observer) -> bool:
    """The run that a tick asked for; whether it ended well."""
    with bed.place.instance() as instance:
        return bed.place.answer(bed.feed, spark, instance, request, watching).success


@pytest.mark.parametrize("seed", range(8))
def test_a_daemon_that_is_killed_between_ticks_forgets_nothing_and_does_nothing_twice(
    seed: int, ide_bed: Bed, spark_resource: Spark, record: Record
) -> None:
    bed, moment, now_s = ide_bed, MOMENTS[seed % len(MOMENTS)], time.time() + LATER_S
    bed.begin()
    first = ticked(bed, spark_resource, None, now_s)
    [request] = first.run_requests or []
    cursor = first.cursor
    if moment == MOMENTS[0]:
        again = ticked(bed, spark_resource, None, now_s)
        [same] = again.run_requests or []
        assert same.run_key == request.run_key, "Dagster makes no second run of a key"
        assert answered(bed, spark_resource, same, Observer())
    elif moment == MOMENTS[1]:
        assert answered(bed, spark_resource, request, Observer())
        cursor = None  # the answer of the tick was not kept
    elif moment == MOMENTS[2]:
        assert answered(bed, spark_resource, request, Observer())
    else:
        assert not answered(bed, spark_resource, request, AtStage(random.Random(seed).choice(STAGES), end))
        later = ticked(bed, spark_resource, cursor, now_s + LATER_S)
        [other] = later.run_requests or []
        assert other.run_key != request.run_key, "another attempt"
        assert answered(bed, spark_resource, other, Observer())
        cursor = later.cursor
    idle = ticked(bed, spark_resource, cursor, now_s + 2 * LATER_S)
    assert not idle.run_requests and str(idle.skip_reason.skip_message).startswith("Nothing to do")
    assert not (found := bed.half_seen()), found
    assert not (found := bed.lost_or_doubled(bed.place.lakehouse)), found
    record.add(Told("daemon killed between ticks", moment, KILLED, "", bed.repaired()))


STAGES = ("bronze", "silver", "sessions", "user_days", "active_users")


def end() -> None:
    """As a kill does: nothing more is done."""
    raise DaemonEndedError


@pytest.mark.parametrize("seed", range(2))
def test_a_daemon_that_is_killed_and_started_again_brings_the_tables_up_to_date(
    seed: int, ide_bed: Bed, record: Record
) -> None:
    bed, waits_s = ide_bed, random.Random(seed).uniform(5, 45)
    bed.begin()
    for path in bed.turns.landing.rglob("*.csv"):
        assert time.time() - path.stat().st_mtime > LATER_S, "nothing is waited for"
    before = good_runs(bed)
    with started_ui(bed.place, TIDEBOOK_LEASE_WAIT_S="60") as ui:
        time.sleep(waits_s)
        kill_all(group_of(ui.process.pid))  # the daemon, the run in it and its JVM, too
        kill_group(ui.process)
    with started_ui(bed.place, TIDEBOOK_LEASE_WAIT_S="60") as ui:
        until(RUN_S, lambda: not bed.lost_or_doubled(bed.place.lakehouse), ui.printed)
        until(RUN_S, lambda: no_run_is_open(bed), ui.printed)
    # Dagster may ask once more for a run whose tick it was killed in: that one finds nothing to do.
    done = [run for run in good_runs(bed) - before if work_of(bed, run)]
    assert len(done) == 1, "what a killed run left was done once more, and what was done was not"
    assert not (found := bed.half_seen()), found
    record.add(Told("daemon killed at any moment", f"after {waits_s:.0f} s", KILLED, "", bed.repaired()))


def good_runs(bed: Bed) -> set[str]:
    """Runs of the pass that ended well."""
    with bed.place.instance() as instance:
        good = dg.RunsFilter(job_name=f"{bed.feed.name}_pass", statuses=[dg.DagsterRunStatus.SUCCESS])
        return {run.run_id for run in instance.get_runs(good)}


def work_of(bed: Bed, run_id: str) -> int:
    """How many partitions a run computed."""
    with bed.place.instance() as instance:
        return sum(found.total() for found in materialized(instance, run_id).values())


def no_run_is_open(bed: Bed) -> bool:
    """Whether each run has ended."""
    with bed.place.instance() as instance:
        return all(run.is_finished for run in instance.get_runs(limit=20))
