"""Style: the colours and axes that all charts share.

Belongs here: how charts look. Does not: what is drawn (figures modules), the page around them (stylesheet.py).

Colours are told apart with any kind of colour vision: Okabe and Ito's for named series, Paul Tol's "muted"
for values of a dimension. No meaning hangs on a colour alone: each has a name in the legend and in the hover.
A figure holds the colours of the light scheme; the page puts those of DARK in their place where a reader's system
asks for dark.
"""

from __future__ import annotations

from typing import Any

INK, MUTED, LINE, SURFACE = "#1b2127", "#56616c", "#e2e6ea", "#f6f8fa"
FONT = '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, GREY = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#a3adb6",
)  # fmt: skip
PALE = "#d5dbe0"
VALUES = ("#332288", "#88ccee", "#117733", "#ddcc77", "#cc6677", "#44aa99", "#aa4499", "#999933")
PAPER, CLEAR = "#ffffff", "rgba(0,0,0,0)"
SCALE = ("#f1f6fa", "#57b3e6", "#00456e")
"""Shares from 0 to 1, from the paper's colour to the darkest; in the dark scheme to the brightest."""

DARK = {
    PAPER: "#14191e",
    INK: "#e8edf1",
    MUTED: "#a3afba",
    LINE: "#323b44",
    SURFACE: "#1e252c",
    BLUE: "#4797e0",
    ORANGE: "#e69f00",
    GREEN: "#19b487",
    VERMILION: "#f0703a",
    SKY: "#9bd4f7",
    PURPLE: "#d98cba",
    GREY: "#7d8994",
    PALE: "#47515b",
    **dict(
        zip(
            VALUES,
            ("#8f83e8", "#88ccee", "#3a9a5b", "#ddcc77", "#d97585", "#4fc4b1", "#c05fb0", "#adad45"),
            strict=True,
        )
    ),
    **dict(zip(SCALE, ("#1b2a36", "#2a7ab0", "#c2e4fa"), strict=True)),
}
"""Colour of the light scheme -> the one that stands for it in the dark scheme."""

DAY_MS = 86_400_000
DATES: dict[str, Any] = {
    "type": "date",
    "tickformat": "%-d %b\n%Y",
    "hoverformat": "%a %Y-%m-%d",
    "showgrid": False,
    "ticks": "outside",
    "tickangle": 0,
    "spikecolor": GREY,
    "spikethickness": 1,
    "spikedash": "solid",
}
FEW = 45
"""With so few points a line shows each of them."""


def date_axis(days: int) -> dict[str, Any]:
    """A time axis; over a few days it names each, never an hour."""
    return {**DATES, **({"dtick": DAY_MS} if days <= 10 else {"nticks": 8})}


def week_axis() -> dict[str, Any]:
    """A time axis for weeks."""
    return {**DATES, "nticks": 8}


def month_axis(months: int) -> dict[str, Any]:
    """A time axis for months, each name under the middle of its month; few of them are all named."""
    few = {"dtick": "M1"} if months <= 6 else {}
    return {**DATES, "tickformat": "%b\n%Y", "ticklabelmode": "period", **few}


def count_axis(largest: float) -> dict[str, Any]:
    """An axis of whole numbers from 0, without halves where numbers are small."""
    return {"tickformat": ",d", "rangemode": "tozero", **({"dtick": 1} if largest <= 5 else {"nticks": 6})}


RATE_AXIS: dict[str, dict[str, Any]] = {
    "share": {"tickformat": ".3~p", "rangemode": "tozero", "nticks": 6},
    "ratio": {"tickformat": ",.2~f", "rangemode": "tozero", "nticks": 6},
    "about": {"tickformat": ",d", "rangemode": "tozero", "nticks": 6},
    "seconds": {"tickformat": ",d", "ticksuffix": " s", "rangemode": "tozero", "nticks": 6},
    "minutes": {"tickformat": ",.2~f", "ticksuffix": " min", "rangemode": "tozero", "nticks": 6},
    "milliseconds": {"tickformat": ",d", "ticksuffix": " ms", "rangemode": "tozero", "nticks": 6},
}
"""Axes from 0: shares in per cent, ratios, counts that are expected and so no whole numbers, minutes, seconds,
milliseconds."""


def layout(xaxis: dict[str, Any], yaxis: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What all charts share: no title, no legend (the page has both), quiet lines, one hover for a date.

    Dragging does nothing, so that a finger scrolls the page.
    """
    axis = {"fixedrange": True, "zeroline": False, "linecolor": LINE, "tickcolor": LINE, "gridcolor": LINE}
    return {
        "xaxis": {**axis, **xaxis},
        "yaxis": {**axis, "zerolinecolor": MUTED, "automargin": True, **yaxis},
        "margin": {"l": 48, "r": 12, "t": 8, "b": 40},
        "font": {"family": FONT, "size": 12, "color": MUTED},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": LINE, "font": {"color": INK, "size": 12}},
        "bargap": 0.1,
        **more,
    }
