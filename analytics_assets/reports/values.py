"""Values: what a chart draws, as a table to read and as CSV to take away.

Belongs here: rows and columns from a figure, CSV text. Does not: drawing (charts.py), HTML (cards.py).

A figure is the one source: the table cannot say another number than the chart does. Names in a figure are escaped for
plotly; here they are plain text again, and whoever shows them escapes them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any

import plotly.graph_objects as go

Cell = str | int | float | date | None

PLACE = re.compile(r"%\{(?:x|y|z|customdata)(?::([^{}]+))?\}")
"""A value in a hover: its format is of the kind that Python has, too."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class Values:
    """columns: names. rows: a cell a column; None is what is not known. formats: how a column's numbers are read."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    formats: Sequence[str]

    def shown(self, column: int, cell: Cell) -> str:
        """A cell as a reader sees it, as the chart's hover has it; empty if not known."""
        if cell is None:
            return ""
        if isinstance(cell, bool) or not isinstance(cell, int | float):
            return str(cell)
        return as_hovered(cell, self.formats[column])

    def csv(self) -> str:
        """Comma-separated, a line a row, whole numbers and fractions as they are, nothing for what is not known."""
        text = io.StringIO()
        writer = csv.writer(text)  # lines end as RFC 4180 says; a lone \r in a cell is quoted
        writer.writerow([_harmless(name) for name in self.columns])
        writer.writerows([_harmless(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def as_hovered(number: float, template: str) -> str:
    """A number as a chart's hover has it."""
    return PLACE.sub(lambda found: format(number, found[1] or ""), template)


def figure_values(figure: go.Figure) -> Values:
    """The values of a figure of lines, bars or a heat map: a row for each place on its axis, a column a series."""
    traces = [trace for trace in figure.data if trace.hoverinfo != "skip"]
    if len(traces) == 1 and traces[0].type == "heatmap":
        return _heat(traces[0], _title(figure, "xaxis"))
    pairs = [list(_pairs(trace)) for trace in traces]
    names = [_plain(trace.name or "value") for trace in traces]
    formats = [_format(trace) for trace in traces]
    axis = "yaxis" if any(getattr(trace, "orientation", None) == "h" for trace in traces) else "xaxis"
    first = next((place for found in pairs for place, _ in found), None)
    head = "Date" if isinstance(first, date) else _title(figure, axis) or ("Value" if axis == "yaxis" else "At")
    if any(len({place for place, _ in found}) < len(found) for found in pairs):  # points, not a series
        rows = [[name, place, value] for name, found in zip(names, pairs, strict=True) for place, value in found]
        return Values(columns=["Series", head, "Value"], rows=rows, formats=["", "%{x}", formats[0]])
    by_place = [dict(found) for found in pairs]
    places = list(dict.fromkeys(place for found in pairs for place, _ in found))
    if len({type(place) for place in places}) == 1 and not isinstance(first, str):
        places.sort()
    rows = [[place, *(found.get(place) for found in by_place)] for place in places]
    return Values(columns=[head, *names], rows=rows, formats=["%{x}", *formats])


def _pairs(trace: Any) -> Iterator[tuple[Any, Cell]]:
    places, values = (trace.y, trace.x) if trace.orientation == "h" else (trace.x, trace.y)
    if trace.type == "bar" and trace.customdata is not None and len(trace.customdata) == len(values):
        values = trace.customdata  # a bar that goes down shows how many, not less than none
    for place, value in zip(_items(places), _items(values), strict=True):
        yield _plain(place).strip() if isinstance(place, str) else place, value


def _heat(trace: Any, axis: str) -> Values:
    columns = [_plain(f"{axis} {column}".strip()) for column in _items(trace.x)]
    both = zip(_items(trace.y), [_items(row) for row in trace.z], strict=True)
    rows = [[_plain(name) if isinstance(name, str) else name, *row] for name, row in both]
    text = (trace.colorbar.tickformat if trace.colorbar else "") or ""
    number = "%{z:.1%}" if "p" in text or "%" in text else "%{z}"
    return Values(columns=["", *columns], rows=rows, formats=["%{y}", *[number] * len(columns)])


def _items(values: Any) -> list[Any]:
    return list(values.tolist() if hasattr(values, "tolist") else values)


def _title(figure: go.Figure, axis: str) -> str:
    found = figure.layout[axis].title.text
    return _plain(found) if found else ""


def _format(trace: Any) -> str:
    said = str(trace.hovertemplate or "").replace("<extra></extra>", "")
    found = PLACE.findall(said)
    if trace.orientation == "h" and len(found) == 2:
        said = said[said.index("%{x") :]  # the name stands before it
    return said if len(PLACE.findall(said)) == 1 and said.count("%{") == 1 and "<" not in said else "%{y}"


def _plain(name: str) -> str:
    return unescape(str(name))


def _harmless(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula gets an apostrophe, which it does not show."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
