"""`tidebook generate`: lifelike event files into landing."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID

from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import NotesOptions, UniformOptions
from analytics_assets.samples.truth import Truth
from analytics_assets.samples.uniform import generate_like_sample
from resources.errors import UserError
from resources.object_store import is_bucket
from resources.settings import load_settings

YEAR_DAYS = 365


def generate(
    events: int,
    users: int,
    start: str | None,
    end: str | None,
    seed: int,
    shares: dict[str, Any],
    like_sample: bool,
    to: Path | None,
    console: Console,
) -> Truth:
    """Write notes into a landing folder, and say what was written. Raises UserError for options that do not fit."""
    if to is None and is_bucket(load_settings().landing):
        raise UserError("files are generated in a folder, never in a bucket: say which with --to")
    landing = to or Path(load_settings().landing)
    last = date.fromisoformat(end) if end else datetime.now(timezone.utc).date() - timedelta(days=1)
    first = date.fromisoformat(start) if start else last - timedelta(days=YEAR_DAYS - 1)
    try:
        if like_sample:
            truth = _shown(
                console, lambda report: generate_like_sample(landing, UniformOptions(events=events, seed=seed), report)
            )
        else:
            options = NotesOptions(events=events, users=users, start=first, end=last, seed=seed, **shares)
            truth = _shown(console, lambda report: generate_notes(landing, options, report))
    except (ValueError, FileExistsError) as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"{landing} cannot be written: {error.strerror}. Set --to or TIDEBOOK_LANDING") from error
    console.print(
        f"{truth.landed:,} rows in {landing}/notes: {truth.silver:,} events, {truth.duplicates:,} duplicates, "
        f"{sum(truth.rejected.values()):,} broken, {truth.late:,} late. The truth is in {landing}/notes/truth.json"
    )
    return truth


def _shown(console: Console, work: Any) -> Truth:
    with Progress(console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(f"generating {stage}", total=total)
            progress.update(tasks[stage], completed=done)

        made: Truth = work(report)
    return made
