"""Figures of active users and sessions: which numbers each chart shows, under which words.

Belongs here: the charts over the dates, weeks and months of a feed's history. Does not: rows by arrival
(landed_figures.py), how a chart is made (charts.py), reading (numbers.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from typing import Literal

from analytics_assets.reports import style
from analytics_assets.reports.arrivals import Count
from analytics_assets.reports.charts import Chart, Series, Unit, lines, periods, some, stack
from analytics_assets.reports.numbers import DRAWN_DAYS, Numbers, Periods, Value
from analytics_assets.transforms.active_users import LIFECYCLE_DAYS
from analytics_assets.transforms.columns import UNKNOWN

TOP_VALUES = 8
UNITS: dict[Unit, str] = {
    **{"count": "", "about": "", "share": "share", "ratio": "ratio"},
    **{"minutes": "minutes", "seconds": "s", "milliseconds": "ms"},
}
UP = (
    ("new", "New", style.BLUE),
    ("returning", "Returning", style.SKY),
    ("resurrected", "Resurrected", style.GREEN),
)


def active_users(numbers: Numbers) -> list[Chart]:
    """DAU, rolling 7 and 28, WAU, MAU, stickiness, lifecycle, as far as there are tables."""
    charts = [dau(numbers), rolling(numbers)]
    if "active_users_week" in numbers.versions:
        charts.append(weeks(numbers))
    if "active_users_month" in numbers.versions:
        charts.append(months(numbers))
    return [*charts, stickiness(numbers), lifecycle(numbers)]


def dau(numbers: Numbers) -> Chart:
    """Daily active users."""
    return daily(
        numbers,
        "dau",
        "DAU",
        "Distinct users with an event on the date.",
        [Series("DAU", numbers.daily["dau"], style.BLUE)],
        of="users",
    )


def rolling(numbers: Numbers) -> Chart:
    """Rolling 7 and rolling 28, apart from DAU: on one axis they would press it flat."""
    every = [
        Series("Rolling 7", numbers.daily["rolling_7"], style.ORANGE),
        Series("Rolling 28", numbers.daily["rolling_28"], style.GREEN),
    ]
    known = [entry for entry in every if _has_value(entry.values)]
    never = [entry.name for entry in every if entry not in known]
    return daily(
        numbers,
        "rolling",
        "Rolling 7, Rolling 28",
        "Distinct users in the 7 and in the 28 days that end on the date.",
        known,
        of="users",
        notes=[f"No complete period yet for {' and '.join(never)}."] if known and never else [],
    )


def weeks(numbers: Numbers) -> Chart:
    """WAU by ISO week."""
    return _periods("WAU", "Distinct users in the ISO week, which begins on Monday.", numbers.weeks, "week")


def months(numbers: Numbers) -> Chart:
    """MAU by calendar month."""
    return _periods("MAU", "Distinct users in the calendar month.", numbers.months, "month")


def stickiness(numbers: Numbers) -> Chart:
    """DAU / rolling 28."""
    series = [Series("Stickiness", numbers.daily["stickiness_28"], style.BLUE)]
    return daily(numbers, "stickiness", "Stickiness", "DAU / Rolling 28.", series, unit="share")


def lifecycle(numbers: Numbers) -> Chart:
    """New, returning and resurrected users up, dormant users down."""
    dates, begin = _drawn(numbers)
    series = [Series(name, numbers.daily[key][begin:], colour) for key, name, colour in UP]
    dormant = numbers.daily["dormant"][begin:]
    down: list[Value] = [None if value is None else -value for value in dormant]
    series.append(Series("Dormant", down, style.VERMILION, shown=dormant))
    known = [entry for entry in series if _has_value(entry.values)]
    is_begin = begin < LIFECYCLE_DAYS
    return Chart(
        key="lifecycle",
        title="Lifecycle",
        about="Up: new, returning and resurrected users, who add up to DAU. Down: dormant users.",
        figure=stack(dates, known),
        notes=[f"In the feed's first {LIFECYCLE_DAYS} days only new users are known."] if is_begin else [],
        unit="users",
    )


def by_attribute(numbers: Numbers, attribute: str) -> Chart:
    """DAU by value of an attribute: the largest values, the rest as one, and users without a value."""
    dates, begin = _drawn(numbers)
    values = {value: column[begin:] for value, column in numbers.by_attribute[attribute].items()}
    named = sorted(values.keys() - {UNKNOWN}, key=lambda value: (-sum(dau or 0 for dau in values[value]), value))
    # One value more than fits needs no other name than its own.
    top = named if len(named) == TOP_VALUES + 1 else named[:TOP_VALUES]
    rest = named[len(top) :]
    colours = (*style.VALUES, style.GREY)
    series = [Series(escape(value), values[value], colour) for value, colour in zip(top, colours, strict=False)]
    if rest:
        series.append(Series(f"other ({len(rest):,})", _sum([values[value] for value in rest]), style.GREY))
    if UNKNOWN in values:
        series.append(Series(UNKNOWN, values[UNKNOWN], style.PALE))
    name = attribute.replace("_", " ")
    more = f" The {TOP_VALUES} largest values; the rest are other." if rest else ""
    return Chart(
        key=f"dau-by-{attribute}".replace("_", "-"),
        title=f"DAU by {name}",
        about=f"DAU by the {name} that users had on the date.{more}",
        figure=stack(dates, series),
        notes=[] if series else ["No date is closed yet."],
        unit="users",
    )


def sessions(numbers: Numbers) -> Chart:
    """Sessions by the day of their start."""
    minutes = numbers.feed.sessions.timeout / timedelta(minutes=1)
    return daily(
        numbers,
        "sessions",
        "Sessions",
        f"Sessions that started on the date; a gap of {minutes:g} minutes or more starts a new one.",
        [Series("Sessions", numbers.sessions, style.BLUE)],
        of="a day",
    )


def sessions_per_user(numbers: Numbers) -> Chart:
    """Sessions / DAU."""
    both = zip(numbers.sessions, numbers.daily["dau"], strict=True)
    ratio = [made / users if made is not None and users else None for made, users in both]
    series = [Series("Sessions per active user", ratio, style.BLUE)]
    return daily(
        numbers, "sessions-per-user", "Sessions per active user", "Sessions / DAU.", series, unit="ratio", of="sessions"
    )


def daily(
    numbers: Numbers,
    key: str,
    title: str,
    about: str,
    series: Sequence[Series],
    *,
    unit: Unit = "count",
    of: str = "",
    notes: Sequence[str] = (),
) -> Chart:
    """A line for each series over the closed dates that are drawn; where none is known, why.

    of: what is counted, such as "users"; shares and minutes need no word.
    """
    dates, begin = _drawn(numbers)
    figure = lines(dates, [Series(entry.name, entry.values[begin:], entry.colour) for entry in series], unit)
    nothing = f"No complete period yet: the feed has {len(numbers.dates):,} closed dates."
    return Chart(
        key=key,
        title=title,
        about=about,
        figure=figure,
        notes=list(notes) if figure is not None else [nothing],
        unit=of or UNITS[unit],
    )


def _periods(title: str, about: str, found: Periods, word: Literal["week", "month"]) -> Chart:
    both = list(zip(found.starts, found.users, strict=True))
    known = [start for start, users in both if users is not None]
    named = [f"{start:%B %Y}" if word == "month" else f"week of {start}" for start, users in both if users is None]
    notes = [] if known else [f"No complete {word} yet."]
    if named:
        notes.append(f"Not complete, so not drawn: {some(named, word)}.")
    return Chart(
        key=title.lower(),
        title=title,
        about=about,
        figure=periods(known, [users for _, users in both if users is not None], title, word),
        notes=notes,
        is_daily=False,
        unit="users",
    )


def _drawn(numbers: Numbers) -> tuple[list[date], int]:
    begin = max(len(numbers.dates) - DRAWN_DAYS, 0)
    return numbers.dates[begin:], begin


def _has_value(values: Sequence[Value]) -> bool:
    return any(value is not None for value in values)


def _sum(columns: Sequence[Sequence[Count]]) -> list[Count]:
    """Sum of each row; None where no column has a value."""
    rows = [[value for value in row if value is not None] for row in zip(*columns, strict=True)]
    return [sum(row) if row else None for row in rows]
