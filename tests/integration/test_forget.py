"""A user who is forgotten stands in no table any more, and every figure is what it is without their rows."""

import json
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from endings import EndsAfter, ProcessEndedError
from tables import differences, rows_of

from analytics_assets.feeds.aqua import FEED as AQUA
from analytics_assets.feeds.ide import FEED as IDE
from analytics_assets.feeds.notes import FEED as NOTES
from analytics_assets.feeds.shop import FEED as SHOP
from analytics_assets.feeds.spec import Feed
from analytics_assets.forgetting import run_forgetting
from analytics_assets.layers.tombstones import leave_tombstone
from analytics_assets.layers.world import World, sums_by_arrival
from analytics_assets.observer import Observer
from analytics_assets.passes import run_pass
from analytics_assets.purges import run_purge
from analytics_assets.verification import verify
from resources.lakehouse import Lakehouse
from resources.landing import Landing
from resources.spark import Spark

pytestmark = [pytest.mark.timeout(900)]

NOW = datetime(2025, 3, 9, tzinfo=timezone.utc)
EVENTS = "user_id,timestamp,action_type,page_id,duration_ms,app_version"
USERS = "user_id,join_date,country,device_type,subscription_type"
EVE = "u-0077"
DAYS = ("2025-03-01", "2025-03-02", "2025-03-03", "2025-03-04")
# Landing differs where a file has fewer rows: which files there are, and what of them was counted from their bytes.
OF_LANDING = {"input_version"}
OF_ROWS = ("silver", "sessions", "user_days", "active_users", "active_users_week", "active_users_month", "user_history")
OF_ROWS += ("retention", "power_users", "activity_mix", "object_days", "latency", "session_days", "users", "profiles")


def event(user: str, day: str, rest: str = "09:00:00,page_view,p1,10,5.1.0") -> str:
    return f"{user},{day} {rest}"


# Each ends a forgetting after so many commits to a table; the second of counts is the one that says that all is done.
KILLS = [("forgotten", 1), ("counts", 1), ("bronze", 1), ("tide", 1), ("counts", 2)]
KILLS += [("users_rejected", 1), ("users", 1), ("silver", 1), ("user_history", 1)]


class Place:
    """A landing, and lakehouses over it."""

    def __init__(self, root: Path, spark: Spark, feed: Feed = NOTES) -> None:
        self.root, self.spark, self.feed, self.landing = root, spark, feed, root / "landing"

    def land(self, path: str, *lines: str) -> Path:
        file = self.landing / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
        return file

    def world(self, name: str = "live", landing: str = "landing", lakehouse: Lakehouse | None = None) -> World:
        made = lakehouse or Lakehouse(root=str(self.root / name), spark=self.spark)
        return World(self.feed, Landing(root=str(self.root / landing)), made, "run")

    def run(self, name: str = "live", landing: str = "landing") -> None:
        world = self.world(name, landing)
        outcome = run_pass(world, Observer())
        world.lakehouse.let_go()
        assert not outcome.has_failed, outcome.failed

    def forget(self, user: str, *, landing: bool = False) -> None:
        world = self.world()
        leave_tombstone(world, user, NOW)
        outcome = run_forgetting(world, Observer(), landing=landing)
        world.lakehouse.let_go()
        assert not outcome.has_failed, outcome.failed

    def assert_verified(self) -> None:
        scratch = self.root / "scratch"
        found = verify(self.world(), scratch, Observer())
        assert [one for one in found.tables if not one.is_equal] == []

    def users(self, table: str, name: str = "live") -> set[str]:
        column = "user_id"
        return {row[column] for row in rows_of(self.root / name, self.feed.name, table)}

    def counts(self, standing: str) -> dict[str, int]:
        """Rows of a standing by file."""
        found: dict[str, int] = {}
        for row in rows_of(self.root / "live", self.feed.name, "counts"):
            if row["standing"] == standing:
                found[row["file"]] = found.get(row["file"], 0) + row["rows"]
        return found


def land_notes(place: Place, *, with_eve: bool) -> None:
    """Four days of three users, Eve with rows of every kind: doubled, late, rejected, unreadable, in snapshots."""
    for at, day in enumerate(DAYS):
        others = [
            event("ann", day),
            event("bob", day, "10:00:00,view,p2,700,5.1.0"),
            event("ann", day, "soon,view,p,1,5"),
        ]
        hers = [
            event(EVE, day),
            event(EVE, day),
            event(EVE, DAYS[max(at - 1, 0)], "23:00:00,edit,p3,90000,5.1.0"),
            event(EVE, day, "09:00:00,view,p1,-5,5.1.0"),
            f'bob,{day} 09:00:00,"view,{EVE},7,5.1.0',
        ]
        # On the last day she is the only one.
        lines = (others if at < 3 else []) + (hers if with_eve else [])
        place.land(f"notes/events/{day}/events.csv", EVENTS, *lines)
    snapshot = ["ann,2024-01-01,DE,tv,pro", "bob,2024-01-01,FR,tv,free", "bob,soon,FR,tv,free"]
    of_eve = [f"{EVE},2024-01-01,DE,pen,pro", f"{EVE},soon,DE,pen,pro"] if with_eve else []
    place.land(f"notes/users/{DAYS[0]}/users.csv", USERS, *snapshot, *of_eve)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, quick_spark: Spark) -> Place:
    """Notes in which Eve was read and then forgotten, and in `without` notes as if she had never been."""
    made = Place(tmp_path_factory.mktemp("forget"), quick_spark)
    land_notes(made, with_eve=False)
    made.landing.rename(made.root / "without_eve")
    land_notes(made, with_eve=True)
    made.run()
    assert EVE in made.users("silver")
    made.forget(EVE)
    return made


