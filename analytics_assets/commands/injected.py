"""What a sample of notes has on purpose, beside what the tables say of it: retention, anomalies, bots, slow versions.

Belongs here: that comparison, and its words. Does not: counts of rows, sessions and users (demo.py), making the sample
(samples/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import sqrt
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from analytics_assets.layers.world import World
from analytics_assets.samples.truth import AnomalousDay, NotesTruth
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.latency import APP_VERSION

DAYS_OF_WEEK = 7
LAST_HOUR = 23
LEFT_BY_OUTAGES = 0.02
"""Of what is usual in its hours."""
COUNTS = ("events", "dau", "active_users", "sessions")
"""Figures of how much was done: what a spike or an outage moves."""
ENOUGH_LOADS = 1_000
"""Of so many the p95 is known within some 4 %."""
BURST_MINUTES = 3
"""What goes on at one rate for so long fills two minutes of the clock."""


@dataclass(frozen=True)
class Findings:
    """What was put into the sample, in words: found, missed, and what is too little for a verdict."""

    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    def tell(self, what: str, evidence: str, *, is_enough: bool) -> None:
        """One thing that was put in. evidence: where it was found, empty where it was not."""
        if evidence:
            self.found.append(f"{what} {evidence}")
        else:
            (self.missed if is_enough else self.unclear).append(what)


def retention_differences(world: World, truth: NotesTruth) -> list[str]:
    """Cells of weekly retention, in all and by first activity, that are not what the sample holds."""
    where = (
        (pc.field("period") == "week")
        & (pc.field("cohort_by") == "first_activity")
        & (pc.field("dimension") == TOTAL)
        & pc.field("retained").is_valid()
    )
    cells = world.lakehouse.arrow(
        world.tables["retention"], ["cohort_start", "periods_after", "size", "retained"], where
    ).to_pylist()
    expected = {cohort.week: cohort.active for cohort in truth.retention}
    found = []
    for cell in cells:
        active = expected.get(cell["cohort_start"].isoformat(), [])
        place = cell["periods_after"]
        wanted = (active[0], active[place]) if place < len(active) else None
        if wanted != (cell["size"], cell["retained"]):
            seen = f"{cell['retained']} of {cell['size']}"
            found.append(f"retention of {cell['cohort_start']} after {place} weeks: saw {seen}, expected {wanted}")
    return found


def injected(world: World, truth: NotesTruth) -> Findings:
    """What was put into the sample to be found, and what the tables tell of it."""
    findings = Findings()
    _anomalous_days(world, truth.anomalous_days, findings)
    _bots(world, truth.bots, findings)
    _slow_versions(world, truth.slow_versions, findings)
    return findings


def print_findings(findings: Findings, console: Console) -> None:
    """What of it was found. What was too little for a verdict is no failure."""
    if findings.found:
        console.print("[green]found[/green]: " + "; ".join(findings.found))
    if findings.missed:
        console.print("[red]NOT found, and there is enough of it[/red]: " + "; ".join(findings.missed))
    if findings.unclear:
        console.print(
            "[yellow]not found[/yellow], and there is too little of it to be sure: " + "; ".join(findings.unclear)
        )


def _anomalous_days(world: World, days: Sequence[AnomalousDay], findings: Findings) -> None:
    in_all = (pc.field("dimension") == TOTAL) & pc.field("metric").isin(COUNTS)
    alarms = world.lakehouse.arrow(world.tables["anomalies"], where=in_all).to_pylist()
    dates = pa.array([date.fromisoformat(day.date) for day in days], pa.date32())
    judged = in_all & pc.field("event_date").isin(dates)
    columns = ["granularity", "event_date", "hour", "expected", "expected_low", "expected_high"]
    points = world.lakehouse.arrow(world.tables["series_points"], columns, judged & pc.field("score").is_valid())
    for day in days:
        metrics = sorted({f"{alarm['metric']} by {alarm['granularity']}" for alarm in alarms if _tells(alarm, day)})
        is_enough = any(_would_show(point, day) for point in points.to_pylist())
        evidence = f"in {', '.join(metrics)}" if metrics else ""
        findings.tell(f"the {day.kind} of {day.date}", evidence, is_enough=is_enough)


def _tells(alarm: dict[str, Any], day: AnomalousDay) -> bool:
    """Whether an alarm is on that date, in its hours, on the side to which it differs; no alarm for weeks is."""
    on = date.fromisoformat(day.date)
    first: date = alarm["start_date"]
    last: date = alarm["end_date"] or first
    is_short = last - first < timedelta(days=DAYS_OF_WEEK)
    is_its_side = alarm["direction"] == ("up" if day.factor > 1 else "down")
    begins = (first, alarm["start_hour"] or 0)
    ends = (last, LAST_HOUR if alarm["end_hour"] is None else alarm["end_hour"])
    return is_short and is_its_side and begins <= (on, day.last_hour) and (on, day.first_hour) <= ends


def _would_show(point: dict[str, Any], day: AnomalousDay) -> bool:
    """Whether half of what was done to that date, or to these hours, would take the figure out of its band already."""
    is_hour = point["granularity"] == "hour"
    is_its_own = day.kind == "outage" and day.first_hour <= point["hour"] <= day.last_hour if is_hour else True
    if point["event_date"].isoformat() != day.date or not is_its_own:
        return False
    half: float = point["expected"] * sqrt(LEFT_BY_OUTAGES if is_hour else day.factor)
    return not point["expected_low"] <= half <= point["expected_high"]


def _bots(world: World, bots: Sequence[str], findings: Findings) -> None:
    own = pc.field("user_id").isin(pa.array(bots, pa.string()))
    listed = world.lakehouse.arrow(world.tables["unlikely_users"], ["user_id"], own)["user_id"].to_pylist()
    days = world.lakehouse.arrow(world.tables["user_days"], ["user_id", "events"], own)
    rows = days.group_by("user_id").aggregate([("events", "max")]).to_pylist()
    most = {row["user_id"]: row["events_max"] for row in rows}
    for bot in bots:
        is_enough = most.get(bot, 0) >= BURST_MINUTES * world.feed.unlikely.minute
        findings.tell(f"the bot {bot}", "in unlikely_users" if bot in listed else "", is_enough=is_enough)


def _slow_versions(world: World, slow: dict[str, float], findings: Findings) -> None:
    of_versions = (
        (pc.field("period") == "all") & (pc.field("dimension") == APP_VERSION) & (pc.field("loads") >= ENOUGH_LOADS)
    )
    rows = world.lakehouse.arrow(world.tables["latency"], ["value", "p95"], of_versions).to_pylist()
    p95 = {row["value"]: row["p95"] for row in rows}
    for version, factor in slow.items():
        others = [value for name, value in p95.items() if name not in slow]
        is_enough = version in p95 and bool(others)
        times = p95[version] / median(others) if is_enough else 1.0
        evidence = f"in latency: p95 {times:.2f} times that of the others" if times >= sqrt(factor) else ""
        findings.tell(f"the slow version {version}", evidence, is_enough=is_enough)
