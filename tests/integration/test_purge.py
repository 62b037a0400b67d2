"""A purge loses no event: what comes late, again or corrected after it gives what it would have given without it."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tables import differences, rows_of

from analytics_assets.feeds.ide import FEED
from analytics_assets.layers.bronze import build_bronze
from analytics_assets.layers.landed import events_source, look_at_all
from analytics_assets.layers.purge import PurgeError, arrivals_to_purge
from analytics_assets.layers.silver import build_silver
from analytics_assets.layers.world import World
from analytics_assets.observer import Observer, Outcome
from analytics_assets.passes import run_pass
from analytics_assets.purges import run_purge
from analytics_assets.verification import verify
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

BEGIN = datetime(2025, 1, 1)
SECONDS = (0, 60, 3600, 3601, 3900, 86100, 86340, 86399)
TABLES = ("tide", "silver", "sessions", "user_days", "active_users", "active_users_week", "active_users_month")
TABLES += ("session_days", "user_history", "retention", "anomalies", "series_points", "unlikely_users")
TABLES += ("activity_mix", "object_days", "session_frequency", "entry_exit_actions", "session_hours")


class Ide:
    """A landing of few users whose events come late and twice, and lakehouses over it."""

    def __init__(self, root: Path, spark: Spark) -> None:
        self.root, self._spark, self._random = root, spark, random.Random(7)
        self._told: list[str] = []

    def land(self, arrival: int, number: int, oldest: int = 5) -> None:
        """An arrival's file; a third of its rows stood in others before."""
        rows = []
        for _ in range(number):
            row = self._row(max(0, arrival - self._random.choice([0, 0, 0, 1, 2, oldest])))
            rows.append(self._random.choice([row, row, self._random.choice(self._told or [row])]))
            self._told.append(rows[-1])
        self.write(arrival, rows)

    def write(self, arrival: int, rows: list[str]) -> None:
        path = self.file(arrival)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["user_id,event_id,product_code,timestamp", *rows]) + "\n")

    def file(self, arrival: int) -> Path:
        return self.root / f"landing/ide/{BEGIN + timedelta(days=arrival):%Y-%m-%d}/events.csv"

    def world(self, name: str) -> World:
        lakehouse = Lakehouse(root=str(self.root / name), spark=self._spark)
        return World(FEED, Landing(root=str(self.root / "landing")), lakehouse, "run")

    def run(self, name: str = "live") -> Outcome:
        outcome = run_pass(self.world(name), Observer())
        assert not outcome.has_failed, outcome.failed
        return outcome

    def purge(self) -> list[str]:
        return run_purge(self.world("live")).arrivals

    def _row(self, day: int) -> str:
        time = BEGIN + timedelta(days=day, seconds=self._random.choice(SECONDS))
        return f"u{self._random.randrange(3)},{self._random.choice('abh')},IU,{time}"


