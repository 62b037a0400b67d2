"""Restatements: which published figures changed, and which files brought the change.

Belongs here: comparing figures with the ledger, its newest rows, replaying its changes; plain Arrow, no Spark.
Does not: reading tables, when a figure is published (layers/restatements.py). Source: METRICS "Restatements".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.transforms.bronze import ACCEPTED
from analytics_assets.transforms.counts import EVENTS_SOURCE

EVENTS, DAU, SESSIONS = "events", "dau", "sessions"
METRICS = (EVENTS, DAU, SESSIONS)
"""The figures of a date that follow from its own rows: the ledger says which files brought them."""
Figure = tuple[str, date]
"""A metric and a date: of one of METRICS, or of a cell of retention (layers/settled_cells.py)."""

KEY = ["metric", "event_date"]
FILE = ["arrival", "file"]
CHANGE = pa.struct(
    {
        "arrival": pa.string(),
        "file": pa.string(),
        "fingerprint": pa.string(),
        "rows_before": pa.int64(),
        "rows_after": pa.int64(),
    }
)
LEDGER = pa.schema(
    {
        "event_month": pa.string(),
        "metric": pa.string(),
        "event_date": pa.date32(),
        "sequence": pa.int64(),
        "old": pa.int64(),
        "new": pa.int64(),
        "changed_at": pa.timestamp("us", "UTC"),
        "run_id": pa.string(),
        "rows": pa.int64(),
        "changes": pa.list_(CHANGE),
    }
)
"""The table restatements, as Arrow has it."""

# Arrow's own order of the last row: by default it passes over nulls, and a figure may be null.
LAST = pc.ScalarAggregateOptions(skip_nulls=False)


@dataclass(frozen=True)
class Restated:
    """A figure that is not as the ledger has it. sequence: of the row that is to be written."""

    metric: str
    event_date: date
    sequence: int
    old: int | None
    new: int | None


def newest(ledger: pa.Table) -> dict[Figure, tuple[int, int | None]]:
    """Sequence and value of each figure's newest row.

    In: columns metric, event_date, sequence, new of the ledger, in any order.
    """
    rows = ledger.select([*KEY, "sequence", "new"]).sort_by("sequence")
    last = rows.group_by(KEY, use_threads=False).aggregate([("sequence", "last", LAST), ("new", "last", LAST)])
    names = (*KEY, "sequence_last", "new_last")
    return {
        (metric, day): (sequence, value)
        for metric, day, sequence, value in zip(*[last[name].to_pylist() for name in names], strict=True)
    }


def restated(
    published: Mapping[Figure, tuple[int, int | None]], figures: Mapping[Figure, int | None]
) -> list[Restated]:
    """Figures that differ from the ledger, in the order of METRICS, other metrics and dates.

    figures: what the tables say now; null where a date is not complete. A figure that is left out is not compared:
    its tables are not computed yet. A figure that was never published and is null is not published.
    """
    found = []
    for (metric, day), value in figures.items():
        if (metric, day) not in published:
            if value is not None:
                found.append(Restated(metric, day, 0, None, value))
            continue
        sequence, before = published[metric, day]
        if before != value:
            found.append(Restated(metric, day, sequence + 1, before, value))
    order = {metric: place for place, metric in enumerate(METRICS)}
    return sorted(found, key=lambda one: (order.get(one.metric, len(order)), one.metric, one.event_date))


def inputs(counts: pa.Table, days: Collection[date]) -> pa.Table:
    """Accepted rows of event dates by file: event_date, arrival, file, fingerprint, rows.

    In: the table counts. The fingerprint is that of the bytes and the rules: a file that was only touched, or landed
    again as it was, brought nothing.
    """
    accepted = pc.and_(
        pc.is_in(counts["standing"], pa.array(ACCEPTED)), pc.equal(counts["source"], pa.scalar(EVENTS_SOURCE))
    )
    wanted = pc.is_in(counts["event_date"], pa.array(sorted(days), pa.date32()))
    rows = counts.filter(pc.and_(accepted, wanted)).group_by(["event_date", *FILE, "content"])
    return rows.aggregate([("rows", "sum")]).rename_columns({"content": "fingerprint", "rows_sum": "rows"})


def replayed(ledger: pa.Table) -> pa.Table:
    """Accepted rows by file at each figure's newest row: metric, event_date, arrival, file, fingerprint, rows.

    In: columns metric, event_date, sequence, changes of the ledger; all rows of a figure, or none.
    """
    rows = ledger.select([*KEY, "sequence", "changes"]).combine_chunks()
    changes = rows["changes"].combine_chunks()
    of_row = pc.list_parent_indices(changes)
    flat = pc.list_flatten(changes)
    table = pa.table(
        {name: rows[name].take(of_row) for name in (*KEY, "sequence")}
        | {name: pc.struct_field(flat, name) for name in (*FILE, "fingerprint", "rows_after")}
    ).sort_by("sequence")
    grouped = table.group_by([*KEY, *FILE], use_threads=False)
    last = grouped.aggregate([("fingerprint", "last", LAST), ("rows_after", "last", LAST)])
    last = last.rename_columns({"fingerprint_last": "fingerprint", "rows_after_last": "rows"})
    return last.filter(pc.greater(last["rows"], 0)).select([*KEY, *FILE, "fingerprint", "rows"])


def ledger_rows(
    found: Collection[Restated], before: pa.Table, after: pa.Table, *, changed_at: datetime, run_id: str
) -> pa.Table:
    """The rows of the ledger for figures that differ; of METRICS with the files that differ too.

    before: as `replayed` gives it, for these figures; after: as `inputs` gives it, for their dates.
    """
    ordered = sorted(found, key=lambda one: (one.metric, one.event_date))
    figures = pa.table(
        {
            "metric": pa.array([one.metric for one in ordered], pa.string()),
            "event_date": pa.array([one.event_date for one in ordered], pa.date32()),
            "place": pa.array(range(len(ordered)), pa.int64()),
        }
    )
    has_files = pc.is_in(figures["metric"], pa.array(METRICS))
    of_files = figures.filter(has_files)
    changes = _differing(
        before.join(of_files, KEY, join_type="inner"), of_files.join(after, "event_date", join_type="inner")
    )
    place = changes["place"].to_numpy()
    offsets = np.searchsorted(place, np.arange(len(ordered) + 1))
    structs = pa.StructArray.from_arrays(
        [changes[field.name].combine_chunks().cast(field.type) for field in CHANGE], fields=list(CHANGE)
    )
    net = pc.subtract(changes["rows_after"], changes["rows_before"]).to_numpy()
    sums = np.concatenate([[0], np.cumsum(net)])
    return pa.table(
        {
            "event_month": [f"{one.event_date:%Y-%m}" for one in ordered],
            "metric": figures["metric"],
            "event_date": figures["event_date"],
            "sequence": [one.sequence for one in ordered],
            "old": [one.old for one in ordered],
            "new": [one.new for one in ordered],
            "changed_at": [changed_at] * len(ordered),
            "run_id": [run_id] * len(ordered),
            "rows": pc.if_else(has_files, pa.array(sums[offsets[1:]] - sums[offsets[:-1]]), None),
            "changes": pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs),
        },
        schema=LEDGER,
    )


def _differing(before: pa.Table, after: pa.Table) -> pa.Table:
    """Files whose rows or fingerprint differ: place and the fields of a change, sorted by place and file."""
    keys = ["place", *FILE]
    both = before.select([*keys, "fingerprint", "rows"]).join(
        after.select([*keys, "fingerprint", "rows"]), keys, join_type="full outer", right_suffix="_after"
    )
    rows_before, rows_after = (pc.fill_null(both[name], 0) for name in ("rows", "rows_after"))
    told = ("fingerprint", "fingerprint_after")
    same = pc.and_(pc.equal(rows_before, rows_after), pc.equal(*(pc.fill_null(both[name], "") for name in told)))
    made = pa.table(
        {name: both[name] for name in keys}
        # Of a file that is gone there is no fingerprint: it has no content.
        | {"fingerprint": both["fingerprint_after"], "rows_before": rows_before, "rows_after": rows_after}
    )
    return made.filter(pc.invert(same)).sort_by([(name, "ascending") for name in keys])
