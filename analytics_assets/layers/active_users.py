"""Active users: which dates, weeks and months must be computed again, and computing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import Column, DataFrame

from analytics_assets.layers import reach
from analytics_assets.layers.world import Built, World, digest
from analytics_assets.transforms.active_users import (
    LOOK_BACK_DAYS,
    SERIES,
    active_in_period,
    active_users,
    activity,
    first_days,
)
from analytics_assets.transforms.history import History, Period
from resources.conditions import between, one_of
from resources.delta_tables import arrow_schema
from resources.local_frames import empty_frame, frame_of
from resources.spark import gathered, kept

DAY = timedelta(days=1)
DAILY, WEEK, MONTH, KEY = reach.DAILY, reach.WEEK, reach.MONTH, reach.KEY
USERS = {WEEK: "wau", MONTH: "mau"}


@dataclass(frozen=True)
class Activity:
    """A feed's history, its first days, and the versions that follow from both and from user_days.

    wanted: for each of the three tables the version of each of its keys.
    """

    history: History
    firsts: DataFrame
    wanted: dict[str, dict[str, str]]

    def periods(self, table: str) -> list[Period]:
        """Weeks or months."""
        return self.history.weeks() if table == WEEK else self.history.months()


@contextmanager
def current_activity(world: World) -> Iterator[Activity | None]:
    """What active users depend on now; None while the feed has no closed date. Frees what it keeps."""
    history = world.history()
    if history is None or not world.lakehouse.exists(world.tables["user_days"]):
        yield None
        return
    days = _user_days(world, history.start, history.as_of)
    with kept(first_days(days, world.feed.attributes).coalesce(1)) as firsts:
        yield Activity(history, firsts, _wanted(world, history, firsts))


def keys_behind(world: World, now: Activity, table: str) -> list[str]:
    """Dates, weeks or months that the table does not hold as user_days and the feed's history have them."""
    stands = reach.recorded(world, table)
    wanted = now.wanted[table]
    return sorted(key for key in {*stands, *wanted} if stands.get(key) != wanted.get(key))


def build_active_users(world: World, now: Activity, table: str, keys: Sequence[str]) -> Built:
    """Compute dates, weeks or months of one of the tables; those outside the feed's history are emptied."""
    wanted = now.wanted[table]
    inside = sorted(key for key in keys if key in wanted)
    if not inside:
        rows = empty_frame(world.lakehouse.spark.session, world.tables[table].schema)
    elif table == DAILY:
        rows = _daily(world, now, inside)
    else:
        rows = _periods(world, now, table, inside)
    return _replace(world, table, rows, sorted(keys))


def stage(now: Activity, table: str) -> Callable[[World, Sequence[str]], Built]:
    """`build_active_users` of one table, as a stage of a pass calls it."""
    return lambda world, keys: build_active_users(world, now, table, keys)


def _daily(world: World, now: Activity, keys: Sequence[str]) -> DataFrame:
    history = now.history
    complete = history.complete_days()
    days = frame_of(
        world.lakehouse.spark.session,
        [
            (key, date.fromisoformat(key) in history.missing, complete[date.fromisoformat(key)], now.wanted[DAILY][key])
            for key in keys
        ],
        "event_date string, is_missing boolean, complete_days int, input_version string",
    ).withColumn("event_date", F.col("event_date").cast("date"))
    begin = max(date.fromisoformat(keys[0]) - DAY * LOOK_BACK_DAYS, history.start)
    user_days = _user_days(world, begin, date.fromisoformat(keys[-1]))
    made = active_users(activity(user_days, world.feed.attributes), now.firsts, days)
    return made.withColumn("event_month", F.date_format("event_date", "yyyy-MM"))


