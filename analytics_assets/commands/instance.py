"""Dagster's instance, as every command uses it: the one that the UI shows.

Belongs here: DAGSTER_HOME and its dagster.yaml, running a job in this process. Does not: the jobs (automation.py).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from analytics_assets.commands.failures import explain, quiet_bridge
from resources.errors import UserError
from resources.settings import load_settings

if TYPE_CHECKING:
    from analytics_assets.observer import Observer, Outcome

PROJECT = Path(__file__).resolve().parents[2]
EVENTS_AT_ONCE = "1000"


class RunError(UserError):
    """A run did not end well; says where its record and Spark's log are."""


class StoppedError(RunError):
    """Somebody stopped the run, with Ctrl-C or a signal."""

    exit_code = 130


def prepare_home() -> Path:
    """Make DAGSTER_HOME with the project's dagster.yaml, and point Dagster at it."""
    home = load_settings().dagster_home
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "dagster.yaml").is_file() and (PROJECT / "dagster.yaml").is_file():
            shutil.copyfile(PROJECT / "dagster.yaml", home / "dagster.yaml")
    except OSError as error:
        raise UserError(f"{home} cannot be written: {error.strerror}. Set DAGSTER_HOME to a folder that can") from error
    os.environ["DAGSTER_HOME"] = str(home)
    # A year of partitions is thousands of events: one transaction for many.
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", EVENTS_AT_ONCE)
    return home


def run_job(name: str, config: Mapping[str, Any], observer: Observer) -> Outcome:
    """Run a job of the definitions in this process, recorded in the instance that the UI shows.

    Raises UserError where the user can mend it, RunError where not.
    """
    prepare_home()
    import logging

    import dagster as dg

    logging.getLogger("dagster").setLevel(logging.CRITICAL)  # the run's record has it all
    from analytics_assets.attempts import process_tag
    from analytics_assets.definitions import WATCH, defs

    WATCH.watch(observer)
    job = defs.resolve_job_def(name)
    run_id = str(uuid4())
    try:
        with quiet_bridge(), dg.DagsterInstance.get() as instance:
            job.execute_in_process(
                instance=instance,
                run_config={
                    **({"ops": {f"{name}_tables": {"config": dict(config)}}} if config else {}),
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                raise_on_error=True,
                run_id=run_id,
                tags=process_tag(run_id),
            )
    except dg.Failure as failure:
        raise RunError(str(failure.description)) from None
    except UserError:
        raise
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        raise StoppedError(
            "stopped. What was written is whole; run the same command again to go on where it stopped"
        ) from None
    except Exception as error:
        raise RunError(explain(error)) from error
    if WATCH.outcome is None:
        raise RunError(f"run {run_id} did not end; see it with: tidebook ui")
    return WATCH.outcome
