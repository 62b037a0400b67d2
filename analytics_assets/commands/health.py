"""`tidebook status` without a feed: how all feeds are, a line each. Needs no JVM.

Belongs here: lights in a terminal, health read with Dagster's instance. Does not: the findings
(analytics_assets/health.py), what is behind in one feed (status.py).
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analytics_assets.alerts.outbox import Outbox
from analytics_assets.commands.instance import prepare_home
from analytics_assets.discovery import load_feeds
from analytics_assets.health import feed_health, open_alerts
from analytics_assets.layers.world import World
from analytics_assets.transforms.health import FeedHealth, Finding, Light
from resources.open import open_places
from resources.settings import load_settings

COLOURS = {Light.GREEN: "green", Light.AMBER: "yellow", Light.RED: "red", None: "dim"}


def all_feeds(console: Console) -> bool:
    """Print how each feed is; whether none is red."""
    landing, lakehouse = open_places(load_settings())
    feeds = load_feeds(load_settings().feeds).values()
    found = [health_of(World(feed, landing, lakehouse, run_id="")) for feed in feeds]
    table = Table(box=None, pad_edge=False)
    for head in ("feed", "health", "why"):
        table.add_column(head, no_wrap=head != "why")
    for health in sorted(found, key=lambda one: -1 if one.light is None else one.light, reverse=True):
        table.add_row(health.feed, f"[{COLOURS[health.light]}]{health.word}[/]", escape(_why(health)))
    console.print(table)
    console.print("More of one feed: tidebook status FEED", style="dim")
    return all(health.light != Light.RED for health in found)


def health_of(world: World) -> FeedHealth:
    """A feed's health now."""
    prepare_home()
    import dagster as dg

    from asset_checks.failing import failing_checks

    with dg.DagsterInstance.get() as instance:
        failing = failing_checks(instance, world.feed)
    alerts = open_alerts(Outbox(Path(load_settings().state)).read(), world.feed.name)
    return feed_health(world, datetime.now(timezone.utc), failing, alerts)


def in_words(finding: Finding) -> str:
    """A finding with its light, as markup."""
    return f"[{COLOURS[finding.light]}]{finding.light.word:<5}[/]  {escape(finding.said)}"


def _why(health: FeedHealth) -> str:
    """What is not green, the worst first; of a green feed how much came, and when."""
    if health.light is None:
        return ""
    bad = sorted((one for one in health.findings if one.light), key=lambda one: -one.light)
    shown = bad or [one for one in health.findings if one.name in ("freshness", "volume")]
    return "; ".join(f"{one.name}: {one.said}" for one in shown)
