"""Anomalies as a report shows them: daily series in all with what was expected, and the latest alarms.

Belongs here: reading both tables without a JVM. Does not: drawing (anomaly_figures.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow.compute as pc
from pyarrow.dataset import Dataset

from analytics_assets.transforms.columns import TOTAL

DRAWN_DATES = 120
FIGURES = ("actual", "expected", "expected_low", "expected_high")


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A daily series in all. figures: actual, expected, expected_low and expected_high by date; flagged: its dates."""

    metric: str
    dates: list[date]
    figures: dict[str, list[float | None]]
    flagged: list[date]


@dataclass(frozen=True, kw_only=True)
class Anomalies:
    """Series, and all rows of the table anomalies: newest first, and of one date those in all before others."""

    watched: list[Watched]
    alarms: list[dict[str, Any]]


def read_anomalies(points: Dataset | None, alarms: Dataset | None) -> Anomalies | None:
    """None where either table is not there yet."""
    if points is None or alarms is None:
        return None
    wanted = (pc.field("granularity") == "day") & (pc.field("dimension") == TOTAL)
    columns = ["metric", "event_date", "is_flagged", *FIGURES]
    by_metric: dict[str, list[dict[str, Any]]] = {}
    for row in points.to_table(columns=columns, filter=wanted).sort_by("event_date").to_pylist():
        by_metric.setdefault(row["metric"], []).append(row)
    watched = [
        Watched(
            metric=metric,
            dates=[row["event_date"] for row in rows],
            figures={name: [row[name] for row in rows] for name in FIGURES},
            flagged=[row["event_date"] for row in rows if row["is_flagged"]],
        )
        for metric, rows in ((metric, found[-DRAWN_DATES:]) for metric, found in sorted(by_metric.items()))
    ]
    return Anomalies(watched=watched, alarms=sorted(alarms.to_table().to_pylist(), key=_order))


def _order(alarm: dict[str, Any]) -> tuple[Any, ...]:
    names = ("metric", "dimension", "value", "start_hour")
    return (-alarm["start_date"].toordinal(), alarm["dimension"] != TOTAL, *[str(alarm[name]) for name in names])
