"""Reading the ledger: of some dates, of all, of none."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.restatements import ledger
from analytics_assets.layers.world import World
from analytics_assets.transforms.restatements import LEDGER
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

DAY, OTHER = date(2025, 1, 5), date(2025, 2, 5)


@pytest.mark.parametrize(("days", "expected"), [([DAY], 1), ([DAY, OTHER], 2), ([], 0), (None, 2)])
def test_the_ledger_is_read_of_the_dates_that_are_asked_for(
    tmp_path: Path, days: list[date] | None, expected: int
) -> None:
    lakehouse = Lakehouse(root=str(tmp_path / "lakehouse"), spark=Spark(master="sc://127.0.0.1:1"))
    world = World(FEED, Landing(root=str(tmp_path / "landing")), lakehouse, "run")
    rows = [dict.fromkeys(LEDGER.names) | {"event_date": day, "metric": "dau"} for day in (DAY, OTHER)]
    rows = [row | {"event_month": f"{row['event_date']:%Y-%m}", "sequence": 0} for row in rows]
    table = pa.Table.from_pylist(rows, LEDGER)
    write_deltalake(lakehouse.location(world.tables["restatements"]), table, partition_by=["event_month"])
    assert ledger(world, days).num_rows == expected
