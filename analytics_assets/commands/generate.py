"""`tidebook generate`: lifelike event files into landing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID

from analytics_assets.samples.aqua import generate_aqua
from analytics_assets.samples.ide import generate_ide
from analytics_assets.samples.limits import SampleOptions
from analytics_assets.samples.notes import generate_notes
from analytics_assets.samples.options import AquaOptions, IdeOptions, NotesOptions, ShopOptions, UniformOptions
from analytics_assets.samples.shop import generate_shop
from analytics_assets.samples.truth import Truth
from analytics_assets.samples.uniform import generate_like_sample
from resources.errors import UserError
from resources.object_store import is_bucket
from resources.settings import load_settings

YEAR_DAYS = 365
MONTH_DAYS = 30


@dataclass(frozen=True)
class Sample:
    """How a sample is made. days: dates where none are given; None: its options have dates of their own."""

    options: type[SampleOptions]
    make: Callable[..., Truth]
    days: int | None


SAMPLES = {
    "notes": Sample(NotesOptions, generate_notes, YEAR_DAYS),
    "uniform": Sample(UniformOptions, generate_like_sample, None),
    "ide": Sample(IdeOptions, generate_ide, MONTH_DAYS),
    "aqua": Sample(AquaOptions, generate_aqua, MONTH_DAYS),
    "shop": Sample(ShopOptions, generate_shop, MONTH_DAYS),
}


def generate(
    sample: str,
    *,
    start: str | None = None,
    end: str | None = None,
    options: Mapping[str, Any],
    to: Path | None = None,
    console: Console,
) -> Truth:
    """Write a sample into a landing folder, and say what was written. Raises UserError for options that do not fit.

    sample: a name of SAMPLES. options: of its options class, beside the dates. Without an end it ends yesterday.
    """
    if to is None and is_bucket(load_settings().landing):
        raise UserError("files are generated in a folder, never in a bucket: say which with --to")
    found = SAMPLES[sample]
    landing = to or Path(load_settings().landing)
    dates: dict[str, Any] = {}
    if found.days is not None:
        last = date.fromisoformat(end) if end else datetime.now(timezone.utc).date() - timedelta(days=1)
        dates = {"start": date.fromisoformat(start) if start else last - timedelta(days=found.days - 1), "end": last}
    try:
        chosen = found.options(**dates, **options)
        truth = _shown(console, lambda report: found.make(landing, chosen, report))
    except (ValueError, FileExistsError) as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"{landing} cannot be written: {error.strerror}. Set --to or TIDEBOOK_LANDING") from error
    folder = landing / truth.feed
    console.print(
        f"{truth.landed:,} rows in {folder}: {truth.silver:,} events, {truth.duplicates:,} duplicates, "
        f"{sum(truth.rejected.values()):,} broken, {truth.late:,} late. The truth is in {folder}/truth.json"
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