def test_a_forgotten_user_stands_in_no_table(place: Place) -> None:
    for table in ("bronze", "users", "silver", "user_days", "user_history", "power_users", "unlikely_users"):
        assert EVE not in place.users(table), table
    raw = [row["raw"] for row in rows_of(place.root / "live", "notes", "bronze")]
    assert not [text for text in raw if text and EVE in text]
    assert not [row for row in rows_of(place.root / "live", "notes", "users_rejected") if EVE in row["raw"]]


def test_every_landed_row_is_accepted_rejected_or_forgotten(place: Place) -> None:
    forgotten = place.counts("forgotten")
    assert forgotten == {f"notes/events/{day}/events.csv": 5 for day in DAYS} | {f"notes/users/{DAYS[0]}/users.csv": 2}
    for source in ("events", "users"):
        assert all(sums.add_up for sums in sums_by_arrival(place.world().counts(), source).values())
    assert not [
        row for row in rows_of(place.root / "live", "notes", "counts") if row["standing"] == "forgotten" and row["rule"]
    ]


def test_figures_are_those_of_a_landing_without_the_user(place: Place) -> None:
    place.run("without", "without_eve")
    left_out = dict.fromkeys(OF_ROWS, OF_LANDING)
    assert differences(place.root / "live", place.root / "without", "notes", OF_ROWS, left_out) == []


def test_a_run_after_that_has_nothing_to_do(place: Place) -> None:
    world = place.world()
    outcome = run_pass(world, Observer())
    world.lakehouse.let_go()
    assert outcome.partitions == {}
    assert outcome.seconds.keys() <= {"activity"}


@pytest.mark.long
def test_a_late_file_does_not_bring_the_user_back_and_a_rebuild_does_not(place: Place) -> None:
    late = "2025-03-05"
    place.land(f"notes/events/{late}/events.csv", EVENTS, event(EVE, DAYS[1]), event("cid", late), f"{EVE},x")
    place.land(f"notes/users/{late}/users.csv", USERS, f"{EVE},2024-01-01,DE,pen,pro", "cid,2024-01-01,DE,tv,pro")
    place.run()
    assert place.counts("forgotten")[f"notes/events/{late}/events.csv"] == 2
    assert place.counts("forgotten")[f"notes/users/{late}/users.csv"] == 1
    assert place.users("bronze") == {"ann", "bob", "cid"}
    place.assert_verified()


@pytest.mark.long
def test_an_arrival_that_is_gone_from_landing_loses_them_all_the_same(tmp_path: Path, quick_spark: Spark) -> None:
    place = Place(tmp_path, quick_spark)
    place.feed = replace(NOTES, look_back_days=0)
    for day in DAYS[:2]:
        place.land(f"notes/events/{day}/a.csv", EVENTS, event(EVE, day), event("ann", day), f"{EVE},x")
    place.land(f"notes/users/{DAYS[0]}/a.csv", USERS, f"{EVE},2024-01-01,DE,pen,pro", "ann,2024-01-01,DE,tv,pro")
    place.run()
    for gone in (f"notes/events/{DAYS[0]}", f"notes/users/{DAYS[0]}"):
        (place.landing / gone / "a.csv").unlink()
        (place.landing / gone).rmdir()
    world = place.world(lakehouse=EndsAfter(root=str(tmp_path / "live"), spark=quick_spark, table="bronze"))
    leave_tombstone(world, EVE, NOW)
    with pytest.raises(ProcessEndedError):
        run_forgetting(world, Observer())
    # Any pass goes on with what lost rows; the dimension is left to the next forgetting.
    place.run()
    assert place.users("silver") == {"ann"}
    place.forget(EVE)
    assert place.users("bronze") == place.users("users") == {"ann"}
    assert place.counts("forgotten") == {f"notes/events/{day}/a.csv": 2 for day in DAYS[:2]} | {
        f"notes/users/{DAYS[0]}/a.csv": 1
    }
    place.assert_verified()


