"""Snapshots of users that come again, late or while a run is unfinished: the tables are those of one full rebuild."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from places import Place
from tables import differences, rows_of, table_names

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import from_silver
from resources.spark import Spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

EVENTS = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
USERS = "user_id,join_date,country,device_type,subscription_type"
DAYS = ("2025-01-01", "2025-01-02", "2025-01-03")
ANN, BOB = "ann,2024-01-01,DE,tv,pro", "bob,2024-01-01,FR,tv,free"
# It follows from how a partition came about, not from its rows alone.
VERSIONS = dict.fromkeys(
    (
        "active_users",
        "active_users_week",
        "active_users_month",
        "table_versions",
        "user_history_versions",
        "retention_versions",
        "session_days",
        "latency",
        "device_effect",
        "device_loads",
        "duration_cuts",
        "engagement_concentration",
        "likely_days",
        *("session_frequency", "entry_exit_actions"),
    ),
    ("input_version",),
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Three days of events of ann and bob, and a snapshot of the first day."""
    for day in DAYS:
        rows = [f"{user},{day} 09:00:00,view,p1,10,5.1.0" for user in ("ann", "bob")]
        land(tmp_path / "landing/notes/events" / day / "events.csv", EVENTS, *rows)
    made = Place(tmp_path, tmp_path / "landing")
    land(snapshot(made, DAYS[0]), USERS, ANN, BOB)
    return made


def land(file: Path, *lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")


def snapshot(place: Place, day: str) -> Path:
    return place.landing / "notes/users" / day / "users.csv"


def countries(place: Place) -> Mapping[tuple[str, str], str]:
    rows = rows_of(place.lakehouse, "notes", "user_days")
    return {(row["user_id"], row["event_date"].isoformat()): row["country"] for row in rows}


def assert_as_rebuilt(place: Place, spark: Spark, root: Path) -> None:
    rebuilt = Place(root, place.landing)
    rebuilt.run(FEED, spark)
    tables = table_names(rebuilt.lakehouse, "notes")  # not `touched`, which is there from the first change on
    assert differences(rebuilt.lakehouse, place.lakehouse, "notes", tables, without=VERSIONS) == []


def test_snapshots_that_come_again_or_while_a_run_is_unfinished_are_in_all_tables(
    place: Place, quick_spark: Spark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(FEED, quick_spark)
    assert countries(place) == {("ann", day): "DE" for day in DAYS} | {("bob", day): "FR" for day in DAYS}

    land(snapshot(place, DAYS[0]), USERS, ANN)
    place.run(FEED, quick_spark)
    without_bob = {("ann", day): "DE" for day in DAYS} | {("bob", day): "unknown" for day in DAYS}
    assert countries(place) == without_bob, "what the snapshot no longer says is gone"

    def ends(*_: object) -> None:
        raise RuntimeError("the power is gone")

    land(snapshot(place, DAYS[1]), USERS, ANN.replace("DE", "AT"), BOB)
    with monkeypatch.context() as patch:
        patch.setattr(from_silver, "build_user_days", ends)
        with pytest.raises(RuntimeError, match="the power is gone"):
            place.run(FEED, quick_spark)
    assert countries(place) == without_bob, "silver is ahead of user_days"

    land(snapshot(place, DAYS[2]), USERS, ANN.replace("DE", "CH"), BOB)
    place.run(FEED, quick_spark)
    assert [countries(place)["ann", day] for day in DAYS] == ["DE", "AT", "CH"]
    assert [countries(place)["bob", day] for day in DAYS] == ["FR", "FR", "FR"]
    assert_as_rebuilt(place, quick_spark, tmp_path / "rebuilt")
