"""Kept cells: the cells of retention that stand as they were counted, because nothing that they count changed.

Belongs here: from which cohort on a change shows, and what may be said of the cells of earlier ones now. Does not:
counting (retention.py), which dates changed (layers/retention.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics_assets.transforms.columns import TOTAL
from analytics_assets.transforms.retention import CELLS, FIRST_ACTIVITY, Closed, PeriodName, states

DAY = timedelta(days=1)
ORDER = [(name, "ascending") for name in ("cohort_by", "dimension", "value", "cohort_start", "periods_after")]
"""How the cells of a kind of period are in order."""


def first_changed(changed: Collection[date], period: PeriodName, last: int) -> date:
    """Start of the first cohort whose cells may differ where user days of some dates changed.

    Of cohorts before it the last cell ends before the first of these dates. A user who left such a cohort, or came into
    it, has a first day there that was given or taken, which is one of these dates. Without any date: after all cohorts.
    """
    earliest = min(changed, default=date.max)
    return earliest - DAY * (earliest.weekday() + 7 * last if period == "week" else last)


def kept_cells(stands: pa.Table, closed: Closed, last: int, before: date) -> pa.Table | None:
    """The cells of cohorts by first activity that began before a date, with their counts as they stand.

    stands, out: CELLS, in ORDER. States are said anew, since they follow from the feed's closed dates.
    None where the cells that stand are not those which are known now: these must be counted.
    """
    is_kept = (pc.field("cohort_by") == FIRST_ACTIVITY) & (pc.field("period") == closed.period)
    kept = stands.filter(is_kept & (pc.field("cohort_start") < before))
    starts = np.array(kept["cohort_start"][:: last + 1])
    after = np.tile(np.arange(last + 1), len(starts))
    in_all = kept.filter((pc.field("dimension") == TOTAL) & (pc.field("periods_after") == 0))["cohort_start"]
    wanted = [period.start for period in closed.periods if period.start < before]
    if not {*wanted} <= {*in_all.to_pylist()} or not np.array_equal(kept["periods_after"], after):
        return None
    if not len(kept):
        return kept
    different, which = np.unique(starts, return_inverse=True)
    by_cohort = [closed.known(start, last) for start in different.tolist()]
    bounded, unbounded, bounded_settled, unbounded_settled = (
        np.stack(flags)[which].reshape(-1) for flags in zip(*by_cohort, strict=True)
    )
    for prefix, known, settled in (("", bounded, bounded_settled), ("unbounded_", unbounded, unbounded_settled)):
        if not np.array_equal(kept[f"{prefix}retained"].is_valid(), known):
            return None
        place = CELLS.get_field_index(f"{prefix}state")
        kept = kept.set_column(place, CELLS.field(place), states(known, settled))
    return kept
