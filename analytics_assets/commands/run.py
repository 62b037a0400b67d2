"""`tidebook run`, `retry`, `backfill`, `maintain`: a pass, arrivals or dates again, upkeep of a feed's files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from analytics_assets.commands.instance import run_job
from analytics_assets.commands.progress import ProgressDisplay
from analytics_assets.discovery import find_feed
from analytics_assets.observer import Observer, Outcome
from resources.errors import UserError
from resources.printable import LONGEST_LINE, printable
from resources.settings import load_settings


def run(
    feed_name: str, arrivals: list[str], timings: Path | None, console: Console, accept_removed: list[str] | None = None
) -> Outcome:
    """Bring a feed up to date; with arrivals, read these again, or as they are now."""
    feed = find_feed(feed_name, load_settings().feeds)
    return _job(f"{feed.name}_pass", {"arrivals": arrivals, "accept_removed": accept_removed or []}, timings, console)


def retry(feed_name: str, arrivals: list[str], console: Console) -> Outcome:
    """Read whole arrivals again under the contract as it is now, and compute the dates that they touch."""
    feed = find_feed(feed_name, load_settings().feeds)
    return _job(f"{feed.name}_pass", {"retry": arrivals}, None, console)


def backfill(feed_name: str, table: str | None, first: str, last: str, console: Console) -> Outcome:
    """Compute the partitions from first to last again, of one table or of all."""
    feed = find_feed(feed_name, load_settings().feeds)
    return _job(f"{feed.name}_backfill", {"first": first, "last": last, "table": table or ""}, None, console)


def purge(feed_name: str, console: Console) -> None:
    """Take accepted rows of arrivals that are older than the feed keeps out of bronze."""
    feed = find_feed(feed_name, load_settings().feeds)
    if feed.retention_days is None:
        raise UserError(f"{feed.name} declares no retention_days: bronze keeps all of its arrivals. Nothing was purged")
    with ProgressDisplay(console) as display:
        done = run_job(f"{feed.name}_purge", {}, display).purged
    if done is None or not done.arrivals:
        console.print(f"Nothing to purge: no arrival in bronze is older than {feed.retention_days} days.")
    else:
        console.print(
            f"{len(done.arrivals)} arrivals ({done.arrivals[0]} to {done.arrivals[-1]}), {done.rows:,} accepted rows "
            "left bronze; their events stay in silver, their rejected rows in bronze."
        )


def maintain(feed_name: str, console: Console) -> None:
    """Join small files of a feed's tables and delete old ones, never beside a writer."""
    feed = find_feed(feed_name, load_settings().feeds)
    with console.status(f"upkeep of {feed.name}"):
        outcome = run_job(f"{feed.name}_maintenance", {}, Observer())
    seconds = sum(outcome.seconds.values())
    console.print(f"files of {len(outcome.seconds)} tables of {feed.name} are in order, in {seconds:.1f} s")


def _job(name: str, config: dict[str, Any], timings: Path | None, console: Console) -> Outcome:
    with ProgressDisplay(console) as display:
        outcome = run_job(name, config, display)
    if timings is not None:
        total = sum(outcome.seconds.values())
        timings.write_text(json.dumps({"stages": outcome.seconds, "total_s": total}, indent=2) + "\n")
    for line in outcome.quarantined:
        console.print(f"quarantined {printable(line, LONGEST_LINE)}", markup=False)
    if not outcome.seconds.keys() - {"activity"}:
        console.print("Nothing is behind: all tables are as landing has it.")
    return outcome
