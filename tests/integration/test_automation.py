"""The sensor and the pass together: over random histories of landing, failures and lost memory no date is forgotten."""

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from places import Place, materialized
from tables import differences

from analytics_assets.feeds.notes import FEED
from analytics_assets.layers import reach
from analytics_assets.layers.world import Built, World
from analytics_assets.observer import Observer
from resources.spark import Spark

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
ARRIVALS = ["2025-02-27", "2025-02-28", "2025-03-01", "2025-03-02"]
USERS = ["ann", "bob"]
NAMES = ["a", "b"]
STAGES = ["bronze", "silver", "sessions", "user_days", "active_users_week", "active_users"]
BY_VERSION = ("silver", "sessions", "user_days")
LONG_AGO = 1_700_000_000
BY_HAND = dg.RunRequest(run_config={"ops": {"notes_pass_tables": {"config": {}}}})
EVENTS = st.sets(st.tuples(st.sampled_from(USERS), st.sampled_from(ARRIVALS), st.sampled_from([9, 10])), min_size=1)


class Trouble(Observer):
    """Ends a pass at a stage: before it wrote anything, as a full disk does, or after, as a kill between commits."""

    def __init__(self, stage: str | None, is_after: bool) -> None:
        self._stage, self._is_after = stage, is_after

    def stage(self, name: str, partitions: int) -> None:
        if name == self._stage and not self._is_after:
            raise OSError("No space left on device")

    def done(self, name: str, built: Built, seconds: float) -> None:
        if name == self._stage and self._is_after:
            raise OSError("killed")


class Histories(RuleBasedStateMachine):
    """A landing that changes, ticks that ask for runs, runs that end well or not, memory that is lost."""

    sparks: list[Spark]  # the one of the tests, set before the machine runs

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.place = Place(self.root, self.root / "landing")
        self.writes, self.later_s, self.homes = 0, 0.0, 0
        self.files: dict[tuple[str, str], Path] = {}
        self.cursor: str | None = None
        self.instance: dg.DagsterInstance
        self.forget_the_runs()

    def teardown(self) -> None:
        if self.files:
            self.until_quiet()
        shutil.rmtree(self.root)

    @initialize(events=EVENTS)
    def first_file(self, events: set[tuple[str, str, int]]) -> None:
        self.write("2025-02-28", "a", events)

    @rule(arrival=st.sampled_from(ARRIVALS), name=st.sampled_from(NAMES), events=EVENTS)
    def write(self, arrival: str, name: str, events: set[tuple[str, str, int]]) -> None:
        """A file lands, or one that was there is corrected."""
        path = self.place.landing / "notes" / "events" / arrival / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{user},{day} {hour:02}:00:00,view,p1,10,5.1.0\n" for user, day, hour in sorted(events)]
        path.write_text(HEADER + "".join(lines))
        self.writes += 1
        os.utime(path, (LONG_AGO + self.writes, LONG_AGO + self.writes))
        self.files[arrival, name] = path

    def twice(self) -> list[str]:
        """Arrivals with more than one file."""
        return sorted(arrival for arrival, number in Counter(a for a, _ in self.files).items() if number > 1)

    @precondition(lambda self: self.twice())
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        arrival, name = data.draw(st.sampled_from(self.twice())), data.draw(st.sampled_from(NAMES))
        self.files.pop((arrival, name)).unlink()

    def forget_the_runs(self) -> None:
        """Dagster's instance is another one, with no runs and no events."""
        self.homes += 1
        home = self.root / f"home{self.homes}"
        home.mkdir()
        self.instance = dg.DagsterInstance.local_temp(str(home))

    @rule(stage=st.sampled_from([None, *STAGES]), is_after=st.booleans(), lost=st.sampled_from(["", "cursor", "runs"]))
    def tick(self, stage: str | None, is_after: bool, lost: str) -> None:
        """A tick, perhaps of a daemon that lost its memory, and the run that it asks for."""
        if lost:
            self.cursor = None
        if lost == "runs":
            self.forget_the_runs()
        self.asks_for_a_run(stage, is_after)

    def asks_for_a_run(self, stage: str | None = None, is_after: bool = False) -> bool:
        """Whether a tick asks for one. It may end at a stage."""
        self.later_s += 7200
        result = self.place.tick(FEED, self.sparks[0], self.instance, self.cursor, time.time() + self.later_s)
        self.cursor = result.cursor
        [request] = result.run_requests or [None]
        if request is None and stage is None and "Gave up" in str(result.skip_reason):
            request = BY_HAND  # as the words say
        if request is None:
            return False
        before = self.stands()
        done = self.place.answer(FEED, self.sparks[0], self.instance, request, Trouble(stage, is_after))
        made = materialized(self.instance, done.run_id)
        after = self.stands()
        for table, versions in after.items():
            changed = {key for key in {*versions, *before[table]} if versions.get(key) != before[table].get(key)}
            assert made.get(table, Counter()) == Counter(changed), f"{table}: each once, and no other"
        assert made or not done.success, "a run was asked for with nothing to do"
        return True

    def stands(self) -> dict[str, dict[str, str]]:
        """The recorded version of each partition of each table."""
        places = self.place.resources(self.sparks[0])
        world = World(FEED, places["landing"], places["lakehouse"], "")
        found = {table: world.lakehouse.versions(world.tables[table]) for table in BY_VERSION}
        found["tide"] = {day: version for day, (version, _) in world.tide().items()}
        return found | {table: reach.recorded(world, table) for table in reach.KEY}

    def until_quiet(self) -> None:
        for _ in range(6):
            if not self.asks_for_a_run():
                break
        else:
            pytest.fail("still not quiet after 6 runs that nothing disturbed")
        rebuilt = Place(self.root / "rebuilt", self.place.landing)
        rebuilt.run(FEED, self.sparks[0])
        assert differences(rebuilt.lakehouse, self.place.lakehouse, "notes") == []


@pytest.fixture(autouse=True)
def with_spark(quick_spark: Spark) -> Iterator[None]:
    Histories.sparks = [quick_spark]
    yield


def run_histories(number: int, steps: int) -> None:
    # A failing history is not made shorter: each attempt at it would cost many Spark jobs.
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Histories,
        settings=settings(
            max_examples=number,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_run_that_ends_after_bronze_has_told_of_the_dates_that_it_touched() -> None:
    history = Histories()
    history.write("2025-02-28", "a", {("ann", "2025-02-28", 9), ("ann", "2025-02-27", 9)})
    assert history.asks_for_a_run("bronze", is_after=True)
    history.teardown()


def test_no_date_is_forgotten_or_computed_twice_in_ten_histories() -> None:
    run_histories(10, 6)


@pytest.mark.soak
def test_no_date_is_forgotten_or_computed_twice_in_two_hundred_histories() -> None:
    run_histories(200, 12)
