"""Figures of sessions: by day and by value how long they were, what was done, and how many were a single action.

Belongs here: charts over the table session_days. Does not: how many sessions there were (figures.py), reading
(numbers.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from analytics_assets.reports import style
from analytics_assets.reports.activity_numbers import DAYS
from analytics_assets.reports.charts import Chart, Series, ranking
from analytics_assets.reports.figures import daily
from analytics_assets.reports.numbers import Numbers, Value
from analytics_assets.reports.session_numbers import SessionsOf
from analytics_assets.reports.values import Cell, Values

MOST = 12
LENGTHS = (
    ("mean_duration_s", "Mean", style.BLUE),
    ("p50_duration_s", "Median", style.GREEN),
    ("p95_duration_s", "95th percentile", style.ORANGE),
)


def session_figures(numbers: Numbers) -> list[Chart]:
    """Length, bounce rate and actions by day, where session_days is there."""
    return [session_length(numbers), bounce_rate(numbers), actions(numbers)] if numbers.session_days else []


def by_value(numbers: Numbers) -> list[Chart]:
    """For each attribute the sessions of its values in the last closed dates."""
    return [_of_values(numbers, name, found) for name, found in numbers.session_values.items()]


def session_length(numbers: Numbers) -> Chart:
    """Mean, median and 95th percentile, in minutes."""
    return daily(
        numbers,
        "session-length",
        "Session length",
        "Minutes from a session's first event to its latest end, of the sessions that began on the date.",
        [Series(name, _minutes(numbers.session_days[key]), colour) for key, name, colour in LENGTHS],
        unit="minutes",
        notes=["A percentile is the length of a session, never a value between two."],
    )


def bounce_rate(numbers: Numbers) -> Chart:
    """Sessions with one action / sessions."""
    series = [Series("Bounce rate", numbers.session_days["bounce_rate"], style.BLUE)]
    return daily(
        numbers, "bounce-rate", "Bounce rate", "Sessions with exactly one action / sessions.", series, unit="share"
    )


def actions(numbers: Numbers) -> Chart:
    """User actions / sessions."""
    series = [Series("Actions per session", numbers.session_days["actions_per_session"], style.BLUE)]
    about = "User actions / sessions, of the sessions that began on the date."
    title, key = "Actions per session", "actions-per-session"
    return daily(numbers, key, title, about, series, unit="ratio", of="actions")


def _of_values(numbers: Numbers, attribute: str, found: Sequence[SessionsOf]) -> Chart:
    """Mean length of the values with most sessions; under it what else is known of them."""
    drawn, name = found[:MOST], attribute.replace("_", " ")
    minutes = [one.total_duration_s / one.sessions / 60 for one in found]
    more = len(found) - len(drawn)
    dates = numbers.dates[-DAYS:]
    rows: list[list[Cell]] = [
        [one.value, one.sessions, length, one.actions / one.sessions, one.bounces / one.sessions]
        for one, length in zip(found, minutes, strict=True)
    ]
    return Chart(
        key=f"sessions-by-{attribute}".replace("_", "-"),
        title=f"Mean session length by {name}",
        about=f"Sessions from {dates[0]} to {dates[-1]}, by the {name} that users then had; most sessions first.",
        figure=ranking([escape(one.value) for one in drawn], minutes[:MOST], "Mean length", style.BLUE, "minutes"),
        notes=[f"The table has {more:,} more with fewer sessions."] if more > 0 else [],
        is_daily=False,
        unit="minutes",
        values=Values(
            columns=[name.capitalize(), "Sessions", "Mean length", "Actions per session", "Bounce rate"],
            rows=rows,
            formats=["", "%{y:,d}", "%{y:,.1f} min", "%{y:,.2f}", "%{y:.1%}"],
        ),
    )


def _minutes(seconds: Sequence[Value]) -> list[Value]:
    return [None if value is None else value / 60 for value in seconds]
