"""Anomalies: alarms against their points, points against the figures; and unlikely users by date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.layers.world import World
from analytics_assets.transforms.columns import TOTAL
from asset_checks.law import Check, Law, Verdict

SERIES = ["metric", "granularity", "dimension", "value"]
HOURS_OF_DAY = 24
ALARMS = Check(
    table="anomalies",
    name="alarms_are_bounded",
    sentence="An alarm's peak lies within it, on the side of its direction, as far off as an alarm begins at.",
    blocking=False,
)
POINTS = Check(
    table="anomalies",
    name="alarms_are_the_flagged_points",
    sentence="Each series has as many flagged points as its alarms have points; a flagged point has a verdict.",
    blocking=False,
)
FIGURES = Check(
    table="anomalies",
    name="series_are_the_figures",
    sentence="The points of dau and sessions are what active_users and session_days say.",
    blocking=False,
)
HOURS = Check(
    table="anomalies",
    name="hours_add_up",
    sentence="A date's hours have its events and sessions together, and none more active users than the date.",
    blocking=False,
)
WITHOUT = Check(
    table="unlikely_users",
    name="likely_and_unlikely_add_up",
    sentence="Users, events and actions of unlikely users are what separates a date's two figures; none is below 0.",
    blocking=False,
)


def judge_anomalies(world: World, keys: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """Verdicts on the table as a whole, read without a JVM. keys: the one key "" of a table without partitions."""
    alarms = world.lakehouse.arrow(world.tables["anomalies"]).to_pylist()
    columns = [*SERIES, "event_date", "actual", "score", "is_flagged"]
    points = world.lakehouse.arrow(world.tables["series_points"], columns)
    found = {
        ALARMS.name: _verdict(alarm for alarm in alarms if not _is_bounded(alarm, world.feed.anomalies.enter)),
        POINTS.name: _verdict(_other_than_flagged(alarms, points)),
        FIGURES.name: _verdict(_other_than_figures(world, points)),
        HOURS.name: _verdict(_other_than_their_date(points)),
    }
    return {name: dict.fromkeys(keys, verdict) for name, verdict in found.items()}


def _is_bounded(alarm: dict[str, Any], enter: float) -> bool:
    first, peak, last = (_moment(alarm, name) for name in ("start", "peak", "end"))
    sign = 1 if alarm["direction"] == "up" else -1
    is_above = alarm["actual"] > alarm["expected"]
    # A logit adds half an event to each count: of few events the share may lie on the other side.
    is_right_side = is_above == (sign > 0) or alarm["metric"].endswith("_share")
    is_within = first <= peak and (alarm["end_date"] is None or peak <= last)
    return is_within and is_right_side and alarm["score"] * sign >= enter and alarm["points"] >= 1


def _moment(alarm: dict[str, Any], name: str) -> tuple[date, int]:
    return alarm[f"{name}_date"] or date.max, alarm[f"{name}_hour"] or 0


def _other_than_flagged(alarms: list[dict[str, Any]], points: pa.Table) -> Iterable[dict[str, Any]]:
    flagged = points.filter(pc.fill_null(points["is_flagged"], False))
    yield from flagged.filter(pc.is_null(flagged["score"])).to_pylist()
    counted = flagged.group_by(SERIES).aggregate([("is_flagged", "count")]).to_pylist()
    wanted = {tuple(row[name] for name in SERIES): row["is_flagged_count"] for row in counted}
    told: dict[tuple[str, ...], int] = {}
    for alarm in alarms:
        series = tuple(alarm[name] for name in SERIES)
        told[series] = told.get(series, 0) + alarm["points"]
    for series in sorted({*wanted, *told}):
        if wanted.get(series) != told.get(series):
            yield {**dict(zip(SERIES, series, strict=True)), "flagged": wanted.get(series), "told": told.get(series)}


def _other_than_figures(world: World, points: pa.Table) -> Iterable[dict[str, Any]]:
    for metric, name, day in (("dau", "active_users", "event_date"), ("sessions", "session_days", "session_date")):
        table = world.tables[name]
        if not world.lakehouse.exists(table):
            continue
        figures = world.lakehouse.arrow(table, [day, "dimension", "value", metric])
        figures = figures.rename_columns(["event_date", "dimension", "value", "figure"])
        is_own = pc.and_(pc.equal(points["metric"], metric), pc.equal(points["granularity"], "day"))
        own = points.filter(is_own).select(["event_date", "dimension", "value", "actual"])
        both = own.join(figures, ["event_date", "dimension", "value"], join_type="full outer")
        actual, figure = both["actual"], pc.cast(both["figure"], pa.float64())
        equal = pc.or_(pc.fill_null(pc.equal(actual, figure), False), pc.and_(pc.is_null(actual), pc.is_null(figure)))
        yield from both.filter(pc.invert(equal)).to_pylist()


def _other_than_their_date(points: pa.Table) -> Iterable[dict[str, Any]]:
    """Dates that are not what their hours say; of a date with an hour that is not known nothing can be said."""
    in_all = points.filter(pc.equal(points["dimension"], TOTAL))
    by_hour = in_all.filter(pc.equal(in_all["granularity"], "hour")).group_by(["metric", "event_date"])
    hours = by_hour.aggregate([("actual", "sum"), ("actual", "max"), ("actual", "count")]).to_pylist()
    by_day = in_all.filter(pc.equal(in_all["granularity"], "day")).to_pylist()
    days = {(row["metric"], row["event_date"]): row["actual"] for row in by_day}
    for row in hours:
        metric, day = row["metric"], row["event_date"]
        if row["actual_count"] < HOURS_OF_DAY:
            continue
        if metric in ("events", "sessions") and row["actual_sum"] != days.get((metric, day)):
            yield {**row, "of_date": days.get((metric, day))}
        if metric == "active_users" and row["actual_max"] > (days.get(("dau", day)) or 0):
            yield {**row, "of_date": days.get(("dau", day))}


def judge_unlikely_users(world: World, keys: Sequence[str]) -> dict[str, dict[str, Verdict]]:
    """A verdict on each date, read without a JVM. A date that is not closed has no row, and nothing to add up."""
    days = pa.array([date.fromisoformat(key) for key in keys], pa.date32())
    rows = world.lakehouse.arrow(world.tables["unlikely_users"], ["event_date", "events", "actions"])
    listed = rows.group_by("event_date").aggregate([("events", "sum"), ("events", "count"), ("actions", "max")])
    of_dates = world.lakehouse.arrow(world.tables["likely_days"])
    dau = world.lakehouse.arrow(
        world.tables["active_users"], ["event_date", "dau"], pc.field("dimension") == TOTAL
    ).rename_columns(["event_date", "active"])
    both = of_dates.filter(pc.is_in(of_dates["event_date"], days)).join(listed, "event_date").join(dau, "event_date")
    found = {key: Verdict(True, {"unlikely_users": 0}) for key in keys}
    for row in both.to_pylist():
        found[row["event_date"].isoformat()] = _of_date(row)
    return {WITHOUT.name: found}


def _of_date(row: dict[str, Any]) -> Verdict:
    if row["is_missing"]:
        return Verdict(row["dau"] is None and row["active"] is None)
    users, events = row["events_count"] or 0, row["events_sum"] or 0
    pairs = [(row[name], row[f"likely_{name}"]) for name in ("dau", "sessions", "events")]
    is_right = (
        row["unlikely_users"] == users == row["dau"] - row["likely_dau"]
        and row["events"] - row["likely_events"] == events
        and row["dau"] == row["active"]
        and all(0 <= likely <= every for every, likely in pairs)
    )
    return Verdict(is_right, {"unlikely_users": users, "their_events": events, "likely_dau": row["likely_dau"]})


def _verdict(broken: Iterable[dict[str, Any]]) -> Verdict:
    rows = list(broken)
    figures: dict[str, int | float | str] = {"broken": len(rows)}
    if rows:
        figures["first"] = ", ".join(f"{name} {value}" for name, value in rows[0].items())
    return Verdict(not rows, figures)


ANOMALIES_LAW = Law(checks=(ALARMS, POINTS, FIGURES, HOURS), judge=judge_anomalies)
UNLIKELY_USERS_LAW = Law(checks=(WITHOUT,), judge=judge_unlikely_users)
