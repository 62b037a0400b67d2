"""Published figures that change: each change stands in the ledger once, with the files that brought it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from deltalake import DeltaTable
from places import Place
from tables import rows_of

from analytics_assets.commands.why import explanation
from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import from_silver, restatements
from analytics_assets.layers.restatements import build_restatements
from analytics_assets.layers.world import World
from analytics_assets.transforms.restatements import METRICS
from resources.errors import UserError
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = pytest.mark.timeout(900)

EVENTS = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
DAYS = ("2025-01-01", "2025-01-02", "2025-01-03")
FIRST = [(day, metric, 0, None, 2, 2) for day in DAYS[:2] for metric in ("dau", "events", "sessions")]


def view(user: str, day: str, time: str = "09:00:00", duration: str = "10") -> str:
    return f"{user},{day} {time},view,p1,{duration},5.1.0"


def land(place: Place, arrival: str, name: str, *lines: str) -> Path:
    file = place.landing / "notes/events" / arrival / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([EVENTS, *lines]) + "\n")
    return file


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Three days of events of ann and bob; the last is open."""
    made = Place(tmp_path, tmp_path / "landing")
    for day in DAYS:
        land(made, day, "events.csv", view("ann", day), view("bob", day))
    return made


def world(place: Place, spark: Spark) -> World:
    lakehouse = Lakehouse(root=str(place.lakehouse), spark=spark, lease_wait_s=0)
    return World(FEED, Landing(root=str(place.landing)), lakehouse, run_id="by hand")


def ledger(place: Place) -> list[tuple[object, ...]]:
    """Date, metric, sequence, old, new, rows of the daily figures."""
    return [row for row in whole_ledger(place) if row[1] in METRICS]


def cells(place: Place) -> list[tuple[object, ...]]:
    """The same of cells of retention."""
    return [row for row in whole_ledger(place) if row[1] not in METRICS]


def whole_ledger(place: Place) -> list[tuple[object, ...]]:
    rows = rows_of(place.lakehouse, "notes", "restatements")
    names = ("event_date", "metric", "sequence", "old", "new", "rows")
    return sorted((str(row["event_date"]), *(row[name] for name in names[1:])) for row in rows)


def files(place: Place, day: str, metric: str, sequence: int) -> list[tuple[object, ...]]:
    """File, rows before, rows after."""
    (row,) = [
        row
        for row in rows_of(place.lakehouse, "notes", "restatements")
        if (str(row["event_date"]), row["metric"], row["sequence"]) == (day, metric, sequence)
    ]
    return [(change["file"], change["rows_before"], change["rows_after"]) for change in row["changes"]]


def version(place: Place) -> int:
    return DeltaTable(str(place.lakehouse / "notes" / "restatements")).version()


def why(place: Place, spark: Spark, day: str, metrics: Sequence[str] = METRICS) -> str:
    return "\n".join(explanation(world(place, spark), date.fromisoformat(day), metrics))


def test_a_late_file_restates_its_date_once_and_why_names_it(place: Place, quick_spark: Spark) -> None:
    place.run(FEED, quick_spark)
    assert ledger(place) == FIRST, "closed dates are published, the open one is not"
    assert files(place, DAYS[0], "dau", 0) == [("notes/events/2025-01-01/events.csv", 0, 2)]
    once = why(place, quick_spark, DAYS[0])
    assert once.count("no restatement: published once") == 3
    assert "2025-01-01 dau 2 published at 20" in once and ": 2 rows from notes/events/2025-01-01/events.csv" in once

    late = [view("cid", DAYS[0]), view("cid", DAYS[0], "09:10:00"), view("bob", DAYS[0])]
    land(place, DAYS[2], "late.csv", *late, view("eve", DAYS[2], duration="-5"))
    place.run(FEED, quick_spark)
    first = DAYS[0]
    changed = [(first, "dau", 1, 2, 3, 3), (first, "events", 1, 2, 4, 3), (first, "sessions", 1, 2, 3, 3)]
    assert ledger(place) == sorted([*FIRST, *changed], key=str)
    assert files(place, first, "dau", 1) == [("notes/events/2025-01-03/late.csv", 0, 3)]

    told = why(place, quick_spark, first)
    (run_id,) = {row["run_id"] for row in rows_of(place.lakehouse, "notes", "restatements") if row["sequence"] == 1}
    assert "2025-01-01 dau 2 -> 3 at 20" in told
    assert f"UTC by run {run_id}: 3 rows more from notes/events/2025-01-03/late.csv (late by 2 days)" in told
    assert "closed (closed dates: 2025-01-01 to 2025-01-02)" in told
    assert "accepted rows: 5 from:" in told and "duplicates: 1 " in told
    assert "rejected rows of the arrival 2025-01-01: 0 of 2" in told
    assert "figures: events 4, dau 3, sessions 3" in told
    assert "tables: silver up to date, sessions up to date, user_days up to date, active_users up to date" in told
    one = why(place, quick_spark, first, ["dau"]).splitlines()
    assert [line.split()[1] for line in one if line.startswith(f"{first} ")] == ["dau", "dau"]

    settled = [(DAYS[0], "retention_day_0"), (DAYS[0], "retention_day_1"), (DAYS[1], "retention_day_0")]
    values = {settled[0]: 2, settled[1]: 2, settled[2]: 0}
    restated = [(first, "retention_day_0", 1, 2, 3, None)]
    assert cells(place) == sorted([*[(*cell, 0, None, values[cell], None) for cell in settled], *restated], key=str)
    assert "2025-01-01 retention_day_0: 2 -> 3 users at 20" in told and "retention_day_1" not in told

    before = version(place)
    place.run(FEED, quick_spark)
    place.materialize(FEED, quick_spark, ["restatements"], None)
    assert version(place) == before, "a run again adds nothing"


