"""Materializing again changes nothing: dates one by one, as a range, twice, in any order, by asset or by command."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from places import Place
from tables import differences

from analytics_assets.feeds.notes import FEED
from asset_checks.laws import laws_of
from resources.spark import Spark

pytestmark = pytest.mark.timeout(1200)

ARRIVALS = [
    *("2025-02-26", "2025-02-27", "2025-02-28"),
    *("2025-03-01", "2025-03-02", "2025-03-03", "2025-03-04", "2025-03-05"),
]
DATES = ARRIVALS[:-1]
KEYS = {
    "bronze": ARRIVALS,
    "users": ["2025-02-26", "2025-03-01"],
    "silver": DATES,
    "sessions": DATES,
    "user_days": DATES,
    "active_users": DATES,
    "active_users_week": ["2025-02-24", "2025-03-03"],
    "active_users_month": ["2025-02-01", "2025-03-01"],
}
AS_A_WHOLE = (
    "user_history",
    "retention",
    "latency",
    "device_effect",
    "duration_cuts",
    "power_users",
    "anomalies",
)
OTHERS_OF_DATES = (
    "activity_mix",
    "object_days",
    "latency_buckets",
    "duration_buckets",
    "session_days",
    "session_frequency",
    "entry_exit_actions",
    "session_hours",
    "unlikely_users",
)
KEYS |= dict.fromkeys(OTHERS_OF_DATES, DATES)
OF_DATES = ("silver", "sessions", "user_days", "active_users")
KEYS["profiles"] = ARRIVALS


@pytest.fixture(scope="module")
def by_ranges(notes: Place, quick_spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """All tables, made by the assets over ranges: one run for each kind of partition."""
    place = Place(tmp_path_factory.mktemp("ranges"), notes.landing)
    place.materialize(FEED, quick_spark, ["bronze"], ARRIVALS[0], ARRIVALS[-1])
    # The range has arrivals without a snapshot: nothing is made for them.
    place.materialize(FEED, quick_spark, ["users"], ARRIVALS[0], ARRIVALS[-1])
    place.materialize(FEED, quick_spark, OF_DATES, DATES[0], DATES[-1])
    for table in ("active_users_week", "active_users_month"):
        place.materialize(FEED, quick_spark, [table], KEYS[table][0], KEYS[table][-1])
    place.materialize(FEED, quick_spark, OTHERS_OF_DATES, DATES[0], DATES[-1])
    place.materialize(FEED, quick_spark, ["profiles"], ARRIVALS[0], ARRIVALS[-1])
    place.materialize(FEED, quick_spark, AS_A_WHOLE, None)
    yield place


def copy_of(place: Place, root: Path) -> Place:
    shutil.copytree(place.lakehouse, root / "lakehouse")
    return Place(root, place.landing)


def test_ranges_give_the_same_tables_as_a_pass(notes: Place, by_ranges: Place) -> None:
    assert differences(notes.lakehouse, by_ranges.lakehouse, "notes") == []


def test_a_range_leaves_a_materialization_and_verdicts_for_each_partition(by_ranges: Place) -> None:
    with by_ranges.instance() as instance:
        for table, keys in KEYS.items():
            made = instance.get_materialized_partitions(dg.AssetKey(["notes", table]))
            assert made >= set(keys), table
        assert instance.get_materialized_partitions(dg.AssetKey(["notes", "tide"])) == set(DATES)
        for law in laws_of(FEED):
            for check in law.checks:
                key = dg.AssetCheckKey(dg.AssetKey(["notes", check.table]), check.name)
                history = instance.event_log_storage.get_asset_check_execution_history(key, limit=200)
                found = [record.event.dagster_event.event_specific_data for record in history if record.event]
                if check.table in AS_A_WHOLE:
                    assert [verdict.passed for verdict in found] == [True], check.name
                    continue
                judged = {verdict.partition: verdict.passed for verdict in found if verdict.partition is not None}
                keys = ARRIVALS if check.table == "users" else KEYS[check.table]  # the range has others, too
                expected = dict.fromkeys(keys, True)
                if check.name == "columns_are_as_before":
                    expected[ARRIVALS[-1]] = False  # it holds late rows alone, far fewer than those before
                if check.name == "users_are_known":
                    expected["2025-03-02"] = False  # of its few hundred events a user in no snapshot has a tenth
                assert judged == expected, check.name


@pytest.mark.soak
def test_dates_one_by_one_in_any_order_give_the_same_as_ranges(
    notes: Place, by_ranges: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    order = random.Random(7)
    # Bronze and the dimension from nothing, the rest by one date after the other, each table in an order of its own.
    place = Place(tmp_path, notes.landing)
    for table, keys in KEYS.items():
        for key in order.sample(keys, len(keys)):
            result = place.materialize(FEED, quick_spark, [table], key)
            assert all(verdict.passed for verdict in result.get_asset_check_evaluations()), (table, key)
    assert differences(by_ranges.lakehouse, place.lakehouse, "notes") == []


@pytest.mark.soak
def test_any_partition_again_in_any_order_changes_no_row(
    notes: Place, by_ranges: Place, quick_spark: Spark, tmp_path: Path
) -> None:
    order = random.Random(8)
    place = copy_of(by_ranges, tmp_path)
    again = [(table, order.choice(keys)) for table, keys in KEYS.items()]
    order.shuffle(again)
    for table, key in again:
        place.materialize(FEED, quick_spark, [table], key)
        assert differences(by_ranges.lakehouse, place.lakehouse, "notes", [table]) == [], (table, key)
    assert differences(notes.lakehouse, place.lakehouse, "notes") == []


@pytest.mark.soak
def test_part_of_a_range_again_changes_no_row(by_ranges: Place, quick_spark: Spark, tmp_path: Path) -> None:
    place = copy_of(by_ranges, tmp_path)
    place.materialize(FEED, quick_spark, ["bronze"], ARRIVALS[2], ARRIVALS[4])
    place.materialize(FEED, quick_spark, OF_DATES, DATES[1], DATES[5])
    assert differences(by_ranges.lakehouse, place.lakehouse, "notes") == []


@pytest.mark.long
def test_a_backfill_by_the_command_changes_no_row(by_ranges: Place, engine_url: str, tmp_path: Path) -> None:
    place = copy_of(by_ranges, tmp_path)
    place.done("backfill", "notes", "--from", DATES[1], "--to", DATES[4], TIDEBOOK_SPARK_MASTER=engine_url)
    assert differences(by_ranges.lakehouse, place.lakehouse, "notes") == []
    assert place.done("status", "notes")


@pytest.mark.long
def test_a_backfill_makes_right_what_was_wrong(by_ranges: Place, quick_spark: Spark, tmp_path: Path) -> None:
    """Else a backfill that does nothing would pass the tests above."""
    place = copy_of(by_ranges, tmp_path)
    silver = str(place.lakehouse / "notes" / "silver")
    session = quick_spark.session
    wrong = session.read.format("delta").load(silver).where(f"event_date = date'{DATES[2]}' AND user_id > 'u0000100'")
    wrong.write.format("delta").mode("overwrite").option("replaceWhere", f"event_date = date'{DATES[2]}'").save(silver)
    place.backfill(FEED, quick_spark, DATES[2], DATES[2], "sessions")
    assert differences(by_ranges.lakehouse, place.lakehouse, "notes", ["silver", "sessions"]) != []
    place.backfill(FEED, quick_spark, DATES[2], DATES[2])
    assert differences(by_ranges.lakehouse, place.lakehouse, "notes") == []