def _periods(world: World, now: Activity, table: str, keys: Sequence[str]) -> DataFrame:
    start = KEY[table]
    found = [period for period in now.periods(table) if period.start.isoformat() in set(keys)]
    periods = frame_of(
        world.lakehouse.spark.session,
        [
            (p.start.isoformat(), p.end.isoformat(), p.is_complete, now.wanted[table][p.start.isoformat()])
            for p in found
        ],
        f"{start} string, end string, is_complete boolean, input_version string",
    ).withColumns({name: F.col(name).cast("date") for name in (start, "end")})
    history = now.history
    user_days = _user_days(world, max(found[0].start, history.start), min(found[-1].end, history.as_of))
    return active_in_period(user_days, world.feed.attributes, now.firsts, periods, start, USERS[table])


def _user_days(world: World, first: date, last: date) -> DataFrame:
    return world.lakehouse.read(world.tables["user_days"], between("event_date", first, last))


def _replace(world: World, name: str, rows: DataFrame, keys: Sequence[str]) -> Built:
    """Write rows of keys: at most one a key and value of a dimension, so without Spark, whose commit takes longer."""
    table, lakehouse = world.tables[name], world.lakehouse
    schema = arrow_schema(table)
    fresh = gathered(rows, schema)
    where, partitions = None, None
    if name == DAILY:
        months = sorted({key[:7] for key in keys})
        where, partitions = pc.field("event_month").isin(months), one_of("event_month", months)
    stands = lakehouse.arrow(table, where=where).cast(schema) if lakehouse.exists(table) else schema.empty_table()
    of_keys = pc.is_in(stands[KEY[name]], pa.array([date.fromisoformat(key) for key in keys]))
    every = pa.concat_tables([stands.filter(pc.invert(of_keys)), fresh])
    written = lakehouse.put(table, every, world.run_id, keys, partitions)
    made = Counter(day.isoformat() for day in fresh[KEY[name]].to_pylist())
    return Built(table=table, written=written, rows={key: made[key] for key in keys})


def _wanted(world: World, history: History, firsts: DataFrame) -> dict[str, dict[str, str]]:
    """Versions of two parts: what reach.py tells from the log, and what follows from first days."""
    new, begins = _digests(firsts)
    present = _present(begins, history)
    first_part = reach.reach(world, history)
    ends = {
        table: {period.start.isoformat(): min(period.end, history.as_of) for period in periods}
        for table, periods in ((WEEK, history.weeks()), (MONTH, history.months()))
    }
    second_part = {DAILY: {day.isoformat(): digest(new.get(day, ""), present[day]) for day in history.dates()}} | {
        table: {key: digest(present[end]) for key, end in keys.items()} for table, keys in ends.items()
    }
    return {
        table: {key: f"{version}-{second_part[table][key]}" for key, version in versions.items()}
        for table, versions in first_part.items()
    }


def _digests(firsts: DataFrame) -> tuple[dict[date, str], dict[date, str]]:
    """For each date a digest of its first days, and one of the series that begin on it."""
    line = F.concat_ws("|", *SERIES, F.col("new").cast("string"))
    new = firsts.groupBy("event_date").agg(_digest_of(line).alias("new"))
    begin = firsts.groupBy(*SERIES).agg(F.min("event_date").alias("event_date"))
    begins = begin.groupBy("event_date").agg(_digest_of(F.concat_ws("|", *SERIES)).alias("begins"))
    rows = new.join(begins, "event_date", "full").collect()  # at most a row a date
    return (
        {row.event_date: row.new for row in rows if row.new is not None},
        {row.event_date: row.begins for row in rows if row.begins is not None},
    )


def _digest_of(line: Column) -> Column:
    return F.sha2(F.concat_ws("\n", F.sort_array(F.collect_list(line))), 256)


def _present(begins: dict[date, str], history: History) -> dict[date, str]:
    """For each date a digest of the series that began by then."""
    so_far, present = "", {}
    for day in history.dates():
        if day in begins:
            so_far = digest(so_far, begins[day])
        present[day] = so_far
    return present
