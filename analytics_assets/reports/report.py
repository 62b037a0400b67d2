"""Report: what one page is declared by.

Belongs here: the form of a declaration. Does not: the declarations themselves (pages.py), HTML (page.py, parts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analytics_assets.reports.charts import Chart
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.numbers import Numbers


@dataclass(frozen=True, kw_only=True)
class Section:
    """Charts under one title. above, below: HTML over and under them, whose texts are escaped."""

    title: str
    charts: Sequence[Chart] = ()
    above: str = ""
    below: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A page.

    name: of its file and its asset. about: what it answers, one sentence. tables: those that it shows; a feed that
    declares none of them has no such page. sections: what it consists of; one without charts and HTML is left out.
    tiles: the large numbers on top; the first one stands beside the page's link, too. reading: sentences of HTML that
    say how to read the charts. shows_health: whether it says how the feed is, too.
    """

    name: str
    title: str
    about: str
    tables: tuple[str, ...]
    sections: Callable[[Numbers], list[Section]]
    tiles: Callable[[Numbers], list[Tile]] = lambda _: []
    reading: tuple[str, ...] = ()
    shows_health: bool = False

    def shown(self, numbers: Numbers) -> list[Section]:
        """The sections that have something to show."""
        return [part for part in self.sections(numbers) if part.charts or part.above or part.below]
