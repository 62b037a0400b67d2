"""Anomalies: the points of all series with their verdicts, and the alarms that they make, as two tables.

Belongs here: rows of the tables, whether they are behind. Does not: which series there are (series.py), verdicts
(transforms/anomalies.py), alarms and what carries them (transforms/alarms.py).

A verdict follows from all points before it, so each series is judged from its first point on: a late change judges
its date and every later one again. Series are short, and this takes no JVM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from analytics_assets.layers import series_inputs, whole
from analytics_assets.layers.series import ADDED_UP, KINDS, Series, points
from analytics_assets.layers.series_inputs import Inputs
from analytics_assets.layers.world import Built, World, digest
from analytics_assets.transforms.alarms import Alarm, Moment, Value, alarms, carriers
from analytics_assets.transforms.anomalies import Judged, judged
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.expectations import shown
from resources.delta_tables import arrow_schema

TABLE, POINTS = "anomalies", "series_points"
SERIES = ("metric", "granularity", "dimension", "value")


def behind(world: World) -> dict[str, str]:
    """The table's one key with the version that it should have, where it has another one."""
    return whole.behind(world, TABLE, _version(world, series_inputs.inputs(world)))


def build_anomalies(world: World) -> Built:
    """Judge every series, and write both tables."""
    lakehouse, feed = world.lakehouse, world.feed
    found = series_inputs.inputs(world)
    verdicts = {
        series: judged(own, KINDS[series.metric], series.granularity, feed.anomalies)
        for series, own in sorted(points(found, series_inputs.hours(world), feed).items())
    }
    table, of_points = world.tables[TABLE], world.tables[POINTS]
    whole.begin(world, TABLE)
    lakehouse.put(of_points, _rows(of_points, _points(verdicts)), world.run_id, [""])
    rows = _rows(table, _alarms(verdicts))
    written = lakehouse.put(table, rows, world.run_id, [""])
    whole.record(world, TABLE, _version(world, found))
    return Built(table=table, written=written, rows={"": len(rows)})


def _version(world: World, found: Inputs) -> str:
    feed = world.feed
    return digest(found.digest(), feed.anomalies, feed.lag_days, feed.time_zone) if found.history else ""


def _rows(table: Any, rows: Iterable[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), arrow_schema(table))


def _points(verdicts: Mapping[Series, list[Judged]]) -> Iterable[dict[str, Any]]:
    for series, found in verdicts.items():
        kind, is_hourly = KINDS[series.metric], series.granularity == "hour"
        for one in found:
            point = one.point
            yield {
                **{name: getattr(series, name) for name in SERIES},
                "event_date": point.day,
                "hour": point.hour if is_hourly else None,
                "actual": shown(kind, point.amount, point.volume),
                "volume": None if point.amount is None else point.volume,
                "expected": one.expected,
                "expected_low": one.low,
                "expected_high": one.high,
                "score": one.score,
                "is_flagged": one.sign != 0 if one.score is not None else None,
            }


def _alarms(verdicts: Mapping[Series, list[Judged]]) -> Iterable[dict[str, Any]]:
    by_value: dict[tuple[str, str], dict[Value, dict[Moment, Judged]]] = {}
    for series, found in verdicts.items():
        if series.metric in ADDED_UP and series.dimension != TOTAL:
            moments = {(one.point.day, one.point.hour): one for one in found}
            of_metric = by_value.setdefault((series.metric, series.granularity), {})
            of_metric[series.dimension, series.value] = moments
    for series, found in verdicts.items():
        values = by_value.get((series.metric, series.granularity), {}) if series.dimension == TOTAL else {}
        for alarm in alarms(found):
            yield _alarm(series, alarm, values)


def _alarm(series: Series, alarm: Alarm, by_value: Mapping[Value, Mapping[Moment, Judged]]) -> dict[str, Any]:
    first, last, peak = alarm.points[0].point, alarm.points[-1].point, alarm.peak
    is_hourly = series.granularity == "hour"
    return {
        **{name: getattr(series, name) for name in SERIES},
        "start_date": first.day,
        "start_hour": first.hour if is_hourly else None,
        "end_date": last.day if alarm.is_over else None,
        "end_hour": last.hour if alarm.is_over and is_hourly else None,
        "points": len(alarm.points),
        "kind": alarm.kind,
        "direction": "up" if alarm.points[0].sign > 0 else "down",
        "peak_date": peak.point.day,
        "peak_hour": peak.point.hour if is_hourly else None,
        "actual": shown(KINDS[series.metric], peak.point.amount, peak.point.volume),
        "expected": peak.expected,
        "score": peak.score,
        "severity": alarm.severity,
        "carried_by": [vars(one) for one in carriers(alarm, by_value)],
    }
