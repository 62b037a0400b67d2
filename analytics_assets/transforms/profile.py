"""Profile: what the columns of an arrival hold: rows, nulls, distinct values, ends, frequent values, a histogram.

Belongs here: counting values, and putting the counts together. Does not: comparing arrivals (drift.py), which arrivals
are profiled (layers/profiles.py).

One reading of an arrival counts each value of each column; all else is made of these counts. Nothing is estimated but
where a value is long: it then stands for itself by its beginning and a digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms.bronze import local_hour

LONGEST = 100
"""Signs of a value that are kept."""
FREQUENT_SHARE = 200
"""A value is frequent if at least one row in so many has it: at most so many are, however many there are."""
FREQUENT = 10
"""How many of them are kept."""
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

PLACED = pa.struct([("number", pa.float64()), ("value", pa.string())])
"""A value, after the number that it is, if it is one."""
COUNTED = pa.schema(
    [
        ("arrival", pa.string()),
        ("place", pa.int32()),
        ("low", pa.float64()),
        ("rows", pa.int64()),
        ("nulls", pa.int64()),
        ("distinct", pa.int64()),
        ("least", PLACED),
        ("greatest", PLACED),
        ("first_us", pa.int64()),
        ("last_us", pa.int64()),
        ("frequent", pa.list_(pa.struct([("value", pa.string()), ("rows", pa.int64())]))),
    ]
)
"""What `bin_counts` gives, as Arrow has it."""


def bin_counts(rows: DataFrame, columns: Sequence[T.StructField], zone: str, accepted: Mapping[str, int]) -> DataFrame:
    """Counts by arrival, column and bin of the histogram: as COUNTED.

    In: rows of bronze with arrival and the columns. accepted: rows of each arrival, by which a value is frequent. A bin
    of numbers begins at 0 or a power of two (or its negative), away from 0; one of times is an hour of the day in the
    zone; other values have none (low is null).
    """
    # A row a column: its value as text (of a time the hour), and of a time the time.
    told = [
        F.struct(
            F.lit(place).alias("place"),
            _text(column, zone).alias("value"),
            (F.unix_micros(column.name) if _is_time(column) else F.lit(None).cast("bigint")).alias("us"),
        )
        for place, column in enumerate(columns)
    ]
    each = rows.select("arrival", F.explode(F.array(*told)).alias("_told")).select("arrival", "_told.*")
    counts = each.groupBy("arrival", "place", "value").agg(
        F.count(F.lit(1)).alias("rows"), F.min("us").alias("first_us"), F.max("us").alias("last_us")
    )
    numbers = [place for place, column in enumerate(columns) if isinstance(column.dataType, T.NumericType)]
    times = [place for place, column in enumerate(columns) if _is_time(column)]
    number = F.when(F.col("place").isin(numbers), F.col("value").cast("double"))
    low = F.when(F.col("place").isin(times), F.col("value").cast("double")).otherwise(bin_of(number))
    known = F.col("value").isNotNull()
    of_arrival = F.create_map(*[F.lit(part) for pair in sorted(accepted.items()) for part in pair])
    # Numbers are ordered as such, other values, which are none, as texts.
    placed = F.when(known, F.struct(F.col("_number").alias("number"), "value"))
    is_frequent = known & (F.col("rows") * FREQUENT_SHARE >= F.element_at(of_arrival, F.col("arrival")))
    return (
        counts.withColumns({"_number": number, "low": low})
        .groupBy("arrival", "place", "low")
        .agg(
            F.sum("rows").alias("rows"),
            F.sum(F.when(known, 0).otherwise(F.col("rows"))).alias("nulls"),
            F.count("value").alias("distinct"),
            F.min(placed).alias("least"),
            F.max(placed).alias("greatest"),
            F.min("first_us").alias("first_us"),
            F.max("last_us").alias("last_us"),
            F.collect_list(F.when(is_frequent, F.struct((-F.col("rows")).alias("_less"), "value", "rows"))).alias(
                "frequent"
            ),
        )
        .withColumn("frequent", _most(F.col("frequent")))
    )


def _most(frequent: Column) -> Column:
    """The FREQUENT first of a bin's values: none after them is among as many of the whole column."""
    kept = F.slice(F.sort_array(frequent), 1, FREQUENT)
    return F.transform(kept, lambda one: F.struct(one["value"].alias("value"), one["rows"].alias("rows")))


