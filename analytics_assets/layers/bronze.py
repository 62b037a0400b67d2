"""Bronze: arrivals are read, judged, written, counted; the tide of the dates that they touch is recorded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from analytics_assets.feeds.spec import WHOLE_ROW
from analytics_assets.layers.reading import Quarantined, examine, judged_lines, landed_counts
from analytics_assets.layers.world import Built, World, built, pending, reading_version, stamped
from analytics_assets.transforms.bronze import bronze
from analytics_assets.transforms.contract import contract_columns
from analytics_assets.transforms.counts import EVENTS_SOURCE, event_counts, tide
from resources.lakehouse import one_of
from resources.landing import LandingError
from resources.lines import one_file_a_task

NOTHING_BEFORE = ("", 0)


@dataclass(frozen=True, kw_only=True)
class BuiltBronze(Built):
    """Bronze also says which files it quarantined, and the new version of each date that it touched."""

    quarantined: list[Quarantined] = field(default_factory=list)
    touched: dict[str, str] = field(default_factory=dict)


def pending_arrivals(world: World) -> list[str]:
    """Arrivals in landing that bronze does not hold as they are.

    Raises LandingError if there is no arrival at all: then landing is elsewhere, or could not be seen.
    """
    files = world.landing.files(world.feed.landing)
    if not files:
        raise LandingError(
            f"{world.landing.root}: saw no file of feed {world.feed.name}, expected {world.feed.landing}. "
            "Nothing was changed. Set TIDEBOOK_LANDING to the folder where files land"
        )
    return pending(files, world.counts(), EVENTS_SOURCE, reading_version(world.feed))


def build_bronze(world: World, arrivals: Sequence[str]) -> BuiltBronze:
    """Read arrivals from landing and replace them in bronze, counts and tide.

    Arrivals without a file in landing are archived: bronze keeps them as they are.
    """
    feed, lakehouse, spark = world.feed, world.lakehouse, world.lakehouse.spark.session
    table = world.tables["bronze"]
    files = world.landing.files(feed.landing, set(arrivals))
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
        [(file.path, stamped(file, version)) for file in files], "file string, fingerprint string"
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
    where = f"source = '{source}' AND {one_of('arrival', arrivals)}"
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
    table = world.tables["tide"]
    rows = tide(world.lakehouse.read(world.tables["counts"]), reading_version(world.feed)).coalesce(1)
    world.lakehouse.replace(table, rows, None, run_id=world.run_id, partitions=sorted(arrivals))
    after = world.tide()
    return {
        day: after.get(day, NOTHING_BEFORE)[0]
        for day in sorted({*before, *after})
        if before.get(day, NOTHING_BEFORE)[0] != after.get(day, NOTHING_BEFORE)[0]
    }


def accepted_rows_of(days: Sequence[str], lag_days: int) -> str:
    """SQL condition of the rows of bronze that are accepted and of one of the dates.

    Dates are ISO forms, sorted. The part on arrival and standing prunes partitions, the one on the event date
    skips files by their statistics: late rows are looked for in the late files of later arrivals alone.
    """
    first, last = f"date'{days[0]}'", f"date'{days[-1]}'"
    day_of_arrival = "cast(substr(arrival, 1, 10) as date)"
    own = f"date_sub({day_of_arrival}, {lag_days})"
    places = (
        f"(standing = 'on_time' AND {own} >= {first} AND {own} <= {last}"
        f" OR standing = 'early' AND {own} < {last} AND {day_of_arrival} >= date_sub({first}, 1)"
        f" OR standing = 'late' AND {own} > {first})"
    )
    return f"{places} AND event_date >= {first} AND event_date <= {last} AND {one_of('event_date', days)}"
