"""Counting: the table counts, written when all else that follows from an arrival stands.

Belongs here: rows of counts from what was read and from what was landed, replacing them, and which arrivals are being
read. Does not: the aggregate (transforms/counts.py), the tide (tide.py).

Counts are a row a file and hour at most: they are gathered in the driver and written without Spark.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from analytics_assets.layers.reading import Reading
from analytics_assets.layers.world import World, digest, empty_counts, stamped
from analytics_assets.transforms.bronze import FORGOTTEN, LANDED, WARNED
from analytics_assets.transforms.counts import being_read
from resources.conditions import Condition, one_of
from resources.landing import LandedFile
from resources.spark import gathered

OF_FILES = ["arrival", "file", "fingerprint", "content", "rows", "rule"]
"""What counts say of a file that landed."""
OF_SUMS = ["source", "arrival", "standing", "rows"]
OF_EVENTS = [*OF_SUMS, "event_date"]
OF_DATES = [*OF_EVENTS, "file", "content"]
"""What they say of rows: of arrivals, of their dates, and of what makes the version of a date."""
MONTH_LENGTH = len("2025-01")


def new_counts(world: World, source: str, reading: Reading, version: str, counted: DataFrame) -> pa.Table:
    """Rows of the table counts for the files that were read.

    counted: rows by file, and by event_date, hour, standing and rule where it has these columns. Landed rows come
    from the files' bytes.
    """
    files = pa.table(
        {
            "arrival": [file.arrival for file in reading.files],
            "file": [file.path for file in reading.files],
            "fingerprint": [stamped(file, version) for file in reading.files],
            "content": [digest(reading.content[file.path], version) for file in reading.files],
            "rows": [reading.rows[file.path] for file in reading.files],
            "rule": pa.array([reading.drift_of(file.path) for file in reading.files], pa.string()),
        }
    )
    return _with_judged(files, source, counted)


def recounted(counts: pa.Table, source: str, arrivals: Sequence[str], version: str, counted: DataFrame) -> pa.Table:
    """Rows of the table counts for arrivals whose rows were judged again without their files.

    counts: as they stand, for what landed. counted: as for `new_counts`.
    """
    ours = ours_of(counts, source, arrivals)
    landed = ours.filter(pc.equal(ours["standing"], LANDED))
    files = landed.select(OF_FILES)
    for place, name in enumerate(files.column_names):
        # What is known of the files is what was read, so what they are under other rules follows from that.
        if name in ("fingerprint", "content"):
            stamps = pa.array([digest(stamp, version) for stamp in files[name].to_pylist()], pa.string())
            files = files.set_column(place, name, stamps)
    return with_forgotten(_with_judged(files, source, counted), _rows_of(ours, FORGOTTEN))


def counted_again(
    counts: pa.Table, source: str, arrivals: Sequence[str], counted: DataFrame, kept: pa.Table | None = None
) -> pa.Table:
    """Rows of the table counts for arrivals that lost rows of users who were forgotten, and nothing else.

    counts: as they stand. counted: as for `new_counts`. kept: rows of counts of what is not in counted, if any.
    """
    before = ours_of(counts, source, arrivals)
    landed = before.filter(pc.equal(before["standing"], LANDED))
    fresh = _with_judged(landed.select(OF_FILES), source, counted)
    if kept is not None:
        fresh = pa.concat_tables([fresh, kept])
    left = _rows_of(fresh)
    gone = {file: rows - left.get(file, 0) for file, rows in _rows_of(before).items()}
    return with_forgotten(fresh, gone)


def with_forgotten(fresh: pa.Table, rows: Mapping[str, int]) -> pa.Table:
    """Rows of counts, with those of users who were forgotten: how many of each file, and nothing more of them."""
    files = sorted(file for file, number in rows.items() if number)
    landed = fresh.filter(pc.equal(fresh["standing"], LANDED))
    added = landed.filter(pc.is_in(landed["file"], pa.array(files, pa.string())))
    numbers = pa.array([rows[file] for file in added["file"].to_pylist()], pa.int64())
    standings, no_rule = pa.array([FORGOTTEN] * len(added), pa.string()), pa.nulls(len(added), pa.string())
    for name, values in (("standing", standings), ("rows", numbers), ("rule", no_rule)):
        added = added.set_column(added.schema.get_field_index(name), name, values)
    return pa.concat_tables([fresh, added.cast(fresh.schema)])


def files_short_of_rows(fresh: pa.Table) -> list[str]:
    """Files of which more rows landed than became something: of a reading, before rows of forgotten users count."""
    judged = _rows_of(fresh)
    return sorted(file for file, rows in _rows_of(fresh, LANDED).items() if rows > judged.get(file, 0))


def counts_of(world: World, arrivals: Collection[str], columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of counts of arrivals, of all sources, or some of their columns: of the months of these alone."""
    return world.counts(columns, _condition_in_arrow(arrivals))


def _condition_in_arrow(arrivals: Collection[str]) -> pc.Expression:
    months, names = sorted({arrival[:MONTH_LENGTH] for arrival in arrivals}), sorted(arrivals)
    is_month = pc.field("arrival_month").isin(pa.array(months, pa.string()))
    return is_month & pc.field("arrival").isin(pa.array(names, pa.string()))


def ours_of(counts: pa.Table, source: str, arrivals: Collection[str]) -> pa.Table:
    """The rows of counts of arrivals of a source."""
    wanted = pc.is_in(counts["arrival"], pa.array(sorted(arrivals), pa.string()))
    return counts.filter(pc.and_(pc.equal(counts["source"], source), wanted))