def bin_of(number: Column) -> Column:
    """Lower end, towards 0, of a number's bin: 0, or the power of two at or below its absolute value, signed."""
    size = F.abs(number)
    near = F.pow(F.lit(2.0), F.floor(F.log2(size)))
    # The logarithm may miss a whole number by its last digit.
    power = F.when(near > size, near / 2).when(near * 2 <= size, near * 2).otherwise(near)
    return F.when(number == 0, F.lit(0.0)).otherwise(F.signum(number) * power)


def profiles(
    counted: Iterable[Mapping[str, Any]], columns: Sequence[T.StructField], arrivals: Iterable[str]
) -> list[dict[str, Any]]:
    """A row for each arrival and column: the columns of the table profiles but its version.

    counted: rows of `bin_counts`. An arrival without accepted rows has rows of 0. minimum and maximum are texts; of
    columns of users' ids no value is told.
    """
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for row in counted:
        found.setdefault((row["arrival"], row["place"]), []).append(row)
    return [
        _profile(arrival, column, found.get((arrival, place), []))
        for arrival in arrivals
        for place, column in enumerate(columns)
    ]


def _profile(arrival: str, column: T.StructField, bins: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    is_private, is_time = column.name == "user_id", _is_time(column)
    # Of dates those of the arrival are the frequent ones: that says nothing of it.
    has_frequent = not is_private and not is_time and not isinstance(column.dataType, T.DateType)
    frequent = sorted(
        (value for one in bins for value in one["frequent"]), key=lambda value: (-value["rows"], value["value"])
    )
    ends = (None, None) if is_private else _ends(column, bins)
    return {
        "arrival": arrival,
        "column_name": column.name,
        "rows": sum(one["rows"] for one in bins),
        "nulls": sum(one["nulls"] for one in bins),
        "distinct": None if is_time else sum(one["distinct"] for one in bins),
        "minimum": ends[0],
        "maximum": ends[1],
        "top_values": frequent[:FREQUENT] if has_frequent else [],
        "histogram": sorted(
            ({"low": one["low"], "rows": one["rows"]} for one in bins if one["low"] is not None),
            key=lambda one: float(one["low"]),
        ),
    }


def _ends(column: T.StructField, bins: Sequence[Mapping[str, Any]]) -> tuple[str | None, str | None]:
    if _is_time(column):
        firsts = [one["first_us"] for one in bins if one["first_us"] is not None]
        lasts = [one["last_us"] for one in bins if one["last_us"] is not None]
        return (_time(min(firsts)), _time(max(lasts))) if firsts else (None, None)
    known = [one for one in bins if one["least"] is not None]
    if not known:
        return None, None
    least, greatest = (found(_ordered(one[end]) for one in known) for found, end in ((min, "least"), (max, "greatest")))
    return least[1], greatest[1]


def _ordered(placed: Mapping[str, Any]) -> tuple[float, str]:
    return (placed["number"] or 0.0, placed["value"])


def _time(micros: int) -> str:
    return f"{EPOCH + timedelta(microseconds=micros):%Y-%m-%dT%H:%M:%S.%fZ}"


def _is_time(column: T.StructField) -> bool:
    return isinstance(column.dataType, T.TimestampType)


def _text(column: T.StructField, zone: str) -> Column:
    value = F.col(column.name)
    if _is_time(column):
        return local_hour(value, zone).cast("string")
    text = value.cast("string")
    if not isinstance(column.dataType, T.StringType):
        return text
    short = F.concat(F.substring(text, 1, LONGEST), F.lit("\u2026"), F.hex(F.xxhash64(text)))
    return F.when(F.length(text) <= LONGEST, text).otherwise(F.when(text.isNotNull(), short))
