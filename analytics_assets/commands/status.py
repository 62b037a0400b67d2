"""`tidebook status`: what has landed, what is behind, and how the last run went. Needs no JVM."""

from __future__ import annotations

from datetime import datetime, timezone

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analytics_assets.commands.alerts import open_alerts
from analytics_assets.commands.health import health_of, in_words
from analytics_assets.commands.instance import prepare_home
from analytics_assets.discovery import find_feed
from analytics_assets.feeds.spec import Feed
from analytics_assets.layers import bronze, dimension, landed
from analytics_assets.layers.behind import behind
from analytics_assets.layers.metrics import WHOLE
from analytics_assets.layers.retrying import under_another_contract
from analytics_assets.layers.world import World, landed_rows, sums_by_arrival
from resources.landing import LandingError
from resources.open import open_places
from resources.settings import load_settings


def status(feed_name: str, console: Console) -> bool:
    """Print a feed's state; whether nothing is behind. While landing cannot be listed, that is not known: False."""
    feed = find_feed(feed_name, load_settings().feeds)
    landing, lakehouse = open_places(load_settings())
    world = World(feed, landing, lakehouse, run_id="")
    counts = world.counts()
    rows, read = landed_rows(counts), list(sums_by_arrival(counts))
    events = sum(lakehouse.rows(world.tables["silver"]).values())
    history = world.history_of(counts)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    is_listed = True
    try:
        pending = bronze.pending_arrivals(world)
        snapshots = dimension.pending_snapshots(world)
        table.add_row("arrivals", f"{len(read):,} read{_span(read)}; {len(pending):,} new or changed{_span(pending)}")
        if feed.dimension:
            table.add_row(f"{feed.dimension.name} snapshots", f"{len(snapshots):,} new or changed{_span(snapshots)}")
        if others := landed.passed_over(world):
            table.add_row("not read", escape(_of_no_pattern(feed, others)))
    except LandingError as error:
        is_listed, pending, snapshots = False, [], []
        table.add_row("landing", str(error))
    tables_behind = {name: sorted(keys) for name, keys in behind(world).items()}
    dates = tables_behind.pop("silver", [])
    table.add_row("dates behind", f"{len(dates):,}{_span(dates)}")
    for name, keys in tables_behind.items():
        table.add_row(f"{name} behind", f"{len(keys):,}{_span(keys)}" if keys != [WHOLE] else "yes")
    archived = [arrival for arrival in under_another_contract(world) if arrival not in pending]
    if archived:
        table.add_row("under another contract", f"{len(archived):,} gone from landing{_span(archived)}")
    health = health_of(world)
    table.add_row("health", health.word)
    for finding in health.findings:
        table.add_row(f"  {finding.name}", in_words(finding))
    table.add_row("closed dates", f"{history.start} to {history.as_of}" if history else "none yet")
    table.add_row("rows landed", f"{rows.landed:,}")
    table.add_row("rows accepted", f"{rows.accepted:,}")
    reasons = ", ".join(f"{rule} {number:,}" for rule, number in rows.reasons.items())
    table.add_row("rows rejected", f"{rows.rejected:,}" + (f" ({reasons})" if reasons else ""))
    if rows.forgotten:
        table.add_row("rows forgotten", f"{rows.forgotten:,} (of users who asked for it; nothing else is kept of them)")
    if rows.warnings:
        warnings = ", ".join(f"{rule} {number:,}" for rule, number in rows.warnings.items())
        table.add_row("accepted with a warning", warnings)
    table.add_row(
        "duplicates", f"{rows.accepted - events:,}" if not (dates or tables_behind) else "known when nothing is behind"
    )
    table.add_row("late rows", f"{rows.late:,}")
    table.add_row("last run", _last_run(f"{feed.name}_pass"))
    alerts = open_alerts(feed.name)
    table.add_row("open alerts", escape("\n".join(alerts)) or "none known")
    console.print(table)
    is_behind = bool(pending or snapshots or dates or tables_behind)
    if is_behind:
        console.print(f"Go on with: tidebook run {feed.name}")
    if archived and is_listed:
        hint = f"tidebook retry {feed.name} --arrival {archived[0]}"
        console.print(f"Judge them by the contract as it is now: {hint}", soft_wrap=True)
    return is_listed and not is_behind


def _of_no_pattern(feed: Feed, files: list[str]) -> str:
    patterns = " or ".join(landed.patterns_of(feed))
    some = f"{len(files):,} files, such as {files[0]}" if len(files) > 1 else files[0]
    return f"{some}: expected {patterns}, with an arrival from 1970-01-01 to tomorrow. Rename what is of the feed"


def _span(keys: list[str]) -> str:
    return f" ({min(keys)} to {max(keys)})" if len(keys) > 1 else f" ({keys[0]})" if keys else ""


def _last_run(job: str) -> str:
    prepare_home()
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        records = instance.get_run_records(filters=dg.RunsFilter(job_name=job), limit=1)
    if not records:
        return "none"
    record = records[0]
    began = datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), tz=timezone.utc)
    took = f", {record.end_time - record.start_time:.0f} s" if record.end_time and record.start_time else ""
    return f"{record.dagster_run.status.value.lower()}, {began:%Y-%m-%d %H:%M} UTC{took}"
