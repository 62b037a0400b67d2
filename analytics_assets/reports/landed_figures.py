"""Figures of landed rows: how many stand where, by arrival and by rule.

Belongs here: the charts over arrivals. Does not: the charts over a feed's history (figures.py), how a chart
is made (charts.py), reading (numbers.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from html import escape

from analytics_assets.reports import style
from analytics_assets.reports.arrivals import REJECTED, Arrivals, Count
from analytics_assets.reports.charts import Chart, Series, lines, ranking, some, stack
from analytics_assets.reports.numbers import DRAWN_DAYS, Value
from analytics_assets.reports.values import Cell, Values
from analytics_assets.transforms.bronze import FORGOTTEN

TOP_RULES = 8
STANDINGS = {
    "on_time": ("On time", style.SKY),
    "late": ("Late", style.ORANGE),
    "early": ("Early", style.GREEN),
    REJECTED: ("Rejected", style.VERMILION),
}
OF_FORGOTTEN = {FORGOTTEN: ("Forgotten", style.GREY)}


def landed_rows(arrivals: Arrivals, last_closed: date | None) -> list[Chart]:
    """Rows by standing, their shares, rejected rows by rule, by arrival and in all, and duplicates."""
    charts = [standings(arrivals), shares(arrivals, last_closed), *rejected_by_rule(arrivals), duplicates(arrivals)]
    return [replace(chart, fresh=_fresh(arrivals)) for chart in charts]


def rejected_by_rule(arrivals: Arrivals) -> list[Chart]:
    """Rejected rows by rule, of each arrival and of all."""
    return [replace(chart, fresh=_fresh(arrivals)) for chart in (rules_by_arrival(arrivals), rules(arrivals))]


def _fresh(arrivals: Arrivals) -> str:
    return f"Arrivals up to {arrivals.dates[-1]}. An arrival changes only where its files do."


def standings(arrivals: Arrivals) -> Chart:
    """Rows of each arrival by standing."""
    series = [
        Series(name, arrivals.standings[standing][-DRAWN_DAYS:], colour)
        for standing, (name, colour) in _standings(arrivals).items()
    ]
    return Chart(
        key="standings",
        title="Rows by standing",
        about="Rows landed, by arrival and standing. Late, early and on-time rows are the accepted ones.",
        figure=stack(arrivals.dates[-DRAWN_DAYS:], [entry for entry in series if any(entry.values)]),
        notes=[] if any(arrivals.landed) else ["No row has landed yet."],
        unit="rows",
        values=_by_arrival(arrivals),
    )


def _standings(arrivals: Arrivals) -> dict[str, tuple[str, str]]:
    """Those that are told: rows of users who were forgotten only where there are some."""
    return STANDINGS | (OF_FORGOTTEN if any(arrivals.standings.get(FORGOTTEN, [])) else {})


def _by_arrival(arrivals: Arrivals) -> Values:
    """What became of the rows of each arrival, also where there is none to draw."""
    columns: dict[str, Sequence[Count]] = {
        title: arrivals.standings[name] for name, (title, _) in _standings(arrivals).items()
    }
    columns |= {"Landed": arrivals.landed, "Accepted": arrivals.accepted, "Duplicates": _duplicates(arrivals)}
    drawn = [values[-DRAWN_DAYS:] for values in columns.values()]
    rows: list[list[Cell]] = [list(row) for row in zip(arrivals.dates[-DRAWN_DAYS:], *drawn, strict=True)]
    return Values(columns=["Date", *columns], rows=rows, formats=["%{x}", *["%{y:,d}"] * len(columns)])


def _duplicates(arrivals: Arrivals) -> list[Count]:
    return arrivals.duplicates or [None] * len(arrivals.dates)


def duplicates(arrivals: Arrivals) -> Chart:
    """Accepted rows that are no event of their own."""
    dates, found = arrivals.dates[-DRAWN_DAYS:], _duplicates(arrivals)[-DRAWN_DAYS:]
    return Chart(
        key="duplicates",
        title="Duplicates",
        about="Accepted rows that are no event of their own, by the arrival of their event date.",
        figure=stack(dates, [Series("Duplicates", found, style.PURPLE)]),
        notes=[
            "By event date: which of equal rows counts is decided over all arrivals that brought one.",
            *(["Not known where a date is not computed, or is behind."] if None in found else []),
        ],
        unit="rows",
    )


def shares(arrivals: Arrivals, last_closed: date | None) -> Chart:
    """Late, early and rejected share of each arrival's rows.

    Only of closed arrivals: one that is still landing may hold late rows alone.
    """
    end = len([day for day in arrivals.dates if last_closed is not None and day <= last_closed])
    begin = max(end - DRAWN_DAYS, 0)
    series = []
    for standing in ("late", "early", REJECTED):
        both = zip(arrivals.standings[standing][begin:end], arrivals.landed[begin:end], strict=True)
        share: list[Value] = [part / landed if part is not None and landed else None for part, landed in both]
        if any(share):
            series.append(Series(STANDINGS[standing][0], share, STANDINGS[standing][1]))
    open_arrivals = [f"{day}" for day in arrivals.dates[end:]]
    notes = []
    if not series:
        notes.append("Every row was on time." if end else "No arrival is closed yet.")
    if end and open_arrivals:
        notes.append(f"Not closed, so not drawn: {some(open_arrivals, 'arrival')}.")
    return Chart(
        key="shares",
        title="Late, early and rejected share",
        about="Share of the rows that each closed arrival landed.",
        figure=lines(arrivals.dates[begin:end], series, "share"),
        notes=notes,
        unit="of the rows",
    )


def rules_by_arrival(arrivals: Arrivals) -> Chart:
    """Rejected rows of each arrival by the first rule that they broke: the most broken ones, the rest as one."""
    names = list(arrivals.rules_by_date)
    top = names if len(names) == TOP_RULES + 1 else names[:TOP_RULES]
    rest = names[len(top) :]
    colours = (*style.VALUES, style.GREY)
    series = [
        Series(escape(rule), arrivals.rules_by_date[rule][-DRAWN_DAYS:], colour)
        for rule, colour in zip(top, colours, strict=False)
    ]
    if rest:
        every = zip(*[arrivals.rules_by_date[rule][-DRAWN_DAYS:] for rule in rest], strict=True)
        others: list[Count] = [None if None in row else sum(rows or 0 for rows in row) for row in every]
        series.append(Series(f"other ({len(rest):,})", others, style.GREY))
    return Chart(
        key="rules-by-arrival",
        title="Rejected rows by arrival",
        about="By the first rule that the row broke.",
        figure=stack(arrivals.dates[-DRAWN_DAYS:], series),
        notes=[] if series else ["No row was rejected."],
        unit="rows",
    )


def rules(arrivals: Arrivals) -> Chart:
    """Rejected rows by the first rule that they broke, most first."""
    found = [(escape(rule), rows) for rule, rows in arrivals.rules.items()]
    top = found if len(found) == TOP_RULES + 1 else found[:TOP_RULES]
    rest = found[len(top) :]
    if rest:
        top.append((f"other ({len(rest):,})", sum(rows for _, rows in rest)))
    return Chart(
        key="rules",
        title="Rejected rows by rule",
        about="Over all arrivals, by the first rule that the row broke.",
        unit="rows",
        figure=ranking([rule for rule, _ in top], [rows for _, rows in top], "Rejected rows by rule", style.VERMILION),
        notes=[] if top else ["No row was rejected."],
        is_daily=False,
    )