@pytest.fixture(scope="module")
def ide(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Ide:
    """Sixteen arrivals, read; rows of the oldest have copies in their file, in others, and in those that stay."""
    made = Ide(tmp_path_factory.mktemp("ide"), quick_spark)
    for arrival in range(16):
        made.land(arrival, 12)
    made.run()
    return made


def test_a_purge_needs_all_tables_as_landing_has_it_and_touches_no_date(ide: Ide) -> None:
    kept = ide.file(0).read_text()
    ide.file(0).write_text(kept + "u1,a,PC,2025-01-01 12:00:00\n")
    with pytest.raises(PurgeError, match="saw arrivals 2025-01-01 and later not read"):
        ide.purge()
    ide.file(0).write_text(kept)
    assert ide.run().seconds.keys() <= {"bronze", "checks", "activity"}  # read again, but the bytes are the same
    before = rows_of(ide.root / "live", "ide", "silver")
    assert ide.purge() == ["2025-01-01", "2025-01-02"]
    bronze = {row["arrival"] for row in rows_of(ide.root / "live", "ide", "bronze")}
    assert min(bronze) == "2025-01-03"
    assert rows_of(ide.root / "live", "ide", "silver") == before
    assert ide.run().partitions == {}


def test_late_and_corrected_rows_after_a_purge_give_what_a_rebuild_without_one_gives(ide: Ide) -> None:
    ide.land(16, 14, oldest=16)
    ide.land(17, 14, oldest=17)
    ide.run()
    ide.land(17, 6, oldest=17)  # a correction: what it brought to purged dates goes
    ide.run()
    assert ide.purge() == ["2025-01-03", "2025-01-04"]
    ide.run("rebuilt")
    assert differences(ide.root / "live", ide.root / "rebuilt", "ide", TABLES) == []


def test_a_purged_arrival_is_frozen(ide: Ide) -> None:
    kept = ide.file(0).read_text()
    ide.file(0).write_text(kept + "u9,a,IU,2025-01-01 00:00:00\n")
    outcome = ide.run()
    asked = run_pass(ide.world("live"), Observer(), ["2025-01-01"], reread=True)
    ide.file(0).write_text(kept)
    for done in (outcome, asked):
        assert (done.refused, done.partitions) == (["2025-01-01"], {})


def test_a_purged_arrival_that_lands_again_as_it_was_is_no_news(ide: Ide) -> None:
    ide.file(0).write_bytes(ide.file(0).read_bytes())
    for _ in range(2):
        outcome = ide.run()
        assert (outcome.refused, outcome.partitions) == ([], {})
    assert look_at_all(ide.world("live"), events_source(FEED)).frozen == [], "it is noted"


def test_verification_takes_events_of_purged_arrivals_that_are_gone_from_silver(ide: Ide) -> None:
    kept = ide.file(0).read_text()
    ide.file(0).unlink()
    ide.file(0).parent.rmdir()
    try:
        found = verify(ide.world("live"), ide.root / "scratch", Observer())
    finally:
        ide.write(0, kept.splitlines()[1:])
    assert [one.table for one in found.tables if not one.is_equal] == [], found.tables
    assert found.notes[0].startswith("1 arrival (2025-01-01) purged, and gone from landing")


def test_a_purge_that_was_killed_before_bronze_was_emptied_is_finished_by_the_next(
    ide: Ide, monkeypatch: pytest.MonkeyPatch
) -> None:
    ide.land(18, 8, oldest=18)
    ide.run()
    world = ide.world("live")
    with monkeypatch.context() as broken:
        broken.setattr(Lakehouse, "delete", _fail_on_bronze(Lakehouse.delete))
        with pytest.raises(KeyboardInterrupt):
            run_purge(world)
    world.lakehouse.let_go()
    ide.land(19, 8, oldest=19)
    ide.run()
    assert ide.purge() == ["2025-01-06"]
    assert set(arrivals_to_purge(ide.world("live"))) == {f"2025-01-0{day}" for day in range(1, 7)}
    ide.run("rebuilt")
    assert differences(ide.root / "live", ide.root / "rebuilt", "ide", TABLES) == []


def _fail_on_bronze(delete: object) -> object:
    def fail(self: Lakehouse, table: object, *words: object, **more: object) -> object:
        if getattr(table, "name", "") == "bronze":
            raise KeyboardInterrupt
        return delete(self, table, *words, **more)  # type: ignore[operator]

    return fail


def test_a_date_that_sessions_newly_cross_into_keeps_its_purged_events_that_other_rows_contest(
    tmp_path: Path, quick_spark: Spark
) -> None:
    ide = Ide(tmp_path, quick_spark)
    purged = "u1,a,IU,2025-01-02 00:01:00"
    for arrival in range(1, 17):
        filler = f"u2,a,IU,{BEGIN + timedelta(days=arrival, hours=12)}"
        ide.write(arrival, [filler, purged] if arrival == 2 else [filler])
    ide.run()
    assert "2025-01-03" in ide.purge()
    ide.write(0, ["u1,a,IU,2025-01-01 23:58:00", purged])
    world = ide.world("live")
    build_bronze(world, ["2025-01-01"])
    assert set(build_silver(world, ["2025-01-01"]).rows) == {"2025-01-01", "2025-01-02"}
    world.lakehouse.let_go()
    ide.write(0, ["u1,a,IU,2025-01-01 12:00:00"])
    ide.run()
    ide.run("rebuilt")
    assert differences(ide.root / "live", ide.root / "rebuilt", "ide", TABLES) == []
