"""Style: the colours and axes that all charts share, and the page's CSS.

Belongs here: how it looks. Does not: what is drawn (figures.py), what stands around it (page.py).

Colours are told apart with any kind of colour vision: Okabe and Ito's for named series, Paul Tol's "muted"
for values of a dimension. No meaning hangs on a colour alone: each has a name in the legend and in the hover.
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


def date_axis(points: int) -> dict[str, Any]:
    """A time axis; with a few dates it names each day, never an hour."""
    return {**DATES, **({"dtick": DAY_MS} if points <= 10 else {"nticks": 8})}


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
    "minutes": {"tickformat": ",.2~f", "ticksuffix": " min", "rangemode": "tozero", "nticks": 6},
}
"""Axes from 0: shares in per cent, ratios, minutes."""


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
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "white", "bordercolor": LINE, "font": {"color": INK, "size": 12}},
        "bargap": 0.1,
        **more,
    }


CSS = f"""
*, *::before, *::after {{ box-sizing: border-box }}
html {{ -webkit-text-size-adjust: 100% }}
body {{ margin: 0; background: white; color: {INK}; font: 15px/1.5 {FONT};
  font-variant-numeric: tabular-nums }}
main, header, footer {{ max-width: 1240px; margin: 0 auto; padding: 0 24px }}
h1, h2, h3, p, figure, dl, dd {{ margin: 0 }}
h1 {{ font-size: 28px; line-height: 1.2; letter-spacing: -.01em; overflow-wrap: anywhere }}
h2 {{ font-size: 19px; line-height: 1.3; margin: 34px 0 14px }}
h3 {{ font-size: 15px; line-height: 1.35 }}
a {{ color: {BLUE} }}
code {{ font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: {SURFACE};
  border: 1px solid {LINE}; border-radius: 4px; padding: 1px 5px; overflow-wrap: anywhere }}
header {{ padding-top: 28px }}
nav ul {{ display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 0 0 20px; padding: 0;
  font-size: 14px }}
nav a[aria-current=page] {{ color: {INK}; font-weight: 600; text-decoration: none }}
.links {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; margin: 22px 0 0; padding: 0;
  list-style: none }}
h2 + .links {{ margin-top: 0 }}
.link h3 {{ font-size: 17px }}
.muted, .about, .note, footer {{ color: {MUTED} }}
.facts {{ display: flex; flex-wrap: wrap; gap: 4px 28px; margin-top: 12px; font-size: 14px }}
.facts div {{ display: flex; gap: 6px }}
.facts dt {{ color: {MUTED} }}
.facts dd {{ font-weight: 600 }}
.tiles {{ display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 14px; margin-top: 22px;
  padding: 0; list-style: none }}
.tile {{ border: 1px solid {LINE}; border-radius: 8px; padding: 14px 16px; min-width: 0 }}
.tile .label {{ font-size: 14px; font-weight: 600; color: {INK} }}
.tile .number {{ color: {INK}; font-size: 30px; line-height: 1.25; font-weight: 650; letter-spacing: -.02em }}
.tile p {{ font-size: 13px; color: {MUTED} }}
.tile .change {{ color: {INK}; font-weight: 600 }}
.bar {{ display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between;
  gap: 8px 16px }}
.bar h2 {{ margin-bottom: 14px }}
.ranges {{ display: inline-flex; border: 1px solid {LINE}; border-radius: 6px; overflow: hidden }}
.ranges button {{ border: 0; border-left: 1px solid {LINE}; background: white; color: {INK}; font: inherit;
  font-size: 13px; padding: 5px 12px; cursor: pointer }}
.ranges button:first-child {{ border-left: 0 }}
.ranges button[aria-pressed=true] {{ background: {INK}; color: white }}
.grid {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px }}
.card {{ border: 1px solid {LINE}; border-radius: 8px; padding: 16px 18px 10px; min-width: 0; display: flex;
  flex-direction: column }}
.card.wide {{ grid-column: 1 / -1 }}
.about, .note {{ font-size: 13px }}
.above {{ margin-bottom: 14px }}
.note {{ padding: 2px 0 4px }}
.legend {{ display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin: 8px 0 2px; padding: 0;
  font-size: 13px }}
.legend button {{ display: inline-flex; align-items: center; gap: 6px; border: 0; padding: 0;
  background: none; color: {INK}; font: inherit; cursor: pointer; text-align: left; overflow-wrap: anywhere }}
.legend button[aria-pressed=false] {{ color: {MUTED}; text-decoration: line-through }}
.legend i {{ flex: none; width: 11px; height: 11px; border-radius: 2px }}
.legend button[aria-pressed=false] i {{ opacity: .25 }}
button:focus-visible, a:focus-visible, .scroll:focus-visible {{
  outline: 2px solid {BLUE}; outline-offset: 2px }}
.chart {{ height: 260px; margin-top: auto; min-width: 0; overflow: hidden }}
.wide .chart {{ height: 330px }}
.empty {{ background: {SURFACE}; border-radius: 6px; padding: 16px; margin: 12px 0 8px; font-size: 14px }}
main > .empty {{ margin-top: 24px }}
.scroll {{ overflow-x: auto }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px }}
th, td {{ padding: 5px 10px; text-align: right; white-space: nowrap; border-bottom: 1px solid {LINE} }}
th:first-child, td:first-child {{ text-align: left; padding-left: 0 }}
thead th {{ color: {MUTED}; font-weight: 600 }}
tbody th {{ font-weight: 400 }}
.warning {{ border: 1px solid {VERMILION}; border-left-width: 4px; border-radius: 6px; padding: 10px 14px;
  margin-bottom: 14px }}
.reading {{ columns: 2; column-gap: 40px; padding-left: 18px; margin: 0; font-size: 14px }}
.reading li {{ break-inside: avoid; margin-bottom: 6px }}
footer {{ margin-top: 40px; padding-bottom: 36px; font-size: 13px; overflow-wrap: anywhere }}
@media (max-width: 860px) {{
  main, header, footer {{ padding-left: 16px; padding-right: 16px }}
  .grid, .links {{ grid-template-columns: minmax(0, 1fr) }}
  .tiles {{ grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px }}
  .tile {{ padding: 12px }}
  .tile:first-child {{ grid-column: 1 / -1 }}
  .tile .number {{ color: {INK}; font-size: 25px }}
  .card {{ padding: 14px 12px 8px }}
  .wide .chart {{ height: 270px }}
  .reading {{ columns: 1 }}
}}
@media print {{ .card, .tile {{ break-inside: avoid }} .ranges {{ display: none }} }}
"""