@pytest.mark.long
def test_why_says_what_there_is_to_say_of_other_dates(place: Place, quick_spark: Spark) -> None:
    with pytest.raises(UserError, match="notes has no closed date yet, and no row of 2025-01-01"):
        why(place, quick_spark, DAYS[0])
    land(place, DAYS[1], "bad.csv", view("eve", DAYS[1], duration="-5"), view("ann", "2025-01-03"))
    land(place, "2025-01-06", "events.csv", view("ann", "2025-01-06"))
    place.run(FEED, quick_spark)
    told = why(place, quick_spark, DAYS[1])
    assert "rejected rows of the arrival 2025-01-02: 1 of 4: duration_out_of_range 1" in told
    told = why(place, quick_spark, DAYS[2])
    assert "early by 1 day arrival 2025-01-02 notes/events/2025-01-02/bad.csv" in " ".join(told.split())
    told = why(place, quick_spark, "2025-01-06")
    assert "open: its figures are published when the arrival 2025-01-07 has landed" in told
    assert told.count("not published yet") == 3
    assert "no arrival landed for it: its figures are null" in why(place, quick_spark, "2025-01-04")
    with pytest.raises(UserError, match=r"outside the feed's closed dates .* from 2025-01-01 to 2025-01-05"):
        why(place, quick_spark, "2024-12-31")


@pytest.mark.long
@pytest.mark.parametrize("killed_at", ["sessions", "ledger"])
def test_a_run_that_is_killed_before_the_ledger_is_caught_up_once_by_the_next(
    place: Place, quick_spark: Spark, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    place.run(FEED, quick_spark)

    def ends(*_: object) -> None:
        raise RuntimeError("the power is gone")

    land(place, DAYS[2], "late.csv", view("cid", DAYS[0]))
    with monkeypatch.context() as patch:
        where = {"sessions": (from_silver, "build_sessions"), "ledger": (restatements, "build_restatements")}
        patch.setattr(*where[killed_at], ends)
        with pytest.raises(RuntimeError, match="the power is gone"):
            place.run(FEED, quick_spark)
    assert ledger(place) == FIRST
    if killed_at == "sessions":
        # Dagster may compute the ledger alone: a date that is half computed is not compared.
        place.materialize(FEED, quick_spark, ["restatements"], None)
        assert ledger(place) == FIRST
    for _ in range(2):
        place.run(FEED, quick_spark)
        first = DAYS[0]
        caught_up = [(first, metric, 1, 2, 3, 1) for metric in ("dau", "events", "sessions")]
        assert ledger(place) == sorted([*FIRST, *caught_up], key=str)
    assert files(place, DAYS[0], "sessions", 1) == [("notes/events/2025-01-03/late.csv", 0, 1)]


@pytest.mark.long
def test_a_corrected_file_takes_its_rows_away_and_a_date_opened_again_is_null(place: Place, quick_spark: Spark) -> None:
    place.run(FEED, quick_spark)
    land(place, DAYS[1], "events.csv", view("ann", DAYS[1]))
    place.backfill(FEED, quick_spark, DAYS[1], DAYS[1])
    second = DAYS[1]
    fewer = [(second, metric, 1, 2, 1, -1) for metric in ("dau", "events", "sessions")]
    assert ledger(place) == sorted([*FIRST, *fewer], key=str)
    told = why(place, quick_spark, second, ["dau"])
    assert "2 -> 1 at" in told and "1 row fewer from notes/events/2025-01-02/events.csv (on time), which had 2" in told

    # As if the arrival that closed the date had been taken back.
    counts = DeltaTable(str(place.lakehouse / "notes" / "counts"))
    counts.delete(f"arrival = '{DAYS[2]}'")
    here = world(place, quick_spark)
    try:
        build_restatements(here)
        assert build_restatements(here) is None
    finally:
        here.lakehouse.let_go()
    nulls = [(second, metric, 2, 1, None, 0) for metric in ("dau", "events", "sessions")]
    assert ledger(place) == sorted([*FIRST, *fewer, *nulls], key=str)
    place.run(FEED, quick_spark)
    back = [(second, metric, 3, None, 1, 0) for metric in ("dau", "events", "sessions")]
    assert ledger(place) == sorted([*FIRST, *fewer, *nulls, *back], key=str)


@pytest.mark.long
def test_the_ledger_is_an_asset_with_a_materialization_of_each_pass_that_wrote_it(
    place: Place, quick_spark: Spark
) -> None:
    for _ in range(2):
        place.run(FEED, quick_spark)
    with place.instance() as instance:
        key = dg.AssetKey(["notes", "restatements"])
        (made,) = instance.fetch_materializations(key, limit=10).records
    assert made.partition_key is None
    assert made.asset_materialization is not None
    assert made.asset_materialization.metadata["rows_added"].value == 9
