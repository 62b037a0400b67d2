"""Figures of sessions by day: how long they were, and how many were a single action.

Belongs here: charts over the table session_days. Does not: how many sessions there were (figures.py), reading
(numbers.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from analytics_assets.reports import style
from analytics_assets.reports.charts import Chart, Series
from analytics_assets.reports.figures import daily
from analytics_assets.reports.numbers import Numbers, Value

LENGTHS = (
    ("mean_duration_s", "Mean", style.BLUE),
    ("p50_duration_s", "Median", style.GREEN),
    ("p95_duration_s", "95th percentile", style.ORANGE),
)


def session_figures(numbers: Numbers) -> list[Chart]:
    """Length and bounce rate, where session_days is there."""
    return [session_length(numbers), bounce_rate(numbers)] if numbers.session_days else []


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


def _minutes(seconds: Sequence[Value]) -> list[Value]:
    return [None if value is None else value / 60 for value in seconds]
