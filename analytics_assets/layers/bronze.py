"""Bronze: arrivals are read, judged, written, counted; the tide of the dates that they touch is recorded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from pyspark.sql import DataFrame

from analytics_assets.feeds.spec import WHOLE_ROW
from analytics_assets.layers.landed import events_source, look_at_all, readable
from analytics_assets.layers.reading import Quarantined, examine, judged_lines, landed_counts
from analytics_assets.layers.world import Built, World, built, reading_version, stamped
from analytics_assets.transforms.bronze import EARLY, LATE, ON_TIME, bronze
from analytics_assets.transforms.contract import contract_columns
from analytics_assets.transforms.counts import EVENTS_SOURCE, event_counts, tide
from resources.conditions import Condition, between, one_of, one_of_dates
from resources.lines import one_file_a_task

NOTHING_BEFORE = ("", 0)
DAY = timedelta(days=1)
LAST_SIGN = "~"


@dataclass(frozen=True, kw_only=True)
class BuiltBronze(Built):
    """Bronze also says which files it quarantined, and the new version of each date that it touched."""

    quarantined: list[Quarantined] = field(default_factory=list)
    touched: dict[str, str] = field(default_factory=dict)


def pending_arrivals(world: World) -> list[str]:
    """Arrivals in landing that bronze does not hold as they are.

    Raises LandingError if there is no arrival at all: then landing is elsewhere, or could not be seen.
    """
    return look_at_all(world, events_source(world.feed)).pending


def build_bronze(world: World, arrivals: Sequence[str], accepted: Collection[str] = ()) -> BuiltBronze:
    """Read arrivals from landing and replace them in bronze, counts and tide.

    Arrivals that are archived (layers/world.py), or without a file in landing, stay in bronze as they are.
    accepted: arrivals of which a person said that what is missing was removed.
    """
    feed, lakehouse, spark = world.feed, world.lakehouse, world.lakehouse.spark.session
    table = world.tables["bronze"]
    files = readable(world, events_source(feed), arrivals, accepted)
    keys = sorted({file.arrival for file in files})
    if not keys:
        return BuiltBronze(table=table, written=None, rows={})
    contract = contract_columns(feed.contract)
    reading = examine(spark, files, contract, feed.format)
    judged = judged_lines(spark, world.landing, reading, feed.landing, contract, feed.format)
    rows = bronze(
        judged,
        event=feed.event.expressions(),
        zone=feed.time_zone,
        source_zone=feed.source_zone,
        first_date=feed.first_date,
        lag_days=feed.lag_days,
        keep_raw=feed.event_key == WHOLE_ROW,
    )
    is_arrival = one_of("arrival", keys)
    with one_file_a_task(spark):
        written = lakehouse.replace(
            table, rows.select(table.schema.fieldNames()), is_arrival, run_id=world.run_id, partitions=keys
        )
    version = reading_version(feed)
    fingerprints = spark.createDataFrame(
        [(file.arrival, file.path, stamped(file, version)) for file in files],
        "arrival string, file string, fingerprint string",
    )
    counts = event_counts(lakehouse.read(table, is_arrival), fingerprints, feed.time_zone)
    replace_counts(
        world, EVENTS_SOURCE, keys, counts.unionByName(landed_counts(spark, reading, EVENTS_SOURCE, version))
    )
    touched = record_tide(world, set(keys))
    done = built(world, table, written, keys)
    return BuiltBronze(table=table, written=written, rows=done.rows, quarantined=reading.quarantined, touched=touched)


def replace_counts(world: World, source: str, arrivals: Sequence[str], counts: DataFrame) -> None:
    """Replace the counts of arrivals of one source."""
    months = sorted({arrival[:7] for arrival in arrivals})
    where = one_of("source", [source]) & one_of("arrival", arrivals)
    world.lakehouse.replace(
        world.tables["counts"],
        counts,
        where,
        run_id=world.run_id,
        partitions=arrivals,
        within=one_of("arrival_month", months),
    )


def record_tide(world: World, arrivals: Collection[str]) -> dict[str, str]:
    """Write the version of each event date, and give those that changed.

    A closed arrival touches the date that it is for even without a row of it; such a date has an empty version.
    """
    before = world.tide()
    dates = tide(world.counts(), reading_version(world.feed))
    columns: dict[str, list[Any]] = {
        "event_date": list(dates),
        "input_version": [version for version, _ in dates.values()],
        "rows": [rows for _, rows in dates.values()],
    }
    world.lakehouse.put(world.tables["tide"], columns, world.run_id, sorted(arrivals))
    after = world.tide()
    return {
        day: after.get(day, NOTHING_BEFORE)[0]
        for day in sorted({*before, *after})
        if before.get(day, NOTHING_BEFORE)[0] != after.get(day, NOTHING_BEFORE)[0]
    }


def tide_behind(world: World) -> bool:
    """Whether the tide is not what the counts say: a run was killed between the two."""
    dates = tide(world.counts(), reading_version(world.feed))
    return {day.isoformat(): stands for day, stands in dates.items()} != world.tide()


def accepted_rows_of(days: Sequence[str], lag_days: int) -> Condition:
    """Rows of bronze that are accepted and of one of the dates (ISO forms, sorted).

    The part on arrival and standing leaves out partitions, the one on the event date files by their statistics:
    late rows are looked for in the late files of later arrivals alone.
    """
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    lag = DAY * lag_days
    # An arrival's name begins with its date; LAST_SIGN sorts after all that may follow.
    places = (
        one_of("standing", [ON_TIME]) & between("arrival", f"{first + lag}", f"{last + lag}{LAST_SIGN}")
        | one_of("standing", [EARLY]) & between("arrival", f"{first - DAY}", f"{last + lag}{LAST_SIGN}")
        | one_of("standing", [LATE]) & between("arrival", f"{first + lag}", LAST_SIGN)
    )
    return places & one_of_dates("event_date", days)
