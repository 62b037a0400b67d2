"""Live: files that have just landed are read as bronze reads them, and their load times stand in the live table.

Belongs here: what of a file is counted, which minutes stay. Does not: the stream and its looks at landing
(analytics_assets/live.py), figures (live_figures.py), verdicts (transforms/bronze.py).

A file's rows are replaced as a whole, in one commit with the minutes that fall out: to read a file again changes
nothing. The tables of dates are the truth; minutes of dates that they have closed are dropped.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyspark.sql.functions as F
from pyspark.sql import DataFrame

from analytics_assets.feeds.fields import content_columns, load_fields
from analytics_assets.feeds.live_tables import LIVE
from analytics_assets.feeds.spec import ARRIVAL_FIELD
from analytics_assets.layers.arrivals import DATE_LENGTH, arrivals_of, event_files, misnamed
from analytics_assets.layers.quarantine import Quarantined
from analytics_assets.layers.reading import examine, judged_rows, reading_config
from analytics_assets.layers.rules import reading_version
from analytics_assets.layers.tombstones import without_users
from analytics_assets.layers.verdicts import with_events
from analytics_assets.layers.world import World, digest, stamped
from analytics_assets.transforms.contract import contract_of
from analytics_assets.transforms.live_loads import live_loads
from resources.conditions import one_of
from resources.delta_tables import arrow_schema
from resources.landing import LandedFile
from resources.spark import gathered

DAY = timedelta(days=1)
MINUTES = pa.timestamp("us", "UTC")


@dataclass(frozen=True, kw_only=True)
class LiveRead:
    """What was read of files. cells: rows of the live table. ahead: loads later than their file, and not counted."""

    files: list[LandedFile]
    cells: pa.Table
    landed: int
    accepted: int
    ahead: int
    quarantined: list[Quarantined]

    @property
    def rejected(self) -> int:
        """Landed rows that the contract does not accept. A file that grows while it is read has more than it had."""
        return max(self.landed - self.accepted, 0)


def first_arrival(world: World, hours: int) -> date | None:
    """Date of the first arrival in which a live run looks for files; None while landing holds none.

    Rows of open dates land from the last closed date on, and what the hours can hold in the newest days.
    Raises LandingError where the feed's folder is not there.
    """
    names = world.landing.names(world.feed.landing)
    if not names:
        return None
    newest = date.fromisoformat(names[-1][:DATE_LENGTH])
    first = newest - timedelta(hours=hours) - DAY
    history = world.history()
    return first if history is None else max(first, history.as_of + DAY * world.feed.lag_days)


def open_since(world: World) -> datetime | None:
    """The instant at which the first date begins that is not closed, in UTC; None where none is closed."""
    history = world.history()
    if history is None:
        return None
    midnight = datetime.combine(history.as_of + DAY, time(), ZoneInfo(world.feed.time_zone))
    return midnight.astimezone(timezone.utc)


def landed_of(world: World, paths: Collection[str]) -> list[LandedFile]:
    """The files of addresses that a stream told, as landing lists them now, without those that do not count."""
    root = f"{unquote(world.landing.uri).removeprefix('file://')}/"
    wanted = {path.removeprefix("file:").removeprefix(root) for path in paths}
    depth = len(world.feed.landing.partition(ARRIVAL_FIELD)[0])
    listed = files_of_dates(world, {path[depth:][:DATE_LENGTH] for path in wanted})
    return [file for file in listed if file.path in wanted]


def newest_users(world: World) -> DataFrame | None:
    """Devices of the users of the newest snapshot in the lakehouse; None where there is none, or events have no users'
    attributes. Out: user_id, and the attributes by which load times are split."""
    dimension = world.feed.dimension
    names = [field.name for field in load_fields(world.feed) if field.name in world.feed.attributes]
    if dimension is None or not names:
        return None
    table = world.tables[dimension.name]
    arrivals = world.lakehouse.rows(table)
    if not arrivals:
        return None
    users = world.lakehouse.read(table, one_of("arrival", [max(arrivals)]))
    return users.select(F.col(dimension.key).alias("user_id"), *names)


def read_files(world: World, files: Sequence[LandedFile], users: DataFrame | None) -> LiveRead:
    """Read and judge files, and count their loads. users: as `newest_users` has them."""
    feed, spark = world.feed, world.lakehouse.spark.session
    contract = contract_of(feed.contract)
    names = {file.path: fault for file in files if (fault := misnamed(feed, file))}
    reading = examine(world.lakehouse.spark, files, contract, feed.format, names)
    files = reading.files  # without those that are gone by now
    judged = judged_rows(spark, world.landing, reading, feed.landing, contract, feed.format)
    rows = without_users(world, with_events(feed, judged))
    dimensions = [field.name for field in load_fields(feed)]
    unknown = [] if users is not None else [name for name in dimensions if name in feed.attributes]
    written = [(file.path, datetime.fromtimestamp(file.modified_s, timezone.utc)) for file in files]
    counted = live_loads(
        rows.withColumns({name: F.lit(None).cast("string") for name in unknown}),
        spark.createDataFrame(written, "file string, written_time timestamp"),
        users,
        event_key=feed.event_key,
        content=content_columns(feed),
        winner=feed.winner,
        page_views=feed.page_views,
        dimensions=dimensions,
    )
    schema = arrow_schema(world.tables[LIVE])
    known = [field for field in schema if field.name in counted.columns]
    with reading_config(spark, feed.format):
        found = gathered(counted, pa.schema([*known, pa.field("rows", pa.int64())]))
    is_load = pc.is_valid(found["bucket"])
    has_minute = pc.is_valid(found["minute"])
    return LiveRead(
        files=reading.files,
        cells=_cells(world, files, found.filter(pc.and_(is_load, has_minute)), schema),
        landed=sum(reading.rows.values()),
        accepted=pc.sum(found["rows"]).as_py() or 0,
        ahead=pc.sum(found.filter(pc.and_(is_load, pc.invert(has_minute)))["loads"]).as_py() or 0,
        quarantined=reading.quarantined,
    )


def _cells(world: World, files: Sequence[LandedFile], found: pa.Table, schema: pa.Schema) -> pa.Table:
    version = reading_version(world.feed)
    paths = pa.array([file.path for file in files], pa.string())
    place = pc.index_in(found["file"], paths)
    marks = {
        "file_id": pa.array([file_id(file.path) for file in files], pa.string()),
        "fingerprint": pa.array([stamped(file, version) for file in files], pa.string()),
    }
    columns = {name: values.take(place.combine_chunks()) for name, values in marks.items()}
    return pa.table({**{name: found[name] for name in found.column_names}, **columns}).select(schema.names).cast(schema)


def file_id(path: str) -> str:
    """The partition of a file in the live table: any name makes a plain one."""
    return digest(path)


def standing(world: World) -> dict[str, str]:
    """Fingerprint of each file in the live table as it was read, by its `file_id`, from Delta's log."""
    return {key: mark for key, mark in world.lakehouse.logged(world.tables[LIVE], "min.fingerprint") if mark}


