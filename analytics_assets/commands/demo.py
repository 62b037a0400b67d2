"""`tidebook demo`: the main job on a year of generated notes, or on a real log, compared with what is true.

Belongs here: preparing the data, the short table at the end. Does not: the pass (run.py), the page (reports/).
"""

from __future__ import annotations

import re
import shutil
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from rich.console import Console

from analytics_assets.commands.figures import Figures, feed_figures, print_figures
from analytics_assets.commands.generate import YEAR_DAYS, generate
from analytics_assets.commands.injected import Findings, injected, print_findings, retention_differences
from analytics_assets.commands.instance import PROJECT
from analytics_assets.commands.report import record, write_pages
from analytics_assets.commands.run import run
from analytics_assets.discovery import find_feed
from analytics_assets.layers.world import World
from analytics_assets.samples.kinds import rejected_by_rule
from analytics_assets.samples.truth import NotesTruth, Truth
from resources.errors import UserError
from resources.open import open_places
from resources.settings import load_settings

REAL_LOG = PROJECT / "tests" / "data" / "apache_access_2015-05.log"
LOG_DATE = re.compile(rb"\[(\d\d)/May/2015:")
LOG_TRUTH = {
    "landed": 10_000,
    "accepted": 9_999,
    "rejected": 1,
    "duplicates": 19,
    "silver": 9_980,
    "dau": {"2015-05-17": 341, "2015-05-18": 627, "2015-05-19": 561, "2015-05-20": 505},
}
DEMO_FEEDS = ("notes", "access_log")


def run_demo(feed_name: str, events: int, users: int, console: Console) -> bool:
    """Run the demo, and print its table; whether what came out is what is true."""
    if feed_name not in DEMO_FEEDS:
        raise UserError(f"saw --feed {feed_name!r}, expected one of: {', '.join(DEMO_FEEDS)}")
    began = time.monotonic()
    settings = load_settings()
    if settings.uses_s3:
        raise UserError("the demo works in folders: set TIDEBOOK_LANDING and TIDEBOOK_LAKEHOUSE to folders for it")
    _start_afresh(feed_name)
    truth = _notes(events, users, console) if feed_name == "notes" else _access_log(console)
    generated = time.monotonic() - began
    outcome = run(feed_name, [], None, console)
    landing, lakehouse = open_places(settings)
    world = World(find_feed(feed_name, settings.feeds), landing, lakehouse, run_id="")
    figures = feed_figures(world)
    report_began = time.monotonic()
    pages = write_pages(world, Path(settings.reports))
    record(world.feed, pages)
    seconds = {"generate": generated, **outcome.seconds, "report": time.monotonic() - report_began}
    seconds["start and records"] = time.monotonic() - began - sum(seconds.values())
    print_figures(figures, seconds, console)
    is_true = equals_truth(world, figures, truth, console)
    console.print(
        f"\nThe reports:    {pages.index}\nThe Dagster UI: make ui  (or: tidebook ui)\nA table:        "
        f"tidebook show {feed_name}/active_users --where \"dimension = 'all'\""
    )
    return is_true


def equals_truth(world: World, figures: Figures, truth: Truth | dict[str, object], console: Console) -> bool:
    """Whether the tables hold what is true, and miss nothing that was injected and that there is enough of; says so."""
    differences = _compare(figures, truth)
    compared = "rows, reasons, duplicates, late, sessions, DAU of each date"
    if isinstance(truth, NotesTruth):
        differences += retention_differences(world, truth)
        compared += ", retention"
    if differences:
        console.print("[red]NOT equal to the truth:[/red] " + "; ".join(differences[:10]))
    else:
        console.print(f"[green]equal to the truth[/green]: {compared}")
    findings = injected(world, truth) if isinstance(truth, NotesTruth) else Findings()
    print_findings(findings, console)
    return not differences and not findings.missed


def _start_afresh(feed_name: str) -> None:
    """Take away what an earlier demo made, and nothing else; refuse where something else stands."""
    settings = load_settings()
    places = [Path(settings.landing) / feed_name, Path(settings.lakehouse) / feed_name]
    made_file = Path(settings.landing).parent / ".made-by-demo"
    made = set(made_file.read_text().splitlines()) if made_file.is_file() else set()
    base = Path.cwd()
    named = {place: str(place.relative_to(base)) if place.is_relative_to(base) else str(place) for place in places}
    for place, name in named.items():
        if place.exists() and name not in made:
            raise UserError(
                f"{place} holds files that no demo made: the demo would mix with them. Set TIDEBOOK_LANDING and "
                "TIDEBOOK_LAKEHOUSE to other folders for it"
            )
        shutil.rmtree(place, ignore_errors=True)
    others = [settings.reports, settings.state, str(settings.dagster_home), f"{settings.lakehouse}/_leases"]
    relative = [str(Path(p).relative_to(base)) if Path(p).is_relative_to(base) else p for p in others]
    try:
        made_file.parent.mkdir(parents=True, exist_ok=True)
        made_file.write_text("\n".join(sorted({*made, *named.values(), *relative})) + "\n")
    except OSError as error:
        raise UserError(f"{made_file.parent} cannot be written: {error.strerror}. Set TIDEBOOK_LANDING") from error


def _notes(events: int, users: int, console: Console) -> Truth:
    yesterday = datetime.now(timezone.utc).date() - timedelta(days=1)
    start = yesterday - timedelta(days=YEAR_DAYS - 1)
    return generate(
        "notes",
        start=start.isoformat(),
        end=yesterday.isoformat(),
        options={"events": events, "users": users},
        console=console,
    )


def _access_log(console: Console) -> dict[str, object]:
    """Cut the real log into a file a day."""
    if not REAL_LOG.is_file():
        raise UserError(f"{REAL_LOG}: no such file; it comes with the repository")
    landing = Path(load_settings().landing) / "access_log"
    days: dict[str, list[bytes]] = {}
    for line in REAL_LOG.read_bytes().splitlines(keepends=True):
        found = LOG_DATE.search(line)
        days.setdefault(f"2015-05-{found.group(1).decode()}" if found else "2015-05-20", []).append(line)
    for day, lines in days.items():
        folder = landing / day
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "access.log").write_bytes(b"".join(lines))
    console.print(f"{sum(map(len, days.values())):,} lines of a real log in {landing}, a file a day")
    return LOG_TRUTH


def _compare(figures: Figures, truth: Truth | dict[str, object]) -> list[str]:
    if isinstance(truth, Truth):
        expected: dict[str, object] = {
            "landed": truth.landed,
            "accepted": truth.accepted,
            "reasons": rejected_by_rule(truth.feed, truth.rejected),
            "duplicates": truth.duplicates,
            "late": truth.late,
            "silver": truth.silver,
            "sessions": truth.sessions,
            "dau": dict(truth.dau),
        }
    else:
        expected = truth
    differences = []
    for name, value in expected.items():
        seen = getattr(figures, name)
        if seen != value:
            differences.append(f"{name}: saw {_short(seen, value)}, expected {_short(value, seen)}")
    return differences


def _short(value: object, other: object) -> str:
    if isinstance(value, dict) and isinstance(other, dict):
        return str({key: found for key, found in value.items() if other.get(key) != found})[:200]
    return str(value)
