"""`tidebook why`: how a date's figures came about, and each time that they changed. Needs no JVM.

Belongs here: what is printed of one date. Does not: the ledger (layers/restatements.py), a feed as a whole (status.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from analytics_assets.commands.changes import change_in_words, lateness, most
from analytics_assets.discovery import find_feed
from analytics_assets.layers.restatements import figures, ledger, unsettled_dates
from analytics_assets.layers.world import World
from analytics_assets.transforms.bronze import ACCEPTED, FORGOTTEN, LANDED, REJECTED, WARNED
from analytics_assets.transforms.counts import EVENTS_SOURCE, rows_by_rule
from analytics_assets.transforms.history import History
from analytics_assets.transforms.restatements import DAU, METRICS
from resources.errors import UserError
from resources.open import open_places
from resources.settings import load_settings

MOST_FILES = 20


def why(feed_name: str, day: str, metric: str | None, console: Console) -> None:
    """Print what stands behind a date. Raises UserError for another feed, or a date of which nothing is known."""
    feed = find_feed(feed_name, load_settings().feeds)
    landing, lakehouse = open_places(load_settings())
    world = World(feed, landing, lakehouse, run_id="")
    for line in explanation(world, date.fromisoformat(day), [metric] if metric else METRICS):
        console.print(line, markup=False, soft_wrap=True)


def explanation(world: World, day: date, metrics: Sequence[str]) -> Iterator[str]:
    """Lines about a date: its state, rows, tables and figures, then each publication and restatement in order."""
    counts = world.counts()
    history = world.history_of(counts)
    events = counts.filter(pc.equal(counts["source"], EVENTS_SOURCE))
    of_day = events.filter(pc.fill_null(pc.equal(events["event_date"], pa.scalar(day)), False))
    accepted = of_day.filter(pc.is_in(of_day["standing"], pa.array(ACCEPTED)))
    rows = ledger(world, [day])
    _check_is_known(world, history, day, accepted.num_rows + rows.num_rows > 0)
    yield f"{world.feed.name} {day}: {_state(world, history, day)}"
    now = {metric: value for (metric, of), value in figures(world).items() if of == day}
    behind = [name for name, days in unsettled_dates(world).items() if day.isoformat() in days]
    yield ""
    yield from _rows(world, day, events, accepted, None if behind else now.get("events", 0))
    if warned := rows_by_rule(of_day, WARNED):
        yield f"warnings of accepted rows: {_listed(warned)}"
    yield ""
    yield from _tables(world, day, behind, now)
    yield ""
    is_closed = history is not None and history.start <= day <= history.as_of
    known = now | {metric: 0 for metric in METRICS if metric != DAU and metric not in now and is_closed}
    yield "figures: " + ", ".join(f"{name} {_number(known.get(name))}" for name in METRICS)
    yield ""
    for metric in metrics:
        of_metric = rows.filter(pc.equal(rows["metric"], metric)).sort_by("sequence").to_pylist()
        yield from _restatements(world, day, metric, of_metric)
    if tuple(metrics) == METRICS:
        yield from _settled_cells(day, rows)


def _check_is_known(world: World, history: History | None, day: date, has_rows: bool) -> None:
    if has_rows or (history is not None and history.start <= day <= history.as_of):
        return
    name = world.feed.name
    if history is None:
        raise UserError(f"{name} has no closed date yet, and no row of {day}. Run: tidebook run {name}")
    raise UserError(
        f"{name} {day}: saw a date outside the feed's closed dates and without a row, "
        f"expected one from {history.start} to {history.as_of}"
    )


def _state(world: World, history: History | None, day: date) -> str:
    if history is None or day > history.as_of:
        closing = day + timedelta(days=world.feed.lag_days + 1)
        return f"open: its figures are published when the arrival {closing} has landed"
    if day < history.start:
        return f"before the feed's first date, {history.start}: it has no figures"
    if held := sorted(arrival for arrival, days in world.held_back().items() if day in days):
        return f"closed, but held back: its figures are null until arrival {held[0]} is as it should be"
    if day in history.missing:
        return "closed, but no arrival landed for it: its figures are null"
    return f"closed (closed dates: {history.start} to {history.as_of})"


def _rows(world: World, day: date, events: pa.Table, accepted: pa.Table, silver: int | None) -> Iterator[str]:
    by_file = accepted.group_by(["arrival", "file", "standing"]).aggregate([("rows", "sum")])
    files = by_file.sort_by([("arrival", "ascending"), ("file", "ascending")]).to_pylist()
    total = sum(row["rows_sum"] for row in files)
    yield f"accepted rows: {total:,}" + (" from:" if files else "")
    for row in files[:MOST_FILES]:
        when = lateness(row["arrival"], day, world.feed.lag_days)
        yield f"  {row['rows_sum']:>9,}  {when:<15} arrival {row['arrival']}  {row['file']}"
    if len(files) > MOST_FILES:
        left = sum(row["rows_sum"] for row in files[MOST_FILES:])
        yield f"  {left:>9,}  from {len(files) - MOST_FILES:,} more files"
    if silver is not None:
        yield f"duplicates: {total - silver:,} (accepted rows that are no event of their own)"
    own = (day + timedelta(days=world.feed.lag_days)).isoformat()
    # An arrival's name begins with its date, also where arrivals are hours.
    arrived = events.filter(pc.starts_with(events["arrival"], own))
    reasons = rows_by_rule(arrived, REJECTED)
    landed = pc.sum(arrived.filter(pc.equal(arrived["standing"], LANDED))["rows"]).as_py() or 0
    told = f": {_listed(reasons)}" if reasons else ""
    yield f"rejected rows of the arrival {own}: {sum(reasons.values()):,} of {landed:,}{told}"
    forgotten = pc.sum(arrived.filter(pc.equal(arrived["standing"], FORGOTTEN))["rows"]).as_py()
    if forgotten:
        yield f"rows of forgotten users of the arrival {own}: {forgotten:,} of {landed:,}"
    if reasons:
        name = world.feed.name
        yield f"  see them: tidebook show {name}/rejected --where \"arrival LIKE '{own}%'\""


def _listed(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {number:,}" for rule, number in rows.items())


def _tables(world: World, day: date, behind: Sequence[str], now: Mapping[str, int]) -> Iterator[str]:
    states = {name: "behind" if name in behind else "up to date" for name in ("silver", "sessions", "user_days")}
    active = world.lakehouse.rows(world.tables["user_days"]).get(day.isoformat(), 0)
    if DAU not in now:
        states["active_users"] = "no figure of the date"
    elif now[DAU] != active:
        states["active_users"] = f"behind ({now[DAU]:,} users there, {active:,} in user_days)"
    else:
        states["active_users"] = "up to date"
    yield "tables: " + ", ".join(f"{name} {state}" for name, state in states.items())
    if any("behind" in state for state in states.values()):
        yield f"  go on with: tidebook run {world.feed.name}"


def _restatements(world: World, day: date, metric: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        yield f"{day} {metric}: not published yet"
        return
    for row in rows:
        first = row["sequence"] == 0
        moved = f"{_number(row['new'])} published" if first else f"{_number(row['old'])} -> {_number(row['new'])}"
        words = [change_in_words(change, day, world.feed.lag_days, first) for change in most(row["changes"])]
        head = f"{day} {metric} {moved} at {_time(row['changed_at'])} by run {row['run_id']}"
        if row["new"] is None:
            head += ", since the date is open again, held back, or its arrival is missing"
        if not words:
            yield f"{head}: no file of the date changed" + ("" if first else ", it was computed again")
        elif len(row["changes"]) == 1:
            yield f"{head}: {words[0]}"
        else:
            yield f"{head}: {row['rows']:+,} rows in {len(row['changes']):,} files:"
            yield from (f"  {word}" for word in words)
            if len(row["changes"]) > len(words):
                yield f"  and {len(row['changes']) - len(words):,} more files"
    if len(rows) == 1:
        yield f"{day} {metric}: no restatement: published once"


def _settled_cells(day: date, rows: pa.Table) -> Iterator[str]:
    """Cells of the cohort that began on the date and changed after they were settled."""
    changed = rows.filter(pc.and_(pc.greater(rows["sequence"], 0), pc.starts_with(rows["metric"], "retention_")))
    for row in changed.sort_by([("metric", "ascending"), ("sequence", "ascending")]).to_pylist():
        yield (
            f"{day} {row['metric']}: {_number(row['old'])} -> {_number(row['new'])} users at "
            f"{_time(row['changed_at'])} by run {row['run_id']}: see why of the dates of that period"
        )


def _number(value: int | None) -> str:
    return "null" if value is None else f"{value:,}"


def _time(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"