@pytest.mark.long
def test_a_forgetting_that_is_killed_again_and_again_is_finished_by_the_next(
    tmp_path: Path, quick_spark: Spark
) -> None:
    place = Place(tmp_path, quick_spark)
    for day in DAYS[:2]:
        place.land(f"notes/events/{day}/a.csv", EVENTS, event(EVE, day), event("ann", day), event("ann", day, "soon"))
    place.land(f"notes/users/{DAYS[0]}/a.csv", USERS, f"{EVE},2024-01-01,DE,pen,pro", "ann,2024-01-01,DE,tv,pro")
    place.run()
    for table, commits in KILLS:
        ending = EndsAfter(root=str(tmp_path / "live"), spark=quick_spark, table=table, commits=commits)
        world = place.world(lakehouse=ending)
        with pytest.raises(ProcessEndedError):
            leave_tombstone(world, EVE, NOW)
            run_forgetting(world, Observer())
    place.forget(EVE)
    assert place.users("bronze") == place.users("silver") == place.users("users") == {"ann"}
    assert place.counts("forgotten") == {f"notes/events/{day}/a.csv": 1 for day in DAYS[:2]} | {
        f"notes/users/{DAYS[0]}/a.csv": 1
    }


class Ide(Place):
    """An IDE's batches of which bronze keeps two days."""

    def __init__(self, root: Path, spark: Spark) -> None:
        super().__init__(root, spark, replace(IDE, retention_days=2))

    def batch(self, day: str, *rows: str) -> None:
        self.land(f"ide/{day}/a.csv", "user_id,event_id,product_code,timestamp", *rows)


@pytest.mark.long
@pytest.mark.parametrize("landing", [False, True])
def test_rows_of_purged_arrivals_leave_silver_and_what_a_purge_kept(
    tmp_path: Path, quick_spark: Spark, landing: bool
) -> None:
    ide = Ide(tmp_path, quick_spark)
    for at, day in enumerate(DAYS):
        both = [f"{user},a,IU,{day} {hour}:00:00" for user in (EVE, "ann") for hour in ("09", "09", "23")]
        late = [f"{EVE},b,IU,{DAYS[0]} 10:00:0{at}", f"{EVE},a,IU,{DAYS[0]} 09:00:00", f"{EVE},soon"]
        ide.batch(day, *both, *late)
    ide.run()
    world = ide.world()
    assert run_purge(world).arrivals == list(DAYS[:2])
    world.lakehouse.let_go()
    assert EVE in ide.users("purged")
    ide.forget(EVE, landing=landing)
    for table in ("bronze", "silver", "sessions", "user_days", "purged"):
        assert ide.users(table) == {"ann"}, table
    assert all(sums.add_up for sums in sums_by_arrival(ide.world().counts()).values())
    assert ide.counts("forgotten") == ({} if landing else {f"ide/{day}/a.csv": 6 for day in DAYS})
    assert [EVE in file.read_text() for file in sorted(ide.landing.rglob("*.csv"))] == [not landing] * 4
    world = ide.world()
    outcome = run_pass(world, Observer())
    world.lakehouse.let_go()
    assert (outcome.partitions, outcome.refused) == ({}, []), "a purged arrival that was written anew is no news"
    if not landing:
        ide.assert_verified()


@pytest.mark.long
def test_records_and_numbers_are_forgotten_too(tmp_path: Path, quick_spark: Spark) -> None:
    aqua = Place(tmp_path / "aqua", quick_spark, AQUA)
    record = {"event": "$pageview", "timestamp": f"{DAYS[0]}T10:15:00.000Z", "more": "x"}
    records = [record | {"distinct_id": user, "uuid": f"{user}-{at}"} for user in ("Zoë", "ann") for at in (1, 2)]
    broken = [{"distinct_id": "ann", "said": ["Zoë"]}, {"distinct_id": "ann"}, 17]
    file = aqua.landing / f"aqua/{DAYS[0]}/20250301-101500.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps([*records, *broken]))
    aqua.run()
    aqua.forget("Zoë", landing=True)
    assert aqua.users("bronze") - {None} == aqua.users("event_data") == {"ann"}
    assert json.loads(file.read_text()) == [*records[2:], *broken[1:]]

    shop = Place(tmp_path / "shop", quick_spark, SHOP)
    header = "interaction_id,user_id,product_id,action,timestamp"
    rows = [f"{at},{user},501,view,{DAYS[0]} 10:15:00" for at, user in ((1, 501), (2, "0501"), (3, 7), (4, 5010))]
    landed = shop.land(f"shop/{DAYS[0]}/a.csv", header, *rows, "5,501,9,view,soon", "6,7,9,view,soon")
    shop.run()
    shop.forget("501", landing=True)
    assert shop.users("silver") == shop.users("interaction_counts") == {"7", "5010"}
    assert landed.read_text().splitlines() == [header, *rows[2:], "6,7,9,view,soon"]
    assert sums_by_arrival(shop.world().counts())[DAYS[0]] == (3, 2, 1, 0)
