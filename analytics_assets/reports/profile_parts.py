"""Parts of the page of data profiles: what the columns of the newest arrival hold, and which have drifted.

Belongs here: HTML, in which every text is escaped. Does not: reading (profile_numbers.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from analytics_assets.reports.cards import csv_link
from analytics_assets.reports.headline import Tile
from analytics_assets.reports.profile_figures import fresh
from analytics_assets.reports.profile_numbers import Profiles
from analytics_assets.reports.values import Cell, Values
from analytics_assets.transforms.drift import (
    DISTRIBUTION,
    FEWEST_BEFORE,
    FEWEST_ROWS,
    LEAST_DISTANCE,
    MOST_NULLS,
    MOST_SPREADS,
    NULLS,
    ROWS,
    Drift,
)

FIRST = 3
LONGEST = 40
TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})\.\d{6}Z")
"""A time as a profile has it; shown to the second, and whole in the file that is saved."""
HEADS = ("Column", "Nulls", "Distinct", "Least", "Greatest", "Most frequent", "Drift")


def columns(found: Profiles, feed: str) -> str:
    """A row for each column of the newest arrival, up to when it goes, and a link that saves the rows."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    rows = "".join(
        _row(row, [one for one in found.drifts if one.column == row["column_name"]]) for row in found.columns
    )
    return (
        '<div class="values" tabindex="0" role="region" aria-label="Columns of the newest arrival">'
        f'<table class="sentences"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f'<p class="fresh">{escape(fresh(found))}</p>{csv_link(_values(found), f"{feed}-columns.csv")}'
    )


def _values(found: Profiles) -> Values:
    """The table as numbers and whole texts."""
    rows: list[list[Cell]] = []
    for row in found.columns:
        frequent = ", ".join(f"{one['value']} ({one['rows']})" for one in row["top_values"])
        drift = _drift([one for one in found.drifts if one.column == row["column_name"]])
        told = [row[name] for name in ("column_name", "rows", "nulls", "distinct", "minimum", "maximum")]
        rows.append([*told, frequent, drift])
    heads = ["Column", "Rows", "Nulls", "Distinct", "Least", "Greatest", "Most frequent (rows)", "Drift"]
    return Values(columns=heads, rows=rows, formats=[""] * len(heads))


def compared(found: Profiles) -> str:
    """With which arrivals the newest one was compared."""
    if not found.drifts:
        return (
            f'<p class="note">Arrival {escape(found.arrival)} is compared with none: fewer than {FEWEST_BEFORE} '
            f"arrivals of {FEWEST_ROWS:,} rows are there before it.</p>"
        )
    return (
        f'<p class="note">Arrival {escape(found.arrival)}, compared with the mean of {len(found.before)} arrivals from '
        f"{escape(found.before[0])} to {escape(found.before[-1])}. Marked: nulls that moved by more than "
        f"{MOST_NULLS:.0%} of the rows, a distribution further from that mean (Jensen-Shannon distance, 0 to 1) than "
        f"{LEAST_DISTANCE:g} and than {MOST_SPREADS:g} times the farthest of them from the others.</p>"
    )


def tiles(found: Profiles) -> list[Tile]:
    """Rows of the newest arrival, and how many of its columns have drifted."""
    if not found.columns:
        return []
    period = f"arrival {found.arrival}"
    rows = next((one for one in found.drifts if one.measure == ROWS), None)
    before = f"{len(found.before)} arrivals before have {rows.before:,.0f} on average" if rows else ""
    drifted = {one.column for one in found.drifts if one.is_beyond and one.column}
    number = f"{len(drifted):,}" if found.drifts else "\u2013"
    return [
        Tile(label="Accepted rows", value=f"{found.columns[0]['rows']:,}", period=f"{period}; {before}".rstrip("; ")),
        Tile(label="Columns that drifted", value=number, period=period),
    ]


def _row(row: Mapping[str, Any], drifts: list[Drift]) -> str:
    known = row["rows"] - row["nulls"]
    share = f"{row['nulls'] / row['rows']:.1%}" if row["rows"] else ""
    frequent = ", ".join(f"{_cut(one['value'])} {one['rows'] / known:.0%}" for one in row["top_values"][:FIRST])
    distinct = "" if row["distinct"] is None else f"{row['distinct']:,}"
    cells = (share, distinct, _cut(row["minimum"]), _cut(row["maximum"]), frequent, _drift(drifts))
    shown = "".join(f"<td>{escape(cell) if cell else '&ndash;'}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(row["column_name"])}</th>{shown}</tr>'


def _drift(drifts: list[Drift]) -> str:
    said = []
    for one in drifts:
        mark = "\u26a0 " if one.is_beyond else ""
        if one.measure == NULLS and one.is_beyond:
            said.append(f"{mark}nulls {one.before:.1%} before")
        elif one.measure == DISTRIBUTION:
            said.append(f"{mark}distance {one.value:.2f} (before up to {one.before:.2f})")
    return ", ".join(said)


def _cut(text: str | None) -> str:
    if text is None:
        return ""
    if time := TIME.fullmatch(text):
        return f"{time[1]} {time[2]}Z"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\u2026"
