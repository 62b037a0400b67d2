"""Edges: what dates of silver hand on to each other, for feeds whose sessions may last past midnight.

Belongs here: which sessions were open when a date began, which dates must be computed again because that changed,
from what a date's sessions follow. Does not: cutting sessions (transforms/unsplit_sessions.py).

The table says of each date which open sessions it was computed with and which it leaves open. It is written after
silver, and says before it which dates are unfinished (unfinished.py): until then they count as behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.layers.world import World, digest
from analytics_assets.transforms.unsplit_sessions import BLOCK, open_digests, open_sessions
from resources.conditions import one_of_dates

DAY = timedelta(days=1)
NONE_OPEN = ""


def blocks(days: Sequence[str]) -> dict[str, str]:
    """For each date the first of those before it without a gap; dates sorted, in their ISO forms."""
    first: dict[str, str] = {}
    for day in days:
        first[day] = first.get(_before(day), day)
    return first


def open_before(world: World, days: Sequence[str]) -> DataFrame:
    """The sessions that were open when each block of dates began, with the block's first date."""
    rule = world.feed.sessions
    begins = sorted(set(blocks(days).values()))
    silver = world.lakehouse.read_or_empty(
        world.tables["silver"], one_of_dates("event_date", [_before(day) for day in begins])
    )
    found = open_sessions(silver, rule.key, rule.timeout, world.feed.time_zone)
    return found.withColumn(BLOCK, F.date_add("event_date", 1).cast("string"))


def crossed_into(world: World, rows: DataFrame, days: Sequence[str]) -> list[str]:
    """Dates after those computed that would begin with other open sessions than they were computed with.

    rows: of silver, for the days, not written yet.
    """
    edges = recorded_edges(world)
    ends = [day for day in days if _after(day) not in days and _after(day) in edges]
    if not ends:
        return []
    left_open = _left_open(world, rows.where(one_of_dates("event_date", ends).sql))
    return [_after(day) for day in ends if edges[_after(day)][1] != left_open.get(day, NONE_OPEN)]


def record_edges(world: World, days: Sequence[str]) -> None:
    """Write what dates that were computed began with and leave open, as silver has it now."""
    lakehouse = world.lakehouse
    first = blocks(days)
    read = sorted({*days, *[_before(day) for day in first.values()]})
    silver = lakehouse.read(world.tables["silver"], one_of_dates("event_date", read))
    left_open = _left_open(world, silver)
    versions = lakehouse.versions(world.tables["silver"])
    edges = {day: edge for day, edge in recorded_edges(world).items() if day in versions and day not in first}
    for day in days:
        if day in versions:
            edges[day] = (versions[day], left_open.get(_before(day), NONE_OPEN), left_open.get(day, NONE_OPEN))
    kept = sorted(edges)
    columns: dict[str, list[Any]] = {
        "event_date": [date.fromisoformat(day) for day in kept],
        "input_version": [edges[day][0] for day in kept],
        "open_before": [edges[day][1] for day in kept],
        "open_after": [edges[day][2] for day in kept],
    }
    lakehouse.put(world.tables["edges"], columns, world.run_id, days)


def recorded_edges(world: World) -> dict[str, tuple[str, str, str]]:
    """For each date the version of silver, what was open before it, and after it, as recorded."""
    table = world.tables["edges"]
    if not world.lakehouse.exists(table):
        return {}
    rows = world.lakehouse.arrow(table).to_pylist()
    return {r["event_date"].isoformat(): (r["input_version"], r["open_before"], r["open_after"]) for r in rows}


def dates_with_other_edges(world: World) -> set[str]:
    """Dates of silver that were computed with other open sessions than the date before them leaves now."""
    edges = recorded_edges(world)
    behind = set()
    for day, version in world.lakehouse.versions(world.tables["silver"]).items():
        recorded = edges.get(day)
        handed_on = edges.get(_before(day), ("", "", NONE_OPEN))[2]
        if recorded is None or recorded[0] != version or recorded[1] != handed_on:
            behind.add(day)
    return behind


def session_versions(world: World) -> dict[str, str]:
    """For each date on which sessions begin a digest of the dates of silver that hold their events."""
    edges = recorded_edges(world)
    silver = world.tables["silver"]
    first = _by_date(world.lakehouse.logged(silver, "min.session_date"), min)
    last = _by_date(world.lakehouse.logged(silver, "max.session_date"), max)
    wanted = {}
    for day in sorted(edges):
        if last.get(day) != day:
            continue  # no session begins on it
        inputs: list[str] = []
        at = day
        while at in edges and first.get(at) is not None and first[at] <= day:
            inputs += edges[at][:2]
            at = _after(at)
        wanted[day] = digest(*inputs)
    return wanted


def _left_open(world: World, silver: DataFrame) -> dict[str, str]:
    rule = world.feed.sessions
    found = open_digests(open_sessions(silver, rule.key, rule.timeout, world.feed.time_zone))
    return {row.event_date.isoformat(): f"{row.sessions}|{row.sum}" for row in found.collect()}  # a row a date


def _by_date(logged: Iterable[tuple[str, date | None]], choose: Callable[[list[str]], str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for day, value in logged:
        if value is not None:
            found.setdefault(day, []).append(str(value))
    return {day: choose(values) for day, values in found.items()}


def _before(day: str) -> str:
    return (date.fromisoformat(day) - DAY).isoformat()


def _after(day: str) -> str:
    return (date.fromisoformat(day) + DAY).isoformat()
