"""Report assets: each page of a feed as Dagster shows it, and the job that writes them all.

Belongs here: the factory, what the UI shows of a page. Does not: pages (reports/), when (schedules.py).

A pass does not write pages: it stays as short as its tables. Pages need no JVM, so all of a feed take a few seconds.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dagster as dg

from analytics_assets.alerts.outbox import Outbox
from analytics_assets.feeds.spec import Feed
from analytics_assets.feeds.tables import feed_tables
from analytics_assets.health import feed_health, open_alerts
from analytics_assets.layers.world import World
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.pages import reports_of
from analytics_assets.reports.report import Report
from analytics_assets.reports.writing import Pages, write_reports
from asset_checks.failing import failing_checks
from resources.lakehouse import Lakehouse
from resources.landing import Landing

MEANS_SOMETHING = re.compile(r"([\\`*_~\[\]<>|&#])")


def report_key(feed: Feed, report: Report) -> dg.AssetKey:
    """The asset of a page."""
    return dg.AssetKey([feed.name, f"report_{report.name.replace('-', '_')}"])


def report_assets(feed: Feed, folder: Path, state: Path) -> dg.AssetsDefinition:
    """An asset for each report of a feed. Any of them can be made alone; together they read the tables once.

    state: the folder in which it stands which alerts are open.
    """
    tables = feed_tables(feed)
    by_key = {report_key(feed, report): report for report in reports_of(feed)}

    @dg.multi_asset(
        name=f"{feed.name}_report_pages",
        specs=[
            dg.AssetSpec(
                key,
                group_name=feed.name,
                owners=[feed.owner],
                kinds={"html", "plotly"},
                description=f"The page {report.title}. {report.about}",
                deps=[
                    dg.AssetDep([feed.name, name], partition_mapping=dg.AllPartitionMapping())
                    # A table that another asset writes is no asset of its own.
                    for name in sorted({tables[name].maker or name for name in report.tables if name in tables})
                ],
                skippable=True,
            )
            for key, report in by_key.items()
        ],
        can_subset=True,
    )
    def pages(
        context: dg.AssetExecutionContext, landing: Landing, lakehouse: Lakehouse
    ) -> Iterator[dg.MaterializeResult[None]]:
        wanted = [report for key, report in by_key.items() if key in context.selected_asset_keys]
        world = World(feed, landing, lakehouse, context.run.run_id)
        alerts = open_alerts(Outbox(state).read(), feed.name)
        health = feed_health(world, datetime.now(timezone.utc), failing_checks(context.instance, feed), alerts)
        written = write_reports(lakehouse, feed, folder, [report.name for report in wanted], health)
        for report in wanted:
            key = report_key(feed, report)
            yield dg.MaterializeResult(asset_key=key, metadata=page_metadata(written, report))

    return pages


def reports_job(feed: Feed) -> Any:
    """The job `<feed>_reports`: write all pages of a feed."""
    return dg.define_asset_job(
        f"{feed.name}_reports",
        dg.AssetSelection.assets(*[report_key(feed, report) for report in reports_of(feed)]),
        description=f"Writes the pages of {feed.name} from what stands in its tables.",
        executor_def=dg.in_process_executor,
    )


def page_materializations(feed: Feed, written: Pages) -> list[dg.AssetMaterialization]:
    """What a run would record of the pages, for those that were written outside one."""
    return [
        dg.AssetMaterialization(asset_key=report_key(feed, report), metadata=page_metadata(written, report))
        for report in reports_of(feed)
        if report.name in written.reports
    ]


def page_metadata(written: Pages, report: Report) -> dict[str, Any]:
    """Where a page is, and its large numbers as a table."""
    numbers = written.numbers
    metadata: dict[str, Any] = {
        "page": dg.MetadataValue.path(written.reports[report.name]),
        "index": dg.MetadataValue.path(written.index),
        "figures": dg.MetadataValue.md(_table(report.tiles(numbers) if report.shown(numbers) else [])),
    }
    if numbers.dates:
        metadata["as_of"] = dg.MetadataValue.text(f"{numbers.dates[-1]}")
    return metadata


def _table(tiles: list[Tile]) -> str:
    if not tiles:
        return "Nothing to show yet."
    shown = [
        (tile.label, tile.value, tile.period, f"{tile.change} vs {tile.before}" if tile.change else "")
        for tile in tiles
    ]
    rows = [
        (_text(label), f"**{_text(value)}**", _text(period), _text(change)) for label, value, period, change in shown
    ]
    lines = [f"| {' | '.join(row)} |" for row in (("figure", "value", "of", "change"), *rows)]
    return "\n".join([lines[0], "|---|---:|---|---|", *lines[1:]])


def _text(words: str) -> str:
    """Words as they are: none of their signs means something in Markdown, and none of them ends a cell."""
    return MEANS_SOMETHING.sub(r"\\\1", " ".join(words.split()))
