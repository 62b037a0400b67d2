"""What a sample of notes has on purpose, beside what the tables say of it: retention, anomalous dates, bots.

Belongs here: that comparison. Does not: counts of rows, sessions and users (demo.py), making the sample (samples/).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow.compute as pc

from analytics_assets.layers.world import World
from analytics_assets.samples.truth import AnomalousDay, NotesTruth
from analytics_assets.transforms.columns import TOTAL

DAYS_OF_WEEK = 7


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


def injected(world: World, truth: NotesTruth) -> tuple[list[str], list[str]]:
    """What was put into the sample to be found: in words, what the tables tell of, and what they do not."""
    alarms = world.lakehouse.arrow(world.tables["anomalies"]).to_pylist()
    alarms = [alarm for alarm in alarms if alarm["dimension"] == TOTAL]
    listed = world.lakehouse.arrow(world.tables["unlikely_users"], ["user_id"])["user_id"].unique().to_pylist()
    seen: list[str] = []
    missed: list[str] = []
    for day in truth.anomalous_days:
        metrics = sorted({_named(alarm) for alarm in alarms if _tells(alarm, day)})
        told = f"the {day.kind} of {day.date}" + (f" in {', '.join(metrics)}" if metrics else "")
        (seen if metrics else missed).append(told)
    for bot in truth.bots:
        (seen if bot in listed else missed).append(f"the bot {bot}")
    return seen, missed


def _named(alarm: dict[str, Any]) -> str:
    return f"{alarm['metric']} by {alarm['granularity']}"


def _tells(alarm: dict[str, Any], day: AnomalousDay) -> bool:
    """Whether an alarm is on that date, on the side to which the date differs; one that goes on for weeks is not."""
    on = date.fromisoformat(day.date)
    first: date = alarm["start_date"]
    last: date = alarm["end_date"] or first
    is_short = last - first < timedelta(days=DAYS_OF_WEEK)
    is_its_side = alarm["direction"] == ("up" if day.factor > 1 else "down")
    return is_short and is_its_side and first <= on <= last
