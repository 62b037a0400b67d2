"""The histories hold what is hard, and the oracle says what the definitions say. No Spark."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import events
import figures
import pytest
import stories
from batches import drawn, feed_and_description
from comparing import Site
from described import FEEDS, Described
from hypothesis import HealthCheck, Phase, find, settings
from playing import Play

from resources.spark import Spark

Rows = list[dict[str, Any]]
DAY = date(2025, 1, 27)
FOUND = settings(
    max_examples=1,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def silver_of(name: str, batch: stories.Batch) -> tuple[Rows, Rows]:
    """Verdicts and events of what stands in landing after all rounds, by the oracle."""
    feed, described, first = feed_and_description(name, len(batch.stories))
    with tempfile.TemporaryDirectory() as folder:
        site = Site(feed, described, Path(folder), Spark(master="local[1]"))
        for number in range(len(batch.works)):
            Play(site, batch, first).land(number)
        files, user_files = site.contents()
    rows = events.verdicts(described, files)
    return rows, events.silver(described, rows, events.snapshots(user_files))


def gaps(described: Described, silver: Rows) -> list[timedelta]:
    """From one user action of a session key to the next; of the same date, where midnight starts a session anyway."""
    times = defaultdict(list)
    for event in silver:
        if described.is_user_action(event):
            day = event["event_date"] if described.splits_at_midnight else None
            times[(day, *(event[name] for name in described.session_key))].append(event["event_time"])
    return [after - before for found in times.values() for before, after in pairwise(sorted(found))]


def at_once(silver: Rows) -> Counter[tuple[Any, ...]]:
    """How many events each user has at each time."""
    return Counter((event["user_id"], event["event_time"]) for event in silver)


def longest(silver: Rows) -> int:
    """Midnights that one session lasts over."""
    return max(((e["event_date"] - e["session_date"]).days for e in silver if e["session_date"]), default=0)


HARD: dict[str, Callable[[Described, Rows, Rows], bool]] = {
    "a gap of exactly the timeout": lambda feed, rows, silver: feed.timeout in gaps(feed, silver),
    "a gap of a second less": lambda feed, rows, silver: feed.timeout - timedelta(seconds=1) in gaps(feed, silver),
    "times that tie": lambda feed, rows, silver: any(n > 1 for n in at_once(silver).values()),
    "duplicates": lambda feed, rows, silver: any(event["copies"] > 1 for event in silver),
    "late rows": lambda feed, rows, silver: any(row["standing"] == "late" for row in rows),
    "early rows": lambda feed, rows, silver: any(row["standing"] == "early" for row in rows),
    "rows from the future": lambda feed, rows, silver: any(row["violations"] == ("in_the_future",) for row in rows),
}


@pytest.mark.parametrize("name", FEEDS)
def test_ten_histories_hold_all_that_is_hard(name: str) -> None:
    found: set[str] = set()

    def look(batch: stories.Batch) -> bool:
        rows, silver = silver_of(name, batch)
        found.update(what for what, is_there in HARD.items() if is_there(FEEDS[name], rows, silver))
        found.update({f"a session over {longest(silver)} midnights"})
        found.update({"a key on several dates"} if events.kept_elsewhere(FEEDS[name], rows) else ())
        return True

    find(drawn(name, 10, 2), look, settings=FOUND)
    more = {"ide": {"a session over 3 midnights"}, "shop": {"a key on several dates"}}.get(name, set())
    assert {*HARD, *more} - found == set()


def ide(*lines: str) -> Rows:
    content = "\n".join(["user_id,event_id,product_code,timestamp", *lines]).encode()
    rows = events.verdicts(FEEDS["ide"], {f"ide/{DAY}/a.csv": content})
    return sorted(events.silver(FEEDS["ide"], rows, []), key=lambda event: event["event_time"])


def test_the_oracle_cuts_at_exactly_the_timeout_and_not_at_midnight() -> None:
    times = ["2025-01-27 23:55:00", "2025-01-27 23:59:59", "2025-01-28 00:04:59"]
    starts = [event["session_start"] for event in ide(*[f"ann,a,IU,{time}" for time in times])]
    assert [f"{start:%d %H:%M:%S}" for start in starts] == ["27 23:55:00", "27 23:55:00", "28 00:04:59"]


def test_the_oracle_keeps_another_event_up_to_one_timeout_after_the_last_user_action() -> None:
    found = ide("ann,h,IU,2025-01-27 09:00:00", "ann,a,IU,2025-01-27 09:01:00", "ann,h,IU,2025-01-27 09:06:00")
    found += ide("ann,a,IU,2025-01-27 09:01:00", "ann,h,IU,2025-01-27 09:06:01")
    ids = [event["session_id"] for event in found]
    one = "ann|IU#2025-01-27T09:01:00.000000Z"
    assert ids == [None, one, one, one, None]


def test_the_oracle_keeps_one_event_of_a_key_over_all_dates() -> None:
    header = "interaction_id,user_id,product_id,action,timestamp"
    files = {
        "shop/2025-01-28/a.csv": f"{header}\n7,5,2,view,2025-01-27 10:00:00\n0,5,2,view,2025-01-27 10:00:00".encode(),
        "shop/2025-01-27/b.csv": f"{header}\n7,5,2,view,2025-01-26 10:00:00".encode(),
    }
    rows = events.verdicts(FEEDS["shop"], files)
    assert [row["violations"] for row in rows] == [None, ("interaction_id",), None]
    kept = events.silver(FEEDS["shop"], rows, [])
    assert [(event["arrival"], f"{event['event_date']}") for event in kept] == [("2025-01-27", "2025-01-26")]
    assert [row["rows"] for row in events.kept_elsewhere(FEEDS["shop"], rows)] == [1, 1]


def test_the_oracle_counts_who_came_back_and_who_went() -> None:
    days = [DAY + timedelta(days=n) for n in range(31)]
    active = [{"user_id": "ann", "event_date": days[n]} for n in (0, 29, 30)]
    history = figures.History(days[0], days[-1], frozenset(days))
    rows = {row["event_date"]: row for row in figures.active_users(FEEDS["ide"], history, active)["active_users"]}
    told = [(day, rows[day]["dormant"], rows[day]["resurrected"], rows[day]["returning"]) for day in days[27:]]
    assert told == [(days[27], None, None, None), (days[28], 1, 0, 0), (days[29], 0, 1, 0), (days[30], 0, 0, 1)]
    assert (rows[days[0]]["new"], rows[days[6]]["rolling_7"], rows[days[5]]["rolling_7"]) == (1, 1, None)