def newest_minute(world: World, without: Collection[str] = ()) -> datetime | None:
    """The newest minute in the live table; without: not of these files."""
    found = world.lakehouse.logged(world.tables[LIVE], "max.minute")
    return max((minute for key, minute in found if key not in without), default=None)


def horizon(newest: datetime, hours: int, since: datetime | None) -> datetime:
    """The first minute that stays: of the last hours up to the newest minute, and of no date that is closed."""
    first = newest - timedelta(hours=hours) + timedelta(minutes=1)
    return first if since is None else max(first, since)


def store(world: World, read: LiveRead | None, hours: int, since: datetime | None) -> bool:
    """Set the rows of the files that were read, and drop the minutes that do not stay, in one commit; whether one was.

    read: None where only minutes may have to go. since: as `open_since` has it.
    """
    lakehouse, table = world.lakehouse, world.tables[LIVE]
    fresh = read.cells if read else arrow_schema(table).empty_table()
    again = {file_id(file.path) for file in read.files} if read else set()
    known = pc.max(fresh["minute"]).as_py() if len(fresh) else None
    newest = max((m for m in (known, newest_minute(world, again)) if m is not None), default=None)
    is_there = lakehouse.exists(table)
    if newest is None and is_there and not again & standing(world).keys():
        return False
    first = horizon(newest, hours, since) if newest is not None else datetime.min.replace(tzinfo=timezone.utc)
    least = lakehouse.logged(table, "min.minute")
    fading = {key for key, minute in least if minute < first and key not in again}
    stays = pc.field("minute") >= pa.scalar(first, MINUTES)
    rows = fresh.filter(stays)
    if fading:
        rows = pa.concat_tables([rows, lakehouse.arrow(table, None, pc.field("file_id").isin([*fading]) & stays)])
    replaced = sorted(fading | (again & {key for key, _ in least}) | set(pc.unique(rows["file_id"]).to_pylist()))
    if is_there and not replaced:
        return False
    lakehouse.put(table, rows, world.run_id, replaced, one_of("file_id", replaced) if is_there else None)
    return True


def files_of_dates(world: World, dates: Collection[str]) -> list[LandedFile]:
    """Files of arrivals of dates, as landing lists them now."""
    return event_files(world, arrivals_of(world.feed, sorted(dates))) if dates else []
