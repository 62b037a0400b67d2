"""`tidebook live`: load times while files land, a line for each micro-batch; and what the live table holds.

Belongs here: words, signals. Does not: the run (analytics_assets/live.py), figures (layers/live_figures.py).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from analytics_assets.discovery import find_feed
from analytics_assets.layers import live as layer
from analytics_assets.layers.live_figures import LoadTimes, live_load_times, load_times_of
from analytics_assets.layers.world import World
from analytics_assets.live import RECENT, run_live
from analytics_assets.live_progress import Progress, line_of
from analytics_assets.transforms.latency import FEW
from resources.errors import UserError
from resources.open import open_places
from resources.settings import load_settings


def live(feed_name: str, hours: int, once: bool, console: Console) -> None:
    """Count load times as files land, until Ctrl-C or SIGTERM."""
    settings = load_settings()
    feed = find_feed(feed_name, settings.feeds)
    landing, lakehouse = open_places(settings)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt  # a second time: at once
        stopped.set()

    def told(progress: Progress) -> None:
        for line in progress.quarantined:
            console.print(f"quarantined {line}", markup=False, soft_wrap=True)
        console.print(f"{datetime.now(timezone.utc):%H:%M:%S} {line_of(progress)}", markup=False, soft_wrap=True)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    if not once:
        console.print(f"live: {feed.name}, the last {hours} hours, from {landing.root}. Ctrl-C ends it.")
    run_live(
        feed,
        landing,
        lakehouse,
        Path(settings.state),
        hours=hours,
        once=once,
        watching=told,
        is_stopped=stopped.is_set,
    )
    console.print("all that has landed is counted" if not stopped.is_set() else "stopped: what was counted is whole")


def show(feed_name: str, hours: int, console: Console) -> None:
    """Print load times of the last minutes and hours by app version; of dates that are closed, as these have them."""
    settings = load_settings()
    feed = find_feed(feed_name, settings.feeds)
    landing, lakehouse = open_places(settings)
    world = World(feed, landing, lakehouse, run_id="")
    if not feed.has_load_times:
        raise UserError(f"{feed.name} has no load times: it declares no page_views, or no app_version")
    newest, since = layer.newest_minute(world), layer.open_since(world)
    if newest is not None and (since is None or newest >= since):
        whole = layer.horizon(newest, hours, since)
        recent = max(whole, newest - RECENT + timedelta(minutes=1))
        for first in dict.fromkeys((recent, whole)):
            title = f"{feed.name}, live: {first:%Y-%m-%d %H:%M} to {newest:%H:%M} UTC"
            _print(title, live_load_times(world, first), console)
    else:
        console.print(
            f"no live minutes: nothing is counted yet of dates that are not closed. tidebook live {feed.name}"
        )
    history = world.history()
    if history is not None and (newest is None or since is None or newest - timedelta(hours=hours) < since):
        _print(f"{feed.name}, closed: {history.as_of}", load_times_of(world, history.as_of), console)


def _print(title: str, found: Sequence[LoadTimes], console: Console) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("app version")
    names = list(found[0].quantiles) if found else []
    for name in ("loads", *(f"{name} ms" for name in names)):
        table.add_column(name, justify="right")
    for times in found:
        few = " (few)" if times.loads < FEW else ""
        table.add_row(times.app_version, f"{times.loads:,}{few}", *(f"{times.quantiles[name]:,.0f}" for name in names))
    console.print(table if found else f"{title}: no loads")
