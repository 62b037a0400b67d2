"""Cases of their own: faults that histories found, as small as could be, and what histories side by side would hide."""

from pathlib import Path

import pytest
from comparing import Seen, Site
from described import SHOP

from analytics_assets.feeds.shop import FEED
from analytics_assets.passes import run_pass
from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)

HEADER = "interaction_id,user_id,product_id,action,timestamp"


class Patient(Seen):
    """Ends a pass that computes one table again and again."""

    def stage(self, name: str, partitions: int) -> None:
        """A stage began."""
        super().stage(name, partitions)
        assert self.stages.count(name) < 5, f"{name} is computed without end"


@pytest.mark.long
def test_a_date_whose_events_are_all_kept_on_other_dates_is_not_behind_for_ever(
    quick_spark: Spark, tmp_path: Path
) -> None:
    site = Site(FEED, SHOP, tmp_path, quick_spark)
    site.land("shop/2025-01-01/a.csv", f"{HEADER}\n7,5,2,view,2025-01-01 10:00:00\n".encode())
    site.land("shop/2025-01-03/a.csv", f"{HEADER}\n7,5,2,view,2025-01-02 10:00:00\n".encode())
    site.land("shop/2025-01-04/a.csv", f"{HEADER}\n".encode())
    world = site.world()
    run_pass(world, Patient())
    assert site.faults(world) == []
    # The first arrival no longer has the key: the event is the other date's now.
    site.land("shop/2025-01-01/a.csv", f"{HEADER}\n8,5,2,view,2025-01-01 10:00:00\n".encode())
    run_pass(world, Patient())
    assert world.lakehouse.rows(world.tables["silver"]) == {"2025-01-01": 1, "2025-01-02": 1}


@pytest.mark.long
def test_a_first_day_that_turns_out_to_be_weeks_earlier_changes_who_was_new(quick_spark: Spark, tmp_path: Path) -> None:
    """Side by side other histories change dates in between, and the windows over them are computed again anyway."""
    site = Site(FEED, SHOP, tmp_path, quick_spark)
    site.land("shop/2025-01-01/a.csv", f"{HEADER}\n1,5,2,view,2025-01-01 10:00:00\n".encode())
    site.land("shop/2025-03-01/a.csv", f"{HEADER}\n2,6,2,view,2025-03-01 10:00:00\n".encode())
    site.land("shop/2025-03-02/a.csv", f"{HEADER}\n".encode())
    world = site.world()
    run_pass(world, Seen())
    site.land("shop/2025-03-02/b.csv", f"{HEADER}\n3,6,2,view,2025-01-02 10:00:00\n".encode())
    run_pass(world, Seen())
    assert site.faults(world) == []
