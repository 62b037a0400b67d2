"""Bronze: lines become typed rows with a verdict, a list of violations and a standing.

Belongs here: the verdict on a row of an event file or of a snapshot. Does not: the contract's own rules
(contract.py), splitting lines (fields.py), which files are read (layers/bronze.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import pyspark.sql.functions as F
import pyspark.sql.types as T
from pyspark.sql import Column, DataFrame

from analytics_assets.transforms import columns as c
from analytics_assets.transforms.contract import Contract, ContractColumn, Rule, rules, with_violations
from analytics_assets.transforms.fields import QUOTE, field_text, malformed_rules, quote_fault, split_fields
from analytics_assets.transforms.row_rules import REJECT, WARN
from analytics_assets.transforms.values import on_calendar, typed

ON_TIME, LATE, EARLY, REJECTED = "on_time", "late", "early", "rejected"
ACCEPTED = (ON_TIME, LATE, EARLY)
LANDED = "landed"
WARNED = "warned"
"""Standing in counts alone: accepted rows by the warning that they have, beside their own standing."""
FORGOTTEN = "forgotten"
"""Standing in counts alone: rows of users who were forgotten, which stand nowhere else."""
EVENT_TYPES = {
    field.name: field.dataType for field in (c.USER_ID, c.ACTION, c.OBJECT_ID, c.DURATION_MS, c.APP_VERSION, c.COUNTRY)
}
LONGEST_MS = 7_200_000
"""A longer duration than two hours is a broken clock. Source: METRICS "Valid duration"."""
OUT_OF_RANGE = "duration_out_of_range"
INVALID_UTF8 = "invalid_utf8"
PLACES, WIDTH = "_places", "_width"
FIELDS, TEXT, IS_UTF8, HAS_QUOTE, QUOTE_FAULT = "_fields", "_text_", "_is_utf8", "_has_quote", "_quote_fault"


def judge(
    lines: DataFrame, contract: Contract, sep: str, *, check_utf8: bool, has_quotes: bool, has_places: bool = False
) -> DataFrame:
    """Lines with the contract's typed columns and its verdict.

    In: raw string, and any other columns, which are kept. Out: those, a column for each of the contract's,
    null where the row has no such value, and violations array<string>, null where the contract holds; where the
    contract warns also warnings array<string>, null where it does not, or the row is rejected.
    check_utf8: look for bytes that are not UTF-8; has_quotes: look for quotes. Each costs a pass over each line.
    has_places: lines also have PLACES array<int>, where in a line each of the contract's columns stands, null where it
    does not, and WIDTH int, its number of fields; else a line has the contract's columns in their order.
    """
    raw = F.col("raw")
    if check_utf8:
        lines = _readable(lines)
    has_quote = F.col(HAS_QUOTE) if has_quotes else None
    malformed = _utf8_rules(check_utf8)
    if has_quote is not None:
        lines = lines.withColumn(HAS_QUOTE, raw.contains(QUOTE))
        lines = lines.withColumn(QUOTE_FAULT, quote_fault(raw, sep, has_quote))
        malformed += malformed_rules(lambda: F.col(QUOTE_FAULT))
    malformed += _number_of_fields(None if has_places else len(contract.columns))
    # Step by step: what a later step uses more than once is computed once.
    split = lines.withColumn(FIELDS, split_fields(raw, sep, has_quote))
    texts = {
        column.name: field_text(F.col(FIELDS)[F.col(PLACES)[at] if has_places else at], has_quotes)
        for at, column in enumerate(contract.columns)
    }
    judged = judge_texts(split, texts, contract, malformed)
    return judged.drop(FIELDS, IS_UTF8, HAS_QUOTE, QUOTE_FAULT, PLACES, WIDTH)


def judge_texts(rows: DataFrame, texts: Mapping[str, Column], contract: Contract, malformed: list[Rule]) -> DataFrame:
    """Rows with the contract's typed columns and its verdict, as `judge` has them.

    texts: the text of each of the contract's columns, null where the row has none. malformed: rules about the whole
    row; one that breaks them has one reason, the first, since its texts say nothing.
    """
    with_texts = rows.withColumns({TEXT + name: text for name, text in texts.items()})
    values = with_texts.withColumns(
        {column.name: typed(F.col(TEXT + column.name), column.data_type) for column in contract.columns}
    )
    contract_rules = rules(contract, lambda name: F.col(TEXT + name))
    reasons = [rule for rule in contract_rules if rule.severity == REJECT]
    judged = with_violations(values, reasons, "_contract_violations")
    judged = with_violations(judged, malformed)
    found = F.coalesce(F.slice("violations", 1, 1), "_contract_violations")
    judged = judged.withColumn("violations", found)
    if contract.warns:
        judged = with_violations(judged, [rule for rule in contract_rules if rule.severity == WARN], "warnings")
        judged = judged.withColumn("warnings", F.when(F.col("violations").isNull(), F.col("warnings")))
    return judged.drop("_contract_violations", *[TEXT + name for name in texts])


def bronze(
    rows: DataFrame,
    *,
    contract: Contract,
    event: dict[str, str],
    zone: str,
    source_zone: str,
    first_date: date,
    lag_days: int,
    keep_raw: bool,
) -> DataFrame:
    """Judged rows with their event, the rules about time and durations, and their standing.

    In: the output of `judge` by the contract, with arrival string (YYYY-MM-DD...). event: event column -> SQL
    expression. Out: the input's columns, the event's columns and event_date, and standing; violations complete, of
    an accepted row its warnings; raw kept for rejected rows, or for all if keep_raw.
    Source: METRICS "Rows, arrivals, dates".
    """
    event_time = F.expr(event["event_time"]).cast(T.TimestampType())
    if source_zone != "UTC":
        event_time = F.to_utc_timestamp(event_time, source_zone)
    others = [F.expr(sql).cast(EVENT_TYPES[name]).alias(name) for name, sql in event.items() if name != "event_time"]
    sources = [F.col(name) for name in rows.columns if name not in event and name != "violations"]
    warns = "warnings" in rows.columns
    events = rows.select(
        event_time.alias("event_time"), *others, *sources, F.col("violations").alias("_contract_violations")
    )
    # In a step of its own: what a time is computed from would be asked again for each comparison.
    dated = events.withColumn("event_time", on_calendar(F.col("event_time"))).withColumns(
        {
            "event_date": local_date(F.col("event_time"), zone),
            "_arrival_date": F.substring(F.col("arrival").cast("binary"), 1, 10).cast("string").cast(T.DateType()),
        }
    )
    arrival_date = F.col("_arrival_date")
    own_date = F.date_sub(arrival_date, lag_days) if lag_days else arrival_date
    asks = asks_duration(contract.columns, event)
    judged = with_violations(dated, event_rules(lambda: arrival_date, first_date, asks_duration=asks))
    judged = judged.withColumn("violations", F.coalesce("_contract_violations", "violations"))
    is_rejected = F.col("violations").isNotNull()
    standing = (
        F.when(is_rejected, REJECTED)
        .when(F.col("event_date") == own_date, ON_TIME)
        .when(F.col("event_date") < own_date, LATE)
        .otherwise(EARLY)
    )
    raw = F.col("raw") if keep_raw else F.when(is_rejected, F.col("raw"))
    stood = judged.withColumns(
        {"standing": standing, "raw": raw, "line_number": F.when(is_rejected, F.col("line_number"))}
    ).drop("_contract_violations", "_arrival_date")
    return stood.withColumn("violations", F.coalesce("violations", "warnings")).drop("warnings") if warns else stood


def asks_duration(contract: Sequence[ContractColumn], event: Mapping[str, str]) -> bool:
    """Whether events have durations that the contract does not judge already, as `duration_out_of_range`."""
    return "duration_ms" in event and not any(
        column.name == event["duration_ms"] and column.violation == OUT_OF_RANGE and _bounds(column, 0, LONGEST_MS)
        for column in contract
    )


def _bounds(column: ContractColumn, least: int, most: int) -> bool:
    asked = dict(column.checks)
    low = asked.get("greater_than_or_equal_to", {}).get("min_value")
    high = asked.get("less_than_or_equal_to", {}).get("max_value")
    return low is not None and high is not None and bool(low >= least and high <= most)


def event_rules(arrival_date: Callable[[], Column], first_date: date, *, asks_duration: bool) -> list[Rule]:
    """Rules on the event that a row becomes, judged where the contract holds."""
    duration = Rule(
        name=OUT_OF_RANGE,
        sentence=f"The event's duration is not between 0 and {LONGEST_MS:,} ms.",
        # An event may say of no duration; it is not out of range.
        broken=lambda: F.coalesce(~F.col("duration_ms").between(0, LONGEST_MS), F.lit(False)),
    )
    return [
        *([duration] if asks_duration else []),
        Rule(
            name="event_time_not_readable",
            sentence="The row's time is not written as the feed expects it.",
            broken=lambda: F.col("event_time").isNull(),
        ),
        Rule(name="user_id_unknown", sentence="The row names no user.", broken=lambda: F.col("user_id").isNull()),
        Rule(
            name="in_the_future",
            sentence="The event date is more than one day after the arrival.",
            broken=lambda: F.coalesce(F.col("event_date") > F.date_add(arrival_date(), 1), F.lit(False)),
        ),
        Rule(
            name="before_first_date",
            sentence=f"The event date is before the feed's first date, {first_date}.",
            broken=lambda: F.coalesce(F.col("event_date") < F.lit(first_date), F.lit(False)),
        ),
    ]


def local_date(time: Column, zone: str) -> Column:
    """The day of a UTC time in a zone."""
    return F.to_date(time if zone == "UTC" else F.from_utc_timestamp(time, zone))


def local_hour(time: Column, zone: str) -> Column:
    """The hour of the day, 0 to 23, of a UTC time in a zone."""
    return F.hour(time if zone == "UTC" else F.from_utc_timestamp(time, zone))


def _utf8_rules(check: bool) -> list[Rule]:
    if not check:
        return []
    return [
        Rule(
            name=INVALID_UTF8,
            sentence="The line has bytes that are not UTF-8; they are kept as \ufffd.",
            broken=lambda: ~F.col(IS_UTF8),
        )
    ]


def _readable(lines: DataFrame) -> DataFrame:
    """Lines that say whether they are UTF-8, and are: readers refuse a Parquet file with a text that is not."""
    octets = F.col("raw").cast(T.BinaryType())
    # What cannot be decoded is read as U+FFFD; only rows with one are looked at closely.
    is_utf8 = ~F.col("raw").rlike("\ufffd") | (F.encode(F.decode(octets, "UTF-8"), "UTF-8") == octets)
    told = lines.withColumn(IS_UTF8, is_utf8)
    return told.withColumn("raw", F.when(F.col(IS_UTF8), F.col("raw")).otherwise(F.decode(octets, "UTF-8")))


def line_rules() -> list[Rule]:
    """Rules about a whole line that may be asked, to be named."""
    return [*_utf8_rules(True), *malformed_rules(lambda: F.col(QUOTE_FAULT)), *_number_of_fields(None)]


def _number_of_fields(expected: int | None) -> list[Rule]:
    """expected: None where it stands in WIDTH, by the file's header."""
    words = "the header" if expected is None else f"the {expected} that are expected"
    return [
        Rule(
            name="too_few_fields",
            sentence=f"The line has fewer fields than {words}.",
            broken=lambda: F.size(FIELDS) < (F.col(WIDTH) if expected is None else expected),
        ),
        Rule(
            name="too_many_fields",
            sentence=f"The line has more fields than {words}.",
            broken=lambda: F.size(FIELDS) > (F.col(WIDTH) if expected is None else expected),
        ),
    ]
