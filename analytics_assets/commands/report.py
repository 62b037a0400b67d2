"""`tidebook report`: write a feed's pages, and open them.

Belongs here: where they go, what is said about it, what Dagster is told. Does not: pages (reports/).
"""

from __future__ import annotations

import webbrowser
from collections.abc import Collection
from pathlib import Path

from rich.console import Console

from analytics_assets.commands.health import health_of
from analytics_assets.commands.instance import prepare_home
from analytics_assets.discovery import find_feed
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.layers.world import World
from analytics_assets.reports.pages import reports_of
from analytics_assets.reports.writing import Pages, write_reports
from resources.errors import UserError
from resources.open import open_places
from resources.settings import load_settings


def report(feed_name: str, to: Path | None, names: Collection[str], is_opened: bool, console: Console) -> None:
    """Write the pages of a feed, or some of them, into the settings' folder or another one.

    Raises UserError if the feed or a page is not known, nothing has been computed yet, or the folder cannot be written.
    """
    settings = load_settings()
    feed = find_feed(feed_name, settings.feeds)
    _check_names(feed, names)
    landing, lakehouse = open_places(settings)
    if not lakehouse.exists(feed_tables(feed)["active_users"]):
        raise UserError(f"nothing of {feed.name} has been computed yet. Run: tidebook run {feed.name}")
    written = write_pages(World(feed, landing, lakehouse, run_id=""), to or Path(settings.reports), names)
    if to is None:
        record(feed, written)
    for path in written.reports.values():
        console.print(f"{path}", soft_wrap=True, markup=False)
    numbers = written.numbers
    as_of = f", as of {numbers.dates[-1]}" if numbers.dates else ", with no closed date yet"
    pages = f"{len(written.reports)} {'page' if len(written.reports) == 1 else 'pages'}"
    console.print(f"{pages} of {feed.name}{as_of}. Index: {written.index}", soft_wrap=True)
    if is_opened:
        only = next(iter(written.reports.values())) if len(names) == 1 else written.index
        if not webbrowser.open(only.as_uri()):
            console.print("No browser was found: open the file in one.")


def write_pages(world: World, folder: Path, names: Collection[str] = ()) -> Pages:
    """Write pages. Raises UserError if the folder cannot be written."""
    try:
        return write_reports(world.lakehouse, world.feed, folder.expanduser().resolve(), names, health_of(world))
    except OSError as error:
        said = f"{error.filename or folder} cannot be written: {error.strerror}"
        raise UserError(f"{said}. Set TIDEBOOK_REPORTS, or name another folder with tidebook report --to") from error


def record(feed: Feed, written: Pages) -> None:
    """Tell Dagster's instance of the pages, as if a run of theirs had written them."""
    prepare_home()
    import dagster as dg

    from analytics_assets.report_assets import page_materializations

    with dg.DagsterInstance.get() as instance:
        for event in page_materializations(feed, written):
            instance.report_runless_asset_event(event)


def _check_names(feed: Feed, names: Collection[str]) -> None:
    known = [found.name for found in reports_of(feed)]
    for name in names:
        if name not in known:
            raise UserError(f"saw --page {name!r}, expected one of: {', '.join(known)}")