def _rows_of(counts: pa.Table, standing: str | None = None) -> dict[str, int]:
    """Rows by file: of a standing, or of all that a landed row can become."""
    if standing is not None:
        wanted = pc.equal(counts["standing"], standing)
    else:
        wanted = pc.invert(pc.is_in(counts["standing"], pa.array([LANDED, WARNED])))
    grouped = counts.filter(wanted).group_by("file").aggregate([("rows", "sum")])
    return {row["file"]: row["rows_sum"] for row in grouped.to_pylist()}


def _with_judged(files: pa.Table, source: str, counted: DataFrame) -> pa.Table:
    """Rows of counts from what files landed, and from what became of it."""
    schema = empty_counts().schema
    columns = [field for field in schema if field.name in counted.columns]
    found = gathered(counted, pa.schema(columns))
    of_file = files.drop(["rows", "rule"]).take(pc.index_in(found["file"], files["file"].combine_chunks()))
    landed = files.append_column("standing", pa.array([LANDED] * len(files)))
    judged = of_file.drop(["file"])
    for field in columns:
        judged = judged.append_column(field, found[field.name])
    return pa.concat_tables([_in_full(part, source, schema) for part in (landed, judged)])


def read_before(counts: pa.Table, source: str, reading: Reading, version: str) -> list[str]:
    """Arrivals whose files hold the bytes that they held when they were read, under the same rules."""
    here: dict[str, dict[str, str]] = {}
    for file in reading.files:
        here.setdefault(file.arrival, {})[file.path] = digest(reading.content[file.path], version)
    landed = counts.filter(pc.and_(pc.equal(counts["source"], source), pc.equal(counts["standing"], LANDED)))
    known: dict[str, dict[str, str]] = {}
    for row in landed.filter(pc.is_in(landed["arrival"], pa.array(list(here)))).to_pylist():
        known.setdefault(row["arrival"], {})[row["file"]] = row["content"]
    return sorted(arrival for arrival, files in here.items() if known.get(arrival) == files)


def with_new_fingerprints(counts: pa.Table, source: str, files: Sequence[LandedFile], version: str) -> pa.Table:
    """The rows of counts of files' arrivals, as they are but for the files' fingerprints."""
    ours = ours_of(counts, source, {file.arrival for file in files})
    stamps = pa.array([stamped(file, version) for file in files])
    fresh = stamps.take(pc.index_in(ours["file"], pa.array([file.path for file in files])).combine_chunks())
    return ours.set_column(ours.schema.get_field_index("fingerprint"), "fingerprint", fresh)


def _in_full(part: pa.Table, source: str, schema: pa.Schema) -> pa.Table:
    known = {name: part[name] for name in part.column_names}
    known["arrival_month"] = pc.utf8_slice_codeunits(part["arrival"], 0, MONTH_LENGTH)
    known["source"] = pa.array([source] * len(part))
    nulls = {field.name: pa.nulls(len(part), field.type) for field in schema if field.name not in known}
    return pa.table({**known, **nulls}).select(schema.names).cast(schema)


def with_counts(counts: pa.Table, source: str, arrivals: Collection[str], fresh: pa.Table) -> pa.Table:
    """The table counts as it will be when the rows of the arrivals are replaced by fresh ones."""
    ours = pc.and_(pc.equal(counts["source"], source), pc.is_in(counts["arrival"], pa.array(sorted(arrivals))))
    return pa.concat_tables([counts.filter(pc.invert(ours)), fresh])


def write_counts(world: World, source: str, arrivals: Sequence[str], fresh: pa.Table) -> None:
    """Replace the counts of arrivals of one source, which are no longer being read."""
    where = one_of("source", [source, being_read(source)]) & _condition(arrivals)
    world.lakehouse.put(world.tables["counts"], fresh, world.run_id, arrivals, where)


def _condition(arrivals: Sequence[str]) -> Condition:
    # The months say in which files to look: else all that ever landed would be.
    return one_of("arrival_month", sorted({arrival[:MONTH_LENGTH] for arrival in arrivals})) & one_of(
        "arrival", arrivals
    )


def begin_reading(world: World, source: str, arrivals: Sequence[str], how: str | None = None) -> set[str]:
    """Note, before anything else is written, that arrivals are being read; which of them a run left so that ended.

    Their files are read again though they are what counts say, and what is computed meanwhile is computed again.
    how: where they are not read from landing.
    """
    number = len(arrivals)
    ours = pa.table({"arrival": sorted(arrivals), "standing": [LANDED] * number, "rows": [0] * number})
    ours = ours.append_column("rule", pa.array([how] * number, pa.string()))
    rows, where = _in_full(ours, being_read(source), empty_counts().schema), one_of("source", [being_read(source)])
    left = arrivals_being_read(world, source) & {*arrivals}
    where &= _condition(arrivals)
    world.lakehouse.put(world.tables["counts"], rows, world.run_id, arrivals, where)
    return left


def arrivals_being_read(world: World, source: str, how: str | None = None) -> set[str]:
    """Arrivals that are being read, or that a run was reading when it ended; of those read in such a way, if named."""
    found = world.counts(["arrival", "source", "rule"], pc.field("source") == being_read(source)).to_pylist()
    return {row["arrival"] for row in found if how is None or row["rule"] == how}
