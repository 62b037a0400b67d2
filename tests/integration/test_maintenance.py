"""Maintenance: fewer files, the same rows, nothing behind, and never beside a writer."""

from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from places import Place
from tables import differences

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers.behind import behind
from analytics_assets.layers.world import World
from resources.lease import Lease, LeaseError
from resources.spark import Spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"


def files_by_partition(place: Place, table: str) -> list[int]:
    """How many files each partition of a table has."""
    log = pa.table(DeltaTable(str(place.lakehouse / "notes" / table)).get_add_actions(flatten=True)).to_pylist()
    keys = [str({name: value for name, value in file.items() if name.startswith("partition.")}) for file in log]
    return sorted(keys.count(key) for key in set(keys))


@pytest.fixture
def place(tmp_path: Path, quick_spark: Spark) -> Place:
    """Two arrivals, one of them of three files, which were read."""
    made = Place(tmp_path, tmp_path / "landing")
    for arrival, name in (("2025-03-01", "a"), ("2025-03-01", "b"), ("2025-03-01", "c"), ("2025-03-02", "a")):
        path = made.landing / "notes" / "events" / arrival / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEADER}{name},{arrival} 10:00:00,view,p1,10,5.1.0\n")
    made.run(FEED, quick_spark)
    return made


def maintain(place: Place, spark: Spark) -> None:
    job = place.definitions(FEED, spark).resolve_job_def("notes_maintenance")
    with place.instance() as instance:
        job.execute_in_process(
            instance=instance, run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        )


def test_small_files_are_joined_and_no_row_and_no_version_changes(
    place: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    undisturbed = Place(tmp_path / "other", place.landing)
    undisturbed.run(FEED, quick_spark)
    assert files_by_partition(place, "bronze") == [1, 3]
    maintain(place, quick_spark)
    assert files_by_partition(place, "bronze") == [1, 1]
    assert differences(undisturbed.lakehouse, place.lakehouse, "notes") == []
    places = place.resources(quick_spark)
    assert behind(World(FEED, places["landing"], places["lakehouse"], "")) == {}
    with place.instance() as instance:
        run = instance.get_runs(limit=1)[0]
    commit = DeltaTable(str(place.lakehouse / "notes" / "bronze")).history(1)[0]
    assert run.run_id in str(commit), "a commit says who wrote it"


def test_it_is_refused_while_somebody_writes_the_feed(place: Place, quick_spark: Spark) -> None:
    writer = Lease(place.lakehouse / "_leases", "notes")
    writer.take(0)
    try:
        with pytest.raises(LeaseError, match="feed notes is being written by"):
            maintain(place, quick_spark)
    finally:
        writer.give_back()
    assert files_by_partition(place, "bronze") == [1, 3]
    with place.instance() as instance:
        [run] = instance.get_runs(dg.RunsFilter(job_name="notes_maintenance"))
    assert run.tags["tidebook/refused"] == "another writer"
