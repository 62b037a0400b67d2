"""Index: the page of a feed that links its reports, and the page that links the feeds.

Belongs here: links, each with a sentence and its newest figure. Does not: reports themselves (page.py), files
(writing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from analytics_assets.reports import headline, parts
from analytics_assets.reports.document import document
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.health_parts import health_section, light
from analytics_assets.reports.numbers import Numbers
from analytics_assets.reports.report import Report
from analytics_assets.transforms.health import FeedHealth


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A feed in short, as it stands in a file beside its pages: the index over feeds is made of these."""

    feed: str
    description: str
    as_of: str
    tiles: list[Tile]
    health: str = ""
    seen_at: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values alone."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Summary:
        """What as_json gave. Raises KeyError or TypeError where it is something else."""
        tiles = [Tile(**tile) for tile in values["tiles"]]
        return cls(
            feed=values["feed"],
            description=values["description"],
            as_of=values["as_of"],
            tiles=tiles,
            health=values.get("health", ""),
        )


def summary(numbers: Numbers, health: FeedHealth | None = None) -> Summary:
    """A feed in short."""
    as_of = f"{numbers.dates[-1]}" if numbers.dates else ""
    tiles = headline.tiles(numbers) if numbers.dates else []
    return Summary(
        feed=numbers.feed.name,
        description=numbers.feed.description,
        as_of=as_of,
        tiles=tiles,
        health=health.word if health else "",
        seen_at=f"{health.seen_at:%Y-%m-%d %H:%M} UTC" if health else "",
    )


def feed_index(numbers: Numbers, reports: Sequence[Report], health: FeedHealth | None = None) -> str:
    """The large numbers of a feed, how it is, and a link to each of its reports."""
    cards = []
    for report in reports:
        newest = next(iter(report.tiles(numbers)), None) if report.shown(numbers) else None
        cards.append(_card(f"{report.name}.html", report.title, report.about, [newest] if newest else []))
    body = [
        parts.header(numbers, None, reports),
        "<main>",
        parts.tile_list(headline.tiles(numbers)) if numbers.dates else parts.nothing(numbers, numbers.absent),
        parts.not_there(numbers, numbers.absent) if numbers.dates else "",
        health_section(health) if health else "",
        _list("Reports", cards),
        parts.how_to_read(()),
        "</main>",
        parts.footer(numbers),
    ]
    return document(numbers.feed.name, body)


def feeds_index(summaries: Sequence[Summary]) -> str:
    """A link to each feed, with its newest figures."""
    cards = [
        _card(
            f"{found.feed}/index.html",
            found.feed,
            " ".join(part for part in (found.description, f"As of {found.as_of}." if found.as_of else "") if part),
            found.tiles[:2],
            f' {light(found.health)} <span class="label">at {escape(found.seen_at)}</span>' if found.health else "",
        )
        for found in summaries
    ]
    body = ["<header><h1>Feeds</h1></header>", "<main>", _list("Feeds", cards, is_titled=False), "</main>"]
    return document("Feeds", [*body, "<footer></footer>"])


def _card(address: str, title: str, about: str, tiles: Sequence[Tile], health: str = "") -> str:
    figures = "".join(
        f'<p><span class="label">{escape(tile.label)}</span> <b>{escape(tile.value)}</b> '
        f'<span class="muted">{escape(tile.period)}</span></p>'
        for tile in tiles
    )
    return (
        f'<li class="tile link"><h3><a href="{escape(address)}">{escape(title)}</a>{health}</h3>'
        f"<p>{escape(about)}</p>{figures}</li>"
    )


def _list(title: str, cards: Sequence[str], *, is_titled: bool = True) -> str:
    head = f"<h2>{escape(title)}</h2>" if is_titled else ""
    return f'<section aria-label="{escape(title)}">{head}<ul class="links">{"".join(cards)}</ul></section>'
