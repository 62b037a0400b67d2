"""Writing: a feed's reports as files in a folder, each whole at any moment.

Belongs here: paths, and replacing files. Does not: what stands in them (page.py, index.py), reading (numbers.py).

    <folder>/index.html                 the feeds
    <folder>/<feed>/index.html          the reports of a feed
    <folder>/<feed>/<report>.html       a report
    <folder>/<feed>/summary.json        the feed in short, for the index over feeds
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from analytics_assets.feeds.spec import Feed
from analytics_assets.reports.index import Summary, feed_index, feeds_index, summary
from analytics_assets.reports.numbers import Numbers, read_numbers
from analytics_assets.reports.page import page
from analytics_assets.reports.pages import reports_of
from analytics_assets.transforms.health import FeedHealth
from resources.lakehouse import Lakehouse

INDEX, SUMMARY = "index.html", "summary.json"


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What was written: the numbers that stand in it, the feed's index, and the path of each report by its name."""

    numbers: Numbers
    index: Path
    reports: dict[str, Path]


def write_reports(
    lakehouse: Lakehouse, feed: Feed, folder: Path, names: Collection[str] = (), health: FeedHealth | None = None
) -> Pages:
    """Write pages of a feed from what stands in its tables, and the indexes. names: of reports; none means all.

    health: how the feed is, for the indexes and the pages that say it; without it they do not.

    A reader sees a page from before or the new one, never a part. A feed whose tables are missing gets pages that say
    what to run. Only pages that stand in the folder are linked. Needs no JVM. Raises OSError if the folder cannot be
    written.
    """
    numbers, reports = read_numbers(lakehouse, feed), reports_of(feed)
    own = folder / feed.name
    own.mkdir(parents=True, exist_ok=True)
    paths = {report.name: own / f"{report.name}.html" for report in reports if not names or report.name in names}
    linked = [report for report in reports if report.name in paths or (own / f"{report.name}.html").is_file()]
    for report in reports:
        if report.name in paths:
            _write(paths[report.name], page(numbers, report, linked, health))
    _write(own / INDEX, feed_index(numbers, linked, health))
    _write(own / SUMMARY, json.dumps(summary(numbers, health).as_json(), indent=2) + "\n")
    _write(folder / INDEX, feeds_index(_summaries(folder)))
    return Pages(numbers=numbers, index=own / INDEX, reports=paths)


def _summaries(folder: Path) -> list[Summary]:
    """Of all feeds whose reports stand in the folder. A file that is none of ours is left out."""
    found = []
    for path in sorted(folder.glob(f"*/{SUMMARY}")):
        try:
            read = Summary.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if read.feed == path.parent.name:
            found.append(read)
    return found


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
