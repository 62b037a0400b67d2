"""The ledger of published figures: what the tables say now, compared with it, and what differs written.

Belongs here: when a figure is published, reading and writing the table restatements. Does not: the comparison
(transforms/restatements.py), words about it (commands/why.py). Needs no JVM.

The ledger is the newest of all tables: what it does not have yet it finds by comparing, so a run that was
killed before it is caught up by the next, and one that comes again adds nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timezone

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from analytics_assets.layers import from_silver, silver
from analytics_assets.layers.counting import OF_DATES
from analytics_assets.layers.settled_cells import settled_cells
from analytics_assets.layers.world import Built, World
from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.history import History
from analytics_assets.transforms.restatements import (
    DAU,
    EVENTS,
    LEDGER,
    METRICS,
    SESSIONS,
    Figure,
    Restated,
    inputs,
    ledger_rows,
    newest,
    replayed,
    restated,
)

TABLE = "restatements"
KEY = ("metric", "event_date", "sequence")


def build_restatements(world: World) -> Built | None:
    """Bring the ledger up to date with the tables; None, and no commit, where no published figure differs."""
    found = differing(world, world.history())
    if not found:
        return None
    days = sorted({one.event_date for one in found})
    of_files = sorted({one.event_date for one in found if one.metric in METRICS})
    rows = ledger_rows(
        found,
        replayed(ledger(world, of_files)),
        inputs(world.counts(OF_DATES, pc.field("event_date").isin(pa.array(of_files, pa.date32()))), of_files),
        changed_at=datetime.now(timezone.utc),
        run_id=world.run_id,
    )
    table = world.tables[TABLE]
    keys = [day.isoformat() for day in days]
    written = world.lakehouse.merge(table, rows, on=KEY, run_id=world.run_id, partitions=keys)
    return Built(table=table, written=written, rows={"": written.rows})


def differing(world: World, history: History | None) -> list[Restated]:
    """Figures that the ledger has not as the tables have them."""
    published = newest(ledger(world, columns=["metric", "event_date", "sequence", "new"]))
    return restated(published, _comparable(world, history, published))


def ledger(world: World, days: Collection[date] | None = None, columns: Collection[str] | None = None) -> pa.Table:
    """Rows of the ledger, of all dates or of some; empty where nothing was published."""
    table, names = world.tables[TABLE], list(columns or LEDGER.names)
    if not world.lakehouse.exists(table):
        return LEDGER.empty_table().select(names)
    where = None
    if days is not None:
        # Typed: a list that is empty, where only cells of retention changed, would be of no type.
        months = pa.array(sorted({f"{day:%Y-%m}" for day in days}), pa.string())
        dates = pa.array(sorted(days), pa.date32())
        where = ds.field("event_month").isin(months) & ds.field("event_date").isin(dates)
    found = world.lakehouse.arrow(table, names, where)
    return found.cast(pa.schema([LEDGER.field(name) for name in names]))


def figures(world: World) -> dict[Figure, int]:
    """The daily figures as the tables have them, of each date that has a row."""
    lakehouse = world.lakehouse
    found = {
        (metric, date.fromisoformat(day)): rows
        for metric, table in ((EVENTS, "silver"), (SESSIONS, "sessions"))
        for day, rows in lakehouse.rows(world.tables[table]).items()
    }
    table = world.tables["active_users"]
    if lakehouse.exists(table):
        rows = lakehouse.arrow(table, ["event_date", "dau"], pc.field("dimension") == TOTAL)
        known = zip(rows["event_date"].to_pylist(), rows["dau"].to_pylist(), strict=True)
        found |= {(DAU, day): dau for day, dau in known if dau is not None}
    return found


def unsettled_dates(world: World) -> dict[str, list[str]]:
    """Dates (ISO forms) whose tables are not computed from what has landed yet, by table."""
    behind = {"silver": silver.dates_behind(world)}
    return behind | {name: from_silver.dates_behind(world, name) for name in ("sessions", "user_days")}


def _comparable(world: World, history: History | None, published: Collection[Figure]) -> dict[Figure, int | None]:
    """The figures that the ledger must have: of complete dates whose tables are computed, and null of others.

    A date that is behind (its check failed, or only some tables were computed) is left out: its figures would be
    written with files that they are not made of.
    """
    complete = {day for day in history.dates() if day not in history.missing} if history else set()
    now = figures(world)
    unsettled = {date.fromisoformat(day) for days in unsettled_dates(world).values() for day in days}
    found: dict[Figure, int | None] = {
        figure: None for figure in published if figure[0] in METRICS and figure[1] not in complete
    }
    for day in complete - unsettled:
        # An empty date has no rows in silver and sessions; active users have a row for each closed date.
        found |= {(metric, day): now.get((metric, day), 0) for metric in METRICS if metric != DAU}
        if (DAU, day) in now:
            found[DAU, day] = now[DAU, day]
    return found | settled_cells(world, published)
